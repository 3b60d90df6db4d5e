"""What is handed out of runs, postures and nerve tests, and how runs compare: tables as finished words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neckrom.messages import Messages
from neckrom.nerve.reading import read_sides
from neckrom.nerve.result import NerveResult
from neckrom.nerve.sides import SidesCompared, compare_recordings
from neckrom.records.views import BodySession, NerveSeen, PlanSeen, RunComparison, RunSeen, UpperBackSeen
from neckrom.report.content import Table
from neckrom.report.letterhead import Letterhead
from neckrom.running.result import ROWS, RunResult
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.nerve_tests import NONE as NO_ANGLE
from neckrom.saying.nerve_tests import nerve_line, sides_line
from neckrom.saying.plans import plan_line
from neckrom.saying.runs import NONE, Earlier, RowSaid, changed_beyond_error, rows_said
from neckrom.saying.sentences import all_said
from neckrom.saying.upper_backs import upper_back_line


def body_report(
    view: BodySession, form: str, texts: Messages, head: Letterhead, *, sheet: bool = False
) -> bytes:
    """The report of a run, a posture or a nerve test, laid out anew from what was measured.

    Parameters
    ----------
    view : BodySession
    form : str
        "html" or "pdf".
    texts : Messages
    head : Letterhead
        Who was measured, examiner and clinic.
    sheet : bool
        Only what is for everybody, without the clinician's part.

    Raises
    ------
    InputError
        If the curves are damaged.
    """
    from neckrom.report.bodies.page import body_html  # noqa: PLC0415  (slow to load)
    from neckrom.report.bodies.paper import body_pdf  # noqa: PLC0415
    from neckrom.report.bodies.stored import stored_content  # noqa: PLC0415

    content = stored_content(view.result, view.folder, texts, head, earlier=earlier_of(view))
    if form == "html":
        return body_html(content, clinicians=not sheet).encode("utf-8")
    return body_pdf(content, clinicians=not sheet)


def earlier_of(view: BodySession) -> Earlier | None:
    """The person's run before this one, as it is shown beside it."""
    if view.earlier is None:
        return None
    return Earlier(view.earlier.result, figures.day(view.earlier.row.measured))


# ------------------------------------------------------------------------ course


def runs_table(runs: Sequence[RunSeen], texts: Messages) -> Table:
    """Runs of a person, one line each, newest first, and what changed from the first to the last.

    Parameters
    ----------
    runs : sequence of RunSeen
        Newest first.
    """
    said = [rows_said(run.result, texts) for run in runs]
    lines = [
        (figures.day(run.row.measured), *(f"{row.sign} {row.value}" for row in rows))
        for run, rows in zip(runs, said, strict=True)
    ]
    if len(runs) > 1:
        lines.append((texts.text("run.course.change"), *_changes(runs[-1], runs[0], texts)))
    return Table(
        (texts.text("pages.measured"), *(texts.text(f"run.row.{name}") for name in ROWS)),
        tuple(lines),
        tuple(Grade.CALM for _ in lines),
        (16, 21, 21, 21, 21),
    )


def _changes(earlier: RunSeen, later: RunSeen, texts: Messages) -> tuple[str, ...]:
    before = {row.name: row for row in earlier.result.rows}
    return tuple(_meaning(changed_beyond_error(row, before[row.name]), texts) for row in later.result.rows)


def _meaning(beyond: bool | None, texts: Messages) -> str:
    key = "unknown" if beyond is None else "beyond" if beyond else "within"
    return texts.text(f"run.course.{key}")


def nerve_table(tests: Sequence[NerveSeen], texts: Messages) -> Table:
    """Nerve tests of a person, one line each, newest first: the angles at the first symptom, and what it was.

    Two recordings of a day, each of the leg on the camera's side, have a line together above them: only there are the
    sides compared.

    Parameters
    ----------
    tests : sequence of NerveSeen
        Newest first.
    """
    pairs = {pair.newest.row.id: pair for pair in sides_of_days(tests)}
    lines = []
    for test in tests:
        day = figures.day(test.row.measured)
        pair = pairs.get(test.row.id)
        if pair is not None:
            both = texts.text("nerve.sides.both", test=f"nerve.kind.{test.result.kind}")
            left, right = (nerve_line(result, texts) for result in (pair.left, pair.right))
            lines.append((day, both, left.left, right.right, sides_line(pair.sides, texts), NO_ANGLE))
        line = nerve_line(test.result, texts)
        lines.append((day, line.test, line.left, line.right, line.difference, line.pain))
    columns = ("test", "left", "right", "difference", "pain")
    return Table(
        (texts.text("pages.measured"), *(texts.text(f"nerve.course.{name}") for name in columns)),
        tuple(lines),
        tuple(Grade.CALM for _ in lines),
        (13, 19, 17, 17, 15, 19),
    )


