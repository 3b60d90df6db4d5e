"""What a study found: every figure with its interval, and of each rule set beforehand whether it was met.

Nothing is dropped. What could not be compared (no result, not tested, a lower bound, a reading without a trial) is
counted beside what could.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neckrom.rounding import HALF_PERCENT
from neckrom.study.agreement import Estimate, proportional_bias, repeated_limits
from neckrom.study.data import ArmReading, Pair, Person, Session, StudyData
from neckrom.study.proportions import Share, clustered_share, exact_share
from neckrom.study.reliability import Reliability, reliability_of
from neckrom.study.tables import STRATA
from neckrom.types import MOVEMENTS, Movement

Met = Literal["met", "not_met", "open"]
FEWEST_IN_STRATUM = 5
"""People in a stratum below whom no figure is given."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Figure(_Model):
    """A figure with its 95 % interval; null where there is too little to tell."""

    value: float | None
    low: float | None
    high: float | None


class Part(_Model):
    """A share with its 95 % interval."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Counts(_Model):
    """What became of every reading of the reference."""

    readings: int
    compared: int
    lower_bound: int = Field(description="neckrom said 'at least': no angle to compare.")
    lower_bound_wrong: int = Field(description="Of these: the reading lies below the bound.")
    without_trial: int = Field(description="Measured, but no trial that the reading could be paired with.")
    not_tested: int = Field(description="neckrom measured the session, but not this direction.")
    no_result: int = Field(description="neckrom gave no result for the session.")


class AgreementFound(_Model):
    """Camera against reference, degrees; positive: the camera reads more."""

    name: str
    people: int
    pairs: int
    bias: Figure
    sd: Figure
    lower: Figure
    upper: Figure
    sd_person: float | None
    sd_session: float | None
    sd_trial: float | None
    mae: float | None
    slope: Figure = Field(description="Of the difference over the mean of both, per degree, between people.")
    slope_p: float | None
    icc_2_1: Figure = Field(
        description="Camera and reference as two raters, each person's first pair of means."
    )
    icc_3_1: Figure


class RetestFound(_Model):
    """The same people measured again by the camera: what the best trial of a session is worth."""

    people: int
    sessions: tuple[str, ...]
    icc_2_1: Figure
    icc_3_1: Figure
    sem: Figure
    mdc95: Figure
    shift: float | None
    left_out: int = Field(
        description="People without a measured angle in every session, lower bounds included."
    )


class FlagFound(_Model):
    """The 50 % flag against the same rule on the reference, each person's first session."""

    lost: int
    kept: int
    lost_flagged: int
    lost_not_judged: int
    kept_flagged: int
    kept_not_judged: int
    sensitivity: Part = Field(description="Of all that were lost; could not judge counts as not found.")
    specificity: Part = Field(description="Of all that were kept; could not judge counts as not cleared.")
    sensitivity_judged: Part = Field(description="Of those that were judged.")
    specificity_judged: Part
    not_judged: Part
    healthy_flagged: Part = Field(
        description="Of people without neck pain whose reference kept more than half."
    )


class MovementFound(_Model):
    """One direction."""

    movement: Movement
    counts: Counts
    agreement: AgreementFound
    coverage: Part = Field(
        description="95 % intervals of trials that hold the reading; people count as clusters."
    )
    half_width_deg: float | None
    within_day: RetestFound | None
    between_days: RetestFound | None
    flag: FlagFound


class StratumFound(_Model):
    """People of one kind, all directions together."""

    stratum: str
    level: str
    people: int
    agreement: AgreementFound | None = Field(description="Null with too few people.")
    failed: Part = Field(description="Readings without a value to compare.")
    coverage: Part


class RuleFound(_Model):
    """A rule that was set beforehand."""

    name: Literal["bias", "limits", "coverage", "healthy_flagged"]
    movement: Movement | None
    met: Met
    value: str
    limit: str


class ArmFound(_Model):
    """An extra arm."""

    name: Literal["straight_leg_raise", "strike_angle"]
    readings: int
    without_value: int
    agreement: AgreementFound
    coverage: Part


class FrameFound(_Model):
    """Sessions with the reference device on the head against those without: what it does to the camera."""

    people: int
    difference: Figure = Field(
        description="With minus without, degrees, best of each direction, all directions."
    )


