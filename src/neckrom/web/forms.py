"""Read what a form sends; nothing of it is a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

from neckrom.errors import InputError

LARGEST_FORM = 512 * 1024
"""Bytes; 10,000 letters of any script in each of several fields fit in."""
_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields of a form; of a field that is sent twice the last one counts."""

    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field without blanks around it; empty where it was not sent."""
        return self.fields.get(name, "").strip()

    def given(self, name: str) -> str | None:
        """The same, with None for empty."""
        return self.text(name) or None

    @classmethod
    async def read(cls, request: Request) -> Posted:
        """Read a form to its end, or refuse it.

        Raises
        ------
        InputError
            If it is too large, or no form.
        """
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > LARGEST_FORM:
                raise InputError("That is too much text for one form: shorten it.").page_says("too_long")
        try:
            pairs = parse_qsl(
                data.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
            )
        except ValueError as error:
            raise InputError("What was sent is no form of these pages: open the page again.").page_says(
                "no_form"
            ) from error
        return cls(dict(pairs))


Form = Annotated[Posted, Depends(Posted.read)]
