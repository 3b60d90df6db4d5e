"""The templates of hand-outs; the pages of the records use the drawing of a trend, too."""

from __future__ import annotations

import jinja2


def template_loader() -> jinja2.BaseLoader:
    """Finds ``handout.html.j2`` and ``trend.html.j2``."""
    return jinja2.PackageLoader("neckrom.handouts", ".")
