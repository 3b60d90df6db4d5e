"""The pages of people: the list, one of them with the course, adding, changing, deleting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from neckrom.errors import NeckromError
from neckrom.exports.write import Format
from neckrom.guided.sessions import CAMERAS, PROTOCOLS, plan_choices
from neckrom.handouts.bodies import nerve_table, plan_table, runs_table, sides_said, upper_back_table
from neckrom.handouts.body_course import Apart, drawn
from neckrom.handouts.course import course_of, ends_of
from neckrom.handouts.diary_in_words import day_line, diary_lines
from neckrom.handouts.making import course_for, has_course
from neckrom.handouts.trend_drawing import HEIGHT, WIDTH
from neckrom.handouts.values_in_words import (
    best,
    difference,
    error,
    error_lines,
    verdict_words,
)
from neckrom.live.camera_names import camera_names
from neckrom.messages import Messages
from neckrom.records.audit import Action
from neckrom.records.diary import ACTIVITIES, KnownDayError, checked_day, today
from neckrom.records.kinds import PLAN, RUN, UPPER_BACK
from neckrom.records.people import RefusedValueError
from neckrom.records.trends import MovementTrend, Verdict
from neckrom.records.views import PersonView
from neckrom.report.wording import display_name
from neckrom.result import Result
from neckrom.saying import figures
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.figures import day
from neckrom.web.desk import Desk, go_to
from neckrom.web.forms import Form
from neckrom.web.handing_out import exported, handed_out, removed_page
from neckrom.web.record_words import refusal

START = "/people"
PAGE_LENGTH = 50
_MOST_PAGES = 10**9


def people_routes(desk: Desk) -> APIRouter:
    """People: the list, one of them, adding, changing, deleting."""
    router = APIRouter()
    records = desk.records

    def listed(request: Request, search: str, page: int, status: int = 200, **values: object) -> Response:
        records.write_what_waits()
        total = records.count_people(search)
        last = max(1, math.ceil(total / PAGE_LENGTH))
        number = min(page, last)
        rows = records.people(search, limit=PAGE_LENGTH, offset=(number - 1) * PAGE_LENGTH)
        shown: dict[str, object] = {
            "rows": rows,
            "search": search,
            "total": total,
            "page": number,
            "pages": last,
            "day": day,
        }
        shown |= {"typed": {}, "problem": ""} | values
        return desk.show(request, "people.html.j2", status=status, **shown)

    @router.get("/")
    def start() -> Response:
        return go_to(START)

    @router.get("/people")
    def people(
        request: Request, search: str = "", page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1
    ) -> Response:
        return listed(request, search.strip(), page)

    @router.post("/people")
    def add(request: Request, form: Form) -> Response:
        try:
            row = records.add_person(form.given("name"), form.given("birth_date"), form.text("note"))
        except NeckromError as error:
            return listed(
                request, "", 1, typed=form.fields, problem=refusal(error, desk.texts(request)), status=400
            )
        return go_to(f"/people/{row.id}")

    @router.get("/people/{person}")
    def one(request: Request, person: str) -> Response:
        page = person_page(desk, request, person)
        records.log(Action.OPENED, records.find_person(person).id)
        return page

    @router.post("/people/{person}/change")
    def change(request: Request, person: str, form: Form) -> Response:
        found = records.find_person(person)
        try:
            records.change_person(found.id, form.given("name"), form.given("birth_date"), form.text("note"))
        except NeckromError as error:
            said = refusal(error, desk.texts(request))
            return person_page(desk, request, found.id, problem=said, typed=form.fields, status=400)
        return go_to(f"/people/{found.id}")

    @router.get("/people/{person}/delete")
    def ask(request: Request, person: str) -> Response:
        view = records.person(records.find_person(person).id)
        texts = desk.texts(request)
        goes = texts.text(
            "pages.delete_person_goes", sessions=len(view.sessions), screenings=len(view.screenings)
        )
        label = display_name(view.row.label, limit=250)
        return desk.show(request, "delete.html.j2", what=label, goes=goes, back=f"/people/{view.row.id}")

    @router.post("/people/{person}/delete")
    def delete(request: Request, person: str) -> Response:
        removed = records.delete_person(records.find_person(person).id)
        return removed_page(desk, request, removed, START)

    @router.post("/people/{person}/diary")
    def write_down(request: Request, person: str, form: Form) -> Response:
        found = records.find_person(person)
        try:
            line = checked_day(
                today(),
                day=form.given("day"),
                pain=form.text("pain"),
                place=form.text("place"),
                activity=form.given("activity"),
                note=form.text("note"),
            )
            records.add_to_diary(found.id, line, replace=form.text("replace") == "true")
        except (RefusedValueError, KnownDayError) as error:
            said = refusal(error, desk.texts(request))
            return person_page(desk, request, found.id, problem=said, noted=form.fields, status=400)
        return go_to(f"/people/{found.id}#diary")

    @router.get("/people/{person}/course.{form}")
    def course(request: Request, person: str, form: str) -> Response:
        view = records.person(records.find_person(person).id)
        made = course_for(records, view, desk.texts(request)) if form in ("html", "pdf") else None
        if made is None:
            raise HTTPException(404)
        records.log(Action.HANDED_OUT, view.row.id, None, f"course, {form}")
        return handed_out(made, form, f"{view.row.id}_course")

    @router.get("/people/{person}/export")
    def export(person: str, form: Format, *, name: bool = False) -> Response:
        return exported(desk, records.find_person(person).id, form, with_name=name)

    return router


def person_page(
    desk: Desk, request: Request, person: str, *, status: int = 200, problem: str = "", **values: object
) -> Response:
    """Lay out a person's page: sessions, course, hand-outs, and what can be done."""
    records, texts = desk.records, desk.texts(request)
    records.write_what_waits()
    view = records.person(records.find_person(person).id)
    trends = records.trend(view.row.id)
    results = records.any_results(row.id for row in view.sessions)
    of_neck = [result for row in view.neck if isinstance(result := results.get(row.id), Result)]
    said = of_neck if len(of_neck) == len(view.neck) else []
    runs = records.runs(view.of_kind(RUN))
    tests = records.nerve_tests(view.nerve_tests)
    plans = records.plans(view.of_kind(PLAN))
    turned = records.upper_backs(view.of_kind(UPPER_BACK))
    limits = records.limits(view.row.id)
    days = records.diary(view.row.id)
    course = course_of(view, trends, limits, texts, said)
    typed = {
        "name": view.row.name or "",
        "birth_date": "" if view.row.birth_date is None else view.row.birth_date.isoformat(),
        "note": view.row.note,
    }
    shown = {
        "view": view,
        "has_course": has_course(view),
        "over_time": drawn(
            Apart(nerve_tests=tuple(tests), plans=tuple(plans), upper_backs=tuple(turned)), texts
        ),
        "runs": runs_table(runs, texts) if runs else None,
        "nerve_tests": nerve_table(tests, texts) if tests else None,
        "sides_said": sides_said(tests, texts),
        "plans": plan_table(plans, texts) if plans else None,
        "upper_backs": upper_back_table(turned, texts) if turned else None,
        "course": course,
        "drawings": course.trends(HEIGHT) if course.trends is not None else (),
        "error": error_lines(limits, texts)[0],
        "changes": [_course_row(trend, view, texts) for trend in trends],
        "several": any(trend.since_last is not None and len(trend.points) > 2 for trend in trends),
        "width": WIDTH,
        "day": day,
        "moment": figures.clock,
        "verdicts": {key: verdict_of_any(result, texts) for key, result in results.items()},
        "display": display_name,
        "cameras": _cameras(texts),
        "protocols": PROTOCOLS,
        "planned": plan_choices(),
        "days": [day_line(line, texts) for line in days],
        "diary": tuple(diary_lines(days, texts)),
        "today": today().isoformat(),
        "activities": ACTIVITIES,
        "noted": {},
        "formats": [form.value for form in Format],
        "guided": desk.guided.of(view.row.id),
        "typed": typed,
    }
    return desk.show(request, "person.html.j2", status=status, problem=problem, **(shown | values))


