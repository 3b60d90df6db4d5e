"""How figures become SVG and PNG: same bytes for the same figure, on any machine."""

from __future__ import annotations

import html
import io
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

Maker = Callable[[], Figure]
"""Makes a figure afresh, inside our own settings."""

_LOCK = threading.RLock()
"""matplotlib's settings are global to the process: one figure is made at a time."""

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 11.5,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "hatch.linewidth": 1.2,
    "path.simplify": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "neckrom",
    "text.usetex": False,
}


@contextmanager
def own_style() -> Iterator[None]:
    """Our settings, whatever the user's matplotlibrc says; restored afterwards."""
    settings: dict[Any, Any] = {
        name: value for name, value in mpl.rcParamsDefault.items() if "backend" not in name
    }
    with _LOCK, mpl.rc_context(settings | _STYLE):
        yield


def svg_of(make: Maker, prefix: str, label: str) -> str:
    """Make a figure as an ``<svg>`` element to stand inline in a page.

    Parameters
    ----------
    make : callable
        Makes the figure; called inside our own settings.
    prefix : str
        Goes before every id, so that figures on one page do not mix.
    label : str
        What the figure shows, for those who cannot see it.

    Returns
    -------
    str
        No prologue, no name spaces, no metadata, nothing that points outside.
    """
    buffer = io.StringIO()
    with own_style():
        figure = make()
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
        width, height = figure.get_size_inches()
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r' (?:d|points)="[^"]*"', _shortened, body)
    ids = {name: f"{prefix}{number}" for number, name in enumerate(re.findall(r'\bid="([^"]+)"', body))}
    body = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{ids[found[1]]}"', body)
    body = re.sub(r'\b(?:xlink:)?href="#([^"]+)"', lambda found: f'href="#{ids[found[1]]}"', body)
    body = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{ids[found[1]]})", body)
    return (
        f'<svg role="img" aria-label="{html.escape(label)}" viewBox="0 0 {width * 72:g} {height * 72:g}" '
        f'width="{width * 96:g}" height="{height * 96:g}">{body}</svg>'
    )


def _shortened(found: re.Match[str]) -> str:
    """Coordinates with two decimals of a point: a tenth of a printer's dot."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), found[0])


def png_of(make: Maker, dpi: int = 200) -> tuple[bytes, float, float]:
    """Make a figure as PNG bytes, with its width and height in inches."""
    buffer = io.BytesIO()
    with own_style():
        figure = make()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        width, height = figure.get_size_inches()
    return buffer.getvalue(), float(width), float(height)
