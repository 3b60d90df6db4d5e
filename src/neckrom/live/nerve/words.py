"""Every text that a session of nerve tests sends beyond what all sessions say, as keys of the message files."""

from __future__ import annotations

from types import MappingProxyType
from typing import get_args

from neckrom.live.contract import Text
from neckrom.live.nerve.protocols import Change, Position, Side, TestName, nerve_test, shipped_tests
from neckrom.screening.safety import nerve_safety_questions

_AREA = "nerve_live"

REWORDED = MappingProxyType(
    {
        key: f"{_AREA}.{key}"
        for key in (
            "say.safety",
            "say.saving",
            "say.stopped.pain",
            "say.stopped.dizziness",
            "say.stopped.nausea",
            "headline.back",
            "headline.stopped",
            "headline.setup",
            "detail.safety",
            "detail.refused_stop",
            "detail.refused_doctor",
            "detail.stopped.pain",
            "detail.stopped.dizziness",
            "detail.stopped.nausea",
            "detail.result",
            "detail.ended_early",
            "detail.ended",
        )
    }
)
"""What all sessions say, where the neck's words do not fit."""

_PLAIN: dict[str, tuple[str, ...]] = {
    "intro.what": (),
    "intro.sides": (),
    "intro.often": ("number",),
    "intro.once": (),
    "intro.now": (),
    "intro.held": (),
    "intro.minutes": ("minutes",),
    "intro.stop": (),
    "again": (),
    "ready": (),
    "slower": (),
    "keep_straight": (),
    "further": (),
    "nothing_felt": (),
    "hold_now": (),
    "hold_now_short": (),
    "moved": (),
    "ask_change": (),
    "ask_change_short": (),
    "ask_whose": (),
    "ask_whose_short": (),
    "back": (),
    "back_short": (),
    "skipped": (),
    "detail.position": (),
    "detail.lead": ("number", "total"),
    "detail.hold": (),
    "detail.change": (),
    "detail.answer": (),
    "detail.whose": (),
    "detail.back": (),
    "headline.answer": (),
    "headline.whose": (),
    "advice.person": (),
    "advice.alone": (),
    "advice.head": (),
    "advice.feet": (),
    "advice.near": (),
    "advice.far": (),
    "advice.side": (),
    "advice.lie": (),
    "advice.sit": (),
    "advice.dark": (),
}
_OF_ARMS = frozenset(
    {
        "keep_straight",
        "ask_whose",
        "ask_whose_short",
        "detail.whose",
        "headline.whose",
        "advice.person",
        "advice.near",
        "advice.posture",
        "advice.hips",
        "advice.front",
    }
)
"""What is said otherwise, or only, where arms are tested."""
_PARTS = ("position", "short", "headline")
"""Of each position and side."""


def said(name: str, **params: str | float) -> Text:
    """A text of this session with its parameters.

    Raises
    ------
    ValueError
        If there is no such text, or it takes other parameters: a defect.
    """
    key = f"{_AREA}.{name}"
    wanted = nerve_keys().get(key)
    if wanted is None or set(wanted) != set(params):
        raise ValueError(f"{key} takes {wanted}, not {tuple(params)}")
    return Text(key=key, params=params)


def said_in(test: TestName, name: str, **params: str | float) -> Text:
    """The same, in the words of a test."""
    return said(f"of_arms.{name}" if test == "arms" and name in _OF_ARMS else name, **params)


def of_position(position: Position, side: Side, part: str) -> Text:
    """How to sit or lie ("position"), the same in a few words ("short"), or a heading ("headline")."""
    return said(f"{position.name}.{part}.{side}")


def lead_of(position: Position, *, short: bool) -> Text:
    """What to move, slowly, until something is felt."""
    return said(f"{position.name}.{'lead_short' if short else 'lead'}")


def change_of(position: Position, change: Change) -> Text:
    """What alone to move now."""
    return said(f"{position.name}.change.{change.joint}")


def change_headline(position: Position, change: Change) -> Text:
    """The same, in a few words."""
    return said(f"{position.name}.headline.{change.joint}")


def lead_headline(position: Position) -> Text:
    """What to do until something is felt, in a few words."""
    return said(f"{position.name}.headline.lead")


def wrong_side(position: Position, side: Side) -> Text:
    """The other limb moves: this one was asked for."""
    return said(f"{position.name}.wrong.{side}")


def setup_of(test: TestName) -> Text:
    """How to get into the picture."""
    return said(f"setup.{test}")


def nerve_keys() -> dict[str, tuple[str, ...]]:
    """All keys with the names of their parameters."""
    keys = {f"{_AREA}.{name}": params for name, params in _PLAIN.items()}
    keys.update({f"{_AREA}.of_arms.{name}": () for name in _OF_ARMS})
    for test in shipped_tests():
        keys[f"{_AREA}.setup.{test}"] = ()
        for position in nerve_test(test).position:
            home = f"{_AREA}.{position.name}"
            for side in get_args(Side):
                keys.update({f"{home}.{part}.{side}": () for part in (*_PARTS, "wrong")})
            keys.update({f"{home}.{name}": () for name in ("lead", "lead_short", "headline.lead")})
            for change in position.change:
                keys[f"{home}.change.{change.joint}"] = ()
                keys[f"{home}.headline.{change.joint}"] = ()
    reworded = {"detail.safety": ("left",), "detail.result": ("trials",), "detail.ended_early": ("trials",)}
    keys.update({new: reworded.get(old, ()) for old, new in REWORDED.items()})
    keys.update({f"safety.{question.id}": () for question in nerve_safety_questions()})
    return keys
