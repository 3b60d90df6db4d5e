"""The verdict of a session: everything to be said of it, in one order of importance, for every surface.

Pure: a result in, findings out. Nothing here diagnoses, and no shortfall is called abnormal: the article
knows a loss of half or more, painful motion and a substantial difference between the sides, and no grade
between half and the norm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from neckrom import rounding
from neckrom.messages import Messages
from neckrom.result import AsymmetryResult, MovementResult, Result, SessionFacts
from neckrom.saying import figures
from neckrom.saying.grades import GRADES, LOOKS, Grade, gravest
from neckrom.saying.names import display_name
from neckrom.types import MOVEMENTS, Movement

SAFETY_STOPS = frozenset({"pain", "dizziness", "nausea"})
"""Reasons to stop after which there is no way back into the test."""

State = Literal[
    "measured",
    "not_seen",
    "not_tested",
    "skipped",
    "broken_off",
    "not_reached",
    "not_planned",
    "side_view",
]
"""What became of a movement; all but the first were not measured."""

Names = Literal["word", "clinician.movement"]
"""By which names movements go: as people say, or as clinicians do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a verdict.

    Attributes
    ----------
    name : str
        What kind of finding: "stopped", "lost", "painful", ...
    grade : Grade
    text : str
        Finished, in the reader's language.
    """

    name: str
    grade: Grade
    text: str

    @property
    def sign(self) -> str:
        """Tells the grade without colour."""
        return LOOKS[self.grade].sign


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a session.

    Attributes
    ----------
    findings : tuple of Finding
        Most important first; never empty.
    grade : Grade
        Of the gravest.
    meaning : str
        What such findings may stand for, in the screen's own words; empty where there are none.
    """

    findings: tuple[Finding, ...]
    grade: Grade
    meaning: str

    @property
    def title(self) -> str:
        """The most important thing, in one line."""
        return self.findings[0].text

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, without signs."""
        return tuple(finding.text for finding in self.findings)

    def marked_lines(self) -> tuple[str, ...]:
        """All of it, each line with the sign of its grade."""
        return tuple(f"{finding.sign} {finding.text}" for finding in self.findings)

    def caveats(self) -> tuple[Finding, ...]:
        """What must be known before figures of this session are compared with others."""
        return tuple(
            finding
            for finding in self.findings
            if finding.name in ("stopped", "override", "trunk", "partly", "broken_off", "cut_off")
        )


def verdict_of(result: Result, texts: Messages, names: Names = "word") -> Verdict:
    """Everything to be said of a session, the most important first.

    Parameters
    ----------
    result : Result
    texts : Messages
    names : str
        "word" for everybody, "clinician.movement" for clinicians.
    """
    told = _Speaker(result, texts, names).findings()
    findings = tuple(sorted(told, key=lambda finding: GRADES.index(finding.grade)))
    raised = any(finding.name in ("lost", "painful", "uneven") for finding in findings)
    return Verdict(
        findings=findings,
        grade=gravest(*(finding.grade for finding in findings)),
        meaning=texts.text("verdict.suggestive") if raised else "",
    )


def is_lost(item: MovementResult) -> bool:
    """Half or more of the norm is lost."""
    return item.flag == "flagged"


def is_raised(item: MovementResult) -> bool:
    """Whether any flag of a direction is raised."""
    return "flagged" in (item.flag, item.pain_flag, item.compensation_flag)


def stopped_for_safety(result: Result) -> bool:
    """Ended by the person for pain, dizziness or nausea."""
    return result.session is not None and result.session.stop_reason in SAFETY_STOPS


# ------------------------------------------------------------- a single movement


def state_of(item: MovementResult, result: Result) -> State:
    """What became of a movement."""
    if item.best_deg is not None:
        return "measured"
    facts = result.session
    if facts is not None and facts.directions:
        done = facts.directions.get(item.movement)
        if done is None:
            return "not_planned"
        if done in ("skipped", "broken_off", "not_reached"):
            return done
    because = item.not_tested_because
    if because == "out_of_view" or (result.camera.view != "front" and item.movement.plane != 0):
        return "side_view"
    return "not_seen" if because in (None, "not_seen") else "not_tested"


def grade_of(item: MovementResult) -> Grade:
    """How grave what was found in one movement is."""
    if is_lost(item) or item.pain_flag == "flagged":
        return Grade.RAISED
    if item.compensation_flag == "flagged":
        return Grade.CAUTION
    return Grade.OPEN if item.flag == "could_not_judge" else Grade.CALM


def meaning_of(item: MovementResult, result: Result, texts: Messages) -> str:
    """A movement in a few words: "half or more lost, painful", "less than the norm, more than half"."""
    parts = [texts.text(f"meaning.{_range_word(item, result)}")]
    if item.pain_flag == "flagged":
        parts.append(texts.text("meaning.painful"))
    if item.compensation_flag == "flagged":
        parts.append(texts.text("meaning.trunk"))
    return ", ".join(parts)


def _range_word(item: MovementResult, result: Result) -> str:
    state = state_of(item, result)
    if state != "measured":
        return state
    if item.reference_deg is None:
        return "no_norm"
    if item.flag == "flagged":
        return "lost"
    if item.flag == "could_not_judge":
        return "open"
    if item.percent_of_reference is not None and rounding.whole(item.percent_of_reference) >= 100:
        return "reached"  # as far as the figures beside it tell
    return "over_half" if item.lower_bound else "between"


@dataclass(frozen=True, slots=True)
class MovementSaid:
    """One movement as finished strings; every table takes its cells from here.

    Attributes
    ----------
    movement : Movement
    name, clinical_name : str
    best, interval, mean, trials, norm, of_norm, pain, trunk : str
        In the short form; a dash where there is none.
    long_best, long_interval, long_mean, long_of_norm, long_pain : str
        In the long form.
    meaning : str
    grade : Grade
    lost : bool
    """

    movement: Movement
    name: str
    clinical_name: str
    best: str
    interval: str
    mean: str
    trials: str
    norm: str
    of_norm: str
    pain: str
    trunk: str
    long_best: str
    long_interval: str
    long_mean: str
    long_of_norm: str
    long_pain: str
    meaning: str
    grade: Grade
    lost: bool

    @property
    def sign(self) -> str:
        """Tells the grade without colour."""
        return LOOKS[self.grade].sign

    @property
    def best_with_interval(self) -> str:
        """Such as "44° (40–48°)"."""
        brackets = self.interval not in (figures.NONE, "") and not self.interval.startswith(figures.AT_LEAST)
        return f"{self.best} ({self.interval})" if brackets else self.best


def movement_said(item: MovementResult, result: Result, texts: Messages) -> MovementSaid:
    """One movement in words and figures."""
    low, high = item.interval95_deg or (None, None)
    known = item.best_deg is not None
    bound = item.lower_bound
    return MovementSaid(
        movement=item.movement,
        name=texts.text(f"word.{item.movement.value}"),
        clinical_name=texts.text(f"clinician.movement.{item.movement.value}"),
        best=figures.short_angle(item.best_deg, bound=bound),
        interval=figures.short_interval(low, high) if known else figures.NONE,
        mean=figures.short_angle(item.mean_deg),
        trials=str(len(item.trials)) if item.trials else figures.NONE,
        norm=figures.reference(item.reference_deg, texts),
        of_norm=figures.short_percent(item.percent_of_reference, texts, bound=bound),
        pain=figures.short_pain(item.pain),
        trunk=figures.signed(item.compensation_deg),
        long_best=figures.angle(item.best_deg, texts, bound=bound),
        long_interval=figures.interval(item.interval95_deg, texts) if known else figures.NONE,
        long_mean=figures.mean(item, texts),
        long_of_norm=figures.NONE
        if item.percent_of_reference is None
        else figures.percent(item.percent_of_reference, texts, bound=bound),
        long_pain=figures.pain(item, texts),
        meaning=meaning_of(item, result, texts),
        grade=grade_of(item),
        lost=is_lost(item),
    )


def movements_said(result: Result, texts: Messages) -> tuple[MovementSaid, ...]:
    """All six, in their order."""
    return tuple(movement_said(item, result, texts) for item in result.movements)


def pair_said(item: AsymmetryResult, texts: Messages) -> str:
    """A pair whose sides differ, in a phrase."""
    return texts.text(
        "verdict.pair",
        pair=f"pair.{item.pair}",
        left=figures.short_angle(item.left_deg),
        right=figures.short_angle(item.right_deg),
        percent=figures.short_percent(item.percent, texts),
        side=f"side.{item.smaller_side or 'left'}",
    )


# ------------------------------------------------------------------ the findings


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says the findings of one result, most important first."""

    result: Result
    texts: Messages
    names: Names

    def findings(self) -> Iterator[Finding]:
        facts = self.result.session
        if facts is not None:
            yield from self._ended(facts)
            yield from self._overridden(facts)
        yield from self._raised()
        if facts is not None:
            yield from self._answers(facts)
        yield from self._open()
        yield from self._calm()
        yield from self._pain_not_asked()
        if facts is not None:
            yield from self._told(facts)

    def _say(self, key: str, **values: str | int) -> str:
        return self.texts.text(f"verdict.{key}", **values)

    # -- how the session went

    def _ended(self, facts: SessionFacts) -> Iterator[Finding]:
        reason = facts.stop_reason
        if reason is None:
            if not facts.finished:
                yield Finding("cut_off", Grade.OPEN, self._say("cut_off"))
            return
        if reason in SAFETY_STOPS:
            text = f"{self._say(f'stopped.{reason}')} {self._say(f'advice.{reason}')}"
            yield Finding("stopped", Grade.STOP, text)
        else:
            yield Finding("stopped", Grade.OPEN, self._say(f"stopped.{reason}"))

    def _overridden(self, facts: SessionFacts) -> Iterator[Finding]:
        if facts.override is None:
            return
        because = facts.refused_by or tuple(name for name, answer in facts.answers.items() if answer != "no")
        text = self._say(
            "override", name=display_name(facts.override.clinician, 200), what=self._questions(because, facts)
        )
        if facts.override.reason:
            text += f" {self._say('override_reason', reason=display_name(facts.override.reason, 600))}"
        yield Finding("override", Grade.STOP, text)

    def _answers(self, facts: SessionFacts) -> Iterator[Finding]:
        named = set(facts.refused_by) if facts.override is not None else set()
        for answer, key, grade in (
            ("yes", "answered_yes", Grade.CAUTION),
            ("unsure", "unsure", Grade.CAUTION),
        ):
            asked = tuple(
                name for name, given in facts.answers.items() if given == answer and name not in named
            )
            if asked:
                yield Finding(key, grade, self._say(key, what=self._questions(asked, None)))

    def _questions(self, names: Sequence[str], facts: SessionFacts | None) -> str:
        """Questions as they were asked; with ``facts`` what was answered, too."""
        known = [name for name in names if f"safety.{name}" in self.texts.texts]
        parts = []
        for name in known:
            answer = None if facts is None else facts.answers.get(name)
            said = "" if answer is None else f" {self.texts.text(f'page.answer.{answer}')}."
            parts.append(f"{self.texts.text(f'safety.{name}')}{said}")
        return " ".join(parts)

    def _told(self, facts: SessionFacts) -> Iterator[Finding]:
        if facts.chin_fingers == 0:
            yield Finding("chin", Grade.NOTE, self._say("chin_touched"))
        elif facts.chin_fingers is not None:
            fingers = facts.chin_fingers
            key = "more" if fingers >= 5 else "one" if fingers == 1 else "fingers"
            what = self.texts.text(f"page.chin.{key}", **({"fingers": fingers} if key == "fingers" else {}))
            yield Finding("chin", Grade.NOTE, self._say("chin", what=what))
        for note in facts.notes:
            yield Finding("note", Grade.NOTE, self._say("note", note=display_name(note, 600)))

    # -- what was measured

    def _raised(self) -> Iterator[Finding]:
        result = self.result
        lost = [self._with_share(item) for item in result.movements if is_lost(item)]
        if lost:
            yield Finding("lost", Grade.RAISED, self._say("lost", what="; ".join(lost)))
        hurt = [self._with_pain(item) for item in result.movements if item.pain_flag == "flagged"]
        if hurt:
            yield Finding("painful", Grade.RAISED, self._say("painful", what="; ".join(hurt)))
        uneven = [pair_said(item, self.texts) for item in result.asymmetry if item.flag == "flagged"]
        if uneven:
            yield Finding("uneven", Grade.RAISED, self._say("uneven", what="; ".join(uneven)))
        helped = [
            f"{self._name(item.movement)} {figures.short_angle(item.compensation_deg)}"
            for item in result.movements
            if item.compensation_flag == "flagged"
        ]
        if helped:
            yield Finding("trunk", Grade.CAUTION, self._say("trunk", what="; ".join(helped)))

    def _open(self) -> Iterator[Finding]:
        if all(item.flag == "could_not_judge" for item in self.result.movements):
            sure = self.result.neutral.sure
            yield Finding("none_judged", Grade.OPEN, self._say("none_judged" if sure else "no_zero"))
        unsure = self._those(lambda item: item.best_deg is not None and item.flag == "could_not_judge")
        if unsure:
            yield Finding("open", Grade.OPEN, self._say("open", what=unsure))
        facts = self.result.session
        partly = self._those(
            lambda item: (
                facts is not None
                and item.best_deg is not None
                and facts.directions.get(item.movement) in ("partly", "broken_off", "skipped")
            )
        )
        if partly:
            yield Finding("partly", Grade.OPEN, self._say("partly", what=partly))
        for state in (
            "broken_off",
            "skipped",
            "not_reached",
            "not_tested",
            "not_seen",
            "side_view",
            "not_planned",
        ):
            these = self._those(self._is(state))
            if these:
                yield Finding(state, Grade.OPEN, self._say(state, what=these))

    def _calm(self) -> Iterator[Finding]:
        movements = self.result.movements
        judged = sum(item.flag != "could_not_judge" for item in movements)
        if judged and not any(map(is_lost, movements)):
            if judged == len(movements):
                text = self._say("none_lost")
            elif judged == 1:
                text = self._say("none_lost_one")
            else:
                text = self._say("none_lost_of", number=judged)
            yield Finding("none_lost", Grade.CALM, text)
        between = [
            self._with_share(item) for item in movements if _range_word(item, self.result) == "between"
        ]
        if between:
            yield Finding("between", Grade.CALM, self._say("between", what="; ".join(between)))

    def _pain_not_asked(self) -> Iterator[Finding]:
        measured = [item for item in self.result.movements if item.best_deg is not None]
        silent = [item for item in measured if item.pain_flag == "could_not_judge"]
        if not silent:
            return
        if len(silent) == len(measured):
            yield Finding("pain_not_asked", Grade.NOTE, self._say("pain_not_asked"))
        else:
            names = self.texts.joined([self._name(item.movement) for item in silent])
            yield Finding("pain_not_asked", Grade.NOTE, self._say("pain_asked_partly", what=names))

    # -- names and figures

    def _name(self, movement: Movement) -> str:
        return self.texts.text(f"{self.names}.{movement.value}")

    def _those(self, holds: Callable[[MovementResult], bool]) -> str:
        named = {item.movement: item for item in self.result.movements}
        return ", ".join(
            self._name(movement) for movement in MOVEMENTS if movement in named and holds(named[movement])
        )

    def _is(self, state: str) -> Callable[[MovementResult], bool]:
        return lambda item: state_of(item, self.result) == state

    def _with_share(self, item: MovementResult) -> str:
        best = figures.short_angle(item.best_deg, bound=item.lower_bound)
        percent = figures.short_percent(item.percent_of_reference, self.texts, bound=item.lower_bound)
        norm = figures.reference(item.reference_deg, self.texts)
        share = self.texts.text("figure.of_reference", percent=percent, reference=norm)
        return f"{self._name(item.movement)} {best} ({share})"

    def _with_pain(self, item: MovementResult) -> str:
        return f"{self._name(item.movement)} {figures.pain(item, self.texts)}"
