"""``neckrom measure`` of the folder of a plan's session: its report is made again, in its own folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from neckrom.cli.terminal import console
from neckrom.errors import ExitCode


def are_sessions_of(paths: Sequence[Path], kind: Literal["plan", "upper_back"]) -> bool:
    """Whether all of them are guided sessions of a kind."""
    from neckrom.service.sessions import is_session, open_session  # noqa: PLC0415

    return all(is_session(path) and open_session(path).info.kind == kind for path in paths)


def finish_plans(paths: Sequence[Path], language: str, *, as_json: bool) -> ExitCode:
    """Make the result and report of each from what was recorded, finished or cut off.

    Raises
    ------
    NeckromError
        No key test was done, or it cannot be written.
    """
    from neckrom.cli.terminal import print_json  # noqa: PLC0415
    from neckrom.messages import load_messages  # noqa: PLC0415
    from neckrom.saying.plans import plan_verdict  # noqa: PLC0415
    from neckrom.service.plan_finishing import finish_plan_session  # noqa: PLC0415

    for path in paths:
        result = finish_plan_session(path, language)
        if as_json:
            print_json(result.model_dump_json(indent=1))
            continue
        for finding in plan_verdict(result, load_messages(language)).findings:
            console().print(f"{finding.sign} {finding.text}", soft_wrap=True, markup=False)
        console().print(f"Report: {path / 'report.html'}", soft_wrap=True, markup=False)
    return ExitCode.OK
