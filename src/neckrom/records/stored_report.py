"""Reports that came with a result are handed out as documents, never as programs.

A result may come from anywhere, and its ``report.html`` may hold more than a report. What is handed out gets a
policy before anything else in it, which browsers hold to from a disk too: nothing runs, nothing is asked
of any address, nothing is sent. A report that holds what none of neckrom's does is not handed out at all.
A PDF never is: it knows no policy, its objects may be compressed, or lie where only some readers look, and so
nobody can tell from outside what it does. It is laid out anew from what was measured.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from neckrom.errors import InputError
from neckrom.private_files import read_plain

MAX_BYTES = 200_000_000
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HEAD = (
    f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
).encode("ascii")
_ACTIVE = frozenset(
    {
        "script",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "form",
        "input",
        "button",
        "textarea",
        "base",
        "link",
        "portal",
        "audio",
        "video",
        "source",
        "track",
        "foreignobject",
        "animate",
        "set",
        "math",
        "animatetransform",
        "animatemotion",
        "dialog",
        "template",
        "slot",
        "noscript",
        "xmp",
        "plaintext",
    }
)
_ADDRESSES = frozenset(
    (
        "href",
        "src",
        "xlink:href",
        "srcset",
        "action",
        "formaction",
        "data",
        "poster",
        "background",
        "ping",
        "cite",
    )
)


def stored_report(path: Path, session_id: str) -> bytes:
    """The report of a session as it can be handed out.

    Raises
    ------
    InputError
        If it holds what no report of neckrom does, or is a PDF.
    OSError
        If it cannot be read.
    """
    if path.suffix == ".pdf":
        raise InputError(
            f"The stored {path.name} of session {session_id} is not handed out: what a PDF does cannot be seen from "
            "outside. Hand out the report (--format pdf) or the sheet (--sheet), which are made anew."
        )
    content = read_plain(path, MAX_BYTES)
    found = first_active(content)
    if found is not None:
        raise InputError(
            f"The {path.name} of session {session_id} was not written by neckrom: it holds {found}, which no report "
            "does, so it is not handed out. Hand out the sheet instead (--sheet), which is made anew, or measure the "
            "recording again."
        )
    return _HEAD + content.removeprefix(b"\xef\xbb\xbf")


def first_active(html: bytes) -> str | None:
    """Something in a page that runs, loads, sends or leads elsewhere; None where there is nothing of the kind."""
    if b"\x00" in html:
        return "text that is none"
    try:
        text = html.decode("utf-8")
    except UnicodeDecodeError:
        return "text that is none"
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Looks at every tag and attribute."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        if self.found is None:
            self.found = _active_tag(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that ends itself."""
        self.handle_starttag(tag, attrs)


def _active_tag(tag: str, attrs: list[tuple[str, str | None]]) -> str | None:
    shown = f"<{tag[:20]}>" if tag.isalnum() else "a tag that is none"
    if tag in _ACTIVE or not re.fullmatch(r"[a-z][a-z0-9]*", tag):
        return shown
    for name, value in attrs:
        plain = "".join((value or "").split()).lower()
        steers = tag == "meta" and name == "http-equiv" and plain != "content-security-policy"
        if name.startswith("on") or steers:
            return f"{shown} with {name[:20]!r}"
        if name in _ADDRESSES and plain and not plain.startswith(("#", "data:image/jpeg", "data:image/png")):
            return f"{shown} that leads elsewhere"
    return None