class SessionsFound(_Model):
    """What became of the sessions."""

    planned: int
    done: int
    failed: int
    stopped: int
    missed: int
    measured: int
    reasons: dict[str, int]


class StudyFound(_Model):
    """The whole analysis, as it stands in ``analysis.json``."""

    name: str
    reference: str
    device: str
    simulated: bool
    plan_sha256: str
    plan_is_frozen: bool
    tool_version: str
    estimator: str
    calibration_id: str
    people: int
    people_with_pain: int
    people_planned: int
    groups: dict[str, dict[str, int]]
    sessions: SessionsFound
    operators: int
    movements: tuple[MovementFound, ...]
    together: AgreementFound
    coverage: Part
    failed: Part = Field(description="Readings without a value to compare.")
    strata: tuple[StratumFound, ...]
    rules: tuple[RuleFound, ...]
    arms: tuple[ArmFound, ...]
    frame: FrameFound | None
    problems: tuple[str, ...] = Field(
        default=(), description="Grave ones that were there when it was analysed."
    )

    def of(self, movement: Movement) -> MovementFound:
        """One direction.

        Parameters
        ----------
        movement : Movement

        Returns
        -------
        MovementFound
        """
        return next(found for found in self.movements if found.movement is movement)


def analyse(data: StudyData, problems: Sequence[str] = ()) -> StudyFound:
    """All statistics of a study.

    Parameters
    ----------
    data : StudyData
    problems : sequence of str
        What the check found grave, where the analysis was asked for all the same.

    Returns
    -------
    StudyFound
        Degrees, + = the camera reads more than the reference; shares from 0 to 1. Null where there is too little to
        tell.
    """
    plan = data.plan
    pairs = data.pairs
    movements = tuple(_movement(data, movement) for movement in MOVEMENTS)
    return StudyFound(
        name=plan.name,
        reference=plan.reference,
        device=plan.device,
        simulated=plan.simulated,
        plan_sha256=plan.sha256,
        plan_is_frozen=plan.is_frozen,
        tool_version=plan.tool.version,
        estimator=plan.tool.estimator,
        calibration_id=plan.tool.calibration_id,
        people=len(data.people),
        people_with_pain=sum(person.has_pain for person in data.people),
        people_planned=plan.people,
        groups=_groups(data),
        sessions=_sessions(data),
        operators=len({session.operator for session in data.sessions if session.operator}),
        movements=movements,
        together=_agreement("all", pairs),
        coverage=_coverage(pairs),
        failed=_failed(pairs),
        strata=tuple(_strata(data)),
        rules=tuple(_rules(data, movements)),
        arms=tuple(_arms(data)),
        frame=_frame(data),
        problems=tuple(problems),
    )


# ---------------------------------------------------------------------- movements


def _movement(data: StudyData, movement: Movement) -> MovementFound:
    pairs = [pair for pair in data.pairs if pair.movement is movement]
    plan = data.plan
    widths = [
        (high - low) / 2
        for pair in pairs
        if pair.measured is not None and pair.measured.interval95_deg is not None
        for low, high in [pair.measured.interval95_deg]
        if high is not None
    ]
    between = (*plan.same_day[:1], *plan.later[:1])
    return MovementFound(
        movement=movement,
        counts=_counts(data, pairs),
        agreement=_agreement(movement.value, pairs),
        coverage=_coverage(pairs),
        half_width_deg=_known(float(np.median(widths))) if widths else None,
        within_day=_retest(data, movement, plan.same_day),
        between_days=_retest(data, movement, between) if plan.later else None,
        flag=_flag(data, movement),
    )


def _counts(data: StudyData, pairs: Sequence[Pair]) -> Counts:
    found: Counter[str] = Counter(readings=len(pairs))
    for pair in pairs:
        session = data.of_session(pair.person, pair.session)
        if session is None or session.result is None:
            found["no_result"] += 1
        elif pair.measured is None:
            item = session.measured(pair.movement)
            found["without_trial" if item is not None and item.trials else "not_tested"] += 1
        elif pair.measured.lower_bound:
            found["lower_bound"] += 1
            found["lower_bound_wrong"] += pair.reading.deg < pair.measured.peak_deg
        else:
            found["compared"] += 1
    return Counts(**{name: found[name] for name in Counts.model_fields})


