"""What every way from frames to landmarks ends in: rows handed on one by one, looked at, counted and timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from neckrom.types import DetectorIdentity, SourceInfo

log = logging.getLogger(__name__)

RowT = TypeVar("RowT")
RowT_contra = TypeVar("RowT_contra", contravariant=True)

Progress = Callable[[int, int | None], None]
"""Called with frames done and frames expected (None where nobody knows)."""


class LandmarkSink(Protocol[RowT_contra]):
    """Takes landmarks in time order."""

    def write(self, frame: RowT_contra) -> None:
        """Take one frame.

        Parameters
        ----------
        frame : LandmarkFrame or BodyFrame
            Later than the one before.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What came of a clip.

    Attributes
    ----------
    detector : DetectorIdentity
    warnings : tuple of str
        The source's, and what the landmarks themselves or the picture behind them show.
    frames : int
    cuts_ns : tuple of int
        Times of the first frames after which the recording shows something else.
    """

    detector: DetectorIdentity
    warnings: tuple[str, ...]
    frames: int
    cuts_ns: tuple[int, ...] = ()


def hand_on(
    rows: Iterable[RowT],
    takers: Sequence[Callable[[RowT], None]],
    found: Callable[[RowT], bool],
    source: SourceInfo,
    *,
    what: str,
    started: float,
    progress: Progress | None,
) -> tuple[int, int]:
    """Hand every row to all that take it, in the calling thread.

    Parameters
    ----------
    rows : iterable
        Landmarks in time order.
    takers : sequence of callable
        Called with each row, in their order.
    found : callable
        Whether anything was found in a row.
    source : SourceInfo
        Where the rows come from.
    what : str
        What is looked for, for the log: "a face".
    started : float
        When the work began, of ``time.monotonic``.
    progress : callable or None
        Called after each row.

    Returns
    -------
    tuple of two int
        Rows, and rows in which something was found.
    """
    done = with_it = 0
    for row in rows:
        for take in takers:
            take(row)
        done += 1
        with_it += found(row)
        if progress is not None:
            progress(done, source.expected_frames)
    log.info(
        "%s: %d frames, %d with %s, in %.1f s", source.name, done, with_it, what, time.monotonic() - started
    )
    return done, with_it
