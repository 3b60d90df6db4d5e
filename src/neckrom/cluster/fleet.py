"""Hands inputs to workers, one to each free place, and copes with workers that end, come, or cannot.

Dask would place them itself, but it counts every input that waits at a worker that ends as one that may have ended
it, and gives up on all of them together after the third. Here a worker gets only what it can start at once, so it is
known what was being measured when it ended: that alone is suspected, comes last, and is tried alone.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from neckrom.cluster.connection import MEMORY
from neckrom.cluster.identity import Identity, differences
from neckrom.cluster.options import Cluster
from neckrom.cluster.work import (
    Answer,
    Examined,
    Order,
    Refusal,
    examine,
    forget_what_is_sent,
    keep_no_orders,
    measure_order,
)
from neckrom.errors import ClusterError, NeckromError, WorkersEndedError

if TYPE_CHECKING:
    from distributed import Client, Future

log = logging.getLogger(__name__)

MOST_DEATHS = 3
"""An input during which so many workers ended is given up."""
MOST_FAULTS = 2
"""A worker that could not measure so many inputs in succession, through no fault of theirs, is left out."""
MOST_TRIES = 10
"""However an attempt got lost, there is an end to it."""
LOOK_EVERY_S = 1.0
SAID_AFTER_S = 5.0
"""Workers that are just starting need no word."""
ANSWER_S = 30.0
"""A scheduler that says nothing for so long is lost."""


class Wanted(Protocol):
    """An input that waits to be measured."""

    @property
    def key(self) -> str:
        """Of the result."""
        ...

    def order(self, *, send: bool, write_there: bool) -> Order:
        """The order for a worker.

        Parameters
        ----------
        send : bool
            The input travels with it.
        write_there : bool
            The worker writes the result's folder; else it sends it back.

        Raises
        ------
        NeckromError
            The input cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an input: an answer without a refusal, or an error.

    Attributes
    ----------
    wanted : Wanted
    answer : Answer or None
    error : NeckromError or Refusal or None
    worker : str
        Where, in words.
    """

    wanted: Any
    answer: Answer | None
    error: NeckromError | Refusal | None
    worker: str


@dataclass(slots=True, eq=False)
class _Job:
    wanted: Wanted
    deaths: int = 0
    tries: int = 0
    send: bool = False
    refused_by: dict[str, Refusal] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Attempt:
    job: _Job
    worker: _Worker
    future: Future[Answer] | None = None


@dataclass(slots=True, eq=False)
class _Worker:
    identity: str
    address: str
    host: str
    places: int
    declares: bool
    sees_results: bool
    sees_input: bool
    running: set[_Attempt] = field(default_factory=set)
    alone: bool = False
    faults: int = 0
    left_out: str | None = None

    @property
    def free(self) -> int:
        """How many inputs can be started at once."""
        return 0 if self.alone or self.left_out is not None else self.places - len(self.running)

    def __str__(self) -> str:
        return f"{self.address} ({self.host})"


@dataclass(frozen=True, slots=True)
class Ground:
    """What workers are asked about before they get anything.

    Attributes
    ----------
    identity : Identity
        What this machine measures with.
    mark, token : str
        A file in the folder for results, and what it holds; empty where nothing is written.
    sample : str or None
        One of the inputs.
    """

    identity: Identity
    mark: str
    token: str
    sample: str | None


class Fleet:
    """The workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
    cluster : Cluster
    ground : Ground
    tell : callable
        Told in words what a person should know while it runs.
    """

    def __init__(self, client: Client, cluster: Cluster, ground: Ground, tell: Callable[[str], None]) -> None:
        self._client, self._cluster, self._ground, self._tell = client, cluster, ground, tell
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._again: deque[_Job] = deque()
        self._suspects: deque[_Job] = deque()
        self._done: SimpleQueue[tuple[_Attempt, Answer | BaseException]] = SimpleQueue()
        self._bringers = ThreadPoolExecutor(4, "bring")
        self._numbers = count()
        self._scheduler: str | None = None
        self._looked_s = self._last_worker_s = float("-inf")
        self._waiting_said = False

    @property
    def places(self) -> int:
        """How many inputs are measured at once, as it is now."""
        return sum(worker.places for worker in self._usable())

    def close(self) -> None:
        """Take back what is still asked for."""
        self._client.cancel(
            [a.future for w in self._workers.values() for a in w.running if a.future is not None]
        )
        self._bringers.shutdown(wait=False, cancel_futures=True)

    def gather(self) -> None:
        """Wait for the first workers.

        Raises
        ------
        ClusterError
            There is none within the time, or none may be used: with the reason of each.
        """
        self._last_worker_s = time.monotonic()
        while not self._usable():
            self._look()
            if self._usable():
                break
            if self._refused or time.monotonic() - self._last_worker_s > self._cluster.wait_s:
                raise self._no_workers()
            self._say_waiting()
            time.sleep(0.2)

    def run(
        self, source: Iterator[Wanted], may_take: Callable[[], bool] = lambda: True
    ) -> Iterator[Finished]:
        """Measure inputs; they come out as they are done.

        Parameters
        ----------
        source : iterator
            Asked for an input only when there is a place for it.
        may_take : callable
            Whether another input may be asked for.

        Raises
        ------
        ClusterError
            The scheduler is lost, or no worker is left.
        """
        more = True
        while True:
            self._look_now_and_then()
            more, begun = yield from self._start_what_can(source, may_take, more=more)
            busy = any(worker.running for worker in self._workers.values())
            if not busy and not more and not self._again and not self._suspects:
                return
            if not busy and not begun:
                yield from self._wait_for_workers(more=more)
            yield from self._finished(0.2)

    # ------------------------------------------------------------------ starting

    def _start_what_can(
        self, source: Iterator[Wanted], may_take: Callable[[], bool], *, more: bool
    ) -> Generator[Finished, None, tuple[bool, bool]]:
        """Start as much as there is room for; says whether the source may have more, and whether anything began."""
        begun = False
        for job in [self._again.popleft() for _ in range(len(self._again))]:
            refusal = self._refused_everywhere(job)
            if refusal is not None:
                yield Finished(job.wanted, None, refusal, "every worker")
            elif (worker := self._place_for(job)) is None:
                self._again.append(job)
            else:
                begun = True
                yield from self._start(job, worker)
        while more and may_take() and self._place_for(None) is not None:
            wanted = next(source, None)
            if wanted is None:
                more = False
                break
            place = self._place_for(None)
            assert place is not None
            begun = True
            yield from self._start(_Job(wanted), place)
        if not self._again and not (more and may_take()):
            while self._suspects and (idle := self._idle()) is not None:
                begun, job = True, self._suspects.popleft()
                if job.deaths >= MOST_DEATHS:
                    yield self._given_up(job)
                    continue
                idle.alone = True
                yield from self._start(job, idle)
        return more, begun

    def _usable(self) -> list[_Worker]:
        return [worker for worker in self._workers.values() if worker.left_out is None]

    def _place_for(self, job: _Job | None) -> _Worker | None:
        """The least busy worker with a free place, of those that have not refused this input."""
        refused = job.refused_by if job is not None else {}
        free = [worker for worker in self._usable() if worker.free > 0 and worker.identity not in refused]
        return min(free, key=lambda worker: len(worker.running) / worker.places, default=None)

    def _idle(self) -> _Worker | None:
        return next((worker for worker in self._usable() if not worker.running), None)

    def _refused_everywhere(self, job: _Job) -> Refusal | None:
        if not job.refused_by or any(worker.identity not in job.refused_by for worker in self._usable()):
            return None
        return list(job.refused_by.values())[-1]

    def _start(self, job: _Job, worker: _Worker) -> Iterator[Finished]:
        files = self._cluster.files
        send = job.send or files == "sent" or (files == "auto" and not worker.sees_input)
        write_there = files == "shared" or (files == "auto" and worker.sees_results)
        try:
            order = job.wanted.order(send=send, write_there=write_there)
        except NeckromError as error:
            worker.alone = False
            yield Finished(job.wanted, None, error, "here")
            return
        job.tries += 1
        attempt = _Attempt(job, worker)
        worker.running.add(attempt)
        try:
            attempt.future = self._client.submit(
                measure_order,
                order,
                key=f"neckrom-{job.wanted.key}-{order.run}-{next(self._numbers)}",
                workers=[worker.address],
                allow_other_workers=False,
                resources={MEMORY: self._cluster.memory_bytes} if worker.declares else None,
                pure=False,
            )
        except (OSError, TimeoutError, RuntimeError) as error:
            raise self._lost_scheduler(error) from error
        attempt.future.add_done_callback(partial(self._bring, attempt))

    def _bring(self, attempt: _Attempt, future: Future[Answer]) -> None:
        """In a thread of Dask's: have the answer fetched by one of ours."""

        def fetch() -> None:
            try:
                self._done.put((attempt, future.result()))
            except BaseException as error:
                self._done.put((attempt, error))
                raise

        self._bringers.submit(fetch)

    # ----------------------------------------------------------------- finishing

    def _finished(self, timeout_s: float) -> Iterator[Finished]:
        try:
            attempt, got = self._done.get(timeout=timeout_s)
            while True:
                yield from self._received(attempt, got)
                attempt, got = self._done.get_nowait()
        except Empty:
            return

    def _received(self, attempt: _Attempt, got: Answer | BaseException) -> Iterator[Finished]:
        worker, job = attempt.worker, attempt.job
        if attempt not in worker.running:  # given up before
            return
        if not isinstance(got, Answer):
            log.info("%s on %s: %r", job.wanted.key, worker, got)
            # Dask's scheduler unpacks orders on their way.
            if "deserialization of the task graph" in str(got):
                raise ClusterError(
                    f"The scheduler at {self._cluster.address} has no neckrom, or another version: install neckrom "
                    f"{self._ground.identity.neckrom} there too, with its extra (neckrom[cluster]), and start it anew."
                )
            self._look()  # a worker that has ended is noticed here, and its attempts with it
            if attempt in worker.running:
                self._end(attempt)
                yield from self._once_more(job, got)
            return
        self._end(attempt)
        if got.refusal is None or got.fault == "input":
            worker.faults = 0
            yield Finished(job.wanted, got, got.refusal, str(worker))
        elif got.fault == "unseen" and self._cluster.files == "auto":
            job.send, worker.sees_input = True, False
            self._again.append(job)
        else:
            self._fault_of(worker, job, got.refusal, at_once=got.fault == "version")

    def _end(self, attempt: _Attempt) -> None:
        attempt.worker.running.discard(attempt)
        attempt.worker.alone = False
        if attempt.future is not None:
            attempt.future.release()

    def _fault_of(self, worker: _Worker, job: _Job, refusal: Refusal, *, at_once: bool) -> None:
        """A worker could not measure an input, through no fault of the input's: another one may."""
        worker.faults += 1
        job.refused_by[worker.identity] = refusal
        self._again.append(job)
        if (at_once or worker.faults >= MOST_FAULTS) and worker.left_out is None:
            worker.left_out = refusal.message
            self._tell(f"Worker {worker} gets no more inputs: {refusal.message}")

    def _once_more(self, job: _Job, error: BaseException) -> Iterator[Finished]:
        """An attempt got lost, and its worker is still there: somebody cancelled it, or it did not arrive."""
        if job.tries < MOST_TRIES:
            self._again.append(job)
            return
        yield Finished(
            job.wanted,
            None,
            ClusterError(
                f"It was tried {job.tries} times, and never came back ({type(error).__name__}: {error})."
            ),
            "every worker",
        )

    # ------------------------------------------------------------------- workers

    def _look_now_and_then(self) -> None:
        if time.monotonic() - self._looked_s >= LOOK_EVERY_S:
            self._look()

    def _look(self) -> None:
        """Who has come, who has gone."""
        info = self._ask()
        there = {said["id"]: (address, said) for address, said in info["workers"].items()}
        for identity in [one for one in self._workers if one not in there]:
            self._gone(self._workers.pop(identity))
        new = {
            identity: place
            for identity, place in there.items()
            if identity not in self._workers and identity not in self._refused
        }
        if new:
            self._meet(new)
        self._looked_s = time.monotonic()
        if self._usable():
            self._last_worker_s, self._waiting_said = self._looked_s, False

    def _ask(self) -> dict[str, Any]:
        """The scheduler's word on its workers; also whether it is still the same."""
        try:
            if self._client.status != "running" or self._client.scheduler is None:
                raise OSError("the connection is closed")
            info: dict[str, Any] = self._client.sync(
                self._client.scheduler.identity, n_workers=-1, callback_timeout=ANSWER_S
            )
        except (OSError, TimeoutError, RuntimeError) as error:
            raise self._lost_scheduler(error) from error
        if self._scheduler is not None and info["id"] != self._scheduler:
            raise self._lost_scheduler(None)
        self._scheduler = info["id"]
        return info

    def _lost_scheduler(self, error: BaseException | None) -> ClusterError:
        log.info("scheduler: %r", error)
        return ClusterError(
            f"The scheduler at {self._cluster.address} is lost, or was started anew. Workers end when they have lost "
            "theirs: start again whichever of them has ended."
        )

    def _gone(self, worker: _Worker) -> None:
        if worker.running:
            self._tell(f"Worker {worker} has ended. What it was measuring is tried again.")
        for attempt in list(worker.running):
            if attempt.future is not None:
                self._client.cancel([attempt.future])  # wakes whoever waits for it
            self._end(attempt)
            attempt.job.deaths += 1
            self._suspects.append(attempt.job)

    def _meet(self, new: dict[str, tuple[str, dict[str, Any]]]) -> None:
        """Ask workers what they run and see, and take those that are as we are."""
        addresses = [address for address, _ in new.values()]
        ground = self._ground
        try:
            said = self._client.run(
                examine,
                ground.mark or None,
                ground.token,
                ground.sample,
                workers=addresses,
                on_error="return",
            )
        except (OSError, TimeoutError, RuntimeError) as error:
            log.info("workers could not be asked: %r", error)
            return  # asked again at the next look
        self._keep_no_orders(addresses)
        for identity, (address, info) in new.items():
            answer = said.get(address)
            if answer is None or isinstance(answer, OSError | TimeoutError):
                continue  # it has just gone, or is not there yet
            worker = self._worker_of(identity, address, info, answer)
            why = self._why_not(worker, info, answer)
            if why is None:
                self._workers[identity] = worker
                log.info(
                    "worker %s: %d at once, results there: %s", worker, worker.places, worker.sees_results
                )
            else:
                self._refused[identity] = f"{worker}: {why}"
                self._tell(f"Worker {worker} is not used: {why}")

    def _keep_no_orders(self, addresses: list[str]) -> None:
        """Keep inputs that are sent from piling up, here and in the scheduler; if that fails, both only get larger."""
        try:
            forget_what_is_sent(self._client.scheduler_comm)
            self._client.run_on_scheduler(keep_no_orders, addresses)
        except Exception as error:  # noqa: BLE001  (whatever the scheduler met: it has no neckrom, or another Dask)
            log.info("what was sent is kept: %r", error)

    def _worker_of(self, identity: str, address: str, info: dict[str, Any], answer: object) -> _Worker:
        declared = info.get("resources", {}).get(MEMORY)
        memory = info.get("memory_limit") or 0
        fits = max(1, memory // self._cluster.memory_bytes) if memory else info["nthreads"]
        if declared is not None:
            fits = int(declared // self._cluster.memory_bytes)
        examined = answer if isinstance(answer, Examined) else None
        return _Worker(
            identity=identity,
            address=address,
            host=examined.host if examined else str(info.get("host", "?")),
            places=min(int(info["nthreads"]), int(fits)),
            declares=declared is not None,
            sees_results=examined is not None and examined.sees_results,
            sees_input=examined is not None and (examined.sees_input or self._ground.sample is None),
        )

    def _why_not(self, worker: _Worker, info: dict[str, Any], answer: object) -> str | None:
        """Why a worker cannot be used, and what to do; None where it can."""
        here = self._ground.identity
        if not isinstance(answer, Examined):
            log.info("%s: %r", worker, answer)
            missing = f"it has no neckrom, or one without clusters ({_short(answer)})"
            return f"{missing}. Install neckrom {here.neckrom} there."
        if answer.identity is None:
            return f"{answer.problem} Run neckrom doctor there."
        found = differences(here, answer.identity)
        if found:
            return (
                f"it runs something else ({'; '.join(found)}). Install the same there as here, and start it anew: "
                "pip install -c constraints.txt, or the same container."
            )
        if worker.places < 1:
            declared = info["resources"][MEMORY] / 1e9
            return (
                f"it declares {declared:g} GB of {MEMORY}, and an input is given {self._cluster.memory_gb:g}: start it "
                f'with --resources "{MEMORY}={self._cluster.memory_gb:g}e9" or more, or say --cluster-memory.'
            )
        if self._cluster.files == "shared" and not worker.sees_results:
            return (
                "it cannot write into the folder for results as the user who started neckrom here. Mount it there "
                "under the same path, or leave --cluster-files shared out."
            )
        return None

    def _wait_for_workers(self, *, more: bool) -> Iterator[Finished]:
        """Nothing runs and nothing can be started: wait for somebody to come, but not for ever."""
        if self._usable():
            return
        if all(w.left_out is None for w in self._workers.values()) and (
            time.monotonic() - self._last_worker_s <= self._cluster.wait_s
        ):
            self._say_waiting()
            return
        if more or self._again:
            raise self._no_workers()
        while self._suspects:
            yield self._given_up(self._suspects.popleft())

    def _given_up(self, job: _Job) -> Finished:
        return Finished(
            job.wanted, None, WorkersEndedError(job.deaths, self._cluster.memory_gb), "every worker"
        )

    def _say_waiting(self) -> None:
        if not self._waiting_said and time.monotonic() - self._last_worker_s > SAID_AFTER_S:
            self._tell(f"No worker is there; waiting {self._cluster.wait_s:g} s for one.")
            self._waiting_said = True

    def _no_workers(self) -> ClusterError:
        reasons = [f"{worker}: {worker.left_out}" for worker in self._workers.values() if worker.left_out]
        reasons += self._refused.values()
        if not reasons:
            return ClusterError(
                f"The scheduler at {self._cluster.address} has no worker. Start some, as in dask worker "
                f'{self._cluster.address} --nthreads 1 --resources "{MEMORY}=4e9", or say how long to wait: '
                "--cluster-wait 600."
            )
        return ClusterError("\n".join(["No worker can be used.", *(f"  - {reason}" for reason in reasons)]))


def _short(error: object) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