def _agreement(name: str, pairs: Iterable[Pair]) -> AgreementFound:
    compared = [pair for pair in pairs if pair.comparable]
    return _agreement_of(
        name,
        [pair.difference_deg for pair in compared],
        [pair.size_deg for pair in compared],
        [pair.person for pair in compared],
        [f"{pair.session} {pair.movement.value}" for pair in compared],
    )


def _agreement_of(
    name: str,
    difference: Sequence[float],
    size: Sequence[float],
    person: Sequence[str],
    session: Sequence[str],
) -> AgreementFound:
    found = repeated_limits(difference, person, session)
    slope = proportional_bias(difference, size, person)
    raters = _raters(difference, size, person, session)
    return AgreementFound(
        name=name,
        people=found.people,
        pairs=found.trials,
        bias=_figure(found.bias),
        sd=_figure(found.sd),
        lower=_figure(found.lower),
        upper=_figure(found.upper),
        sd_person=_known(found.sd_person),
        sd_session=_known(found.sd_session),
        sd_trial=_known(found.sd_trial),
        mae=_known(float(np.abs(difference).mean())) if len(difference) else None,
        slope=_figure(slope.slope, 4),
        slope_p=_known(slope.p, 4),
        icc_2_1=_figure(raters.icc_2_1, 3),
        icc_3_1=_figure(raters.icc_3_1, 3),
    )


def _raters(
    difference: Sequence[float], size: Sequence[float], person: Sequence[str], session: Sequence[str]
) -> Reliability:
    """Camera and reference as two raters of every person: means of the person's first session."""
    first: dict[str, str] = {}
    values: dict[str, list[tuple[float, float]]] = {}
    for apart, middle, who, which in zip(difference, size, person, session, strict=True):
        if first.setdefault(who, which) == which:
            values.setdefault(who, []).append((middle + apart / 2, middle - apart / 2))
    return reliability_of([np.mean(own, axis=0) for own in values.values()] or [[0.0]])


def _retest(data: StudyData, movement: Movement, sessions: Sequence[str]) -> RetestFound | None:
    """Best angle of every session; a person with a gap or a lower bound is left out and counted."""
    if len(sessions) < 2:
        return None
    rows, left_out = [], 0
    for person in data.people:
        values = [_best(data.of_session(person.id, name), movement) for name in sessions]
        known = [value for value in values if value is not None]
        if len(known) == len(sessions):
            rows.append(known)
        else:
            left_out += 1
    found = reliability_of(rows or [[0.0] * len(sessions)])
    return RetestFound(
        people=len(rows),
        sessions=tuple(sessions),
        icc_2_1=_figure(found.icc_2_1, 3),
        icc_3_1=_figure(found.icc_3_1, 3),
        sem=_figure(found.sem),
        mdc95=_figure(found.mdc95),
        shift=_known(found.shift),
        left_out=left_out,
    )


def _best(session: Session | None, movement: Movement) -> float | None:
    item = None if session is None else session.measured(movement)
    return None if item is None or item.lower_bound else item.best_deg


# ------------------------------------------------------------------------- shares


def _coverage(pairs: Iterable[Pair]) -> Part:
    """Whether the 95 % interval of a trial, open ones too, holds the reading."""
    hits, people = [], []
    for pair in pairs:
        if pair.measured is None or pair.measured.interval95_deg is None:
            continue
        low, high = pair.measured.interval95_deg
        hits.append(low <= pair.reading.deg and (high is None or pair.reading.deg <= high))
        people.append(pair.person)
    return _part(clustered_share(hits, people))


def _failed(pairs: Sequence[Pair]) -> Part:
    return _part(clustered_share([not pair.comparable for pair in pairs], [pair.person for pair in pairs]))


