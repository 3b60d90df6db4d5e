"""One session on one page in plain words, for the person who was measured; behind it the clinician's."""

from __future__ import annotations

from collections.abc import Mapping

from neckrom.handouts.clinician_page import session_details
from neckrom.handouts.handout_page import Handout
from neckrom.messages import Messages
from neckrom.records.views import SessionView, StoredSession
from neckrom.report.figures import client_figure
from neckrom.report.letterhead import Letterhead
from neckrom.report.stored import content_with
from neckrom.report.wording import display_name
from neckrom.result import Result
from neckrom.saying import figures
from neckrom.types import Movement

NO_PICTURES: Mapping[Movement, bytes] = {}


def sheet_of(
    view: SessionView,
    texts: Messages,
    result: Result | None = None,
    *,
    pictures: Mapping[Movement, bytes] = NO_PICTURES,
    head: Letterhead | None = None,
) -> Handout:
    """Put a session into words.

    Parameters
    ----------
    view : SessionView
    texts : Messages
    result : Result, optional
        In place of the one of ``view``.
    pictures : mapping of Movement to bytes
        End-range pictures as files.
    head : Letterhead, optional
        Who measured; person and day are taken from ``view`` where they are not given.

    Returns
    -------
    Handout
    """
    known = result or view.result
    given = head or letterhead_of(view)
    content = content_with(known, pictures, texts, given)
    day = figures.day(view.row.measured)
    return Handout(
        language=texts.language,
        title=texts.text("sheet.title"),
        who=f"{display_name(view.person.label, limit=200)}, {day}",
        facts=content.facts,
        logo=content.logo,
        verdict=content.verdict,
        summary=content.verdict.lines,
        table=content.client,
        sessions_title="",
        sessions=(),
        advice_title=texts.text("report.section.next"),
        advice=content.advice,
        notes=(
            texts.text("sheet.marks"),
            texts.text("sheet.loss"),
            content.trust,
            texts.text("course.statement"),
        ),
        draw=lambda phone: client_figure(known, texts, phone=phone),
        described=content.described,
        shots=content.shots,
        details=session_details(known, day, texts, given.site),
    )


def letterhead_of(view: StoredSession, settings: Letterhead | None = None) -> Letterhead:
    """Who was measured and when, with examiner and clinic from the settings."""
    given = settings or Letterhead()
    return Letterhead(
        person=view.person.label,
        born=view.person.birth_date,
        measured=view.row.measured,
        examiner=given.examiner,
        clinic=given.clinic,
        address=given.address,
        logo=given.logo,
        site=given.site,
    )
