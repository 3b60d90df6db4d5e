"""What must be known before a session is compared with another one: stopped, helped by the trunk, broken off."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import Messages
from neckrom.result import Result
from neckrom.saying.grades import GRADES, Grade
from neckrom.saying.verdict import Finding, verdict_of

GRAVE = (Grade.STOP, Grade.RAISED, Grade.CAUTION)


def caveats_of(results: Sequence[tuple[str, Result]], texts: Messages) -> tuple[Finding, ...]:
    """Caveats of sessions, each with its day, the gravest first.

    Parameters
    ----------
    results : sequence of (str, Result)
        Day and result of each session, in the order in which they are to be named.
    texts : Messages
    """
    found = [
        Finding(finding.name, finding.grade, texts.text("course.of_day", date=day, what=finding.text))
        for day, result in results
        for finding in verdict_of(result, texts).caveats()
    ]
    return tuple(sorted(found, key=lambda finding: GRADES.index(finding.grade)))


def findings_of(
    results: Sequence[tuple[str, Result]], texts: Messages, *, latest: int
) -> tuple[Finding, ...]:
    """What stands before any change between sessions: what the latest one found, where that is grave, and caveats.

    Parameters
    ----------
    results : sequence of (str, Result)
        As for :func:`caveats_of`.
    texts : Messages
    latest : int
        Place of the latest session among them.
    """
    caveats = caveats_of(results, texts)
    if not results:
        return caveats
    day, result = results[latest]
    first = verdict_of(result, texts).findings[0]
    if first.grade not in GRAVE:
        return caveats
    dated = Finding(first.name, first.grade, texts.text("course.of_day", date=day, what=first.text))
    found = (dated, *(caveat for caveat in caveats if caveat.text != dated.text))
    return tuple(sorted(found, key=lambda finding: GRADES.index(finding.grade)))
