"""What a command tells the program that runs it: one JSON object a line, instead of words for people.

``ready`` with ``address`` (the page can be opened there; again with the next one whenever a browser has used one up);
``refused`` with ``message`` (what is wrong and what to do); ``ended`` with ``folder`` (where the recording is, or null)
and ``result`` (whether there is a report); ``progress`` with ``step``, ``done`` and ``total`` (how far a step of
measuring has come; ``total`` may be null). A program ignores events and fields that it does not know.
"""

from __future__ import annotations

import json

EVENTS = "NECKROM_EVENTS"
"""Set to "json" in the environment of a command, it asks for them."""


def event_line(event: str, **values: object) -> str:
    """One event, as it stands on stdout."""
    return json.dumps({"event": event, **values}, ensure_ascii=False)


def read_event(line: str) -> dict[str, object]:
    """The event of a line; empty for everything that is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else {}