_WITHOUT_NAMES = 4
"""Numbers that are offered where the system names no camera."""


def _cameras(texts: Messages) -> list[tuple[str, str]]:
    """What can be chosen: cameras by the names that the system gives them, the browser's own, a phone."""
    names = camera_names()
    numbers = [number for number in CAMERAS if number.isdigit()]
    known = [(number, f"{number}: {name}") for number, name in names.items() if number in numbers]
    if not known:
        known = [
            (number, texts.text("pages.camera_number", number=int(number)))
            for number in numbers[:_WITHOUT_NAMES]
        ]
    others = [camera for camera in CAMERAS if not camera.isdigit()]
    return known + [(camera, texts.text(f"pages.camera_{camera}")) for camera in others]


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One movement from the first session to the last, in words."""

    name: str
    first: str
    last: str
    change: str
    error: str
    meaning: str
    real: bool
    since_last: str


def _course_row(trend: MovementTrend, view: PersonView, texts: Messages) -> CourseRow:
    name = texts.text(f"word.{trend.movement.value}")
    change, since = trend.first_to_last, trend.since_last
    if change is None or since is None:
        said = texts.text("table.one_session" if trend.points else "course.not_measured")
        first, last = ends_of(trend, view.neck)
        return CourseRow(name, first, last, "", "", said, real=False, since_last="")
    return CourseRow(
        name=name,
        first=best(change.earlier),
        last=best(change.later),
        change=difference(change, texts),
        error=error(trend.limit_deg, texts),
        meaning=verdict_words(change, texts),
        real=change.verdict in (Verdict.MORE, Verdict.LESS),
        since_last=verdict_words(since, texts),
    )
