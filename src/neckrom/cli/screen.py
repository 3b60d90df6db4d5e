"""The neck screen in the terminal: questions one by one, then what they say."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.record_options import LanguageOption, opened, texts_in
from neckrom.cli.terminal import console, print_json, say

if TYPE_CHECKING:
    from neckrom.handouts.screen_suggestions import Suggestion
    from neckrom.messages import Messages
    from neckrom.records.api import Records
    from neckrom.records.sessions import SessionRow
    from neckrom.result import Result
    from neckrom.screening.neck_screen import Override, ScreenAnswers, ScreenResult

screening = typer.Typer()

_YES_NO = {"y": "yes", "n": "no", "u": "unsure"}
_SIDES = {"l": "left", "r": "right", "b": "both"}
_TENSION = {"p": "own_pain", "s": "stretch", "n": "nothing", "d": "not_done"}


@screening.command()
def screen(
    person: Annotated[
        str | None,
        typer.Argument(metavar="[PERSON]", help="Whose screen it is; nothing is stored without it."),
    ] = None,
    *,
    session: Annotated[
        str | None,
        typer.Option(
            "--session",
            metavar="SESSION",
            help="Measurement that fills in the neck's range; else the latest that was not stopped early.",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="FILE", help="Answers as JSON instead of asking: see docs/records.md."
        ),
    ] = None,
    language: LanguageOption = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FOLDER|URL", help="Where the records are; else your data folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
) -> None:
    """Ask the neck screen's questions and say which of the six signs are present."""
    from neckrom.screening.neck_screen import evaluate, screen_questions  # noqa: PLC0415

    texts = texts_in(language)
    with ExitStack() as stack:
        subject = None
        if person is not None or session is not None:
            records = stack.enter_context(opened(store))
            subject = _subject(records, person, session)
        hints = _Hints() if subject is None else _hints(subject, texts)
        given = _read(answers) if answers is not None else _ask_all(texts, hints)
        given = _with_measured(given, hints)
        found = evaluate(given, None if subject is None else subject.result)
        if subject is not None and not subject.records.read_only:
            subject.records.add_screening(
                subject.person_id,
                screen_questions().version,
                given.model_dump(mode="json", exclude_none=True),
                subject.session_id,
            )
    if as_json:
        _print_json(found)
        return
    _show(found, given, texts)
    if subject is None:
        say(texts.text("screen.not_stored"))
        return
    if subject.stopped_id:
        say(texts.text("screen.latest_stopped", session=subject.stopped_id))
    if subject.session_id is not None:
        say(texts.text("screen.measured", session=subject.session_id, date=subject.date))
    if subject.records.read_only:
        say(texts.text("pages.read_only"))
        return
    say(texts.text("screen.stored", person=subject.label))


