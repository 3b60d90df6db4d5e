"""What the report of a study says, in order: page and paper show the same blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from neckrom.report.content import Table
from neckrom.report.plotting import Maker
from neckrom.rounding import rounded
from neckrom.saying.grades import Grade, gravest
from neckrom.saying.verdict import Finding, Verdict
from neckrom.study import figures
from neckrom.study.analysis import (
    AgreementFound,
    Counts,
    Figure,
    MovementFound,
    Part,
    RetestFound,
    RuleFound,
    StudyFound,
)
from neckrom.study.checklists import Checklist, checklists
from neckrom.study.data import StudyData
from neckrom.study.plan import REFERENCES
from neckrom.types import Movement

NONE = "–"
_RULE_NAMES = {
    "bias": "Bias",
    "limits": "Limits of agreement",
    "coverage": "Intervals that hold the reference",
    "healthy_flagged": "Healthy directions flagged",
}
_MET = {"met": (Grade.CALM, "met"), "not_met": (Grade.RAISED, "not met"), "open": (Grade.OPEN, "open")}


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure: how it is drawn for a wide and a narrow window, and what it shows."""

    name: str
    wide: Maker
    phone: Maker
    caption: str
    described: str


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the report."""

    title: str
    parts: tuple[str | Table | Chart, ...]
    small: bool = False


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The whole report as words; figures are made where they are placed."""

    title: str
    facts: tuple[tuple[str, str], ...]
    verdict: Verdict
    closing: str
    main: Table
    main_note: str
    sections: tuple[Section, ...]
    footer: str


def content_of(data: StudyData, found: StudyFound) -> ReportContent:
    """Put an analysis into words.

    Parameters
    ----------
    data : StudyData
    found : StudyFound
        Of these data.

    Returns
    -------
    ReportContent
        In English.
    """
    return ReportContent(
        title=f"neckrom {found.tool_version} against {REFERENCES[data.plan.reference]}",
        facts=_facts(found),
        verdict=verdict_of_study(found),
        closing="Positive: the camera reads more than the reference. In brackets 95 % intervals. Nothing was dropped.",
        main=main_table(found),
        main_note=(
            "n: people / trials that could be compared. MDC95: change of the best trial between two sessions that "
            "measuring alone makes in 5 of 100 cases."
        ),
        sections=tuple(_sections(data, found)),
        footer=f"{found.name}. Plan {found.plan_sha256[:12]}, analysed by neckrom.",
    )


def _facts(found: StudyFound) -> tuple[tuple[str, str], ...]:
    facts = [
        ("Study", found.name),
        ("Reference", f"{REFERENCES[found.reference]}{f', {found.device}' if found.device else ''}"),  # type: ignore[index]
        (
            "People",
            f"{found.people} of {found.people_planned} planned, {found.people_with_pain} with neck pain",
        ),
        ("Sessions measured", f"{found.sessions.measured} of {found.sessions.planned}"),
        ("Estimator", found.estimator),
    ]
    return tuple(facts)


def verdict_of_study(found: StudyFound) -> Verdict:
    """What the study says, the most important first.

    Parameters
    ----------
    found : StudyFound

    Returns
    -------
    Verdict
    """
    findings: list[Finding] = []
    if found.simulated:
        findings.append(
            Finding(
                "simulated", Grade.STOP, "SIMULATED DATA: these people do not exist. For trying the way only."
            )
        )
    if not found.plan_is_frozen:
        findings.append(
            Finding("plan", Grade.RAISED, "The plan was changed after it was frozen, without a reason.")
        )
    if found.problems:
        text = f"Analysed in spite of {_problems(len(found.problems))} in the data: see 'Problems'."
        findings.append(Finding("problems", Grade.RAISED, text))
    numbers = {met: sum(rule.met == met for rule in found.rules) for met in _MET}
    grade = gravest(*(_MET[rule.met][0] for rule in found.rules))
    told = (
        f"Of {len(found.rules)} rules set beforehand {numbers['met']} are met, {numbers['not_met']} not met, "
        f"{numbers['open']} open."
    )
    findings.append(Finding("rules", grade, told))
    findings += _by_rule(found.rules)
    findings.append(_failures(found))
    return Verdict(tuple(findings), gravest(*(finding.grade for finding in findings)), "")


