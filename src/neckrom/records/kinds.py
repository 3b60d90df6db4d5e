"""The kinds of session side by side: what each keeps as its result, and what the store needs to know of it.

A result names its kind (``kind``); one that names none is of the neck, as all were at first. Whoever adds a kind
writes it down in :data:`KINDS` and in :func:`facts_of`; lists, deletion, backups and the way in follow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neckrom.errors import InputError
from neckrom.nerve.result import SCHEMA_VERSION as NERVE_VERSION
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import SCHEMA_VERSION as PLAN_VERSION
from neckrom.plans.result import PlanResult
from neckrom.posture.result import SCHEMA_VERSION as POSTURE_VERSION
from neckrom.posture.result import PostureResult
from neckrom.result import SCHEMA_VERSION as NECK_VERSION
from neckrom.result import ClipInfo, Model, Result, ToolInfo
from neckrom.running.result import SCHEMA_VERSION as RUN_VERSION
from neckrom.running.result import RunResult
from neckrom.upper_back.result import SCHEMA_VERSION as UPPER_BACK_VERSION
from neckrom.upper_back.result import UpperBackResult

NECK, RUN, POSTURE, PLAN, UPPER_BACK = "neck", "run", "posture", "plan", "upper_back"
NERVE_TESTS = ("slr", "slump", "arms")
"""Nerve tests; each is a kind of its own, as its result says, and all share one model."""

BodyResult = RunResult | PostureResult | NerveResult | PlanResult | UpperBackResult
"""Results of the kinds that are read from a whole body."""
AnyResult = Result | BodyResult

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of session.

    Attributes
    ----------
    name : str
        As results and the database say it.
    model : type
        Of its result.
    version : str
        Of the form of its result.
    command : str
        With which it is measured again.
    """

    name: str
    model: type[Model]
    version: str
    command: str


