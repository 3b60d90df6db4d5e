"""A measurement as a program holds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
from matplotlib.figure import Figure

from neckrom.errors import NeckromError, OutputError
from neckrom.library import page, tables
from neckrom.messages import load_messages
from neckrom.report.figures import rom_figure, trace_figure
from neckrom.result import Result, in_short
from neckrom.saying.verdict import verdict_of
from neckrom.service.measure import Seen, write_kept
from neckrom.service.options import MeasureOptions
from neckrom.types import AngleSeries, CameraModel, LandmarkSeries, RangeOfMotion


class Measurement:
    """One measured clip; :func:`neckrom.measure` makes it.

    Attributes
    ----------
    path : Path
        What was measured.
    result : Result
        Everything that was measured and judged, as in ``result.json``.
    error : None
        A clip that could not be measured has one (:class:`neckrom.Failed`).
    """

    error: None = None

    def __init__(self, path: Path, seen: Seen, landmarks: bytes, options: MeasureOptions) -> None:
        self.path = path
        self.result: Result = seen.analysis.result
        self._seen, self._landmarks, self._options = seen, landmarks, options

    @property
    def angles(self) -> pa.Table:
        """Neck and trunk angles, a row a frame.

        Columns: ``time_s``; ``flexion_deg`` (+ chin to chest), ``lateral_deg`` and ``rotation_deg`` (+ to the
        person's right), relative to neutral; ``*_sd_deg``, one standard deviation; ``trunk_*_deg``, the trunk
        in the same planes and signs; ``beyond``, turned further than can be measured; ``movement``, to which
        repetition the frame belongs ("neutral" at rest, null between); ``source`` and ``quality``. Null: not
        measured.
        """
        return tables.angle_table(self.series, self._seen.analysis.rom)

    @property
    def movements(self) -> pa.Table:
        """The six directions, a row each: best end range with its 95 % interval, norm, flag and reason."""
        return tables.movement_table([self.result])

    @property
    def trials(self) -> pa.Table:
        """The counted repetitions, a row each, positive in the movement's direction."""
        return tables.trial_table([self.result])

    @property
    def series(self) -> AngleSeries:
        """The angles as arrays of shape (N,) and (N, 3), degrees; NaN: not measured."""
        return self._seen.analysis.angles

    @property
    def range_of_motion(self) -> RangeOfMotion:
        """Neutral and repetitions with their times."""
        return self._seen.analysis.rom

    @property
    def landmarks(self) -> LandmarkSeries:
        """What the models saw: points of every frame, pixels of the upright picture."""
        return self._seen.analysis.landmarks

    @property
    def camera(self) -> CameraModel:
        """The lens with which it was measured."""
        return self._seen.analysis.camera

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands in the way of trusting it, in English; empty where nothing does."""
        return self.result.quality.warnings

    @property
    def verdict(self) -> tuple[str, ...]:
        """What is to be said of it, the most important first, each line with the sign of its grade."""
        texts = load_messages(self._options.language)
        return verdict_of(self.result, texts, "clinician.movement").marked_lines()

    def figure(self, what: Literal["range", "angles"] = "range") -> Figure:
        """Draw it.

        Parameters
        ----------
        what : str
            "range": the six directions against their norms; "angles": the angles over time.

        Returns
        -------
        matplotlib.figure.Figure
            Made without pyplot: show it as the last line of a cell, or ``savefig`` it.

        Raises
        ------
        ValueError
            There is no such figure.
        """
        texts = load_messages(self._options.language)
        if what == "range":
            return rom_figure(self.result, texts=texts)
        if what == "angles":
            return trace_figure(self.series, self.range_of_motion, texts=texts)
        raise ValueError(f'There is no figure {what!r}: choose "range" or "angles".')

    def save(
        self, folder: str | Path, *, pictures: bool = True, overlay: bool = False, overwrite: bool = False
    ) -> Path:
        """Write what ``neckrom measure`` writes: result, tables, landmarks, report (HTML and PDF), pictures.

        Parameters
        ----------
        folder : str or Path
            Of this result alone; made, whole or not at all.
        pictures : bool
            Whether anything that is written may show the person.
        overlay : bool
            Also write the clip with the angles drawn in.
        overwrite : bool
            Whether an earlier result may be replaced.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            There is something already, or it cannot be written.
        InputError
            Pictures are wanted, and the clip is no longer where it was.
        """
        target = Path(folder)
        if target.exists() and not overwrite:
            raise OutputError(f"{target} is there already: choose another folder, or give overwrite=True.")
        options = replace(self._options, pictures=pictures, overlay=overlay, overwrite=overwrite)
        write_kept(self._seen, self._landmarks, target, options)
        return target

    def __repr__(self) -> str:
        return f"<neckrom.Measurement of {self.path.name!r}: {in_short(self.result)}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return page.html_of(self.result, load_messages(self._options.language))


class Failed:
    """A clip that could not be measured.

    Attributes
    ----------
    path : Path
    error : NeckromError
        Why, and what to do.
    """

    def __init__(self, path: Path, error: NeckromError) -> None:
        self.path, self.error = path, error

    def __repr__(self) -> str:
        return f"<neckrom.Failed {self.path.name!r}: {self.error}>"
