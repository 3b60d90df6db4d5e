"""A sentence that is not written yet: the key of its text in the message files, and what is put into it.

The core states; :mod:`neckrom.saying` says it, in the reader's language.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Value = float | int | str | tuple[str, ...]


class Statement(BaseModel):
    """What is to be said.

    Attributes
    ----------
    key : str
        Of the message files.
    values : dict
        By parameter of the text. Numbers are as they were measured: rounding is the matter of
        whoever says it. Names (of a movement, a pair) are words or keys of the message files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    key: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", description="Of the message files.")]
    values: dict[str, Value] = Field(default_factory=dict, description="By parameter of the text.")


def state(key: str, **values: Value) -> Statement:
    """A statement with its values."""
    return Statement(key=key, values=values)
