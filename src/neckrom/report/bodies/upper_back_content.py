"""What the report of turning the trunk says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import wording
from neckrom.report.bodies.content import (
    Block,
    BodyContent,
    Chart,
    Shown,
    method_said,
    quality_said,
    statement_of,
    warnings_said,
)
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.bodies.upper_back_chart import TurnCurves, turn_figure
from neckrom.report.content import Table
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.upper_backs import (
    NONE,
    ROWS,
    SIDES,
    side_said,
    turn_rows,
    upper_back_verdict,
    with_interval,
)
from neckrom.upper_back.result import LeftOrRight, UpperBackResult


def upper_back_content(
    result: UpperBackResult,
    curves: TurnCurves | None,
    pictures: Mapping[LeftOrRight, BodyPicture],
    texts: Messages | None = None,
    head: Letterhead = NOBODY,
) -> BodyContent:
    """Put turns of the trunk into words.

    Parameters
    ----------
    result : UpperBackResult
    curves : TurnCurves, optional
        For the figure over time.
    pictures : mapping of side to BodyPicture
        At the end of the furthest turn of each side; may be empty.
    texts : Messages, optional
        English if not given.
    head : Letterhead
    """
    words = texts or load_messages(FALLBACK)
    text = partial(_text, words)
    rows = list(turn_rows(result, words))
    if result.side_difference_deg is not None:
        apart = with_interval(result.side_difference_deg, result.side_difference_interval95_deg, words)
        rows.append((words.text("upper_back.table.difference"), NONE, apart, NONE))
    return BodyContent(
        texts=words,
        title=words.text("upper_back.title"),
        clip_name=wording.display_name(result.clip.name),
        tool=result.tool,
        facts=facts_of(head, result.created, words),
        logo=head.logo,
        verdict=upper_back_verdict(result, words),
        blocks_title=text("picture_title"),
        blocks=tuple(_block(result, side, pictures.get(side), words) for side in SIDES),
        no_pictures="" if pictures else words.text("nerve.report.no_pictures"),
        advice=(text("next"),),
        source=((words.text("nerve.report.clip"), _clip(result, words)),),
        quantities_title=text("turns"),
        quantities=Table(
            tuple(words.text(f"upper_back.table.{row}") for row in ROWS),
            tuple(rows),
            tuple(Grade.CALM for _ in rows),
            (22, 26, 30, 22),
        ),
        charts=() if curves is None else (_chart(result, curves, words),),
        limits_title=words.text("nerve.report.worth"),
        limits=(text("error"), text("published")),
        quality=tuple(quality_said(result.quality, (), words)),
        warnings=tuple(warnings_said(result.quality, words)),
        method=tuple(method_said(result.tool, (), {}, words)),
        statement=statement_of(result.statement_key, result.statement, words),
        closing=words.text("verdict.no_diagnosis"),
    )


def _text(texts: Messages, key: str, **values: str | float) -> str:
    return texts.text(f"upper_back.report.{key}", **values)


def _clip(result: UpperBackResult, texts: Messages) -> str:
    length = figures.seconds(result.clip.duration_s, texts)
    return f"{wording.display_name(result.clip.name)}, {length}, {texts.text('nerve.side.front')}"


def _block(result: UpperBackResult, side: LeftOrRight, picture: BodyPicture | None, texts: Messages) -> Block:
    turned = result.rotation_left if side == "left" else result.rotation_right
    name = texts.text(f"upper_back.to.{side}")
    shown = None
    if picture is not None:
        told = _text(texts, "picture", time_s=picture.time_s)
        shown = Shown(
            picture, told, _text(texts, "described", side=f"upper_back.to.{side}", time_s=picture.time_s)
        )
    facts: tuple[tuple[str, str], ...] = ((texts.text("upper_back.table.mean"), side_said(turned, texts)),)
    if turned is not None:
        facts += ((texts.text("upper_back.table.repetitions"), str(turned.repetitions)),)
    return Block(wording.sentence(name).removesuffix("."), "", Grade.NOTE, facts, shown)


def _chart(result: UpperBackResult, curves: TurnCurves, texts: Messages) -> Chart:
    return Chart(
        title=_text(texts, "curves"),
        description=_text(texts, "curves"),
        note=_text(texts, "curves_note"),
        draw=lambda phone: partial(turn_figure, result, curves, phone=phone, texts=texts),
    )
