"""Every text of the session of a plan beyond those of the tests, as keys of the message files."""

from __future__ import annotations

from types import MappingProxyType
from typing import get_args

from neckrom.live.contract import Text
from neckrom.plans.plan_file import LegTest, LoadedPlan, Side, shipped_plans
from neckrom.screening.safety import plan_safety_questions

_AREA = "plan_live"

REWORDED = MappingProxyType(
    {key: f"{_AREA}.{key}" for key in ("say.saving", "detail.ended", "detail.result", "detail.ended_early")}
)
"""What all sessions say, where the tests' words do not fit either."""

_PLAIN: dict[str, tuple[str, ...]] = {
    "intro.what": (),
    "intro.test": (),
    "intro.now": (),
    "intro.sets": ("number",),
    "intro.below": (),
    "intro.again": (),
    "intro.stop": (),
    "level.before": (),
    "level.after": (),
    "test_again": (),
    "aim": ("number", "mark", "limit"),
    "out": (),
    "back": (),
    "and_back": (),
    "counted": ("number",),
    "short": (),
    "past": (),
    "unseen": (),
    "slower": (),
    "too_far": (),
    "felt": (),
    "not_seen": (),
    "enough": (),
    "none.no_room": (),
    "none.not_seen": (),
    "none.not_tested": (),
    "none.far_side": (),
    "headline.level_before": (),
    "headline.level_after": (),
    "headline.rest": (),
    "headline.out": (),
    "headline.reached": (),
    "headline.too_far": (),
    "headline.waiting": (),
    "detail.level": (),
    "detail.exercise": ("counted", "wanted"),
    "own": ("title",),
}


def exercised(name: str, **params: str | float) -> Text:
    """A text of this session with its parameters.

    Raises
    ------
    ValueError
        If there is no such text, or it takes other parameters: a defect.
    """
    key = f"{_AREA}.{name}"
    wanted = plan_keys().get(key)
    if wanted is None or set(wanted) != set(params):
        raise ValueError(f"{key} takes {wanted}, not {tuple(params)}")
    return Text(key=key, params=params)


def said_of(position: str, side: Side, *, first: bool) -> Text:
    """How the exercise goes: in whole sentences the first time, then which side."""
    return exercised(f"{position}.{'how' if first else 'side'}.{side}")


def title_of(plan: LoadedPlan) -> Text:
    """The plan's name: in the reader's language where it ships, else as its file has it."""
    if plan.shipped:
        return Text(key=f"plan.name.{plan.name}")
    return exercised("own", title=plan.plan.title)


def plan_keys() -> dict[str, tuple[str, ...]]:
    """All keys with the names of their parameters."""
    keys = {f"{_AREA}.{name}": params for name, params in _PLAIN.items()}
    for test in get_args(LegTest):
        keys.update(
            {f"{_AREA}.{test}.{part}.{side}": () for part in ("how", "side") for side in get_args(Side)}
        )
    result = {"detail.result": ("trials",), "detail.ended_early": ("trials",)}
    keys.update({new: result.get(old, ()) for old, new in REWORDED.items()})
    keys.update({f"plan.name.{name}": () for name in shipped_plans()})
    keys.update({f"safety.{question.id}": () for question in plan_safety_questions()})
    return keys
