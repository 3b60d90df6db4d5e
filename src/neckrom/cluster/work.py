"""What runs on a worker: it gets an order with everything in it, and answers with values, never by raising.

Nothing here imports Dask at the top: the modules of neckrom have to load on the scheduler, too.
"""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import re
import secrets
import shutil
import socket
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from neckrom.cluster.content import content_of, pack_folder, unpacked
from neckrom.cluster.identity import Identity, own_identity
from neckrom.errors import EnvironmentProblemError, NeckromError, OutputError
from neckrom.operating_system import is_ours
from neckrom.service.analysis import AnalysisOptions
from neckrom.service.folders import cannot_write_message
from neckrom.service.measure import Border, measure_prepared, measure_to_keep
from neckrom.service.options import MeasureOptions

if TYPE_CHECKING:
    from distributed import Scheduler
    from distributed.batched import BatchedSend

Fault = Literal["none", "input", "worker", "unseen", "version"]
"""Whose fault it is that there is no result: nobody's, the input's, the worker's (full disk); the worker does not
see the input under that path; the worker runs another version."""


@dataclass(frozen=True, slots=True)
class Order:
    """One input to be measured.

    Attributes
    ----------
    key : str
        Of content, name, folder, settings and tool: the same key means the same result.
    given : str
        The input as the user named it, for messages.
    path : str
        Where it lies on this machine, absolute.
    is_folder : bool
    sha256 : str
        Of the content.
    content : bytes or None
        The input itself; None where the worker sees ``path``.
    target : str or None
        The result's folder, absolute; None where the result is sent back.
    shown : str
        The result's folder as the user named it, for messages.
    run : str
        Of this run of neckrom: what is being written bears it.
    options : MeasureOptions
    analysis : AnalysisOptions
    identity : str
        Hash of what the worker has to run.
    keep : bool
        Give the measurement itself back, pickled, in place of files: for programs.
    """

    key: str
    given: str
    path: str
    is_folder: bool
    sha256: str
    content: bytes | None
    target: str | None
    shown: str
    run: str
    options: MeasureOptions
    analysis: AnalysisOptions
    identity: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as values: not every error survives being pickled."""

    kind: str
    message: str
    exit_code: int
    problems: tuple[str, ...] = ()
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order.

    Attributes
    ----------
    fault : str
    refusal : Refusal or None
        None where it was measured.
    content : bytes or None
        The result's folder as a tar, or the measurement; None where the worker wrote the folder.
    seconds : float
        From order to answer.
    host : str
        Name of the machine.
    """

    fault: Fault
    refusal: Refusal | None
    content: bytes | None
    seconds: float
    host: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What a worker says of itself before it gets anything.

    Attributes
    ----------
    identity : Identity or None
        None where something is missing there: ``problem`` says what.
    problem : str
    sees_results : bool
        It read the mark that lies in the folder for results, and answered there.
    sees_input : bool
        It sees the first input.
    host : str
    """

    identity: Identity | None
    problem: str
    sees_results: bool
    sees_input: bool
    host: str


async def examine(mark: str | None, token: str, sample: str | None) -> Examined:
    """Say what this worker runs and sees.

    Parameters
    ----------
    mark : str or None
        File that holds ``token``; the worker writes its answer beside it.
    token : str
    sample : str or None
        An input.
    """
    return await asyncio.to_thread(
        _examined, mark, token, sample
    )  # modules may have to load: Dask's loop goes on


def _examined(mark: str | None, token: str, sample: str | None) -> Examined:
    host = socket.gethostname()
    try:
        identity, problem = own_identity(), ""
    except NeckromError as error:
        identity, problem = None, str(error)
    return Examined(
        identity=identity,
        problem=problem,
        sees_results=mark is not None and _answered(Path(mark), token),
        sees_input=sample is not None and os.path.exists(sample),  # noqa: PTH110  (raises for no name)
        host=host,
    )


def mark_answer(mark: Path) -> Path:
    """Where this process answers a mark."""
    return mark.with_name(f"{mark.name}.{socket.gethostname()}-{os.getpid()}")


def _answered(mark: Path, token: str) -> bool:
    """Whether the mark is there, of the same user, and can be answered: else that user cannot read what comes."""
    try:
        if mark.read_text(encoding="ascii") != token or not is_ours(mark.stat()):
            return False
        mark_answer(mark).write_text(token, encoding="ascii")
    except (OSError, ValueError):
        return False
    return True


def keep_no_orders(workers: Sequence[str], dask_scheduler: Scheduler | None = None) -> None:
    """Run on the scheduler: have it forget what it sent to workers as soon as it is sent.

    Parameters
    ----------
    workers : sequence of str
        Addresses; no connection of anybody else's is touched.
    dask_scheduler : distributed.Scheduler
        Given by Dask.
    """
    assert dask_scheduler is not None
    for address in workers:
        forget_what_is_sent(dask_scheduler.stream_comms.get(address))


def forget_what_is_sent(connection: BatchedSend | None) -> None:
    """Have a connection of Dask's remember no messages; None is one that has just gone.

    For whoever develops Dask, each remembers its last 1,000 below 1 MB (``recent_message_log``, as long as
    ``distributed.admin.low-level-log-length`` says; Dask itself never reads them), and an input that is sent is part
    of one: 0.3 GB in this process, and as much in the scheduler for each worker, with inputs of 0.3 MB.
    """
    if connection is not None:
        connection.recent_message_log = deque(maxlen=0)


def measure_order(order: Order) -> Answer:
    """Measure one input; whatever goes wrong is in the answer."""
    started = time.monotonic()
    try:
        fault, error, content = _measured(order)
    except EnvironmentProblemError as problem:
        fault, error, content = "worker", problem, None
    except OSError as problem:
        fault, error, content = "worker", _of_this_disk(problem), None
    refusal = None if error is None else _refusal_of(error, order)
    return Answer(fault, refusal, content, time.monotonic() - started, socket.gethostname())


def _measured(order: Order) -> tuple[Fault, NeckromError | None, bytes | None]:
    if own_identity().sha256 != order.identity:
        return "version", EnvironmentProblemError("The worker runs another version."), None
    with _scratch() as scratch:
        path = _brought(order, scratch)
        if path is None:
            return "unseen", OutputError(f"The worker does not see {order.given} as it is here."), None
        folder = scratch / "result"
        border, kept = Border(path), None
        with border:
            if order.keep:
                kept = _kept(order, path)
            else:
                measure_prepared(path, folder, order.options, order.analysis, _tell_nobody)
        if border.error is not None:
            return _failed(border.error)
        return _handed_over(order, folder) if kept is None else ("none", None, kept)


def _handed_over(order: Order, folder: Path) -> tuple[Fault, NeckromError | None, bytes | None]:
    """The result's folder, in its place or as bytes."""
    if order.target is None:
        return "none", None, pack_folder(folder)
    try:
        _publish(folder, Path(order.target), order.run)
    except OSError as error:
        return "worker", OutputError(cannot_write_message(Path(order.shown), error)), None
    return "none", None, None


