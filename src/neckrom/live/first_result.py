"""A first result of a session, from what was seen live: there at once, while the report is being made.

The same rules judge it and the same words say it; only the angles are those of the page (docs/live.md says
how far they are from the report's). The report takes its place as soon as it is written.
"""

from __future__ import annotations

import math

from neckrom import __version__
from neckrom.assessment.judgement import JudgementSettings, PainReport, judge
from neckrom.assessment.norms import LoadedNorms
from neckrom.live.plan import Seen, Step
from neckrom.live.session import SessionMachine
from neckrom.result import (
    CameraInfo,
    ClipInfo,
    Configuration,
    NeutralInfo,
    NormInfo,
    Quality,
    Result,
    SessionFacts,
    ToolInfo,
)
from neckrom.rom.end_range import Z95
from neckrom.types import Interval, Movement, Neutral, RangeOfMotion, Trial

_SEEN_LIVE = "seen live"


def first_result(
    machine: SessionMachine, norms: LoadedNorms, facts: SessionFacts, created: str
) -> Result | None:
    """Judge what was seen so far.

    Parameters
    ----------
    machine : SessionMachine
    norms : LoadedNorms
    facts : SessionFacts
        What was told, answered and left out.
    created : str
        Local time, ISO 8601.

    Returns
    -------
    Result or None
        None where no repetition counts yet.
    """
    counted = machine.plan.counted()
    if not counted or not machine.neutrals:
        return None
    start_s, end_s = machine.neutrals[-1]
    rom = RangeOfMotion(
        neutral=Neutral(start_s, end_s, "given"),
        trials=tuple(_trial(step, step.seen) for step in counted if step.seen is not None),
        named=True,
    )
    movements, asymmetry = judge(rom, norms, _pain(machine), JudgementSettings())
    return Result(
        created=created,
        tool=ToolInfo(
            version=__version__, engine=_SEEN_LIVE, model_sha256="", estimator=_SEEN_LIVE, calibration_id=""
        ),
        configuration=Configuration(
            mirrored=False,
            neutral=(start_s, end_s),
            hfov_deg=None,
            norms=norms.name,
            protocol=facts.protocol,
            protocol_sha256=None,
            settings={},
        ),
        clip=ClipInfo(
            name=_SEEN_LIVE,
            kind="landmarks",
            sha256="",
            duration_s=machine.time_s,
            frames=0,
            fps=0.0,
            width=0,
            height=0,
            measured_width=0,
            measured_height=0,
            mirrored=False,
        ),
        camera=CameraInfo(hfov_deg=0.0, origin=_SEEN_LIVE, assumed=True, view="front"),
        norms=NormInfo(
            name=norms.name, title=norms.norms.title, citation=norms.norms.citation, sha256=norms.sha256
        ),
        neutral=NeutralInfo(
            start_s=start_s, end_s=end_s, origin="given", drift_deg=None, sd_deg=(0.0, 0.0, 0.0), sure=True
        ),
        movements=movements,
        asymmetry=asymmetry,
        quality=Quality(
            frames_measured_percent=0.0,
            face_found_percent=0.0,
            warnings=(),
            first_turn=None,
            first_turn_note="",
            interval_note="",
        ),
        statement=_SEEN_LIVE,
        session=facts,
    )


def _trial(step: Step, seen: Seen) -> Trial:
    low, high = (seen.peak_deg - Z95 * seen.sd_deg, seen.peak_deg + Z95 * seen.sd_deg)
    known = math.isfinite(seen.sd_deg)
    return Trial(
        movement=step.movement,
        start_s=seen.start_s,
        peak_s=seen.captured_s,
        end_s=seen.end_s,
        hold_start_s=seen.captured_s,
        hold_end_s=seen.captured_s,
        peak_deg=seen.peak_deg,
        sd_deg=seen.sd_deg,
        interval95=Interval(low, None if seen.lower_bound else high) if known else None,
        lower_bound=seen.lower_bound,
        compensation_deg=seen.trunk_deg,
        coupling_deg=(math.nan, math.nan),
        source=_SEEN_LIVE,
    )


def _pain(machine: SessionMachine) -> dict[Movement, PainReport]:
    """As the report takes it: the score that was entered, and the smallest angle of a first pain."""
    onsets: dict[Movement, float] = {}
    for step in machine.plan.counted():
        onset = step.seen.pain_onset_deg if step.seen is not None else None
        if onset is not None and math.isfinite(onset):
            onsets[step.movement] = min(onset, onsets.get(step.movement, onset))
    named = set(machine.pain) | set(onsets)
    return {movement: PainReport(machine.pain.get(movement), onsets.get(movement)) for movement in named}
