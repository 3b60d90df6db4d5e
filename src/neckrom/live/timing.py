"""Where the time of a live frame goes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

_KEPT = 20_000


class Stages:
    """Seconds that each stage took, and from the arrival of a frame to its angle; the last 20,000 of each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._latencies: deque[float] = deque(maxlen=_KEPT)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Time a block."""
        started = time.perf_counter()
        yield
        self.add(stage, time.perf_counter() - started)

    def add(self, stage: str, seconds: float) -> None:
        """Note what a stage took."""
        with self._lock:
            self._taken[stage].append(seconds)

    def latency(self, seconds: float) -> None:
        """Note how long a frame took from its arrival to its angle."""
        with self._lock:
            self._latencies.append(seconds)

    def seconds(self) -> dict[str, list[float]]:
        """All stages."""
        with self._lock:
            return {stage: list(taken) for stage, taken in self._taken.items()}

    def latencies(self) -> list[float]:
        """From arrival to angle."""
        with self._lock:
            return list(self._latencies)
