"""What a screen found, as sentences to be looked up in the message files.

The order is that in which they should be read; terminal, page and report show the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neckrom.messages import Messages
from neckrom.screening.neck_screen import NeckFindings, ScreenResult, Tension


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence.

    Attributes
    ----------
    key : str
        Of the message files.
    what : tuple of str
        Keys of the names that are listed in its parameter ``what``, if it has one.
    percent : float or None
        Its parameter ``percent``, if it has one.
    why : str
        Key that stands in its parameter ``why``, if it has one.
    """

    key: str
    what: tuple[str, ...] = ()
    percent: float | None = None
    why: str = ""


def statements(found: ScreenResult) -> tuple[Statement, ...]:
    """Everything to be said of a screen; a safety answer that ended it leaves nothing else to say.

    Parameters
    ----------
    found : ScreenResult

    Returns
    -------
    tuple of Statement
    """
    return tuple(_statements(found))


def ended_by_safety(found: ScreenResult, *, overridden: bool) -> bool:
    """Whether a safety answer ends the screen before its questions.

    Parameters
    ----------
    found : ScreenResult
    overridden : bool
        A clinician has said that it goes on; without effect on answers that stop everybody.

    Returns
    -------
    bool
    """
    outcome = found.safety.outcome
    return outcome == "stop" or (outcome == "clinician_only" and not overridden)


def _statements(found: ScreenResult) -> Iterator[Statement]:
    named = (("some", "present"), ("partly", "partly"), ("open", "open"))
    for key, status in named:
        names = tuple(f"screen.sign.{sign.number}" for sign in found.signs if sign.status == status)
        if names:
            yield Statement(f"screen.result.{key}", names)
    if all(sign.status == "absent" for sign in found.signs):
        asked = found.neck is None or found.neck.pain_asked
        yield Statement("screen.result.none" if asked else "screen.result.none_pain_open")
    yield from _sided(found)
    yield from _neck(found.neck)
    yield from _tension(found.tension)
    if found.ndi_percent is not None:
        yield Statement("screen.ndi_total", percent=found.ndi_percent)
    if found.safety.signs:
        yield Statement("screen.noted", tuple(f"safety.{name}" for name in found.safety.signs))
    yield Statement("screen.statement")


def _sided(found: ScreenResult) -> Iterator[Statement]:
    """Sides of signs 4 to 6, and how they stand to the side that was measured stiffer."""
    for side in ("left", "right", "both"):
        names = tuple(f"screen.sign.{sign.number}" for sign in found.signs if sign.side == side)
        if names:
            yield Statement(f"screen.sided.{side}", names)
    sides = {sign.side for sign in found.signs if sign.side is not None}
    if found.neck is None or len(sides) != 1 or "both" in sides:
        return
    if found.neck.stiffer is None:
        yield Statement("screen.sided.even")
    else:
        yield Statement("screen.sided.same" if sides == {found.neck.stiffer} else "screen.sided.other")


def _neck(neck: NeckFindings | None) -> Iterator[Statement]:
    if neck is None:
        yield Statement("screen.not_measured")
        return
    if neck.stopped is not None:
        yield Statement("screen.neck.stopped", why=f"screen.stop.{neck.stopped}")
    if neck.lost:
        yield Statement("screen.neck.lost", tuple(f"word.{movement}" for movement in neck.lost))
    if neck.painful:
        yield Statement("screen.neck.painful", tuple(f"word.{movement}" for movement in neck.painful))
    if neck.uneven:
        yield Statement("screen.neck.uneven", tuple(f"screen.pair.{pair}" for pair in neck.uneven))
    if neck.suggestive:
        yield Statement("screen.neck.suggestive")
    elif not neck.unknown and neck.pain_asked:
        yield Statement("screen.neck.free")
    if neck.unknown:
        yield Statement("screen.neck.unknown", tuple(f"word.{movement}" for movement in neck.unknown))


def _tension(tension: Tension) -> Iterator[Statement]:
    names = tuple(f"screen.test.{test}" for test in tension.tests)
    yield Statement(f"screen.reading.{tension.reading}", names if tension.reading == "own_pain" else ())
    if tension.buttock:
        yield Statement("screen.reading.buttock")
    for key, tests in (("own", tension.buttock_own), ("not", tension.buttock_not)):
        if tests:
            names = tuple(f"screen.buttock_name.{test}" for test in tests)
            yield Statement(f"screen.reading.buttock_{key}", names)
    for key, tests in (
        ("changes_neck", tension.changes_neck),
        ("changes_ankle", tension.changes_ankle),
        ("stays", tension.stays),
    ):
        if tests:
            yield Statement(f"screen.reading.{key}", tuple(f"screen.test.{test}" for test in tests))
    convention = tuple(_convention(tension))
    if convention:
        yield Statement("screen.reading.convention", convention)


def _convention(tension: Tension) -> Iterator[str]:
    told_by_leg = tension.changes_neck or tension.changes_ankle or tension.stays
    if tension.neck_or_ankle_changes is not None and not told_by_leg:
        yield f"screen.reading.{'neck_changes' if tension.neck_or_ankle_changes else 'neck_stays'}"
    if tension.sides_differ is not None:
        yield f"screen.reading.{'sides_differ' if tension.sides_differ else 'sides_alike'}"


def sentence(statement: Statement, texts: Messages) -> str:
    """A statement in words.

    Parameters
    ----------
    statement : Statement
    texts : Messages

    Returns
    -------
    str
    """
    params: dict[str, str | float] = {"why": statement.why} if statement.why else {}
    if statement.what:
        params["what"] = "; ".join(texts.text(key) for key in statement.what)
    if statement.percent is not None:
        params["percent"] = statement.percent
    return texts.text(statement.key, **params)
