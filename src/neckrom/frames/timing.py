"""Time stamps that rise, and what there is to say about them."""

from __future__ import annotations

import numpy as np

from neckrom.types import Notice

_LOW_FPS = 14.5
_LONG_GAP_S = 0.75
_TINY_PX = 240
_HUGE_PX = 3000
_HISTOGRAM_TOP_S = 2.0
_HISTOGRAM_STEP_S = 0.001
LONGEST_GAP_S = 600.0
"""What comes later than this after the picture before it is another recording, or a damaged time."""
_DAY_NS = 86_400 * 10**9


class TimeKeeper:
    """Lets frames pass whose time is later than the last one's, and remembers the rest.

    A frame that comes more than :data:`LONGEST_GAP_S` after the last one is left out, with all that follow
    it: one damaged time must neither push out all later frames nor stretch the recording over years.
    Memory does not grow with the number of frames: steps are kept as a histogram.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last_ns = -1
        self._started = False
        self._not_rising = 0
        self._too_late = 0
        self._first_gap = (0.0, 0.0)
        self._gap_count = 0
        self._steps = np.zeros(round(_HISTOGRAM_TOP_S / _HISTOGRAM_STEP_S) + 1, dtype=np.int64)

    def accept(self, time_ns: int) -> bool:
        """Whether the frame is later than all before it; others are counted and left out.

        Parameters
        ----------
        time_ns : int
            Nanoseconds from the start of the recording.

        Returns
        -------
        bool
            False where it does not rise, or comes so long after the one before that it belongs to another recording.
        """
        if self._started and time_ns <= self.last_ns:
            self._not_rising += 1
            return False
        after_ns = time_ns - self.last_ns if self._started else abs(time_ns) - _DAY_NS
        if after_ns > LONGEST_GAP_S * 1e9:
            self._too_late += 1
            return False
        if self._started:
            self._note_step((time_ns - self.last_ns) * 1e-9)
        self._started = True
        self.last_ns = time_ns
        self.count += 1
        return True

    def _note_step(self, step_s: float) -> None:
        self._steps[min(round(step_s / _HISTOGRAM_STEP_S), len(self._steps) - 1)] += 1
        if step_s > _LONG_GAP_S:
            self._gap_count += 1
            if self._gap_count == 1:
                self._first_gap = (self.last_ns * 1e-9, step_s)

    @property
    def median_step_s(self) -> float:
        """Median time between frames to the millisecond; NaN below two frames."""
        total = int(self._steps.sum())
        if not total:
            return float("nan")
        return float(np.searchsorted(np.cumsum(self._steps), (total + 1) // 2) * _HISTOGRAM_STEP_S)

    def warnings(self) -> list[Notice]:
        """What a user should know about the times, complete after the last frame.

        Returns
        -------
        list of Notice
            Frames that were left out, a low frame rate, gaps; empty where nothing is to be said.
        """
        words = []
        if self._not_rising:
            text = f"{self._not_rising} frames whose time does not rise were left out."
            words.append(Notice(text, "times_not_rising", number=self._not_rising))
        if self._too_late:
            text = (
                f"{self._too_late} frames that come more than {LONGEST_GAP_S / 60:.0f} minutes after the picture "
                f"before them (at {self.last_ns * 1e-9:.1f} s) were left out: they are another recording, or their "
                "times are damaged."
            )
            minutes, last_s = LONGEST_GAP_S / 60, self.last_ns * 1e-9
            words.append(
                Notice(text, "times_too_late", number=self._too_late, minutes=minutes, time_s=last_s)
            )
        step = self.median_step_s
        slow = step > 1 / _LOW_FPS
        if slow:
            text = f"Very low frame rate ({1 / step:.1f} frames a second): short holds may be missed."
            words.append(Notice(text, "frame_rate_low", fps=1 / step))
        elif self._gap_count:
            at, gap = self._first_gap
            more = self._gap_count - 1
            text = f"Frames are missing for a while: {gap:.1f} s after {at:.1f} s"
            if not more:
                words.append(Notice(f"{text}.", "frames_missing", gap_s=gap, time_s=at))
            elif more == 1:
                text = f"{text}, and once more."
                words.append(Notice(text, "frames_missing_again", gap_s=gap, time_s=at))
            else:
                text = f"{text}, and {more} more times."
                words.append(Notice(text, "frames_missing_often", more=more, gap_s=gap, time_s=at))
        return words


def picture_size_warnings(source_size: tuple[int, int], size: tuple[int, int]) -> tuple[Notice, ...]:
    """What a user should know about very small and very large pictures.

    Parameters
    ----------
    source_size, size : tuple of int
        Width and height as stored and as handed out.

    Returns
    -------
    tuple of Notice
    """
    width, height = source_size
    if min(width, height) < _TINY_PX:
        text = (
            f"The picture is tiny ({width} x {height}): landmarks are less exact. Record 640 x 480 or more."
        )
        return (Notice(text, "picture_tiny", width=width, height=height),)
    if size != source_size and max(width, height) >= _HUGE_PX:
        text = f"The picture is very large ({width} x {height}): measured at {size[0]} x {size[1]}."
        shown_width, shown_height = size
        return (
            Notice(
                text,
                "picture_huge",
                width=width,
                height=height,
                shown_width=shown_width,
                shown_height=shown_height,
            ),
        )
    return ()
