"""Stages in threads, joined by short queues: each hands its results on in order, and memory does not grow."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

_QUEUE = 6
"""Items between two stages: of the largest pictures, 1280 points wide, these are 17 MB."""
_POLL_S = 0.1
"""How often a waiting stage looks whether the line is being ended."""

T = TypeVar("T")


class Line:
    """Stages in threads, joined by short queues; ends them all together.

    Parameters
    ----------
    waiting : int
        Items that may wait between two stages.
    """

    def __init__(self, waiting: int = _QUEUE) -> None:
        self._waiting = waiting
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def stage(self, items: Iterator[T]) -> Iterator[T]:
        """Run an iterator in a thread of its own; its items and its error come out here.

        Parameters
        ----------
        items : iterator
            Runs in the thread from now on; closed there at its end.

        Returns
        -------
        iterator
            The same items in their order; an error that ended them is raised here.
        """
        belt: queue.Queue[_Item[T] | _End] = queue.Queue(self._waiting)
        thread = threading.Thread(target=self._run, args=(items, belt), daemon=True)
        self._threads.append(thread)
        thread.start()
        return self._take(belt)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, items: Iterator[T], belt: queue.Queue[_Item[T] | _End]) -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not self._put(belt, _Item(item)):
                    break
        except BaseException as caught:  # noqa: BLE001  (raised again in the calling thread)
            error = caught
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        self._put(belt, _End(error))

    def _put(self, belt: queue.Queue[_Item[T] | _End], item: _Item[T] | _End) -> bool:
        """Hand on; False once the line is being ended."""
        while not self._stop.is_set():
            try:
                belt.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def _take(self, belt: queue.Queue[_Item[T] | _End]) -> Iterator[T]:
        while not self._stop.is_set():
            try:
                item = belt.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item.value


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None
