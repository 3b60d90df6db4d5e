"""The result as it stands in the terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.result import Result
from neckrom.saying.grades import LOOKS
from neckrom.saying.names import display_name, sentence
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import MovementSaid, movements_said, verdict_of


def summary_table(result: Result, texts: Messages | None = None) -> Table:
    """One row a direction; fits 100 columns and reads without colour."""
    words = texts or load_messages(FALLBACK)
    title = f"{words.text('report.title')}: {display_name(result.clip.name, limit=50)}"
    table = Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        caption=words.text("report.note.terminal"),
        caption_justify="left",
    )
    for name in ("movement", "best", "interval", "mean", "trials", "norm", "of_norm", "pain"):
        column = words.text(f"terminal.{name}")
        table.add_column(column, justify="left" if name == "movement" else "right", no_wrap=True)
    table.add_column(words.text("report.column.meaning"), min_width=19)
    for item in movements_said(result, words):
        table.add_row(*_cells(item))
    return table


def _cells(item: MovementSaid) -> tuple[str | Text, ...]:
    meaning = Text(f"{item.sign} {item.meaning}", style=LOOKS[item.grade].terminal)
    plain = (item.clinical_name, item.best, item.interval, item.mean, item.trials, item.norm, item.of_norm)
    return (*plain, item.pain, meaning)


def verdict_lines(result: Result, texts: Messages | None = None) -> list[str]:
    """What belongs under the table, one line each, in the order in which it should be read."""
    words = texts or load_messages(FALLBACK)
    verdict, quality = verdict_of(result, words), result.quality
    lines = [*verdict.marked_lines(), verdict.meaning]
    if result.session is None:  # the camera of a guided session does not mirror
        lines.append(
            sentence(quality.first_turn_note) if words.language == FALLBACK else _first_turn(result, words)
        )
    lines.extend(
        f"{words.text(f'pair.{item.pair}')}: {said_or(item.reason_statements, item.reason, words)}"
        for item in result.asymmetry
        if item.flag != "flagged"
    )
    if not any(item.interval95_deg for item in result.movements):
        stated = () if quality.interval_statement is None else (quality.interval_statement,)
        lines.append(sentence(said_or(stated, quality.interval_note, words)))
    lines.extend(words.text("terminal.warning", text=sentence(text)) for text in _warnings(result, words))
    key = result.statement_key
    lines.append(words.text(key) if key in words.texts else result.statement)
    return [line for line in lines if line]


def _first_turn(result: Result, texts: Messages) -> str:
    quality = result.quality
    stated = () if quality.first_turn_statement is None else (quality.first_turn_statement,)
    return sentence(said_or(stated, quality.first_turn_note, texts))


def _warnings(result: Result, texts: Messages) -> list[str]:
    quality = result.quality
    said = []
    for number, warning in enumerate(quality.warnings):
        known = tuple(item for item in quality.warning_statements[number : number + 1] if item is not None)
        said.append(warning if texts.language == FALLBACK else said_or(known, warning, texts))
    return said
