"""Every text of a session of turning the trunk beyond those of all tests, as keys of the message files."""

from __future__ import annotations

from types import MappingProxyType
from typing import get_args

from neckrom.live.contract import Text
from neckrom.live.nerve.words import REWORDED as OF_TESTS
from neckrom.live.turning.protocols import Side

_AREA = "turning_live"

_OWN: dict[str, tuple[str, ...]] = {
    "say.setup": (),
    "say.saving": (),
    "say.stopped.pain": (),
    "say.stopped.dizziness": (),
    "say.stopped.nausea": (),
    "headline.setup": (),
    "detail.refused_doctor": (),
    "detail.saving": (),
    "detail.stopped.dizziness": (),
    "detail.stopped.nausea": (),
}
"""What all sessions say, where the words of the nerve tests do not fit either."""
REWORDED = MappingProxyType({**OF_TESTS, **{key: f"{_AREA}.{key}" for key in _OWN}})
"""What all sessions say, in the words of this one."""

_PLAIN: dict[str, tuple[str, ...]] = {
    **_OWN,
    "intro.what": (),
    "intro.both": ("number",),
    "intro.one": ("number",),
    "intro.how": (),
    "intro.minutes": ("minutes",),
    "intro.stop": (),
    "rest": (),
    "rest_short": (),
    "hold": (),
    "back": (),
    "all_the_way": (),
    "headline.rest": (),
    "headline.hold": (),
    "headline.back": (),
    "detail.lead": ("number", "total"),
    "detail.hold": (),
    "detail.back": (),
    "advice.person": (),
    "advice.front": (),
    "advice.knees": (),
    "advice.arms": (),
    "advice.square": (),
    "advice.sit": (),
}
_SIDED = ("lead", "lead_short", "headline", "wrong")


def turned(name: str, **params: str | float) -> Text:
    """A text of this session with its parameters.

    Raises
    ------
    ValueError
        If there is no such text, or it takes other parameters: a defect.
    """
    key = f"{_AREA}.{name}"
    wanted = turning_keys().get(key)
    if wanted is None or set(wanted) != set(params):
        raise ValueError(f"{key} takes {wanted}, not {tuple(params)}")
    return Text(key=key, params=params)


def to_side(part: str, side: Side) -> Text:
    """What is said of a side: "lead", "lead_short", "headline" or "wrong"."""
    return turned(f"to.{part}.{side}")


def turning_keys() -> dict[str, tuple[str, ...]]:
    """All keys with the names of their parameters."""
    keys = {f"{_AREA}.{name}": params for name, params in _PLAIN.items()}
    keys.update({f"{_AREA}.to.{part}.{side}": () for part in _SIDED for side in get_args(Side)})
    return keys
