"""Runs of ``neckrom`` in processes of their own that find their imports done.

Importing costs more processor time than most commands. A process that has imported everything forks for
each run: the run has its own folder, environment, output and end, as if it had been started anew. Whatever
depends on how Python itself starts is to be tried with a process that was (``command`` in ``conftest``).
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

RUN_S = 120
"""A run that takes longer is ended by SIGALRM."""
IMPORTED = (
    "mediapipe.python.solutions.face_detection",
    "mediapipe.python.solutions.face_mesh",
    "mediapipe.python.solutions.pose",
    "neckrom.cli.main",
    "neckrom.cli.measuring",
    "neckrom.landmarks.mediapipe_engine",
    "neckrom.report",
    "neckrom.service",
    "neckrom.validation",
)


class ReadyProcess:
    """Starts runs of ``neckrom``; to be closed at the end."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.ready"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env=dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
        )  # fmt: skip
        self._one_at_a_time = threading.Lock()

    def run(
        self, arguments: list[str], cwd: Path, env: Mapping[str, str], scratch: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run ``neckrom ARGUMENTS``; what it prints goes over files in the folder ``scratch``."""
        files = [str(scratch / name) for name in (".stdout", ".stderr")]
        request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "files": files}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with self._one_at_a_time:
            self._server.stdin.write(json.dumps(request) + "\n")
            self._server.stdin.flush()
            status = int(self._server.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, *(Path(file).read_text() for file in files))

    def close(self) -> None:
        self._server.communicate()


def serve() -> None:
    """Answer requests until there are no more; return in the process of a run, which is to go on with it."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for name in IMPORTED:
        import_module(name)
    assert threading.active_count() == 1, "a fork would lose the other threads"
    gc.freeze()  # what is imported stays in memory that all runs share
    for line in requests:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    sys.exit()


def _become(request: dict) -> None:
    for path, descriptor in zip(request["files"], (1, 2), strict=True):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv[1:] = request["arguments"]
    signal.alarm(RUN_S)


if __name__ == "__main__":
    serve()
    import_module("neckrom.cli.main").run()
