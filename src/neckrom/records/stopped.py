"""Whether a person's last test was stopped, or not begun: no plan is begun then before somebody has looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from neckrom.errors import InputError
from neckrom.messages import Messages
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.records.api import Records
from neckrom.records.leftovers import folders_of
from neckrom.result import Result
from neckrom.saying.figures import day
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.service.sessions import SESSION_FILE, open_session
from neckrom.upper_back.result import UpperBackResult


@dataclass(frozen=True, slots=True)
class LastTest:
    """How a guided session of a person ended.

    Attributes
    ----------
    at : datetime
    stop_reason : str or None
        "pain", "dizziness", "nausea", or another one.
    refused : bool
        A safety answer ended it before anything moved.
    """

    at: datetime
    stop_reason: str | None
    refused: bool

    @property
    def stopped(self) -> bool:
        """Whether it belongs before somebody who can judge it."""
        return self.refused or self.stop_reason in SAFETY_STOPS


def last_test(records: Records, person_id: str) -> LastTest | None:
    """The newest guided session of a person, filed or not; None where there is none."""
    return max(_tests(records, person_id), key=lambda test: test.at, default=None)


def refuse_after_a_stop(records: Records, person_id: str, texts: Messages) -> None:
    """Begin no plan for a person whose last test was stopped for pain, dizziness or nausea, or not begun.

    Raises
    ------
    InputError
        It was; with what to do.
    """
    last = last_test(records, person_id)
    if last is None or not last.stopped:
        return
    when = day(last.at)
    if last.refused:
        raise InputError(texts.text("plan.refused.refused", date=when))
    raise InputError(texts.text("plan.refused.stopped", date=when, why=f"plan.why.{last.stop_reason}"))


def _tests(records: Records, person_id: str) -> Iterator[LastTest]:
    for row in records.sessions(person_id):
        result = records.any_results([row.id]).get(row.id)
        if isinstance(result, PlanResult):
            yield LastTest(row.measured, result.stop_reason, refused=False)
        elif isinstance(result, NerveResult | UpperBackResult) and result.stop_reason is not None:
            # of a session of several tests each is filed by itself, and only the result knows of the stop
            yield LastTest(row.measured, result.stop_reason, refused=False)
        elif isinstance(result, Result) and result.session is not None:
            yield LastTest(row.measured, result.session.stop_reason, refused=False)
        else:
            folder = records.files.folder(row.person_id, row.id)
            yield from _told(folder, row.measured)
    for unfiled in folders_of(person_id):
        for path in sorted(unfiled.rglob(SESSION_FILE)):
            yield from _told(path.parent, None)


def _told(path: Path, at: datetime | None) -> Iterator[LastTest]:
    """What a session's folder says of its end; nothing where it is none, or damaged."""
    try:
        info = open_session(path).info
        begun = at or datetime.fromisoformat(info.created).astimezone()
    except (InputError, ValueError):
        return
    summary = info.summary or {}
    refused = bool(summary.get("refused_by")) and not summary.get("override")
    yield LastTest(begun, summary.get("stop_reason"), refused=refused)
