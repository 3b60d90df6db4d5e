"""The neck screen as a form: safety questions first, then the rest only if it is safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from neckrom.errors import InputError, UnknownRecordError
from neckrom.handouts.diary_in_words import diary_lines
from neckrom.handouts.screen_suggestions import Suggestion, confirmed, confirmed_words, suggestions_for
from neckrom.messages import Messages
from neckrom.records.views import PersonView, ScreeningRow
from neckrom.report.wording import display_name
from neckrom.result import Result
from neckrom.saying.figures import day
from neckrom.screening.neck_screen import (
    BUTTOCK_TESTS,
    LEVERS,
    SIDED_QUESTIONS,
    SIGNS,
    TENSION_TESTS,
    ScreenAnswers,
    Side,
    TensionAnswer,
    evaluate,
    screen_questions,
)
from neckrom.screening.safety import AnswerValue, judge_answers, safety_questions
from neckrom.screening.statements import ended_by_safety, sentence, statements
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form, Posted

_YES_NO = get_args(AnswerValue)
_TENSION = get_args(TensionAnswer)
_ASIDE = ("back_pain",)
_SIDES = get_args(Side)
_NO_SESSION = "none"


def screen_routes(desk: Desk) -> APIRouter:
    """Answer the screen for a person, and read what it says."""
    router = APIRouter()
    records = desk.records

    def step(request: Request, view: PersonView, name: str, status: int = 200, **values: object) -> Response:
        shown: dict[str, object] = {
            "person": view.row.id,
            "label": display_name(view.row.label, limit=250),
            "step": name,
            "safety": safety_questions(),
            "signs": SIGNS,
            "questions": screen_questions(),
            "tests": TENSION_TESTS,
            "yes_no": _YES_NO,
            "tension": _TENSION,
            "aside": _ASIDE,
            "sided": SIDED_QUESTIONS,
            "sides": _SIDES,
            "levers": LEVERS,
            "buttock": BUTTOCK_TESTS,
            "sessions": _choices(desk, request, view),
            "suggested": suggestions_for(records, view.row.id, desk.texts(request)),
            "diary": tuple(diary_lines(records.diary(view.row.id), desk.texts(request))),
            "given": {},
            "problem": "",
            "because": (),
        }
        return desk.show(request, "screen.html.j2", status=status, **(shown | values))

    @router.get("/people/{person}/screen")
    def ask(request: Request, person: str) -> Response:
        return step(request, records.person(records.find_person(person).id), "safety")

    @router.post("/people/{person}/screen")
    def answer(request: Request, person: str, form: Form) -> Response:
        view = records.person(records.find_person(person).id)
        safety = _safety(form)
        verdict = judge_answers(safety)  # type: ignore[arg-type]
        texts = desk.texts(request)
        if verdict.unanswered:
            needed = texts.text("pages.answer_all")
            return step(request, view, "safety", 400, given=form.fields, problem=needed)
        asked = form.text("step")
        overridden = verdict.outcome == "clinician_only" and len(form.text("clinician")) >= 2
        if verdict.outcome == "clinician_only" and not overridden and asked != "end":
            return step(request, view, "override", given=form.fields, because=verdict.because)
        ended = verdict.outcome == "stop" or (verdict.outcome == "clinician_only" and not overridden)
        if not ended and asked != "rest":
            return step(request, view, "rest", given=form.fields)
        try:
            told = _answers(form, safety, ended=ended)
            if not ended:
                told["measured"] = _confirmed(told, suggestions_for(records, view.row.id, texts))
            answers = ScreenAnswers.model_validate(told)
        except (ValidationError, ValueError):
            wrong = texts.text("pages.check_answers")
            return step(request, view, "rest", 400, given=form.fields, problem=wrong)
        row = records.add_screening(
            view.row.id,
            screen_questions().version,
            answers.model_dump(mode="json", exclude_none=True),
            _chosen(desk, view, form),
        )
        return go_to(f"/people/{view.row.id}/screens/{row.id}")

    @router.get("/people/{person}/screens/{screening}")
    def read(request: Request, person: str, screening: str) -> Response:
        view = records.person(records.find_person(person).id)
        row = next((each for each in view.screenings if each.id == screening), None)
        if row is None:
            raise UnknownRecordError(desk.texts(request).text("pages.not_found"))
        return _reading(desk, request, view, row)

    return router


def _confirmed(told: Mapping[str, object], suggested: Mapping[str, Suggestion]) -> dict[str, str]:
    """Answers that a measurement suggested and the person chose, with its session."""
    given: dict[str, str] = {}
    for area in ("questions", "tension"):
        answers = told.get(area)
        if isinstance(answers, dict):
            given |= answers
    sides = told.get("sides")
    return confirmed(given, suggested, sides if isinstance(sides, dict) else {})


@dataclass(frozen=True, slots=True)
class _Choice:
    """A session that may fill in the neck's part."""

    id: str
    words: str
    stopped: bool


