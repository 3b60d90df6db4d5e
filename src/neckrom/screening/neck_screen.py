"""The neck screen: which of the article's six signs are present, and what its nerve tension tests say.

Pure: answers and a measurement in, findings out, as keys of the message files (``screen.*``). No score is
computed, because none was published, and nothing here is a diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.result import Result
from neckrom.screening.safety import AnswerValue, Verdict, judge_answers
from neckrom.types import Movement

SignNumber = Annotated[int, Field(ge=1, le=6)]
Status = Literal["present", "partly", "absent", "open"]
TensionAnswer = Literal["own_pain", "stretch", "nothing", "not_done"]
Reading = Literal["own_pain", "stretch", "nothing", "not_done"]

SIGNS = (1, 2, 3, 4, 5, 6)
TENSION_TESTS: tuple[str, ...] = ("slump_left", "slump_right", "leg_raise_left", "leg_raise_right")
"""Guided self-tests, in the order in which they are asked."""
UPPER_BACK = "upper_back"
SIDED_QUESTIONS: tuple[str, ...] = ("arms_tingle", "arms_tension", "one_side")
"""Questions of signs 4, 5 and 6, which have a side."""
BUTTOCK_TESTS: tuple[str, ...] = ("ball", "figure_4")
"""What the article tries where it thinks of the buttock."""
Side = Literal["left", "right", "both"]
Lever = Literal["neck", "ankle"]
LEVERS: tuple[Lever, ...] = ("neck", "ankle")
"""What is moved to see whether a tension test changes."""


class ScreenQuestion(BaseModel):
    """One question; its words are in the message files under ``screen.question.<id>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    sign: SignNumber
    about: str = Field(min_length=1)


