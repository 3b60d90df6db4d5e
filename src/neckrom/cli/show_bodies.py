"""Runs and postures in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.body.result import BodyQuality
from neckrom.cli.show import files_view
from neckrom.cli.terminal import console, print_json
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.posture.result import PostureResult
from neckrom.running.result import RunResult
from neckrom.saying.grades import LOOKS
from neckrom.saying.names import display_name, sentence
from neckrom.saying.postures import posture_quantities_said, posture_verdict
from neckrom.saying.runs import Earlier, quantities_said, rows_said, run_verdict
from neckrom.saying.sentences import said_or

if TYPE_CHECKING:
    from neckrom.service.posture import PostureOutcome
    from neckrom.service.running import RunOutcome


def show_measured(
    outcome: PostureOutcome | RunOutcome,
    view: Callable[[Messages], RenderableType],
    language: str,
    *,
    as_json: bool,
) -> None:
    """Print a result to stdout: as JSON, or in words with where its files are."""
    if as_json:
        print_json(outcome.result.model_dump_json(indent=1))
        return
    stdout = console()
    stdout.print(view(load_messages(language)))
    stdout.print(files_view(outcome.folder, outcome.written), soft_wrap=True)


def run_view(result: RunResult, texts: Messages, earlier: Earlier | None = None) -> Group:
    """The article's four rows, what else was measured, and what belongs under them."""
    table = _table(
        f"{texts.text('run.title')}: {display_name(result.clips[0].clip.name, limit=50)}", headed=False
    )
    for _ in range(2):
        table.add_column("")
    table.add_column("", justify="right")
    table.add_column("")
    for row in rows_said(result, texts, earlier):
        looks = Text(f"{row.sign} {row.meaning}", style=LOOKS[row.grade].terminal)
        before = "" if earlier is None else f"\n{row.earlier}"
        table.add_row(row.title, row.measure, f"{row.with_interval}{before}", looks)
    more = _table(None)
    more.add_column("")
    for side in ("left", "right"):
        more.add_column(texts.text(f"side.{side}"), justify="right")
    more.add_column("", justify="right")
    for quantity in quantities_said(result, texts):
        more.add_row(quantity.name, quantity.left, quantity.right, quantity.both)
    lines = [*run_verdict(result, texts).marked_lines(), *_warnings(result.quality, texts)]
    return Group(
        table, more, *_paragraphs([*lines, _statement(result.statement_key, result.statement, texts)])
    )


def posture_view(result: PostureResult, texts: Messages) -> Group:
    """What was read, view by view, and what belongs under it."""
    table = _table(
        f"{texts.text('posture.title')}: {display_name(result.views[0].recording.clip.name, limit=50)}"
    )
    table.add_column("")
    for view in result.views:
        table.add_column(texts.text(f"posture.side_{view.side}"), justify="right")
    for quantity in posture_quantities_said(result, texts):
        table.add_row(quantity.name, *quantity.values)
    lines = [*posture_verdict(result, texts).marked_lines(), *_warnings(result.quality, texts)]
    return Group(table, *_paragraphs([*lines, _statement(result.statement_key, result.statement, texts)]))


def _table(title: str | None, *, headed: bool = True) -> Table:
    return Table(
        show_header=headed,
        title=None if title is None else Text(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )


def _paragraphs(lines: list[str]) -> list[RenderableType]:
    return [Padding(Text(line), (0, 0, 0, 2)) for line in lines if line]


def _statement(key: str, kept: str, texts: Messages) -> str:
    return texts.text(key) if key in texts.texts else kept


def _warnings(quality: BodyQuality, texts: Messages) -> Iterator[str]:
    for number, warning in enumerate(quality.warnings):
        known = tuple(item for item in quality.warning_statements[number : number + 1] if item is not None)
        said = warning if texts.language == FALLBACK else said_or(known, warning, texts)
        yield texts.text("terminal.warning", text=sentence(said))
