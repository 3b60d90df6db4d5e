"""Runs and postures against truth tables of whole bodies: quantity by quantity, step by step.

A case is a recording (clip, picture or ``NAME.parquet``) with ``NAME.csv``, one row a frame, and ``NAME.json``, which
names the kind and, for runs, every contact. Axes there are X to the person's left, Y up, Z forward, in metres; angles
are in the sagittal plane and signed as in the results.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from neckrom.body.result import Interval
from neckrom.errors import ConfigurationError
from neckrom.posture.result import PostureResult
from neckrom.result import Model
from neckrom.running.result import RunResult
from neckrom.types import FloatArray

Kind = Literal["run", "posture"]
KINDS: dict[str, Kind] = {"run_side": "run", "run_back": "run", "posture": "posture"}
NOT_VALIDATED_KINDS = ("slr", "slump", "arms", "upper_back")
"""Nerve tests and turns of the trunk: whole bodies, too, and not validated here."""
RECORDINGS = (".mp4", ".mov", ".mkv", ".webm", ".jpg", ".jpeg", ".png", ".parquet", ".landmarks.parquet")
"""Ends of names that are looked for beside the JSON, in this order."""
_SAME_CONTACT_S = 0.12
"""A measured contact this near to a true one of the same foot is that one."""
_LARGEST_JSON = 4_000_000
"""Bytes; a larger file says nothing of a recording."""


@dataclass(frozen=True, slots=True)
class BodyCase:
    """A recording with its truth.

    Attributes
    ----------
    name : str
    kind : {"run", "posture"}
    recording, table, about : Path
        The CSV has a row a frame, the JSON the events and the camera.
    """

    name: str
    kind: Kind
    recording: Path
    table: Path
    about: Path


class BodyRow(Model):
    """One quantity of one recording."""

    clip: str
    quantity: str
    unit: str
    measured: float | None
    truth: float
    error: float | None
    interval95: Interval | None = None
    in_interval: bool | None = None


class BodySummary(Model):
    """One quantity over all recordings."""

    quantity: str
    unit: str
    n: int
    missing: int
    bias: float | None
    mean_absolute: float | None
    rms: float | None
    worst: float | None
    in_interval_percent: float | None


class BodyReport(Model):
    """What came of a folder."""

    rows: tuple[BodyRow, ...]
    summary: tuple[BodySummary, ...]
    failed: dict[str, str]


Measured = RunResult | PostureResult
MeasureBody = Callable[[BodyCase], Measured]


def body_kind(about: Path) -> Kind | None:
    """Kind of a run or a posture by the JSON beside it; None where it is neither.

    Parameters
    ----------
    about : Path
        The JSON; need not exist.

    Returns
    -------
    {"run", "posture"} or None
        None also where it cannot be read.
    """
    return KINDS.get(_named_kind(about))


def is_body(about: Path) -> bool:
    """Whether a recording is one of a whole body by the JSON beside it, of any kind.

    Parameters
    ----------
    about : Path
        The JSON; need not exist.

    Returns
    -------
    bool
        True of nerve tests and turns of the trunk, too.
    """
    kind = _named_kind(about)
    return kind in KINDS or kind in NOT_VALIDATED_KINDS


def find_not_validated(folder: Path) -> tuple[str, ...]:
    """Names of nerve tests and turns of the trunk with truth under a folder: not validated here.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of str
        Relative to the folder, without suffix, sorted.
    """
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            about.with_suffix("").relative_to(folder).as_posix()
            for about in folder.rglob("*.json")
            if _named_kind(about) in NOT_VALIDATED_KINDS and about.with_suffix(".csv").is_file()
        )
    )


def _named_kind(about: Path) -> str:
    try:
        if about.stat().st_size > _LARGEST_JSON:
            return ""
        content = json.loads(about.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    kind = content.get("kind") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) else ""


def find_body_cases(folder: Path) -> tuple[BodyCase, ...]:
    """Recordings of whole bodies with truth under a folder, by name; none where there are none.

    Parameters
    ----------
    folder : Path
        With all folders below it.

    Returns
    -------
    tuple of BodyCase
        Names are paths below the folder without suffix.
    """
    if not folder.is_dir():
        return ()
    cases: dict[str, BodyCase] = {}
    for about in sorted(folder.rglob("*.json")):
        kind = body_kind(about)
        table = about.with_suffix(".csv")
        if kind is None or not table.is_file():
            continue
        recording = next((p for s in RECORDINGS if (p := about.with_suffix(s)).is_file()), None)
        if recording is not None:
            name = about.with_suffix("").relative_to(folder).as_posix()
            cases[name] = BodyCase(name, kind, recording, table, about)
    return tuple(cases[name] for name in sorted(cases))


def compare_body(case: BodyCase, result: Measured) -> tuple[BodyRow, ...]:
    """Every quantity that both the result and the truth have.

    Parameters
    ----------
    case : BodyCase
    result : RunResult or PostureResult
        Of its recording.

    Returns
    -------
    tuple of BodyRow
        Errors are measured less true. Contacts in milliseconds, angles in degrees; a cadence and lengths of the plumb
        line in percent, of the true cadence and of the height from ankle to ear.

    Raises
    ------
    ConfigurationError
        The truth table or its JSON is damaged.
    """
    try:
        truth = _Truth(case)
        rows = _run_rows(truth, result) if isinstance(result, RunResult) else _posture_rows(truth, result)
        return tuple(rows)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ConfigurationError(
            f"The truth of {case.name} cannot be read ({type(error).__name__}: {error}): {case.table.name} and "
            f"{case.about.name} have to be those of the recording."
        ) from error


def summarise(rows: Sequence[BodyRow]) -> tuple[BodySummary, ...]:
    """Errors by quantity, in the order in which they first come.

    Parameters
    ----------
    rows : sequence of BodyRow
        Of all recordings.

    Returns
    -------
    tuple of BodySummary
        In the unit of each quantity. ``n`` counts what was measured; ``missing`` is no part of any error. ``worst`` is
        a size, without sign.
    """
    found = []
    for quantity in dict.fromkeys(row.quantity for row in rows):
        mine = [row for row in rows if row.quantity == quantity]
        errors = np.array([row.error for row in mine if row.error is not None])
        told = [row.in_interval for row in mine if row.in_interval is not None]
        some = len(errors) > 0
        found.append(
            BodySummary(
                quantity=quantity,
                unit=mine[0].unit,
                n=len(errors),
                missing=len(mine) - len(errors),
                bias=round(float(errors.mean()), 3) if some else None,
                mean_absolute=round(float(np.abs(errors).mean()), 3) if some else None,
                rms=round(float(np.sqrt((errors**2).mean())), 3) if some else None,
                worst=round(float(np.abs(errors).max()), 3) if some else None,
                in_interval_percent=round(100.0 * float(np.mean(told)), 1) if told else None,
            )
        )
    return tuple(found)


def validate_bodies(
    cases: Sequence[BodyCase],
    measure: MeasureBody,
    failures: tuple[type[Exception], ...],
    tell: Callable[[int, int, str], None],
) -> BodyReport:
    """Measure every case and compare; one that cannot be measured does not stop the others.

    Parameters
    ----------
    cases : sequence of BodyCase
    measure : callable
        Gives the result of a case.
    failures : tuple of exception types
        Errors that are the recording's: they are noted under ``failed``, others are raised.
    tell : callable
        Called with cases done, cases in all, and the name of the next one.

    Returns
    -------
    BodyReport
    """
    rows: list[BodyRow] = []
    failed: dict[str, str] = {}
    for number, case in enumerate(cases):
        tell(number, len(cases), case.name)
        try:
            rows.extend(compare_body(case, measure(case)))
        except failures as error:
            failed[case.name] = str(error)
    tell(len(cases), len(cases), "")
    return BodyReport(rows=tuple(rows), summary=summarise(rows), failed=failed)


def rows_csv(rows: Iterable[BodyRow]) -> str:
    """Rows as CSV.

    Parameters
    ----------
    rows : iterable of BodyRow

    Returns
    -------
    str
        With a heading; what is not known stays empty.
    """
    lines = ["clip,quantity,unit,measured,truth,error,low,high,in_interval"]
    for row in rows:
        low, high = row.interval95 or (None, None)
        values = (row.measured, row.truth, row.error, low, high)
        numbers = ",".join("" if value is None else f"{value:.4f}" for value in values)
        inside = "" if row.in_interval is None else str(row.in_interval).lower()
        lines.append(f'"{row.clip}",{row.quantity},{row.unit},{numbers},{inside}')
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------- comparing


class _Truth:
    """The table and the JSON of one case."""

    def __init__(self, case: BodyCase) -> None:
        with case.table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows:
            raise ValueError("no rows")
        self._rows = rows
        self.about: dict[str, Any] = json.loads(case.about.read_text(encoding="utf-8"))
        self.name = case.name
        self.time_s = self.column("time_s")

    def column(self, name: str) -> FloatArray:
        values = np.array([float(row[name]) for row in self._rows])
        if not np.isfinite(values).all():
            raise ValueError(f"{name} is not a number everywhere")
        return values

    def middle(self, name: str) -> FloatArray:
        """Up and forward, shape (N, 2), of the middle between left and right."""
        sides = [np.stack([self.column(f"{name}_{side}_{axis}") for axis in "YZ"], axis=1) for side in "LR"]
        return 0.5 * (sides[0] + sides[1])

    def ear_shoulder_deg(self) -> FloatArray:
        shoulder, hip, tragus = (self.middle(name) for name in ("shoulder", "hip", "tragus"))
        return _tilt(tragus - shoulder) - _tilt(shoulder - hip)

    def row(
        self,
        quantity: str,
        unit: str,
        measured: float | None,
        truth: float,
        interval: Interval | None = None,
    ) -> BodyRow:
        inside = None
        if interval is not None and measured is not None:
            inside = interval[0] <= truth <= interval[1]
        return BodyRow(
            clip=self.name,
            quantity=quantity,
            unit=unit,
            measured=measured,
            truth=round(truth, 5),
            error=None if measured is None else round(measured - truth, 5),
            interval95=interval,
            in_interval=inside,
        )


def _tilt(up_forward: FloatArray) -> FloatArray:
    return np.asarray(np.degrees(np.arctan2(up_forward[:, 1], up_forward[:, 0])))


def _posture_rows(truth: _Truth, result: PostureResult) -> Iterator[BodyRow]:
    side = "L" if result.side == "left" else "R"
    yield truth.row(
        "trunk_lean",
        "deg",
        result.trunk_lean_deg,
        float(np.median(truth.column("trunk_lean_deg"))),
        result.trunk_lean_interval95_deg,
    )
    yield truth.row(
        "ear_shoulder",
        "deg",
        result.ear_shoulder_deg,
        float(np.median(truth.ear_shoulder_deg())),
        result.ear_shoulder_interval95_deg,
    )
    yield truth.row(
        "head_pitch", "deg", result.head_pitch_deg, float(np.median(truth.column("head_pitch_deg")))
    )
    if result.craniovertebral_deg is not None:
        yield truth.row(
            "craniovertebral",
            "deg",
            result.craniovertebral_deg,
            float(np.median(truth.column(f"cva_{side}_deg"))),
            result.craniovertebral_interval95_deg,
        )
    if result.plumb is not None:
        ankle = truth.middle("ankle")
        height = (truth.middle("tragus") - ankle)[:, 0]
        for name, point in (("ear", "tragus"), ("shoulder", "shoulder"), ("hip", "hip")):
            share = (truth.middle(point) - ankle)[:, 1] / height
            measured = getattr(result.plumb, name)
            yield truth.row(
                f"plumb_{name}",
                "percent",
                None if measured is None else 100 * measured,
                100 * float(np.median(share)),
            )


def _run_rows(truth: _Truth, result: RunResult) -> Iterator[BodyRow]:
    events = truth.about["events"]
    cadence = float(events["cadence_spm"])
    measured = None if result.cadence_spm is None else 100 * result.cadence_spm / cadence
    interval = result.cadence_interval95_spm
    yield truth.row(
        "cadence",
        "percent",
        measured,
        100.0,
        None if interval is None else (100 * interval[0] / cadence, 100 * interval[1] / cadence),
    )
    left, right = (float(events["step_s"][side]) for side in "LR")
    yield truth.row(
        "step_asymmetry",
        "percent",
        result.step_asymmetry_percent,
        200.0 * (left - right) / (left + right),
        result.step_asymmetry_interval95,
    )
    if result.view.startswith("side"):
        yield from _side_rows(truth, result)
    yield from _contact_rows(truth, result)


def _side_rows(truth: _Truth, result: RunResult) -> Iterator[BodyRow]:
    yield truth.row(
        "trunk_lean",
        "deg",
        result.trunk_lean_deg,
        float(truth.column("trunk_lean_deg").mean()),
        result.trunk_lean_interval95_deg,
    )
    if result.head_forward is not None:
        yield truth.row(
            "ear_shoulder",
            "deg",
            result.head_forward.ear_shoulder_deg,
            float(np.median(truth.ear_shoulder_deg())),
            result.head_forward.ear_shoulder_interval95_deg,
        )


def _contact_rows(truth: _Truth, result: RunResult) -> Iterator[BodyRow]:
    """Each true contact that the clip holds whole, with the measured one next to it."""
    contacts = [one for one in truth.about["events"]["contacts"] if one.get("complete", True)]
    steps = [step for step in result.steps if step.clip == 0]
    first, last = (
        (min(s.contact_s for s in steps), max(s.contact_s for s in steps)) if steps else (math.inf, -math.inf)
    )
    for one in contacts:
        start = float(one["ic_s"])
        if not first - _SAME_CONTACT_S <= start <= last + _SAME_CONTACT_S:
            continue  # before the first and after the last nothing was said
        foot = "left" if one["foot"] == "L" else "right"
        near = [s for s in steps if s.foot == foot and abs(s.contact_s - start) <= _SAME_CONTACT_S]
        step = min(near, key=lambda s: abs(s.contact_s - start), default=None)
        which = "near" if step is None or step.near else "far"
        off = None if step is None or step.off_s is None else 1e3 * step.off_s
        contact = None if step is None else 1e3 * step.contact_s
        yield truth.row(f"contact_{which}", "ms", contact, 1e3 * start)
        yield truth.row(f"off_{which}", "ms", off, 1e3 * float(one["to_s"]))
        if result.view.startswith("side"):
            yield truth.row(
                f"strike_{which}",
                "deg",
                None if step is None else step.strike_deg,
                float(one["strike_deg"]),
                None if step is None else step.strike_interval95_deg,
            )
