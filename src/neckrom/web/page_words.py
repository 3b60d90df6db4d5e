"""What went wrong, for somebody who looks at a page: without commands, options and folders of this machine.

Errors are written for the terminal, where the way out is a command. On a page it is a button; so sentences
that name a command or an option are left out, and of a path only the name stays.
"""

from __future__ import annotations

import re

_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n")
_COMMAND = re.compile(r"\bneckrom\s+[a-z]|(?<!\w)--?[a-z][a-z-]*\b|NECKROM_[A-Z]+|\bpip install\b")
_PATH = re.compile(r"(?:/[\w.@+~-]+){2,}/?")


def in_page_words(said: str) -> str:
    """Leave out what a page cannot do; a line that is a path alone stays: there the recording is.

    Parameters
    ----------
    said : str
        An error's words, or what a command said last.

    Returns
    -------
    str
        Never empty where ``said`` is not: its first sentence stays in any case, without what is none of a page's.
    """
    lines = []
    for line in said.splitlines():
        if _PATH.fullmatch(line.strip()):
            lines.append(line.strip())
            continue
        kept = [each for each in _SENTENCES.split(line) if each.strip() and not _COMMAND.search(each)]
        if kept:
            lines.append(" ".join(_ended(_named(each)) for each in kept))
    if lines or not said.strip():
        return "\n".join(lines)
    first = _SENTENCES.split(said.strip())[0]
    return _ended(_named(_COMMAND.sub("", first)).strip())


def _named(sentence: str) -> str:
    return _PATH.sub(lambda found: found[0].rstrip("/").rpartition("/")[2], sentence.strip())


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…", ":")) else f"{sentence}."
