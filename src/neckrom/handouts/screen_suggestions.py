"""What measured nerve tests say to the questions of the neck screen: shown with session and day, never ticked.

A suggestion is an answer that the person may choose. A test that was stopped suggests none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from neckrom.messages import Messages
from neckrom.nerve.marking import was_felt
from neckrom.nerve.result import LeftOrRight, NerveResult, NerveTrial
from neckrom.nerve.wording import end_angle
from neckrom.records.api import Records
from neckrom.records.kinds import UPPER_BACK as UPPER_BACK_KIND
from neckrom.records.views import NerveSeen, UpperBackSeen
from neckrom.saying import figures
from neckrom.saying.upper_backs import NONE, upper_back_line
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.screening.neck_screen import UPPER_BACK, Lever, ScreenAnswers
from neckrom.service.sessions import is_session, open_session

ARMS = "arms_tension"
_SCREEN_NAMES = {"slump": "slump", "slr": "leg_raise"}
_NOT_KNOWN = frozenset({"nerve.reading.not_marked", "nerve.reading.unplaced"})
"""That nothing was marked does not say then that nothing was felt."""
_SIDES: tuple[LeftOrRight, ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a measurement says to one question.

    Attributes
    ----------
    question : str
        A tension test, or the question of sign 5.
    answer : str
        Empty where it suggests none.
    side : {"left", "right", "both"} or None
        Of sign 5.
    changes : mapping of lever to "yes" or "no"
        What moving head and ankle did.
    session_id : str
    words : str
        In the reader's language, with session and day.
    """

    question: str
    answer: str
    session_id: str
    words: str
    side: Literal["left", "right", "both"] | None = None
    changes: Mapping[Lever, str] = field(default_factory=dict)


def suggestions_for(records: Records, person_id: str, texts: Messages) -> dict[str, Suggestion]:
    """The newest measurement of each question, by question.

    Parameters
    ----------
    records : Records
    person_id : str
    texts : Messages
    """
    tests = records.nerve_tests(records.person(person_id).nerve_tests)  # newest first
    found: dict[str, Suggestion] = {}
    for test in tests:
        for one in _of_test(records, test, texts):
            found.setdefault(one.question, one)
    turned = records.upper_backs(records.person(person_id).of_kind(UPPER_BACK_KIND)[:1])
    if turned:
        found[UPPER_BACK] = _of_turns(turned[0], texts)
    return found


def confirmed(
    given: Mapping[str, str], suggested: Mapping[str, Suggestion], sides: Mapping[str, str]
) -> dict[str, str]:
    """Which answers are those that a measurement suggested, with its session.

    Parameters
    ----------
    given : mapping
        Question to answer.
    suggested : mapping
    sides : mapping
        Question to the side that was answered. Another one than the measurement's confirms nothing.
    """
    return {
        question: one.session_id
        for question, one in suggested.items()
        if one.answer and given.get(question) == one.answer and sides.get(question) in (None, one.side)
    }


def _of_test(records: Records, seen: NerveSeen, texts: Messages) -> Iterator[Suggestion]:
    result, row = seen.result, seen.row
    stopped = _stop_reason(records, seen)
    if result.kind == "arms":
        yield from _of_arms(seen, stopped, texts)
        return
    for side in _SIDES:
        trials = [trial for trial in result.trials if trial.leg == side]
        question = f"{_SCREEN_NAMES[result.kind]}_{side}"
        if stopped is not None:
            if trials:
                yield Suggestion(question, "", row.id, _stopped_words(seen, stopped, texts))
            continue
        if not trials:
            continue
        trial = _telling(trials)
        answer = _answer(trial, result)
        words = _words(seen, _told(trial, result, texts), f"pages.tension.{answer}" if answer else "", texts)
        yield Suggestion(question, answer, row.id, words, changes=_changes(trial))


def _stop_reason(records: Records, seen: NerveSeen) -> str | None:
    """Why the session of a test was stopped, where it was for something that belongs before a doctor."""
    reason = getattr(seen.result, "stop_reason", None)
    if reason is None:
        folder = records.files.folder(seen.row.person_id, seen.row.id)
        if is_session(folder):
            reason = (open_session(folder).info.summary or {}).get("stop_reason")
    return reason if reason in SAFETY_STOPS else None


def _telling(trials: list[NerveTrial]) -> NerveTrial:
    """The trial that says most: own pain before anything else, then something felt, the last one first."""
    order = {"own": 3, "stretch": 2, None: 1}
    return max(reversed(trials), key=lambda trial: order[trial.pain] if was_felt(trial) else 0)


def _answer(trial: NerveTrial, result: NerveResult) -> str:
    if was_felt(trial):
        return {"own": "own_pain", "stretch": "stretch"}.get(trial.pain or "", "")
    asked = all(said.key not in _NOT_KNOWN for said in result.reading_statements)
    return "nothing" if asked and result.reading_statements else ""


