"""A page that brings pictures, without a page: its clock stands elsewhere, and it can misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from neckrom.live.pushed import PageClock, PushedSource

FAR_MS = 3_600_000.0
"""The page's clock began so long before ours."""


def jpeg(picture: np.ndarray, quality: int = 90) -> bytes:
    """As a page compresses it."""
    return cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def counting(number: int, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """A picture whose brightness is its number."""
    return np.full((size[1], size[0], 3), number % 256, dtype=np.uint8)


def page_now_ms() -> float:
    return time.monotonic_ns() / 1e6 + FAR_MS


def compared_clock() -> PageClock:
    """The clock of this page, asked once."""
    clock = PageClock()
    asked = time.monotonic_ns()
    clock.answered(asked, page_now_ms(), time.monotonic_ns())
    return clock


@contextmanager
def page_sending(
    source: PushedSource,
    fps: float = 30.0,
    size: tuple[int, int] = (160, 120),
    pictures: list[np.ndarray] | None = None,
) -> Iterator[threading.Event]:
    """A page that sends pictures while the block runs, these to and fro or counting ones; the event silences it."""
    silent, end = threading.Event(), threading.Event()
    clock = compared_clock()

    def run() -> None:
        number = 0
        while not end.wait(1 / fps):
            number += 1
            if not silent.is_set():
                shown = [*pictures, *pictures[-2:0:-1]] if pictures else []
                picture = shown[number % len(shown)] if shown else counting(number, size)
                source.offer(jpeg(picture), page_now_ms(), clock)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield silent
    finally:
        end.set()
        thread.join()