# -------------------------------------------------------------------- the person


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose screen it is, and the measurement that belongs to it."""

    records: Records
    person_id: str
    label: str
    session_id: str | None
    date: str
    result: Result | None
    stopped_id: str = ""
    """A later session that was stopped early, and is therefore not used."""


def _subject(records: Records, person: str | None, session: str | None) -> _Subject:
    from neckrom.errors import InputError  # noqa: PLC0415
    from neckrom.saying.figures import day  # noqa: PLC0415  (doctor must start where numpy does not)

    chosen = None if session is None else records.find_session(session)
    wanted = person if person is not None else (chosen.person_id if chosen is not None else "")
    row = records.find_person(wanted)
    if chosen is not None and chosen.person_id != row.id:
        raise InputError(
            f"Session {chosen.id} is not of {row.label}: list theirs with neckrom sessions list {row.id}"
        )
    passed = ""
    if chosen is None:
        chosen, passed = _latest_whole(records, row.id)
    if chosen is None:
        return _Subject(records, row.id, row.label, None, "", None, passed)
    return _Subject(
        records, row.id, row.label, chosen.id, day(chosen.measured), records.result(chosen.id), passed
    )


def _latest_whole(records: Records, person_id: str) -> tuple[SessionRow | None, str]:
    """The latest session that was not stopped early, and the id of a later one that was."""
    stopped = ""
    for row in records.sessions(person_id, kind="neck"):
        facts = records.result(row.id).session
        if facts is None or facts.stop_reason is None:
            return row, stopped
        stopped = stopped or row.id
    return None, stopped


# ------------------------------------------------------------------------ hints


@dataclass(frozen=True, slots=True)
class _Hints:
    """What measurements and the diary say to a question; shown before it, and never taken for the answer."""

    suggested: Mapping[str, Suggestion] = field(default_factory=dict)
    diary: tuple[str, ...] = ()

    def show(self, question: str) -> None:
        """What there is to a question."""
        if question in self.suggested:
            _line(self.suggested[question].words)
        if question == "varies":
            for line in self.diary:
                say(line)


def _hints(subject: _Subject, texts: Messages) -> _Hints:
    from neckrom.handouts.diary_in_words import diary_lines  # noqa: PLC0415
    from neckrom.handouts.screen_suggestions import suggestions_for  # noqa: PLC0415

    lines = tuple(diary_lines(subject.records.diary(subject.person_id), texts))
    diary = (f"\n{texts.text('diary.evidence')}", *lines) if lines else ()
    return _Hints(suggestions_for(subject.records, subject.person_id, texts), diary)


def _with_measured(given: ScreenAnswers, hints: _Hints) -> ScreenAnswers:
    """With the sessions that suggested what was answered."""
    if not hints.suggested:
        return given
    from neckrom.handouts.screen_suggestions import confirmed  # noqa: PLC0415

    found = confirmed({**given.questions, **given.tension}, hints.suggested, given.sides)
    return given.model_copy(update={"measured": {**given.measured, **found}})


# ----------------------------------------------------------------------- asking


def _read(path: Path) -> ScreenAnswers:
    from pydantic import ValidationError  # noqa: PLC0415

    from neckrom.errors import ConfigurationError  # noqa: PLC0415
    from neckrom.screening.neck_screen import ScreenAnswers  # noqa: PLC0415
    from neckrom.screening.safety import safety_questions  # noqa: PLC0415

    try:
        given = ScreenAnswers.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"The answers {path} cannot be read: {error.strerror}. Check the path."
        ) from error
    except ValidationError as error:
        problems = tuple(
            f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise ConfigurationError(f"The answers {path} cannot be used.", problems) from error
    known = {question.id for question in safety_questions()}
    wrong = sorted(set(given.safety) ^ known)
    if wrong:
        raise ConfigurationError(
            f"The answers {path} cannot be used.",
            tuple(
                f"safety.{name}: {'not answered' if name in known else 'no such question'}" for name in wrong
            ),
        )
    return given


def _ask_all(texts: Messages, hints: _Hints) -> ScreenAnswers:
    """Safety first; the rest only if it is safe or a clinician takes it on."""
    from neckrom.screening.neck_screen import ScreenAnswers  # noqa: PLC0415
    from neckrom.screening.safety import judge_answers, safety_questions  # noqa: PLC0415

    _line(texts.text("screen.title"))
    _line(texts.text("screen.answers_safety"))
    place = _Place(texts, len(safety_questions()))
    safety = {
        question.id: _choice(
            place.before(texts.text(f"safety.{question.id}")), _YES_NO, texts.text("screen.safety_needed")
        )
        for question in safety_questions()
    }
    verdict = judge_answers(safety)  # type: ignore[arg-type]
    override: Override | None = None
    if verdict.outcome == "clinician_only":
        _line(texts.text("screen.safety.clinician_only"))
        override = _override(texts)
    if verdict.outcome == "stop" or (verdict.outcome == "clinician_only" and override is None):
        return ScreenAnswers.model_validate({"safety": safety})
    rest = _ask_rest(texts, hints)
    return ScreenAnswers.model_validate({"safety": safety, "override": override, **rest})


def _override(texts: Messages) -> Override | None:
    from neckrom.screening.neck_screen import Override  # noqa: PLC0415

    name = _prompt(texts.text("screen.clinician")).strip()
    if len(name) < 2:
        return None
    return Override(clinician=name[:200], reason=_prompt(texts.text("screen.reason")).strip()[:2000])


def _ask_rest(texts: Messages, hints: _Hints) -> dict[str, object]:
    from neckrom.screening.neck_screen import (  # noqa: PLC0415
        SIDED_QUESTIONS,
        SIGNS,
        TENSION_TESTS,
        screen_questions,
    )

    _line(texts.text("screen.answers"))
    # What is asked only after some answers has no number of its own: it belongs to the question before.
    asked = sum(len(screen_questions().of_sign(number)) for number in SIGNS)
    place = _Place(texts, asked + len(TENSION_TESTS) + 1)
    questions: dict[str, str] = {}
    sides: dict[str, str] = {}
    for number in SIGNS:
        _line(f"{number}. {texts.text(f'screen.sign.{number}')}")
        for question in screen_questions().of_sign(number):
            hints.show(question.id)
            answer = _choice(place.before(texts.text(f"screen.question.{question.id}")), _YES_NO)
            questions |= {question.id: answer} if answer else {}
            if answer == "yes" and question.id in SIDED_QUESTIONS:
                side = _choice(texts.text("screen.side_asked"), _SIDES)
                sides |= {question.id: side} if side else {}
    _line(texts.text("screen.tension.title"))
    _line(texts.text("screen.tension_answers"))
    tension: dict[str, str] = {}
    for test in TENSION_TESTS:
        if test.endswith("_left"):
            _line(texts.text(f"screen.tension.{test.removesuffix('_left')}"))
        hints.show(test)
        asked_of_test = place.before(texts.text(f"screen.tension.{test}"))
        tension[test] = _choice(asked_of_test, _TENSION) or "not_done"
    found: dict[str, object] = {"questions": questions, "sides": sides, "tension": tension}
    if set(tension.values()) != {"not_done"}:
        found["back_pain"] = _choice(texts.text("screen.question.back_pain"), _YES_NO) or None
        found["tension_changes"] = _ask_changes(texts, tension)
        if "own_pain" not in tension.values() or found["back_pain"] == "no":
            found["buttock"] = _ask_buttock(texts)
    found["ndi_percent"] = _percent(place.before(texts.text("screen.ndi")))
    return found


def _ask_changes(texts: Messages, tension: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Each leg that felt something, with head and ankle apart."""
    from neckrom.screening.neck_screen import LEVERS  # noqa: PLC0415

    changes: dict[str, dict[str, str]] = {}
    for test, felt in tension.items():
        if felt not in ("own_pain", "stretch"):
            continue
        for lever in LEVERS:
            answer = _choice(texts.text(f"screen.change.{lever}", test=f"screen.test.{test}"), _YES_NO)
            if answer:
                changes.setdefault(test, {})[lever] = answer
    return changes