KINDS: dict[str, Kind] = {
    NECK: Kind(NECK, Result, NECK_VERSION, "neckrom measure"),
    RUN: Kind(RUN, RunResult, RUN_VERSION, "neckrom run"),
    POSTURE: Kind(POSTURE, PostureResult, POSTURE_VERSION, "neckrom posture"),
    **{
        test: Kind(test, NerveResult, NERVE_VERSION, f"neckrom measure --protocol {test}")
        for test in NERVE_TESTS
    },
    PLAN: Kind(PLAN, PlanResult, PLAN_VERSION, "neckrom live --plan"),
    UPPER_BACK: Kind(
        UPPER_BACK, UpperBackResult, UPPER_BACK_VERSION, "neckrom measure --protocol upper_back"
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What lists show of a result.

    Attributes
    ----------
    kind : str
    clips : tuple of ClipInfo
        The first one names the session.
    view, norms : str
        From where it was filmed, and what it was judged against; empty where it was not.
    flagged : int
        What is marked: movements for loss of range, rows of a run, trials that point to a nerve, repetitions of a
        plan past the symptom angle.
    """

    kind: str
    tool: ToolInfo
    clips: tuple[ClipInfo, ...]
    view: str
    norms: str
    flagged: int

    @property
    def name(self) -> str:
        """Of the clip."""
        return self.clips[0].name


def kind_of(content: dict[str, Any], where: str) -> Kind:
    """Which kind a ``result.json`` is of.

    Raises
    ------
    InputError
        If this neckrom knows no such kind.
    """
    name = content.get("kind", NECK)
    known = KINDS.get(name) if isinstance(name, str) else None
    if known is None:
        shown = "".join(letter for letter in str(name)[:40] if letter.isprintable())
        raise InputError(
            f"{where} is the result of a measurement that this neckrom does not keep ({shown!r}; it keeps "
            f"{', '.join(KINDS)}). Install a newer neckrom."
        )
    return known


def facts_of(result: AnyResult) -> Facts:
    """What the store needs to know of a result, whichever kind it is of."""
    if isinstance(result, RunResult):
        flagged = sum(row.flag == "flagged" for row in result.rows)
        clips = tuple(recording.clip for recording in result.clips)
        return Facts(RUN, result.tool, clips, result.view, "", flagged)
    if isinstance(result, PostureResult):
        clips = tuple(view.recording.clip for view in result.views)
        return Facts(POSTURE, result.tool, clips, f"side_{result.side}", "", 0)
    if isinstance(result, NerveResult):
        view = result.side if result.side == "front" else f"side_{result.side}"
        flagged = sum(said.key == "nerve.reading.nerve" for said in result.reading_statements)
        return Facts(result.kind, result.tool, (result.clip,), view, "", flagged)
    if isinstance(result, PlanResult):
        view = "unknown" if result.view is None else f"side_{result.view}"
        past = sum(side.number_of("past") for side in result.sides)
        return Facts(PLAN, result.tool, (result.clip,), view, "", past)
    if isinstance(result, UpperBackResult):
        return Facts(UPPER_BACK, result.tool, (result.clip,), result.side, "", 0)
    flagged = sum(item.flag == "flagged" for item in result.movements)
    return Facts(NECK, result.tool, (result.clip,), result.camera.view, result.norms.name, flagged)


def recording_of(result: AnyResult, raw: bytes) -> str:
    """What a session is known by, 64 hexadecimal digits.

    Of the neck, the hash of its recording, or of the result where that names none. The same clip may be measured as
    another kind, too, so the kind is part of what others are known by, and so are all of their clips.
    """
    facts = facts_of(result)
    named = [clip.sha256 for clip in facts.clips]
    if not all(_HASH.fullmatch(each) for each in named):
        return hashlib.sha256(raw).hexdigest()
    return known_by(facts.kind, named)


def known_by(kind: str, clips_sha256: Sequence[str]) -> str:
    """The same from the hashes of the clips, before they are measured: in the order of the result's clips."""
    if kind == NECK:
        return clips_sha256[0]
    return hashlib.sha256(":".join((kind, *clips_sha256)).encode()).hexdigest()


def fault_of(result: AnyResult) -> str | None:
    """What a result of its kind must hold and does not, as "it does not hold the six movements"; None if sound."""
    if isinstance(result, Result):
        movements = [item.movement for item in result.movements]
        six = len(set(movements)) == len(movements) == 6
        return None if six else "it does not hold the six movements"
    if isinstance(result, RunResult):
        return _fault_of_run(result)
    if isinstance(result, NerveResult):
        return _fault_of_nerve_test(result)
    if isinstance(result, PlanResult):
        return _fault_of_plan(result)
    if isinstance(result, UpperBackResult):
        return _fault_of_turns(result)
    return None if result.views else "it holds no recording"


def _fault_of_plan(result: PlanResult) -> str | None:
    if not result.sides:
        return "it holds no side"
    if len({one.side for one in result.sides}) != len(result.sides):
        return "it names a side twice"
    if any(one.counted != one.number_of("reached") for one in result.sides):
        return "its repetitions are not as many as it says"
    if any(each.end_s < each.start_s for one in result.sides for each in one.repetitions):
        return "a repetition ends before it begins"
    if len(result.quality.warnings) != len(result.quality.warning_statements):
        return "its warnings are not whole"
    return None


def _fault_of_turns(result: UpperBackResult) -> str | None:
    if not result.turns:
        return "it holds no turn"
    if any(turn.end_s < turn.start_s for turn in result.turns):
        return "a turn ends before it begins"
    if (result.side_difference == "one_side") != (result.side_difference_deg is None):
        return "what it says of both sides does not fit their difference"
    if len(result.quality.warnings) != len(result.quality.warning_statements):
        return "its warnings are not whole"
    return None


def _fault_of_run(result: RunResult) -> str | None:
    if not result.clips:
        return "it holds no recording"
    if (
        sorted(row.name for row in result.rows) != sorted({row.name for row in result.rows})
        or len(result.rows) != 4
    ):
        return "it does not hold the four rows"
    named = [*result.measured_on.values(), *(step.clip for step in result.steps)]
    named += [row.moment.clip for row in result.rows if row.moment is not None]
    if any(not 0 <= number < len(result.clips) for number in named):
        return "it speaks of a clip that it does not hold"
    return None


def _fault_of_nerve_test(result: NerveResult) -> str | None:
    if not result.trials:
        return "it holds no trial"
    arms = result.kind == "arms"
    if any((trial.arm if arms else trial.leg) is None for trial in result.trials):
        return "a trial does not say which limb was tested"
    if any(trial.end_s < trial.start_s for trial in result.trials):
        return "a trial ends before it begins"
    if len(result.quality.warnings) != len(result.quality.warning_statements):
        return "its warnings are not whole"
    return None