def _by_rule(rules: Sequence[RuleFound]) -> Iterator[Finding]:
    for met, name in (("not_met", "Not met"), ("open", "Open")):
        for key, title in _RULE_NAMES.items():
            own = [rule for rule in rules if rule.met == met and rule.name == key]
            if own:
                where = ", ".join(rule.movement.label.lower() for rule in own if rule.movement is not None)
                text = f"{name}: {title[0].lower()}{title[1:]} (rule {own[0].limit}){f': {where}' if where else ''}."
                yield Finding(met, _MET[met][0], text)


def _failures(found: StudyFound) -> Finding:
    gone = found.sessions.planned - found.sessions.measured
    if not found.failed.of:
        return Finding("failures", Grade.CAUTION, "No reading to compare: nothing can be said of agreement.")
    text = (
        f"Without an angle to compare: {_percent(found.failed)} of the readings ({found.failed.hits} of "
        f"{found.failed.of}); {gone} of {found.sessions.planned} planned sessions without a result."
    )
    return Finding("failures", Grade.CAUTION if found.failed.hits or gone else Grade.CALM, text)


# ------------------------------------------------------------------------- tables


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], grades: Sequence[Grade] = ()
) -> Table:
    calm = tuple(Grade.CALM for _ in rows)
    return Table(tuple(columns), tuple(tuple(row) for row in rows), tuple(grades) or calm, tuple(widths))


def main_table(found: StudyFound) -> Table:
    """The figures that matter most, a row for each direction.

    Parameters
    ----------
    found : StudyFound

    Returns
    -------
    Table
        Degrees; the grade of a row is the gravest of its rules.
    """
    rows = [
        (
            each.movement.label,
            f"{each.agreement.people} / {each.agreement.pairs}",
            _deg(each.agreement.bias),
            _limits(each.agreement),
            _retest_mdc(each.within_day),
            _retest_mdc(each.between_days),
            _percent(each.coverage),
        )
        for each in found.movements
    ]
    grades = [
        gravest(*(_MET[rule.met][0] for rule in found.rules if rule.movement is each.movement))
        for each in found.movements
    ]
    columns = (
        "Direction",
        "n",
        "Bias (deg)",
        "Limits (deg)",
        "MDC95 in a day",
        "MDC95 between days",
        "Intervals hold",
    )
    return _table(columns, rows, (18, 12, 19, 15, 12, 12, 12), grades)


def _sections(data: StudyData, found: StudyFound) -> Iterator[Section]:
    if found.problems:
        yield Section(
            "Problems",
            ("The check found these grave, and the analysis was asked for all the same:", *found.problems),
        )
    yield Section("Rules set beforehand", (_RULE_NOTE, _rules(found)))
    yield Section(
        "Agreement",
        (
            _bland_altman(data, found),
            _agreement([each.agreement for each in found.movements]),
            _AGREEMENT_NOTE,
        ),
    )
    yield Section("Camera against reference", (_calibration(data), _counts(found), _COUNTS_NOTE))
    yield Section("Repeated measurement", (_reliability(found), _RELIABILITY_NOTE))
    yield Section("Intervals", (_intervals(data), _coverage(found), _INTERVAL_NOTE))
    yield Section("The flag", (_flags(found), _FLAG_NOTE))
    yield Section("By stratum", (_strata_chart(found), _strata(found), _STRATA_NOTE))
    if found.frame is not None:
        text = (
            f"{_deg(found.frame.difference)} deg in {found.frame.people} people: sessions with the reference device "
            "on the head minus those without it."
        )
        yield Section("The device on the head", (text,))
    for arm in found.arms:
        title = {"straight_leg_raise": "Straight leg raise", "strike_angle": "Foot strike angle"}[arm.name]
        text = (
            f"{arm.readings} readings, {arm.without_value} without a value of neckrom; intervals that hold the "
            f"reading: {_share(arm.coverage)}."
        )
        yield Section(title, (_agreement([arm.agreement], title), text))
    yield Section("Who took part", (_people(found),))
    yield Section("Method", _METHOD)
    for each in checklists(data.plan, found):
        yield Section(f"{each.name}: {each.title}", (_checklist(each),), small=True)
    yield Section("What was frozen", tuple(_frozen(data, found)), small=True)


