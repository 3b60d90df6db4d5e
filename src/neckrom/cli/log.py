"""Our own log, on stderr with -v; silent otherwise."""

from __future__ import annotations

import logging
import warnings

from rich.console import Console
from rich.logging import RichHandler


def start_log(console: Console | None) -> None:
    """Write the log of ``neckrom`` to a console; without one, keep everything quiet.

    Warnings of other packages go the same way, so that they never mix with results.
    """
    logger = logging.getLogger("neckrom")
    logging.captureWarnings(True)
    if console is None:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        logging.getLogger("py.warnings").addHandler(logging.NullHandler())
        warnings.simplefilter("ignore")
        return
    handler = RichHandler(console=console, show_path=False, markup=False, rich_tracebacks=False)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    logging.getLogger("py.warnings").addHandler(handler)
