"""The command line in a process that was loaded before: a fork runs one command within limits."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MOST_S = 60
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code (negative: the signal), what it said, seconds, largest resident bytes."""

    code: int
    said: str
    seconds: float
    resident: int


def load() -> None:
    """Load what commands load, once, before anything is forked."""
    import neckrom.cli.main
    import neckrom.cli.records_view
    import neckrom.exports.comma_separated
    import neckrom.exports.mot
    import neckrom.exports.parquet
    import neckrom.handouts.course
    import neckrom.handouts.making
    import neckrom.records.backup
    import neckrom.records.importing
    import neckrom.records.migrate
    import neckrom.service.measure  # noqa: F401


def run(arguments: list[str], folder: Path, data: Path, user: int | None = None) -> Ended:
    """Run ``neckrom`` with these arguments in a fork, for so long and with so much memory at most."""
    began = time.monotonic()
    listening, saying = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listening)
        os.chdir(folder)
        _be_the_command(arguments, saying, data, user, {})
    with contextlib.suppress(OSError):  # whoever comes first, the child or this
        os.setpgid(child, child)
    os.close(saying)
    os.set_blocking(listening, False)
    ended = _wait(child, began, listening)
    os.close(listening)
    return ended


def _be_the_command(
    arguments: list[str], output: int, data: Path, user: int | None, more: dict[str, str]
) -> None:
    code = 71
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ |= more
        tempfile.tempdir = None
        os.environ["NECKROM_DATA_DIR"] = str(data)
        os.environ["COLUMNS"] = "200"
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_S + 30, MOST_S + 60))
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="replace")
        sys.argv = ["neckrom", *arguments]
        from neckrom.cli.main import run as command

        try:
            command()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException as error:  # noqa: BLE001  (what the excepthook of a whole process does)
            import traceback

            traceback.print_exc()
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            code = 70
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait(child: int, began: float, listening: int) -> Ended:
    """Wait for it; it is ended when it is past all limits, and then counts as past them.

    Time in which others had the processor does not count: on a busy machine it is none of the command's.
    """
    largest, said, waited = 0, b"", 0.0
    while True:
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(listening, 1 << 16):
                said = (said + piece)[-400_000:]
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(listening, 1 << 16):
                    said += piece
            seconds = time.monotonic() - began - waited
            return Ended(
                os.waitstatus_to_exitcode(status),
                said.decode("utf-8", "replace")[-200_000:],
                seconds,
                max(largest, used.ru_maxrss * 1024),
            )
        largest, waited = max(largest, _resident(child)), _kept_waiting(child, waited)
        if time.monotonic() - began - waited > MOST_S * 1.5 or largest > MOST_BYTES * 1.5:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        time.sleep(0.01)


def _kept_waiting(process: int, before: float) -> float:
    """Seconds in which it could have run, and others did."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return before


def _resident(process: int) -> int:
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * 4096


class Running:
    """A command in a process group of its own, to be killed.

    It is a fork, so that a kill falls into its work and not into the loading of Python.
    """

    def __init__(self, child: int) -> None:
        self.pid = child
        self.code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, once it has ended."""
        if self.code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait(self, seconds: float) -> int:
        """Its exit code; whatever is not over by then counts as failed."""
        until = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                kill(self)
                return 71
            time.sleep(0.01)
        return code


def start(arguments: list[str], data: Path, **more: str) -> Running:
    """Run ``neckrom`` with these arguments, and do not wait for it."""
    child = os.fork()
    if child == 0:
        _be_the_command(arguments, os.open(os.devnull, os.O_WRONLY), data, None, more)
    with contextlib.suppress(OSError):
        os.setpgid(child, child)
    return Running(child)


def kill(process: Running) -> None:
    """``kill -9`` for a process and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.code = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