@dataclass(frozen=True, slots=True)
class SidesOfDay:
    """Two recordings of one person, test and day, each of the leg on the camera's side.

    Attributes
    ----------
    newest : NerveSeen
        The later one of both.
    left, right : NerveResult
        Filmed from the left, and from the right.
    sides : SidesCompared
    """

    newest: NerveSeen
    left: NerveResult
    right: NerveResult
    sides: SidesCompared


def sides_of_days(tests: Sequence[NerveSeen]) -> tuple[SidesOfDay, ...]:
    """Every two recordings of a day that compare both legs, each filmed from its own side.

    Of several of a side and day the newest ones belong together, then those before them.

    Parameters
    ----------
    tests : sequence of NerveSeen
        Of one person, newest first.

    Returns
    -------
    tuple of SidesOfDay
        Newest first.
    """
    of_day: dict[tuple[str, str], dict[str, list[tuple[int, NerveSeen]]]] = {}
    for place, test in enumerate(tests):
        key = (figures.day(test.row.measured), test.result.kind)
        of_day.setdefault(key, {"left": [], "right": [], "front": []})[test.result.side].append((place, test))
    found = []
    for seen in of_day.values():
        for left, right in zip(seen["left"], seen["right"], strict=False):
            sides = compare_recordings(left[1].result, right[1].result)
            if sides is not None:
                newest = min(left, right, key=lambda one: one[0])
                found.append((newest[0], SidesOfDay(newest[1], left[1].result, right[1].result, sides)))
    return tuple(pair for _, pair in sorted(found, key=lambda one: one[0]))


def sides_said(tests: Sequence[NerveSeen], texts: Messages) -> tuple[str, ...]:
    """What two recordings of a day say of both legs, a line each, newest first.

    Parameters
    ----------
    tests : sequence of NerveSeen
        Of one person, newest first.
    """
    return tuple(
        texts.text(
            "nerve.sides.said",
            test=f"nerve.kind.{pair.left.kind}",
            date=figures.day(pair.newest.row.measured),
            what=all_said(read_sides(pair.left.kind, pair.sides), texts),
        )
        for pair in sides_of_days(tests)
    )


def plan_table(plans: Sequence[PlanSeen], texts: Messages) -> Table:
    """Sessions of plans, one line each, newest first: test before and after, what was counted, pain, the next test.

    Parameters
    ----------
    plans : sequence of PlanSeen
        Newest first.
    """
    lines = []
    for plan in plans:
        line = plan_line(plan.result, texts)
        day = figures.day(plan.row.measured)
        lines.append((day, line.plan, line.left, line.right, line.repetitions, line.pain, line.retest))
    columns = ("plan", "left", "right", "repetitions", "pain", "retest")
    return Table(
        (texts.text("pages.measured"), *(texts.text(f"plan.course.{name}") for name in columns)),
        tuple(lines),
        tuple(Grade.CALM for _ in lines),
        (13, 18, 15, 15, 15, 10, 14),
    )


def upper_back_table(seen: Sequence[UpperBackSeen], texts: Messages) -> Table:
    """Turns of the trunk of a person, one line a session, newest first: each side, and both against each other.

    Parameters
    ----------
    seen : sequence of UpperBackSeen
        Newest first.
    """
    lines = []
    for one in seen:
        line = upper_back_line(one.result, texts)
        lines.append((figures.day(one.row.measured), line.left, line.right, line.difference))
    columns = ("left", "right", "difference")
    return Table(
        (texts.text("pages.measured"), *(texts.text(f"upper_back.course.{name}") for name in columns)),
        tuple(lines),
        tuple(Grade.CALM for _ in lines),
        (19, 27, 27, 27),
    )


def comparison_table(found: RunComparison, texts: Messages) -> Table:
    """Two runs side by side: the four rows with their values and what became of each."""
    both = [_said(view, texts) for view in (found.earlier, found.later)]
    days = [figures.day(view.row.measured) for view in (found.earlier, found.later)]
    rows = tuple(
        (
            first.title,
            _cell(first),
            _cell(last),
            _meaning(found.beyond_error.get(first.name), texts),
        )
        for first, last in zip(*both, strict=True)
    )
    return Table(
        (texts.text("run.column.row"), *days, texts.text("run.course.change")),
        rows,
        tuple(Grade.CALM for _ in rows),
        (25, 25, 25, 25),
    )


def _said(view: BodySession, texts: Messages) -> tuple[RowSaid, ...]:
    return rows_said(view.result, texts) if isinstance(view.result, RunResult) else ()


def _cell(row: RowSaid) -> str:
    return NONE if row.value == NONE else f"{row.sign} {row.with_interval}"
