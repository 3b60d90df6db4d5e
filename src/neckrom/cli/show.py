"""Results in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.assessment.norms import LoadedNorms, Norm
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report.terminal import summary_table, verdict_lines
from neckrom.result import Result
from neckrom.saying import figures
from neckrom.saying.verdict import stopped_for_safety
from neckrom.types import MOVEMENTS

NARROW = 76
"""Columns below which seven of a table do not stand beside each other."""

_MEANINGS = {
    "report.html": "the report, to read and print in a browser",
    "report.pdf": "the same as a PDF",
    "result.json": "the whole result, for programs",
    "angles.csv": "angles, one row a frame",
    "summary.csv": "trials, one row each",
    "steps.csv": "steps, one row each",
    "landmarks.parquet": "what the models saw: measure it again without the clip",
    "landmarks_back.parquet": "the same of the clip from behind",
    "landmarks_standing.parquet": "the same of the person standing",
    "pictures": "the moments that the report shows, with what was measured drawn in",
    "overlay.mp4": "the clip with landmarks and angles drawn in",
}


def result_view(result: Result, stdout: Console, texts: Messages | None = None) -> Group:
    """Table of the six directions and what belongs under it; a stop for safety stands above it, too."""
    lines: list[RenderableType] = [Padding(Text(line), (0, 0, 0, 2)) for line in verdict_lines(result, texts)]
    first = lines[:1] if stopped_for_safety(result) else []
    return Group(*first, _fitting(summary_table(result, texts), stdout), *lines)


def _fitting(table: Table, stdout: Console) -> RenderableType:
    """The table, closer together or as a list where the terminal is too narrow for it."""
    unlimited = stdout.options.update(width=1000)
    if stdout.measure(table, options=unlimited).maximum <= stdout.width:
        return table
    if stdout.width < NARROW:
        return _as_list(table)
    table.padding = (0, 1, 0, 0)
    table.box = None
    for column in table.columns[-2:]:
        column.no_wrap, column.min_width = False, None
    return table


def _as_list(table: Table) -> Group:
    """One block a row, one line a cell."""
    titles = [column.header for column in table.columns]
    blocks: list[RenderableType] = [table.title or ""]
    for name, *cells in zip(*(column.cells for column in table.columns), strict=True):
        blocks.append(Text(f"\n{name}"))
        blocks += [Text.assemble(f"  {title}: ", cell) for title, cell in zip(titles[1:], cells, strict=True)]
    return Group(*blocks)


def files_view(folder: Path, written: Sequence[Path]) -> Text:
    """Where the results are, one file a line."""
    names = list(dict.fromkeys(path.relative_to(folder).parts[0] for path in written))
    width = max(map(len, names), default=0)
    lines = [f"  {name:<{width}}  {_MEANINGS.get(name, '')}".rstrip() for name in names]
    return Text("\n".join([f"Written to {folder}/", *lines, ""]))


def norms_view(loaded: LoadedNorms) -> Group:
    """A norm set with what to cite for each value."""
    norms, english = loaded.norms, load_messages(FALLBACK)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Movement", no_wrap=True)
    table.add_column("Ref.", justify="right", no_wrap=True)
    table.add_column("Healthy", justify="right", no_wrap=True)
    table.add_column("Population and source")
    for movement in MOVEMENTS:
        norm = norms.movements[movement]
        reference = "none" if norm.reference_deg is None else figures.reference(norm.reference_deg, english)
        healthy = "" if norm.healthy_low_deg is None else _healthy(norm, english)
        sources = [f"{norm.population}: {norm.citation}", norm.healthy_citation]
        table.add_row(movement.label, reference, healthy, Text("; ".join(filter(None, sources))))
    note = [Text(norms.note)] if norms.note else []
    return Group(Text(f"{loaded.name}: {norms.title}", style="bold"), *note, Padding(table, (0, 0, 1, 0)))


def _healthy(norm: Norm, texts: Messages) -> str:
    """Healthy means as the norm file has them, which may have halves of a degree."""
    low, high = (figures.reference(end, texts) for end in (norm.healthy_low_deg, norm.healthy_high_deg))
    return f"{low.removesuffix('°')} to {high}"