def _flag(data: StudyData, movement: Movement) -> FlagFound:
    """First session of every person in which the direction was read; no result counts as not judged."""
    found = Counter(
        (lost, flag, person.has_pain)
        for person in data.people
        for lost, flag in [_judged(data, person, movement)]
        if lost is not None
    )

    def count(lost: bool, *flags: str, healthy: bool = False) -> int:
        return sum(
            number
            for (was_lost, flag, pain), number in found.items()
            if was_lost is lost and (not flags or flag in flags) and not (healthy and pain)
        )

    lost, kept = count(True), count(False)
    return FlagFound(
        lost=lost,
        kept=kept,
        lost_flagged=count(True, "flagged"),
        lost_not_judged=count(True, "could_not_judge"),
        kept_flagged=count(False, "flagged"),
        kept_not_judged=count(False, "could_not_judge"),
        sensitivity=_part(exact_share(count(True, "flagged"), lost)),
        specificity=_part(exact_share(count(False, "not_flagged"), kept)),
        sensitivity_judged=_part(exact_share(count(True, "flagged"), count(True, "flagged", "not_flagged"))),
        specificity_judged=_part(
            exact_share(count(False, "not_flagged"), count(False, "flagged", "not_flagged"))
        ),
        not_judged=_part(
            exact_share(count(True, "could_not_judge") + count(False, "could_not_judge"), lost + kept)
        ),
        healthy_flagged=_part(exact_share(count(False, "flagged", healthy=True), count(False, healthy=True))),
    )


def _judged(data: StudyData, person: Person, movement: Movement) -> tuple[bool | None, str]:
    """Whether the reference lost half or more, and what neckrom said; None where nothing was read."""
    reference = data.reference_deg(movement)
    for session in data.sessions_of(person.id):
        readings = session.read(movement)
        if readings and reference is not None:
            item = session.measured(movement)
            lost = 100.0 * max(reading.deg for reading in readings) / reference <= HALF_PERCENT
            return lost, "could_not_judge" if item is None else item.flag
    return None, "could_not_judge"


def _healthy_flagged(data: StudyData) -> Part:
    """All directions of people without pain whose reference kept more than half: the share that was flagged."""
    judged = [
        (flag == "flagged", person.id)
        for person in data.people
        if not person.has_pain
        for movement in MOVEMENTS
        for lost, flag in [_judged(data, person, movement)]
        if lost is False
    ]
    return _part(clustered_share([flagged for flagged, _ in judged], [person for _, person in judged]))


# ------------------------------------------------------------------------- strata


def _strata(data: StudyData) -> Iterable[StratumFound]:
    for stratum in STRATA:
        levels = sorted({person.strata[stratum] for person in data.people if stratum in person.strata})
        for level in levels:
            people = {person.id for person in data.people if person.strata.get(stratum) == level}
            pairs = [pair for pair in data.pairs if pair.person in people]
            enough = len({pair.person for pair in pairs if pair.comparable}) >= FEWEST_IN_STRATUM
            yield StratumFound(
                stratum=stratum,
                level=level,
                people=len(people),
                agreement=_agreement(level, pairs) if enough else None,
                failed=_failed(pairs),
                coverage=_coverage(pairs),
            )


def _groups(data: StudyData) -> dict[str, dict[str, int]]:
    return {
        stratum: dict(
            sorted(Counter(person.strata.get(stratum, "unknown") for person in data.people).items())
        )
        for stratum in STRATA
    }


def _sessions(data: StudyData) -> SessionsFound:
    outcomes = Counter(session.outcome for session in data.sessions)
    reasons = Counter(data.reasons)
    return SessionsFound(
        planned=len(data.people) * len(data.plan.of_everybody) + _extra_sessions(data),
        done=outcomes["done"],
        failed=outcomes["failed"],
        stopped=outcomes["stopped"],
        missed=outcomes["missed"],
        measured=sum(session.result is not None for session in data.sessions),
        reasons=dict(reasons.most_common()),
    )


def _extra_sessions(data: StudyData) -> int:
    extra = {visit.id for visit in data.plan.visits if visit.extra}
    return sum(session.id in extra for session in data.sessions)


def _frame(data: StudyData) -> FrameFound | None:
    """People who were filmed with the device on the head and without it, in extra sessions of the same day.

    An extra session of another day, as the one at home, differs by more than the device.
    """
    day_of = {visit.id: visit.day for visit in data.plan.visits if visit.extra}
    people, values = [], []
    for person in data.people:
        extra = [session for session in data.sessions_of(person.id) if session.id in day_of]
        for day, movement in product(sorted({day_of[session.id] for session in extra}), MOVEMENTS):
            known = [
                (each.reference_worn, best)
                for each in extra
                if day_of[each.id] == day and (best := _best(each, movement)) is not None
            ]
            worn = [best for is_worn, best in known if is_worn]
            bare = [best for is_worn, best in known if not is_worn]
            if worn and bare:
                people.append(person.id)
                values.append(float(np.mean(worn) - np.mean(bare)))
    if len(set(people)) < FEWEST_IN_STRATUM:
        return None
    found = repeated_limits(values, people, ["1"] * len(values))
    return FrameFound(people=found.people, difference=_figure(found.bias))


