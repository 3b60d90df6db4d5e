"""``neckrom open``: wires records and pages together."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from neckrom.cli.record_options import opened
from neckrom.cli.terminal import console, say
from neckrom.errors import ExitCode, OptionValueError

if TYPE_CHECKING:
    from neckrom.web.access import Access


def run_open(store: str | None, port: int | None, language: str, *, browser: bool) -> ExitCode:
    """Serve the pages of the records until Ctrl-C.

    Raises
    ------
    NeckromError
        A store that cannot be opened, a port that is taken, ...; with what to do.
    """
    from neckrom.messages import LANGUAGES  # noqa: PLC0415
    from neckrom.records.leftovers import session_folders  # noqa: PLC0415
    from neckrom.web.launching import open_in_browser  # noqa: PLC0415
    from neckrom.web.people_pages import START  # noqa: PLC0415
    from neckrom.web.records_pages import serve_records  # noqa: PLC0415

    if language not in LANGUAGES:
        raise OptionValueError(
            f"No texts in the language {language!r}: choose --lang {', '.join(LANGUAGES)}."
        )

    def ready(access: Access) -> None:
        access.when_used(lambda: _tell_next(access.address(START)))
        _tell_address(access.address(START))
        if browser:
            open_in_browser(access, START)

    logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # it complains aloud about Ctrl-C
    folder = session_folders()[0]
    with opened(store) as records:
        try:
            serve_records(records, folder, port=port, language=language, on_ready=ready)
        except KeyboardInterrupt:  # how these pages end
            say("Closed.")
    return ExitCode.OK


def _tell_address(address: str) -> None:
    stdout = console()
    stdout.print("The records are at this address, on this machine only:", soft_wrap=True)
    stdout.print(f"  {address}", soft_wrap=True)
    stdout.print("Ctrl-C closes them.", soft_wrap=True)


def _tell_next(address: str) -> None:
    console().print(f"For another browser, this address opens once:\n  {address}", soft_wrap=True)
