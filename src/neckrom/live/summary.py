"""What a session says of itself on disk: at its beginning, and once it is over."""

from __future__ import annotations

from typing import Any

from neckrom.live.plan import Step
from neckrom.live.session import SessionMachine
from neckrom.types import SourceInfo


def summary_of(machine: SessionMachine, ended: str) -> dict[str, Any]:
    """The summary in ``session.json``.

    Parameters
    ----------
    machine : SessionMachine
    ended : str
        Local time, ISO 8601.
    """
    protocol = machine.result()
    return {
        "ended": ended,
        "duration_s": machine.time_s,
        "answers": dict(machine.answers),
        "refused_by": list(machine.refused_by),
        "override": machine.override.model_dump() if machine.override else None,
        "video": bool(machine.video_allowed),
        "stop_reason": machine.stop_reason,
        "stopped_during": machine.stopped_during.value if machine.stopped_during else None,
        "pain": {movement.value: score for movement, score in machine.pain.items()},
        "chin_fingers": machine.chin_fingers,
        "notes": list(machine.notes),
        "protocol": protocol.model_dump(mode="json") if protocol else None,
        "repetitions": [_repetition(step) for step in machine.plan],
    }


def source_info(name: str, width: int, height: int) -> SourceInfo:
    """What the landmark file of a session says of where they come from."""
    return SourceInfo(
        name=name,
        kind="landmarks",
        sha256="",
        width=width,
        height=height,
        source_width=width,
        source_height=height,
        expected_frames=None,
        nominal_fps=None,
    )


def _repetition(step: Step) -> dict[str, Any]:
    seen = step.seen
    values = {name: getattr(seen, name) for name in seen.__dataclass_fields__} if seen else {}
    clean = {name: None if value != value else value for name, value in values.items()}  # noqa: PLR0124  (NaN)
    return {"step": step.name, "status": step.status, "set_aside": len(step.set_aside), **clean}