class ScreenQuestions(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    source: str
    question: tuple[ScreenQuestion, ...]

    @model_validator(mode="after")
    def _whole(self) -> ScreenQuestions:
        ids = [question.id for question in self.question]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions have the same id")
        if {question.sign for question in self.question} != set(SIGNS):
            raise ValueError("every sign needs a question")
        return self

    def of_sign(self, number: int) -> tuple[ScreenQuestion, ...]:
        """Questions of one sign.

        Parameters
        ----------
        number : int
            1 to 6.

        Returns
        -------
        tuple of ScreenQuestion
        """
        return tuple(question for question in self.question if question.sign == number)


class Override(BaseModel):
    """A clinician went on in spite of a safety answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clinician: Annotated[str, Field(min_length=2, max_length=200)]
    reason: Annotated[str, Field(max_length=2000)] = ""


class ScreenAnswers(BaseModel):
    """What a person answered; what is left out was not answered. Stored as it is.

    Attributes
    ----------
    safety : dict
        The questions before anything else, by id.
    override : Override, optional
    questions : dict
        By id.
    tension : dict
        By test; see :data:`TENSION_TESTS`.
    back_pain : str, optional
        Whether there is back pain, which the article's reading of the tension tests asks for.
    sides : dict
        By question of signs 4, 5 and 6: "left", "right", "both".
    tension_changes : dict
        By test, then "neck" and "ankle": whether what it brings on changes when that is moved.
    buttock : dict
        What sitting on a ball and the figure-4 stretch bring on.
    neck_or_ankle_changes : str, optional
        The same of all tests together, as older screens asked it.
    measured : dict
        By question whose answer a measurement suggested and the person confirmed: the session.
    ndi_percent : float, optional
        Total of the Neck Disability Index, entered by hand: its items are licensed and not asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    safety: dict[str, AnswerValue] = Field(default_factory=dict)
    override: Override | None = None
    questions: dict[str, AnswerValue] = Field(default_factory=dict)
    tension: dict[str, TensionAnswer] = Field(default_factory=dict)
    back_pain: AnswerValue | None = None
    sides: dict[str, Side] = Field(default_factory=dict)
    tension_changes: dict[str, dict[Lever, AnswerValue]] = Field(default_factory=dict)
    buttock: dict[str, TensionAnswer] = Field(default_factory=dict)
    neck_or_ankle_changes: AnswerValue | None = None
    measured: dict[str, Annotated[str, Field(max_length=16)]] = Field(default_factory=dict)
    ndi_percent: Annotated[float, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _known(self) -> ScreenAnswers:
        known = {question.id for question in screen_questions().question}
        unknown = [
            *(set(self.questions) - known),
            *(set(self.tension) - set(TENSION_TESTS)),
            *(set(self.tension_changes) - set(TENSION_TESTS)),
            *(set(self.sides) - set(SIDED_QUESTIONS)),
            *(set(self.buttock) - set(BUTTOCK_TESTS)),
            *(set(self.measured) - known - set(TENSION_TESTS)),
        ]
        if unknown:
            raise ValueError(f"no such question: {', '.join(sorted(unknown))}")
        return self


@dataclass(frozen=True, slots=True)
class NeckFindings:
    """What the measurement says, in the article's terms.

    Attributes
    ----------
    lost : tuple of Movement
        Half or more of the norm is lost.
    painful : tuple of Movement
    uneven : tuple of str
        "rotation", "lateral": the sides differ.
    unknown : tuple of Movement
        Not measured, or could not be judged.
    pain_asked : bool
        Pain with every movement that was measured was asked.
    stiffer : str or None
        The side with less movement, where both pairs of movements agree or only one tells.
    stopped : str or None
        Why the session ended early, if it did.
    """

    lost: tuple[Movement, ...]
    painful: tuple[Movement, ...]
    uneven: tuple[str, ...]
    unknown: tuple[Movement, ...]
    pain_asked: bool = True
    stiffer: Literal["left", "right"] | None = None
    stopped: str | None = None

    @property
    def suggestive(self) -> bool:
        """Any of what the article calls suggestive of a relevant neck problem."""
        return bool(self.lost or self.painful or self.uneven)


@dataclass(frozen=True, slots=True)
class Sign:
    """One of the six signs.

    Attributes
    ----------
    number : int
    status : str
        "present"; "partly" (sign 2: neck or upper back alone); "absent"; "open" where not everything
        was answered or measured and nothing says it is present.
    because : tuple of str
        Ids of the questions that were answered yes.
    side : str or None
        "left", "right", "both", where the sign has one and it was said.
    """

    number: int
    status: Status
    because: tuple[str, ...]
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Tension:
    """What the leg's nerve tension tests say.

    Attributes
    ----------
    reading : str
        "own_pain": at least one test brings on the person's own running pain, which is what counts;
        "stretch": some stretch, which is normal; "nothing"; "not_done".
    tests : tuple of str
        Tests that brought on the own pain.
    buttock : bool
        The article's reading: negative, or without back pain, the nerve is more likely compressed in
        the buttock.
    sides_differ, neck_or_ankle_changes : bool or None
        Clinical convention, beyond the article; None where it was not answered.
    changes_neck, changes_ankle, stays : tuple of str
        Tests whose feeling changes with the head, with the ankle, and with neither.
    buttock_own, buttock_not : tuple of str
        Tests of the buttock that brought on the own pain, and that did not.
    """

    reading: Reading
    tests: tuple[str, ...]
    buttock: bool
    sides_differ: bool | None
    neck_or_ankle_changes: bool | None
    changes_neck: tuple[str, ...] = ()
    changes_ankle: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    buttock_own: tuple[str, ...] = ()
    buttock_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """Everything that a screen found."""

    safety: Verdict
    signs: tuple[Sign, ...]
    neck: NeckFindings | None
    tension: Tension
    ndi_percent: float | None


@cache
def screen_questions() -> ScreenQuestions:
    """The questions that ship.

    Returns
    -------
    ScreenQuestions
        Of the six signs, in the article's order.

    Raises
    ------
    ConfigurationError
        If the file was damaged.
    """
    path = Path(str(files("neckrom"))) / "data" / "screening" / "neck_screen.toml"
    return load_toml(path, ScreenQuestions, "neck screen")


def evaluate(answers: ScreenAnswers, result: Result | None = None) -> ScreenResult:
    """What answers and measurement say together.

    Parameters
    ----------
    answers : ScreenAnswers
    result : Result, optional
        The measurement that fills in the neck's part of sign 2.

    Returns
    -------
    ScreenResult
    """
    neck = None if result is None else neck_findings(result)
    signs = tuple(
        _second_sign(answers, neck) if number == 2 else _asked_sign(number, answers) for number in SIGNS
    )
    return ScreenResult(judge_answers(answers.safety), signs, neck, _tension(answers), answers.ndi_percent)


def neck_findings(result: Result) -> NeckFindings:
    """The measurement in the article's terms.

    Parameters
    ----------
    result : Result

    Returns
    -------
    NeckFindings
        Movements that lost half or more of their norm, that hurt, and pairs whose sides differ; ``unknown`` could
        not be judged and is never taken for normal.
    """
    return NeckFindings(
        lost=tuple(item.movement for item in result.movements if item.flag == "flagged"),
        painful=tuple(item.movement for item in result.movements if item.pain_flag == "flagged"),
        uneven=tuple(item.pair for item in result.asymmetry if item.flag == "flagged"),
        unknown=tuple(item.movement for item in result.movements if item.flag == "could_not_judge"),
        pain_asked=all(
            item.pain_flag != "could_not_judge" for item in result.movements if item.best_deg is not None
        ),
        stiffer=_stiffer(result),
        stopped=None if result.session is None else result.session.stop_reason,
    )


def _stiffer(result: Result) -> Literal["left", "right"] | None:
    """The side that the measurement calls less: uneven pairs first, else what is lost on one side only."""
    sides = {item.smaller_side for item in result.asymmetry if item.flag == "flagged" and item.smaller_side}
    if not sides:
        lost = {item.movement.value for item in result.movements if item.flag == "flagged"}
        sides = {side for side in ("left", "right") if any(name.endswith(f"_{side}") for name in lost)}
    if len(sides) != 1:
        return None
    return "left" if "left" in sides else "right"


def _asked_sign(number: int, answers: ScreenAnswers) -> Sign:
    given = {
        question.id: answers.questions.get(question.id) for question in screen_questions().of_sign(number)
    }
    yes = tuple(name for name, answer in given.items() if answer == "yes")
    if yes:
        return Sign(
            number, "present", yes, next((answers.sides[name] for name in yes if name in answers.sides), None)
        )
    return Sign(number, "absent" if all(answer == "no" for answer in given.values()) else "open", ())


def _second_sign(answers: ScreenAnswers, neck: NeckFindings | None) -> Sign:
    """Neck (measured) and upper back (asked).

    Of the neck the article counts "50 % or more lost, or painful or substantial asymmetrical motion".
    """
    back = answers.questions.get(UPPER_BACK)
    because = (UPPER_BACK,) if back == "yes" else ()
    stiff = neck is not None and neck.suggestive
    if stiff and back == "yes":
        return Sign(2, "present", because)
    if stiff or back == "yes":
        return Sign(2, "partly", because)
    known = neck is not None and not neck.unknown and back == "no"
    return Sign(2, "absent" if known else "open", ())


def _tension(answers: ScreenAnswers) -> Tension:
    done = {test: answer for test, answer in answers.tension.items() if answer != "not_done"}
    own = tuple(test for test in TENSION_TESTS if done.get(test) == "own_pain")
    reading: Reading = "own_pain" if own else ("stretch" if "stretch" in done.values() else "nothing")
    if not done:
        reading = "not_done"
    return Tension(
        reading=reading,
        tests=own,
        buttock=bool(done) and (not own or answers.back_pain == "no"),
        sides_differ=_sides_differ(done),
        neck_or_ankle_changes=_changes(answers),
        changes_neck=_changing(answers, "neck"),
        changes_ankle=_changing(answers, "ankle"),
        stays=tuple(
            test
            for test in _felt(answers)
            if all(answers.tension_changes.get(test, {}).get(lever) == "no" for lever in LEVERS)
        ),
        buttock_own=tuple(test for test in BUTTOCK_TESTS if answers.buttock.get(test) == "own_pain"),
        buttock_not=tuple(
            test for test in BUTTOCK_TESTS if answers.buttock.get(test) in ("stretch", "nothing")
        ),
    )


def _changing(answers: ScreenAnswers, lever: Lever) -> tuple[str, ...]:
    return tuple(test for test in _felt(answers) if answers.tension_changes.get(test, {}).get(lever) == "yes")


def _felt(answers: ScreenAnswers) -> tuple[str, ...]:
    """Tests that brought something on: only that can change with head or ankle."""
    return tuple(test for test in TENSION_TESTS if answers.tension.get(test) in ("own_pain", "stretch"))


def _changes(answers: ScreenAnswers) -> bool | None:
    """Of all legs together; None where nothing was told."""
    told = [answer for test in _felt(answers) for answer in answers.tension_changes.get(test, {}).values()]
    if "yes" in told:
        return True
    if told and all(answer == "no" for answer in told):
        return False
    return _known(answers.neck_or_ankle_changes)


def _sides_differ(done: Mapping[str, TensionAnswer]) -> bool | None:
    """Left and right of the same test, where both were done."""
    pairs = [
        (done[f"{test}_left"], done[f"{test}_right"])
        for test in ("slump", "leg_raise")
        if f"{test}_left" in done and f"{test}_right" in done
    ]
    return any(left != right for left, right in pairs) if pairs else None


def _known(answer: AnswerValue | None) -> bool | None:
    return {"yes": True, "no": False}.get(answer or "")
