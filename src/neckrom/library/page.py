"""How a measurement shows itself in a notebook: verdict, table and figure, with nothing from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from neckrom.messages import Messages
from neckrom.report.content import Table, client_table
from neckrom.report.figures import rom_figure
from neckrom.result import Result
from neckrom.saying.names import display_name
from neckrom.saying.sentences import said_or
from neckrom.saying.verdict import Verdict, movements_said, verdict_of

_DOTS_PER_INCH = 100


def html_of(result: Result, texts: Messages) -> str:
    """A measurement as HTML; every word from a file is escaped.

    Parameters
    ----------
    result : Result
    texts : Messages

    Returns
    -------
    str
        One ``div`` with the figure in it as a PNG; nothing is fetched.
    """
    verdict = verdict_of(result, texts, "clinician.movement")
    said = movements_said(result, texts)
    table = client_table(tuple(replace(words, name=words.clinical_name) for words in said), texts)
    key = result.statement_key
    statement = texts.text(key) if key in texts.texts else result.statement
    name = display_name(result.clip.name)
    warnings = tuple(_warnings(result, texts))
    return html_of_parts(name, verdict, table, warnings, statement, picture=_picture(result, texts))


def html_of_parts(
    name: str, verdict: Verdict, table: Table, warnings: Sequence[str], statement: str, *, picture: str = ""
) -> str:
    """A measurement of any kind as HTML; every word is escaped.

    Parameters
    ----------
    name : str
        Of the recording.
    verdict : Verdict
    table : Table
    warnings : sequence of str
    statement : str
        What this is, and what it is not.
    picture : str
        A figure as a data URI; empty for none.

    Returns
    -------
    str
        One ``div``; nothing is fetched.
    """
    head = "".join(f"<th style='text-align:left'>{escape(column)}</th>" for column in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in verdict.marked_lines())
    noted = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    figure = (
        f"<img alt='{escape(verdict.title)}' style='max-width:46em;width:100%' src='{picture}'>"
        if picture
        else ""
    )
    return (
        f"<div><p><b>{escape(name)}</b></p>"
        f"<ul style='list-style:none;padding-left:0'>{lines}</ul>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        + figure
        + (f"<ul>{noted}</ul>" if noted else "")
        + f"<p><small>{escape(statement)}</small></p></div>"
    )


def _warnings(result: Result, texts: Messages) -> Iterator[str]:
    quality = result.quality
    for number, warning in enumerate(quality.warnings):
        stated = quality.warning_statements[number : number + 1]
        yield said_or(tuple(item for item in stated if item is not None), warning, texts)


def _picture(result: Result, texts: Messages) -> str:
    data = io.BytesIO()
    rom_figure(result, texts=texts).savefig(data, format="png", dpi=_DOTS_PER_INCH)
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"
