"""GRRAS, COSMIN and STARD: every item, filled in as far as the data tell.

GRRAS: Kottner et al. 2011, J Clin Epidemiol 64: 96-106. COSMIN: risk of bias of reliability and measurement error,
Mokkink et al. 2020, BMC Med Res Methodol 20: 293. STARD 2015: Bossuyt et al., BMJ 351: h5527.
Items are given in our own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neckrom.study.analysis import StudyFound
from neckrom.study.plan import REFERENCES, Plan

YOURS = "To be written by you."


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist.

    Attributes
    ----------
    number, asks : str
    told : str
        What the data say; :data:`YOURS` where they cannot.
    """

    number: str
    asks: str
    told: str = YOURS


@dataclass(frozen=True, slots=True)
class Checklist:
    """A whole checklist."""

    name: str
    title: str
    items: tuple[Item, ...]

    @property
    def filled(self) -> int:
        """Items that the data could fill."""
        return sum(item.told != YOURS for item in self.items)


def checklists(plan: Plan, found: StudyFound) -> tuple[Checklist, ...]:
    """The three checklists.

    Parameters
    ----------
    plan : Plan
    found : StudyFound

    Returns
    -------
    tuple of Checklist
        GRRAS, COSMIN, STARD.
    """
    facts = _facts(plan, found)
    return (
        Checklist("GRRAS", "Reliability and agreement", tuple(_grras(facts))),
        Checklist("COSMIN", "Reliability and measurement error, risk of bias", tuple(_cosmin(facts))),
        Checklist("STARD", "Accuracy of the flag 'half of the norm or less'", tuple(_stard(facts))),
    )


def markdown(lists: Iterable[Checklist]) -> str:
    """As a page to edit.

    Parameters
    ----------
    lists : iterable of Checklist

    Returns
    -------
    str
    """
    lines = ["# Checklists", "", "Filled in as far as the data tell; edit what is yours."]
    for each in lists:
        lines += [
            "",
            f"## {each.name}: {each.title}",
            "",
            "| | item | where, and what the data tell |",
            "|---|---|---|",
        ]
        lines += [f"| {item.number} | {item.asks} | {item.told} |" for item in each.items]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Facts:
    device: str
    tool: str
    people: str
    raters: str
    times: str
    failures: str
    figures: str
    flags: str
    unclear: str
    plan: str
    size: str
    groups: str
    counted: str


def _facts(plan: Plan, found: StudyFound) -> _Facts:
    low, high = plan.days_between
    lost = sum(each.flag.lost for each in found.movements)
    kept = sum(each.flag.kept for each in found.movements)
    unclear = sum(each.flag.lost_not_judged + each.flag.kept_not_judged for each in found.movements)
    sessions = found.sessions
    groups = "; ".join(
        f"{stratum.replace('_', ' ')}: "
        + ", ".join(f"{level.replace('_', ' ')} {number}" for level, number in levels.items())
        for stratum, levels in found.groups.items()
    )
    reasons = "; ".join(f"{reason} ({number})" for reason, number in list(found.sessions.reasons.items())[:5])
    amended = f"{len(plan.amendments)} amendments" if plan.amendments else "no amendment"
    return _Facts(
        device=f"{REFERENCES[plan.reference]}{f' ({plan.device})' if plan.device else ''}.",
        tool=f"neckrom {found.tool_version}, estimator {found.estimator}, calibration {found.calibration_id}.",
        people=f"{found.people} people, {found.people_with_pain} with neck pain ({plan.people} planned).",
        raters=(
            f"{found.operators} operators; {found.sessions.measured} sessions measured, "
            f"{plan.trials} trials of each direction."
        ),
        times=f"Within a day (seated anew, camera moved) and after {low} to {high} days.",
        failures=(
            f"{sessions.done} of {sessions.planned} sessions done, {sessions.failed} failed, {sessions.stopped} "
            "stopped, "
            f"{sessions.missed} missed{f': {reasons}' if reasons else ''}. {found.failed.hits} of {found.failed.of} "
            "readings without an angle to compare."
        ),
        figures="Tables 'Agreement' and 'Repeated measurement', with 95 % intervals.",
        flags=(
            f"{lost} directions lost half or more by the reference, {kept} did not; "
            "table 'The flag', exact 95 % intervals."
        ),
        unclear=(
            f"Could not judge: {unclear} of {lost + kept}; counted as not found and as not cleared, "
            "and left out beside it."
        ),
        plan=f"study.toml {plan.sha256[:12]}, {'unchanged' if plan.is_frozen else 'CHANGED'}; {amended}.",
        size=f"{plan.people} people: half-width of the interval of a limit of agreement, see the protocol.",
        groups=f"{groups}.",
        counted=(
            "Nothing is dropped: sessions without a result, directions not tested, lower bounds and readings "
            "without a trial are counted."
        ),
    )


