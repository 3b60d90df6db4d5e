"""Names of inputs as text: a file system holds bytes, and not all of them are UTF-8."""

from __future__ import annotations

import unicodedata

_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LONGEST = 200


def readable_name(name: str) -> str:
    """The name with a ``\N{REPLACEMENT CHARACTER}`` for what is no text: it goes into JSON, HTML and PDF.

    Parameters
    ----------
    name : str
        As Python gives it: bytes that are not UTF-8 stand in it as lone surrogates.

    Returns
    -------
    str
        At most 200 characters, none of which ends a line or moves a cursor.
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in _NO_TEXT else letter
        for letter in name[:_LONGEST]
    )