_RULE_NOTE = "Met: the whole 95 % interval lies within the rule. Not met: none of it does. Open: neither."
_AGREEMENT_NOTE = (
    "Spread: between people / sessions of a person / trials of a session. Slope: how the difference changes with "
    "each "
    "degree of the angle, between people. ICC: camera and reference as two raters, one pair of means for each person."
)
_COUNTS_NOTE = (
    "No result: the session could not be measured. Not tested: neckrom did not take the direction for tested. No "
    "trial: nobody "
    "can tell which trial the reading belongs to. At least: neckrom gave a lower bound; in brackets bounds above "
    "the reading."
)
_RELIABILITY_NOTE = (
    "Best trial of each session. ICC(2,1): agreement, ICC(3,1): consistency. SEM: standard deviation within people. "
    "Left out: "
    "people without a measured angle in every session, lower bounds included."
)
_INTERVAL_NOTE = (
    "Whether neckrom's 95 % interval of a trial holds the reading, which has an error of its own. Trials of one "
    "person are "
    "alike: the interval of the share counts them for as many as they are worth."
)
_FLAG_NOTE = (
    "Flagged: half of the norm or less, by the best trial; the same rule on the reference. First session of each "
    "person. "
    "Sensitivity and specificity count 'could not judge' against the tool; in the last columns it is left out."
)
_STRATA_NOTE = (
    "All directions together. Dots: bias with its 95 % interval; grey: limits of agreement. Strata overlap (beard "
    "and sex, for one) and are "
    "described, not tested against each other. Strata of fewer than 5 people have no figures."
)
_METHOD = (
    "Differences are camera minus reference of single trials. Limits of agreement for repeated measurements: "
    "variances between "
    "people, sessions and trials, added (Bland & Altman 2007); their intervals from those of the parts (MOVER, Zou "
    "2013). "
    "Slope: least squares over people's means. ICC with the intervals of McGraw & Wong 1996. SEM: standard "
    "deviation within people, "
    "chi-square interval; MDC95 = 1.96 √2 SEM. Shares: exact intervals, with a design effect for people "
    "(Korn & Graubard 1998).",
    "The limits hold the error of the reference, too: they are those of camera and reference together. Readings are "
    "paired with the "
    "trial during which they were read where the time is known, otherwise in their order where both are equal in "
    "number.",
)