# --------------------------------------------------------------------- extra arms


def _arms(data: StudyData) -> Iterable[ArmFound]:
    arms: tuple[tuple[Literal["straight_leg_raise", "strike_angle"], tuple[ArmReading, ...]], ...] = (
        ("straight_leg_raise", data.leg_raises),
        ("strike_angle", data.strikes),
    )
    for name, readings in arms:
        if not readings:
            continue
        known = [(each, each.measured_deg) for each in readings if each.measured_deg is not None]
        bounded = [each for each in readings if each.low_deg is not None and each.high_deg is not None]
        yield ArmFound(
            name=name,
            readings=len(readings),
            without_value=len(readings) - len(known),
            agreement=_agreement_of(
                name,
                [value - each.reading_deg for each, value in known],
                [(value + each.reading_deg) / 2 for each, value in known],
                [each.person for each, _ in known],
                [f"{each.session} {each.side}" for each, _ in known],
            ),
            coverage=_part(
                clustered_share(
                    [(each.low_deg or 0.0) <= each.reading_deg <= (each.high_deg or 0.0) for each in bounded],
                    [each.person for each in bounded],
                )
            ),
        )


# -------------------------------------------------------------------------- rules


def _rules(data: StudyData, movements: Sequence[MovementFound]) -> Iterable[RuleFound]:
    """Met where the whole 95 % interval lies within the rule, not met where none of it does, else open."""
    rules = data.plan.rules
    for found in movements:
        bias, lower, upper = found.agreement.bias, found.agreement.lower, found.agreement.upper
        yield RuleFound(
            name="bias",
            movement=found.movement,
            met=_within(bias, -rules.bias_deg, rules.bias_deg),
            value=_said(bias, "deg"),
            limit=f"±{rules.bias_deg:g} deg",
        )
        yield RuleFound(
            name="limits",
            movement=found.movement,
            met=_both(
                _within(lower, -rules.limits_deg, math.inf), _within(upper, -math.inf, rules.limits_deg)
            ),
            value=f"{_said(lower, 'deg')} and {_said(upper, 'deg')}",
            limit=f"±{rules.limits_deg:g} deg",
        )
        yield RuleFound(
            name="coverage",
            movement=found.movement,
            met=_within(found.coverage, rules.coverage_low, rules.coverage_high),
            value=_share_said(found.coverage),
            limit=f"{100 * rules.coverage_low:g} to {100 * rules.coverage_high:g} %",
        )
    healthy = _healthy_flagged(data)
    yield RuleFound(
        name="healthy_flagged",
        movement=None,
        met=_within(healthy, -math.inf, rules.healthy_flagged),
        value=_share_said(healthy),
        limit=f"at most {100 * rules.healthy_flagged:g} %",
    )


def _within(found: Figure | Part, low: float, high: float) -> Met:
    if found.low is None or found.high is None:
        return "open"
    if low <= found.low and found.high <= high:
        return "met"
    return "not_met" if found.low > high or found.high < low else "open"


def _both(one: Met, other: Met) -> Met:
    if "not_met" in (one, other):
        return "not_met"
    return "met" if one == other == "met" else "open"


def _said(figure: Figure, unit: str) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "not known"
    return f"{figure.value:+.1f} {unit} ({figure.low:+.1f} to {figure.high:+.1f})"


def _share_said(part: Part) -> str:
    if part.share is None or part.low is None or part.high is None:
        return "nothing to count"
    return (
        f"{100 * part.share:.1f} % ({100 * part.low:.1f} to {100 * part.high:.1f}; {part.hits} of {part.of})"
    )


# ------------------------------------------------------------------------- values


def _figure(estimate: Estimate, digits: int = 2) -> Figure:
    return Figure(
        value=_known(estimate.value, digits),
        low=_known(estimate.low, digits),
        high=_known(estimate.high, digits),
    )


def _part(share: Share) -> Part:
    return Part(
        hits=share.hits,
        of=share.of,
        share=_known(share.share, 4),
        low=_known(share.low, 4),
        high=_known(share.high, 4),
    )


def _known(value: float, digits: int = 2) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
