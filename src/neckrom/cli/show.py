"""Results in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from neckrom.report.terminal import summary_table, verdict_lines
from neckrom.result import Result

_MEANINGS = {
    "report.html": "the report, to read and print in a browser",
    "report.pdf": "the same as a PDF",
    "result.json": "the whole result, for programs",
    "angles.csv": "angles, one row a frame",
    "summary.csv": "trials, one row each",
    "landmarks.parquet": "what the models saw: measure it again without the clip",
    "overlay.mp4": "the clip with landmarks and angles drawn in",
}


def result_view(result: Result) -> Group:
    """Table of the six directions and what belongs under it."""
    lines: list[RenderableType] = [Padding(Text(line), (0, 0, 0, 2)) for line in verdict_lines(result)]
    return Group(summary_table(result), *lines)


def files_view(written: Sequence[Path]) -> Group:
    """Where the results are, one file a line."""
    if not written:
        return Group()
    folder = written[0].parent
    width = max(len(path.name) for path in written)
    lines = (f"  {path.name:<{width}}  {_MEANINGS.get(path.name, '')}".rstrip() for path in written)
    return Group(Text(f"Written to {folder}{'' if str(folder).endswith('/') else '/'}"), *map(Text, lines))

