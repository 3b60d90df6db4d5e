"""What is printed where the terminal's encoding lacks a sign: plain letters that mean the same, never a crash.

Windows prints into a pipe or a file in its code page (cp1252, cp850 or cp437), and an old console shows no other.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from io import TextIOWrapper

NAME = "neckrom.plain"
_PLAIN = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2500\u2501\u2578\u257a", "-"),
    **dict.fromkeys("\u2018\u2019\u201a", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u00bf\u00a1", ""),
    **dict.fromkeys("\u00a0\u2009\u202f", " "),
    "\u2026": "...",
    "\u2022": "*",
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2248": "~",
    "\u00d7": "x",
    "\u00b7": "*",
    "\u2192": "->",
    "\u2190": "<-",
    "\u2191": "up",
    "\u2193": "down",
    "\u2713": "ok",
    "\u00b0": " deg",
    "\u00b1": "+-",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u00df": "ss",
}


def write_plainly() -> None:
    """Let both streams write everything: as it is where they can, in plain letters where not."""
    codecs.register_error(NAME, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=NAME)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wanted = error.object[error.start : error.end]
    return "".join(map(_plain, wanted)), error.end


def _plain(sign: str) -> str:
    known = _PLAIN.get(sign)
    if known is not None:
        return known
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return bare or "?"