def _grras(facts: _Facts) -> Iterable[Item]:
    yield Item("1", "Title or abstract says that agreement and reliability were investigated")
    yield Item("2", "Device named and described", f"{facts.tool} Reference: {facts.device}")
    yield Item("3", "Population of interest", facts.people)
    yield Item("4", "Raters of interest", facts.raters)
    yield Item("5", "What is known already, and why this study")
    yield Item("6", "How the sample size was chosen", facts.size)
    yield Item("7", "How people and raters were sampled")
    yield Item(
        "8",
        "How it was measured: intervals, conditions, blinding",
        f"{facts.times} Blinding: protocol, section 7.",
    )
    yield Item(
        "9",
        "Whether the measurements were independent",
        "Camera and reference at once, read apart (protocol, section 7).",
    )
    yield Item("10", "Statistics", "Protocol, section 8; section 'Method' of the report.")
    yield Item("11", "Numbers of raters, people and repeated observations", f"{facts.people} {facts.raters}")
    yield Item("12", "Sample characteristics", facts.groups)
    yield Item("13", "Estimates with their uncertainty", facts.figures)
    yield Item("14", "What they mean in practice", "Rules set beforehand: table 'Rules'. The rest is yours.")
    yield Item(
        "15", "Detailed results", "pairs.csv, agreement.csv, reliability.csv, strata.csv beside the report."
    )


def _cosmin(facts: _Facts) -> Iterable[Item]:
    yield Item("1", "Were people stable between the measurements?")
    yield Item("2", "Was the interval between them appropriate?", facts.times)
    yield Item(
        "3",
        "Were the conditions similar but for what was studied?",
        "Same frozen tool and options for all (study.toml).",
    )
    yield Item(
        "4",
        "Administered without knowledge of other results?",
        "Protocol, section 7. Say whether it was kept.",
    )
    yield Item(
        "5", "Scores assigned without knowledge of other results?", "neckrom assigns them without any."
    )
    yield Item("6", "Other important flaws?")
    yield Item(
        "7", "Reliability: ICC with model and formula", "ICC(2,1) and ICC(3,1), McGraw & Wong intervals."
    )
    yield Item("8", "Measurement error: SEM, smallest detectable change, limits of agreement", facts.figures)


def _stard(facts: _Facts) -> Iterable[Item]:
    yield Item("1", "Title or abstract: a study of diagnostic accuracy")
    yield Item("2", "Structured abstract")
    yield Item("3", "Background, and the role of the test")
    yield Item("4", "Objectives and hypotheses", "Rules set beforehand: table 'Rules'.")
    yield Item(
        "5", "Data collected before or after the tests", "Before: the plan was frozen first (study.toml)."
    )
    yield Item("6", "Who was eligible", "Protocol, section 3.")
    yield Item("7", "How they were found")
    yield Item("8", "Where and when")
    yield Item("9", "Consecutive, random or convenience sample")
    yield Item("10a", "Index test", f"{facts.tool} Protocol, section 6.")
    yield Item("10b", "Reference standard", facts.device)
    yield Item("11", "Why this reference standard")
    yield Item(
        "12a", "Cut-off of the index test", "Half of the norm or less, set beforehand by the norm set."
    )
    yield Item("12b", "Cut-off of the reference", "The same, on the best reading of the session.")
    yield Item(
        "13a",
        "Was the reference known to who ran the index test?",
        "No by protocol, section 7. Say whether it was kept.",
    )
    yield Item(
        "13b",
        "Was the index test known to who read the reference?",
        "No by protocol, section 7. Say whether it was kept.",
    )
    yield Item(
        "14",
        "How accuracy was estimated",
        "Sensitivity and specificity for each direction, one session a person.",
    )
    yield Item("15", "Indeterminate results", facts.unclear)
    yield Item("16", "Missing data", facts.counted)
    yield Item("17", "Variability", "By stratum: bias, failures and coverage.")
    yield Item("18", "Intended sample size", facts.size)
    yield Item("19", "Flow of participants", f"{facts.people} {facts.failures}")
    yield Item("20", "Who they were", facts.groups)
    yield Item("21a", "Severity among those with the condition", "Figure 'Camera against reference'.")
    yield Item("21b", "Other conditions among those without")
    yield Item(
        "22",
        "Time between index test and reference",
        "None: recorded at once, but for sessions whose column 'order' says otherwise.",
    )
    yield Item("23", "Cross tabulation", facts.flags)
    yield Item("24", "Estimates with their precision", facts.flags)
    yield Item("25", "Adverse events", "sessions.csv, outcome 'stopped'. Say what happened.")
    yield Item("26", "Limitations")
    yield Item("27", "What it means for practice")
    yield Item("28", "Registration")
    yield Item("29", "Where the protocol is", facts.plan)
    yield Item("30", "Funding")