def _changes(trial: NerveTrial) -> dict[Lever, str]:
    found: dict[Lever, str] = {}
    for change in (trial.change, *trial.further_changes):
        if change is None or change.answer is None or change.joint not in ("neck", "ankle"):
            continue
        joint: Lever = "neck" if change.joint == "neck" else "ankle"
        found.setdefault(joint, "no" if change.answer == "same" else "yes")
    return found


def _told(trial: NerveTrial, result: NerveResult, texts: Messages) -> str:
    area = "screen.measured_test"
    if not was_felt(trial):
        end = figures.short_angle(end_angle(result, trial))
        return texts.text(f"{area}.nothing", angle=end)
    angle = figures.short_angle(trial.symptom_angle_deg)
    if trial.pain is None:
        told = texts.text(f"{area}.felt_unsaid", angle=angle)
    else:
        told = texts.text(f"{area}.felt_at", angle=angle, whose=f"nerve.pain.{trial.pain}")
    for change in (trial.change, *trial.further_changes):
        if change is not None and change.answer is not None:
            joint, answer = f"nerve.joint.{change.joint}", f"nerve.answer.{change.answer}"
            told += "; " + texts.text(f"{area}.change", joint=joint, answer=answer)
    return told


def _words(seen: NerveSeen, what: str, answer_key: str, texts: Messages) -> str:
    shared = {"date": figures.day(seen.row.measured), "session": seen.row.id, "what": what}
    if not answer_key:
        return texts.text("screen.measured_test.told", **shared)
    return texts.text("screen.measured_test.suggested", **shared, answer=texts.text(answer_key))


def _stopped_words(seen: NerveSeen, reason: str, texts: Messages) -> str:
    day = figures.day(seen.row.measured)
    why = f"plan.why.{reason}"
    return texts.text("screen.measured_test.stopped", date=day, session=seen.row.id, why=why)


def _of_arms(seen: NerveSeen, stopped: str | None, texts: Messages) -> Iterator[Suggestion]:
    """Sign 5: yes where an arm's test brought it on, no only where both were asked throughout and neither did."""
    if stopped is not None:
        yield Suggestion(ARMS, "", seen.row.id, _stopped_words(seen, stopped, texts))
        return
    tension = getattr(seen.result, "arm_tension", None)
    told = {side: _arm(tension, side) for side in _SIDES}
    found = [side for side in _SIDES if told[side] == "found"]
    answer = "yes" if found else "no" if all(each == "not_found" for each in told.values()) else ""
    side: Literal["left", "right", "both"] | None = None
    if found:
        side = "both" if len(found) == len(_SIDES) else found[0]
    spoken = [
        f"{texts.text(f'nerve.table.{each}_arm')}: {texts.text(f'screen.measured_test.arm_{told[each]}')}"
        for each in _SIDES
        if told[each] in ("found", "not_found")
    ]
    if spoken:
        key = f"page.answer.{answer}" if answer else ""
        yield Suggestion(ARMS, answer, seen.row.id, _words(seen, "; ".join(spoken), key, texts), side=side)


def _arm(tension: object, side: LeftOrRight) -> str:
    value = tension.get(side) if isinstance(tension, Mapping) else getattr(tension, side, None)
    return value if isinstance(value, str) else "unknown"


def _of_turns(seen: UpperBackSeen, texts: Messages) -> Suggestion:
    """Sign 2 of the upper back: what was measured, and no answer, as there is no norm to call it stiff by."""
    line = upper_back_line(seen.result, texts)
    sides = [(side, getattr(line, side)) for side in (*_SIDES, "difference")]
    what = "; ".join(
        f"{texts.text(f'upper_back.course.{side}')}: {angle}" for side, angle in sides if angle != NONE
    )
    told = what or texts.text("nerve.table.not_measured")
    return Suggestion(UPPER_BACK, "", seen.row.id, _words_of(seen, told, texts))


def _words_of(seen: UpperBackSeen, what: str, texts: Messages) -> str:
    date = figures.day(seen.row.measured)
    return texts.text("screen.measured_test.turned", date=date, session=seen.row.id, what=what)


def confirmed_words(answers: ScreenAnswers, texts: Messages) -> str:
    """Which answers a measurement suggested and the person confirmed; empty where none."""
    if not answers.measured:
        return ""
    each = [
        texts.text("screen.measured_test.confirmed_one", test=_named(question), session=session)
        for question, session in answers.measured.items()
    ]
    return texts.text("screen.measured_test.confirmed", what=", ".join(each))


def _named(question: str) -> str:
    return f"screen.feature.{question}" if question == ARMS else f"screen.test.{question}"
