"""Safety questions before anything moves, and what their answers mean.

Three tiers: a *stop* sign ends it (get help now), a *clinician* sign ends it unless a clinician goes on
with their name on record, a *sign* is what the screen is about and is only noted. "Unsure" counts as
yes, with one difference: a stop sign that nobody is sure of may be cleared by a clinician, a certain
one by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml

Tier = Literal["stop", "clinician", "sign"]
AnswerValue = Literal["yes", "no", "unsure"]
Outcome = Literal["open", "go_on", "clinician_only", "stop"]


class SafetyQuestion(BaseModel):
    """One question; its words are in the message files under ``safety.<id>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    tier: Tier
    about: str = Field(min_length=1)
    """What is meant, for those who write the words."""
    source: str = Field(min_length=1)


class _Questions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    question: tuple[SafetyQuestion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> _Questions:
        ids = [question.id for question in self.question]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions have the same id")
        return self


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answers so far mean.

    Attributes
    ----------
    outcome : str
        "open": not all are answered; "go_on"; "clinician_only"; "stop".
    because : tuple of str
        Ids of the questions that ended it.
    unanswered : tuple of str
    signs : tuple of str
        Ids of the signs that were answered yes: to be noted.
    """

    outcome: Outcome
    because: tuple[str, ...]
    unanswered: tuple[str, ...]
    signs: tuple[str, ...]


@cache
def safety_questions() -> tuple[SafetyQuestion, ...]:
    """All questions, the gravest first.

    Returns
    -------
    tuple of SafetyQuestion
    """
    return _load("questions")


@cache
def nerve_safety_questions() -> tuple[SafetyQuestion, ...]:
    """Those before tests of the nerves of legs and arms: the neck's, and their own; the gravest first.

    Returns
    -------
    tuple of SafetyQuestion
    """
    every = (*_load("nerve_questions"), *safety_questions())
    order: tuple[Tier, ...] = ("stop", "clinician", "sign")
    return tuple(sorted(every, key=lambda question: order.index(question.tier)))


@cache
def plan_safety_questions() -> tuple[SafetyQuestion, ...]:
    """What is asked before an exercise, beside the questions of its test.

    Returns
    -------
    tuple of SafetyQuestion
    """
    return _load("plan_questions")


def _load(name: str) -> tuple[SafetyQuestion, ...]:
    path = Path(str(files("neckrom"))) / "data" / "safety" / f"{name}.toml"
    return load_toml(path, _Questions, "safety question").question


def judge_answers(
    answers: Mapping[str, AnswerValue], questions: Sequence[SafetyQuestion] | None = None
) -> Verdict:
    """What the answers mean; nothing is decided before every question is answered.

    Parameters
    ----------
    answers : mapping
        Question id to answer.
    questions : sequence of SafetyQuestion, optional
        All that are asked; those of the neck where none are given.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        If an answer belongs to no question: a defect.
    """
    questions = safety_questions() if questions is None else questions
    unknown = set(answers) - {question.id for question in questions}
    if unknown:
        raise ValueError(f"no such safety question: {sorted(unknown)}")
    unanswered = tuple(question.id for question in questions if question.id not in answers)
    signs = tuple(q.id for q in questions if q.tier == "sign" and answers.get(q.id) == "yes")
    grave = tuple(q.id for q in questions if q.tier != "sign" and answers.get(q.id, "no") != "no")
    certain = any(q.tier == "stop" and answers.get(q.id) == "yes" for q in questions)
    if unanswered:
        outcome: Outcome = "open"
    elif certain:
        outcome = "stop"
    else:
        outcome = "clinician_only" if grave else "go_on"
    return Verdict(outcome, () if unanswered else grave, unanswered, signs)
