"""Words from outside, made safe to show anywhere."""

from __future__ import annotations

import unicodedata

NO_NAME = "(no readable name)"


def display_name(name: str, limit: int = 80) -> str:
    """Make a name from outside safe to show anywhere.

    Control and direction-changing characters go (a name must not turn the text
    around it), stacked combining marks too; runs of white space become one
    space; a long name keeps its start and its end. Escaping for HTML or PDF is
    the writer's own job.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", name):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Zs", "Zl", "Zp") or char in "\t\r\n":
            kept.append(" ")
        elif category[0] != "C" and marks <= 2:
            kept.append(char)
    text = " ".join("".join(kept).split())
    if not text:
        return NO_NAME
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def sentence(text: str) -> str:
    """The text with a capital at the start and a full stop at the end."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."
