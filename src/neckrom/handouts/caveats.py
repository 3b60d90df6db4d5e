"""What must be known before a session is compared with another one: stopped, helped by the trunk, broken off."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import Messages
from neckrom.result import Result
from neckrom.saying.grades import GRADES
from neckrom.saying.verdict import Finding, verdict_of


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
