"""What is handed out of runs, postures and nerve tests, and how runs compare: tables as finished words."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import Messages
from neckrom.records.views import BodySession, NerveSeen, PlanSeen, RunComparison, RunSeen, UpperBackSeen
from neckrom.report.content import Table
from neckrom.report.letterhead import Letterhead
from neckrom.running.result import ROWS, RunResult
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.nerve_tests import nerve_line
from neckrom.saying.plans import plan_line
from neckrom.saying.runs import NONE, Earlier, RowSaid, changed_beyond_error, rows_said
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

    Parameters
    ----------
    tests : sequence of NerveSeen
        Newest first.
    """
    lines = []
    for test in tests:
        line = nerve_line(test.result, texts)
        day = figures.day(test.row.measured)
        lines.append((day, line.test, line.left, line.right, line.difference, line.pain))
    columns = ("test", "left", "right", "difference", "pain")
    return Table(
        (texts.text("pages.measured"), *(texts.text(f"nerve.course.{name}") for name in columns)),
        tuple(lines),
        tuple(Grade.CALM for _ in lines),
        (13, 19, 17, 17, 15, 19),
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