def _kept(order: Order, path: Path) -> bytes:
    """The measurement as a program holds it, with the input where it lies for whoever asked."""
    seen, landmarks = measure_to_keep(path, order.analysis, order.options.rotate_deg)
    clip = None if seen.clip is None else Path(order.path)
    return pickle.dumps((replace(seen, clip=clip), landmarks), protocol=pickle.HIGHEST_PROTOCOL)


def _failed(error: NeckromError) -> tuple[Fault, NeckromError, None]:
    """Tell faults of the input from those of this machine, whose disk may be full or whose models may be missing."""
    if isinstance(error, OutputError):
        cause = error.__cause__
        return "worker", _of_this_disk(cause) if isinstance(cause, OSError) else error, None
    if isinstance(error, EnvironmentProblemError):
        return "worker", error, None
    return "input", error, None


def _of_this_disk(error: OSError) -> OutputError:
    where = error.filename or tempfile.gettempdir()
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(
            f"no space left at {where}; free some there, or choose a place with --local-directory"
        )
    return OutputError(f"{error.strerror or error} ({where})")


def _refusal_of(error: NeckromError, order: Order) -> Refusal:
    """The error, which names the input as the user did and not by its place on the worker."""
    place = re.compile(rf"\S*neckrom-\w+/input/{re.escape(Path(order.path).name)}|{re.escape(order.path)}")
    return Refusal(
        kind=type(error).__name__,
        message=place.sub(lambda _: order.given, str(error)),
        exit_code=int(error.exit_code),
        problems=tuple(getattr(error, "problems", ())),
        trace="".join(traceback.format_exception(error)),
    )


# --------------------------------------------------------------------- files


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for its owner alone in the worker's own, which Dask clears after a kill; else among temporary files."""
    from distributed import get_worker  # noqa: PLC0415

    try:
        parent: str | None = get_worker().local_directory
    except ValueError:  # called outside of a worker
        parent = None
    with tempfile.TemporaryDirectory(prefix="neckrom-", dir=parent) as folder:
        yield Path(folder)


def _brought(order: Order, scratch: Path) -> Path | None:
    """The input where this worker can read it; None where what lies under its path is not what was meant."""
    path = Path(order.path)
    if order.content is None:
        try:
            return path if content_of(path).sha256 == order.sha256 else None
        except NeckromError:
            return None
    place = scratch / "input" / path.name
    place.parent.mkdir()
    unpacked(order.content, place, folder=order.is_folder)
    return place


def _publish(folder: Path, target: Path, run: str) -> None:
    """Copy a whole result beside its place, and give it its name; an earlier one goes only then.

    Whether one may be replaced was settled before the order was given: what lies there now is of an earlier try.
    The names are none that :mod:`neckrom.private_files` clears away: it asks for the number of a process, which
    says nothing of a process on another machine.
    """
    part = target.parent / part_name(run)
    old = part.with_suffix(".old")
    try:
        shutil.copytree(folder, part)
        part.chmod(0o700)
        if target.exists():
            target.rename(old)
        part.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def part_name(run: str) -> str:
    """A fresh name for what a run is writing into the folder for results."""
    return f"{part_prefix(run)}{secrets.token_hex(6)}"


def part_prefix(run: str) -> str:
    """How the names of everything begin that a run is writing there."""
    return f".neckrom-cluster-{run}-"


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return