def _choices(desk: Desk, request: Request, view: PersonView) -> list[_Choice]:
    """Newest first, those that were not stopped early before those that were."""
    texts = desk.texts(request)
    results = desk.records.results(row.id for row in view.neck)
    choices = []
    for row in view.neck:
        facts = results[row.id].session if row.id in results else None
        stopped = facts is not None and facts.stop_reason is not None
        said = f", {texts.text('pages.screen_stopped')}" if stopped else ""
        choices.append(_Choice(row.id, f"{day(row.measured)}, {row.id}{said}", stopped))
    return sorted(choices, key=lambda choice: choice.stopped)


def _chosen(desk: Desk, view: PersonView, form: Posted) -> str | None:
    """The session that was chosen; where none was, the latest that was not stopped early."""
    asked = form.text("session")
    if asked == _NO_SESSION:
        return None
    if asked and any(row.id == asked for row in view.neck):
        return asked
    for row in view.neck:
        facts = desk.records.result(row.id).session
        if facts is None or facts.stop_reason is None:
            return row.id
    return None


def _reading(desk: Desk, request: Request, view: PersonView, row: ScreeningRow) -> Response:
    texts = desk.texts(request)
    try:
        answers = ScreenAnswers.model_validate(row.answers)
        measured = next((each for each in view.neck if each.id == row.session_id), None)
        result: Result | None = None if measured is None else desk.records.result(measured.id)
        found = evaluate(answers, result)
    except (ValidationError, ValueError) as error:
        raise InputError(
            f"Screen {row.id} has answers to other questions (version {row.questions_version}): read it with the "
            "neckrom that asked them."
        ).page_says("other_screen") from error
    return desk.show(
        request,
        "screening.html.j2",
        person=view.row.id,
        label=display_name(view.row.label, limit=250),
        date=day(row.answered),
        found=found,
        override=answers.override,
        ended=ended_by_safety(found, overridden=answers.override is not None),
        sentences=[sentence(each, texts) for each in statements(found)],
        measured="" if measured is None else day(measured.measured),
        session="" if measured is None else measured.id,
        passed_over=_passed_over(desk, view, row, texts),
        confirmed=confirmed_words(answers, texts),
    )


def _passed_over(desk: Desk, view: PersonView, row: ScreeningRow, texts: Messages) -> str:
    """That the latest session before the screen was stopped early, where it is not the one that fills it in."""
    before = next((each for each in view.neck if each.measured <= row.answered), None)
    if before is None or before.id == row.session_id:
        return ""
    facts = desk.records.result(before.id).session
    if facts is None or facts.stop_reason is None:
        return ""
    return texts.text("pages.screen_passed_over", session=before.id, why=f"screen.stop.{facts.stop_reason}")


def _safety(form: Posted) -> dict[str, str]:
    given = {question.id: form.text(f"safety.{question.id}") for question in safety_questions()}
    return {name: answer for name, answer in given.items() if answer in _YES_NO}


def _answers(form: Posted, safety: Mapping[str, str], *, ended: bool) -> dict[str, object]:
    if ended:
        return {"safety": dict(safety)}
    clinician = form.text("clinician")[:200]
    percent = form.text("ndi_percent").removesuffix("%").strip().replace(",", ".")
    return {
        "safety": dict(safety),
        "override": None if len(clinician) < 2 else _override(form),
        "questions": {
            question.id: answer
            for question in screen_questions().question
            if (answer := form.text(f"question.{question.id}"))
        },
        "sides": _given(form, "side", SIDED_QUESTIONS),
        "tension": {test: form.text(f"tension.{test}") or "not_done" for test in TENSION_TESTS},
        "tension_changes": {
            test: told for test in TENSION_TESTS if (told := _given(form, f"change.{test}", LEVERS))
        },
        "buttock": _given(form, "buttock", BUTTOCK_TESTS),
        **{name: form.given(name) for name in _ASIDE},
        "ndi_percent": float(percent) if percent else None,
    }


def _given(form: Posted, area: str, names: Sequence[str]) -> dict[str, str]:
    """Answers that were given, by name."""
    return {name: answer for name in names if (answer := form.text(f"{area}.{name}"))}


def _override(form: Posted) -> dict[str, str]:
    return {"clinician": form.text("clinician")[:200], "reason": form.text("reason")[:2000]}
