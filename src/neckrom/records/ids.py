"""Ids that say nothing about anybody."""

from __future__ import annotations

import re
import secrets

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that are not mistaken for each other."""
_KINDS = {"P": 8, "S": 10, "Q": 10}
_FORM = re.compile(rf"[PSQ]-[{_LETTERS}]{{8,10}}")


def new_person_id() -> str:
    """A pseudonym, as in P-7K3MQ2XA."""
    return _new("P")


def new_session_id() -> str:
    """As in S-0Q8F2MZK1T."""
    return _new("S")


def new_screening_id() -> str:
    """As in Q-0Q8F2MZK1T."""
    return _new("Q")


def is_id(text: str) -> bool:
    """Whether a text has the form of an id: safe as the name of a folder."""
    return _FORM.fullmatch(text) is not None


def _new(kind: str) -> str:
    return f"{kind}-{''.join(secrets.choice(_LETTERS) for _ in range(_KINDS[kind]))}"
