"""Open the records for a command, and say what its user has to know about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neckrom.cli.terminal import say

if TYPE_CHECKING:
    from neckrom.records.api import Records


def opened_records(store: str | None) -> Records:
    """The records that are named, or the user's own.

    Raises
    ------
    NeckromError
        If they cannot be opened; with what to do.
    """
    from neckrom.records.api import Records  # noqa: PLC0415  (slow to load)
    from neckrom.records.location import locate  # noqa: PLC0415

    records = Records(locate(store))
    if records.read_only:
        say(
            f"The records in {records.location} can only be read: their folder may not be written, or their disk is "
            "full. What you look at does not come into their log."
        )
    return records