def agreement_rows(found: StudyFound) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows of the figures of agreement alone, as words.

    Parameters
    ----------
    found : StudyFound

    Returns
    -------
    columns : tuple of str
    rows : tuple of tuple of str
        One for each direction, in the fixed order.
    """
    columns = (
        "Direction",
        "People",
        "Compared",
        "Of readings",
        "Bias",
        "Lower limit",
        "Upper limit",
        "Intervals hold",
    )
    rows = tuple(
        (
            each.movement.label,
            str(each.agreement.people),
            str(each.counts.compared),
            str(each.counts.readings),
            _deg(each.agreement.bias),
            _deg(each.agreement.lower),
            _deg(each.agreement.upper),
            _percent(each.coverage),
        )
        for each in found.movements
        if each.counts.readings
    )
    return columns, rows


def _rules(found: StudyFound) -> Table:
    rows = [
        (
            _RULE_NAMES[rule.name],
            "all" if rule.movement is None else rule.movement.label,
            rule.limit,
            _minus(rule.value),
            _MET[rule.met][1],
        )
        for rule in found.rules
    ]
    grades = [_MET[rule.met][0] for rule in found.rules]
    return _table(("Rule", "Direction", "Set beforehand", "Found", ""), rows, (24, 17, 17, 32, 10), grades)


def _agreement(found: Sequence[AgreementFound], title: str = "") -> Table:
    rows = [
        (
            title or _movement(each.name),
            _deg(each.bias),
            _deg(each.lower),
            _deg(each.upper),
            " / ".join(map(_number, (each.sd_person, each.sd_session, each.sd_trial))),
            _signed(each.slope, 2),
            _icc(each.icc_2_1),
            _icc(each.icc_3_1),
        )
        for each in found
    ]
    columns = ("Direction", "Bias", "Lower limit", "Upper limit", "Spread", "Slope", "ICC(2,1)", "ICC(3,1)")
    return _table(columns, rows, (13, 14, 14, 14, 12, 13, 10, 10))


def _counts(found: StudyFound) -> Table:
    def row(each: MovementFound) -> tuple[str, ...]:
        counts: Counts = each.counts
        told = (counts.readings, counts.compared, counts.no_result, counts.not_tested, counts.without_trial)
        return (each.movement.label, *map(str, told), f"{counts.lower_bound} ({counts.lower_bound_wrong})")

    columns = ("Direction", "Readings", "Compared", "No result", "Not tested", "No trial", "At least")
    return _table(columns, [row(each) for each in found.movements], (22, 13, 13, 13, 13, 13, 13))


def _reliability(found: StudyFound) -> Table:
    rows = []
    for each in found.movements:
        for name, retest in (("in a day", each.within_day), ("between days", each.between_days)):
            if retest is not None:
                rows.append(
                    (
                        f"{each.movement.label}, {name}",
                        f"{retest.people} ({retest.left_out})",
                        _icc(retest.icc_2_1),
                        _icc(retest.icc_3_1),
                        _size(retest.sem),
                        _size(retest.mdc95),
                        NONE if retest.shift is None else _minus(f"{_round(retest.shift):+.1f}"),
                    )
                )
    columns = ("Direction", "People (left out)", "ICC(2,1)", "ICC(3,1)", "SEM (deg)", "MDC95 (deg)", "Shift")
    return _table(columns, rows, (26, 12, 13, 13, 14, 14, 8))


def _coverage(found: StudyFound) -> Table:
    rows = [
        (
            each.movement.label,
            _share(each.coverage),
            NONE if each.half_width_deg is None else f"±{_round(each.half_width_deg):.1f}",
        )
        for each in found.movements
    ]
    rows.append(("all", _share(found.coverage), ""))
    return _table(("Direction", "Readings inside", "Median half-width (deg)"), rows, (26, 48, 26))


def _flags(found: StudyFound) -> Table:
    rows = [
        (
            each.movement.label,
            f"{each.flag.lost}: {each.flag.lost_flagged} / {each.flag.lost_not_judged}",
            f"{each.flag.kept}: {each.flag.kept_flagged} / {each.flag.kept_not_judged}",
            _share(each.flag.sensitivity),
            _share(each.flag.specificity),
            _percent(each.flag.sensitivity_judged),
            _percent(each.flag.specificity_judged),
        )
        for each in found.movements
    ]
    columns = (
        "Direction",
        "Lost: flagged / not judged",
        "Kept: flagged / not judged",
        "Sensitivity",
        "Specificity",
        "Sens., judged",
        "Spec., judged",
    )
    return _table(columns, rows, (15, 14, 14, 19, 19, 9, 10))


def _strata(found: StudyFound) -> Table:
    rows = [
        (
            f"{each.stratum.replace('_', ' ')}: {each.level.replace('_', ' ')}",
            str(each.people),
            NONE if each.agreement is None else _deg(each.agreement.bias),
            NONE if each.agreement is None else _limits(each.agreement),
            _share(each.failed),
            _percent(each.coverage),
        )
        for each in found.strata
    ]
    columns = (
        "Stratum",
        "People",
        "Bias (deg)",
        "Limits (deg)",
        "Readings without an angle",
        "Intervals hold",
    )
    return _table(columns, rows, (22, 9, 20, 17, 22, 10))


def _people(found: StudyFound) -> Table:
    rows = [
        (
            stratum.replace("_", " "),
            ", ".join(f"{level.replace('_', ' ')}: {number}" for level, number in levels.items()),
        )
        for stratum, levels in found.groups.items()
    ]
    sessions = found.sessions
    told = (
        f"{sessions.planned} planned: {sessions.done} done, {sessions.failed} failed, {sessions.stopped} stopped, "
        f"{sessions.missed} missed"
    )
    rows.append(("sessions", told))
    if sessions.reasons:
        rows.append(
            ("reasons", ", ".join(f"{reason}: {number}" for reason, number in sessions.reasons.items()))
        )
    return _table(("What", "Numbers"), rows, (18, 82))


def _checklist(each: Checklist) -> Table:
    rows = [(item.number, item.asks, item.told) for item in each.items]
    return _table(
        ("No.", f"Item ({each.filled} of {len(rows)} filled in)", "What the data tell"), rows, (6, 38, 56)
    )


def _frozen(data: StudyData, found: StudyFound) -> Iterator[str]:
    plan = data.plan
    yield f"study.toml: {plan.digest}, {'as frozen' if found.plan_is_frozen else 'NOT as frozen'} on {plan.created}."
    for amendment in plan.amendments:
        yield f"Amendment of {amendment.date}: {amendment.reason}"
    for name, value in plan.tool:
        yield f"{name.replace('_', ' ')}: {'not stated' if value is None else value}"


# ------------------------------------------------------------------------- charts


def _chart(name: str, draw: object, caption: str, described: str) -> Chart:
    assert callable(draw)
    return Chart(name, partial(draw, phone=False), partial(draw, phone=True), caption, described)


def _bland_altman(data: StudyData, found: StudyFound) -> Chart:
    caption = (
        "Dots: trials. Line: bias; dashed: limits of agreement, each in the band of its 95 % interval. Dotted: the "
        "rule "
        "set beforehand."
    )
    described = "Difference between camera and reference over their mean, one panel for each direction."
    return _chart("bland_altman", partial(figures.bland_altman_figure, data, found), caption, described)


def _calibration(data: StudyData) -> Chart:
    caption = "Line: both agree. Triangles: 'at least'. Grey: half of the norm or less."
    return _chart(
        "calibration",
        partial(figures.calibration_figure, data),
        caption,
        "Angle of the camera over that of the reference.",
    )


def _intervals(data: StudyData) -> Chart:
    caption = (
        "Above the line intervals are wider than they need be, below it too narrow. From the standard deviation of "
        "each trial."
    )
    return _chart(
        "intervals",
        partial(figures.interval_figure, data),
        caption,
        "Share of readings inside intervals of each width.",
    )


def _strata_chart(found: StudyFound) -> Chart:
    return _chart(
        "strata", partial(figures.strata_figure, found), "", "Bias of each stratum with its interval."
    )


# ------------------------------------------------------------------------- figures


def _problems(number: int) -> str:
    return "1 grave problem" if number == 1 else f"{number} grave problems"


def _movement(name: str) -> str:
    return Movement(name).label if name in set(Movement) else name


def _deg(figure: Figure) -> str:
    return _signed(figure, 1)


def _signed(figure: Figure, digits: int) -> str:
    if figure.value is None:
        return NONE
    ends = (
        ""
        if figure.low is None or figure.high is None
        else f" ({_round(figure.low, digits):+.{digits}f} to {_round(figure.high, digits):+.{digits}f})"
    )
    return _minus(f"{_round(figure.value, digits):+.{digits}f}{ends}")


def _round(value: float, digits: int = 1) -> float:
    """By the one rule that all pages follow, and never -0.0."""
    return rounded(value, digits) + 0.0


def _plain(figure: Figure) -> str:
    return NONE if figure.value is None else _minus(f"{_round(figure.value):+.1f}")


def _limits(found: AgreementFound) -> str:
    if found.lower.value is None or found.upper.value is None:
        return NONE
    return f"{_plain(found.lower)} to {_plain(found.upper)}"


def _size(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return NONE
    value, low, high = (_round(each) for each in (figure.value, figure.low, figure.high))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _icc(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return NONE
    return _minus(f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})")


def _number(value: float | None) -> str:
    return NONE if value is None else f"{_round(value):.1f}"


def _percent(part: Part) -> str:
    return NONE if part.share is None else f"{_round(100 * part.share):.1f} %"


def _share(part: Part) -> str:
    if part.share is None or part.low is None or part.high is None:
        return f"{NONE} ({part.hits} of {part.of})"
    return f"{_round(100 * part.share):.1f} % ({100 * part.low:.0f} to {100 * part.high:.0f}; {part.hits} of {part.of})"


def _retest_mdc(found: RetestFound | None) -> str:
    return NONE if found is None or found.mdc95.value is None else f"{_round(found.mdc95.value):.1f}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