def _ask_buttock(texts: Messages) -> dict[str, str]:
    """What the article tries where it thinks of the buttock."""
    from neckrom.screening.neck_screen import BUTTOCK_TESTS  # noqa: PLC0415

    _line(texts.text("screen.buttock.title"))
    return {
        test: _choice(texts.text(f"screen.buttock.{test}"), _TENSION) or "not_done" for test in BUTTOCK_TESTS
    }


class _Place:
    """Counts questions, so that whoever answers knows how many are left."""

    def __init__(self, texts: Messages, total: int) -> None:
        self._texts, self._total, self._number = texts, total, 0

    def before(self, question: str) -> str:
        """The question with its number."""
        self._number += 1
        return f"{self._texts.text('asked.question', number=self._number, total=self._total)}: {question}"


def _choice(question: str, keys: Mapping[str, str], needed: str | None = None) -> str:
    """The answer to a question by its key; empty where it may be left out and was."""
    shown = f"{question} [{'/'.join(keys)}]"
    while True:
        key = _prompt(shown).strip().lower()[:1]
        if key in keys:
            return keys[key]
        if not key and needed is None:
            return ""
        if needed is not None and not key:
            say(needed)


def _percent(question: str) -> float | None:
    while True:
        text = _prompt(f"{question} [0-100]").strip().removesuffix("%").replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            continue
        if 0 <= value <= 100:
            return value


def _prompt(question: str) -> str:
    return str(typer.prompt(question, default="", show_default=False, err=True))


def _line(text: str) -> None:
    say(f"\n{text}")


# ---------------------------------------------------------------------- showing


def _show(found: ScreenResult, given: ScreenAnswers, texts: Messages) -> None:
    from rich.table import Table  # noqa: PLC0415

    from neckrom.screening.statements import ended_by_safety, sentence, statements  # noqa: PLC0415

    stdout = console()
    if ended_by_safety(found, overridden=given.override is not None):
        because = ", ".join(texts.text(f"safety.{name}") for name in found.safety.because)
        stdout.print(texts.text(f"screen.safety.{found.safety.outcome}"), style="bold red")
        stdout.print(texts.text("screen.safety.because", what=because))
        return
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for sign in found.signs:
        because = ", ".join(texts.text(f"screen.feature.{name}") for name in sign.because)
        table.add_row(
            f"{sign.number}.",
            texts.text(f"screen.sign.{sign.number}"),
            texts.text(f"screen.status.{sign.status}"),
            because,
        )
    stdout.print(table)
    for statement in statements(found):
        stdout.print(f"\n{sentence(statement, texts)}")


def _print_json(found: ScreenResult) -> None:
    from neckrom.cli.records_view import as_json  # noqa: PLC0415

    print_json(as_json(found))
