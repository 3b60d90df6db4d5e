"""What the report of a leg or arm test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.nerve.result import NerveResult, NerveTrial
from neckrom.nerve.wording import ROWS, trial_rows, warnings_in_words
from neckrom.report import wording
from neckrom.report.bodies.content import (
    Block,
    BodyContent,
    Chart,
    Shown,
    method_said,
    quality_said,
    statement_of,
)
from neckrom.report.bodies.nerve_chart import NerveCurves, nerve_figure
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.content import Table
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.nerve_tests import nerve_advice, nerve_verdict, sides_row


def nerve_content(
    result: NerveResult,
    curves: NerveCurves | None,
    pictures: Mapping[int, BodyPicture],
    texts: Messages | None = None,
    head: Letterhead = NOBODY,
) -> BodyContent:
    """Put a leg or arm test into words.

    Parameters
    ----------
    result : NerveResult
    curves : NerveCurves, optional
        For the figure over time.
    pictures : mapping of int to BodyPicture
        By the number of the trial, from 0; may be empty.
    texts : Messages, optional
        English if not given.
    head : Letterhead
    """
    words = texts or load_messages(FALLBACK)
    text = partial(_text, words)
    rows = trial_rows(result, words)
    sides = sides_row(result, words)
    table = rows if sides is None else [*rows, sides]
    return BodyContent(
        texts=words,
        title=words.text(f"nerve.kind.{result.kind}"),
        clip_name=wording.display_name(result.clip.name),
        tool=result.tool,
        facts=facts_of(head, result.created, words),
        logo=head.logo,
        verdict=nerve_verdict(result, words),
        blocks_title=text("picture_title"),
        blocks=tuple(
            _block(row, trial, pictures.get(number), words)
            for number, (row, trial) in enumerate(zip(rows, result.trials, strict=True))
        ),
        no_pictures="" if pictures else text("no_pictures"),
        advice=nerve_advice(result, words),
        source=((text("clip"), _clip(result, words)),),
        quantities_title=text("trials"),
        quantities=Table(
            tuple(words.text(f"nerve.table.{row}") for row in ROWS),
            tuple(table),
            tuple(Grade.CALM for _ in table),
            (14, 14, 12, 20, 10, 18, 12),
        ),
        charts=() if curves is None else (_chart(result, curves, words),),
        limits_title=text("worth"),
        limits=(words.text("nerve.reading.range_alone"),),
        quality=tuple(quality_said(result.quality, (), words)),
        warnings=tuple(wording.readable(line) for line in warnings_in_words(result, words)),
        method=tuple(method_said(result.tool, (), {}, words)),
        statement=statement_of(result.statement_key, result.statement, words),
        closing=words.text("verdict.no_diagnosis"),
    )


def _text(texts: Messages, key: str, **values: str | float) -> str:
    return texts.text(f"nerve.report.{key}", **values)


def _clip(result: NerveResult, texts: Messages) -> str:
    clip = result.clip
    length = figures.seconds(clip.duration_s, texts)
    side = texts.text(f"nerve.side.{result.side}")
    return f"{wording.display_name(clip.name)}, {length}, {side}"


def _block(row: Sequence[str], trial: NerveTrial, picture: BodyPicture | None, texts: Messages) -> Block:
    shown = None
    if picture is not None:
        limb = f"nerve.limb.{trial.leg}_leg" if trial.leg else f"nerve.limb.{trial.arm}_arm"
        shown = Shown(
            picture,
            _text(texts, "picture" if trial.leg else "arm_picture", time_s=picture.time_s),
            _text(texts, "described", limb=limb, time_s=picture.time_s),
        )
    facts = tuple(
        (texts.text(f"nerve.table.{name}"), value)
        for name, value in zip(ROWS[1:], row[1:], strict=True)
        if value != "–"
    )
    return Block(row[0], "", Grade.NOTE, facts, shown)


def _chart(result: NerveResult, curves: NerveCurves, texts: Messages) -> Chart:
    return Chart(
        title=_text(texts, "curves"),
        description=_text(texts, "curves"),
        note=_text(texts, "curves_note"),
        draw=lambda phone: partial(nerve_figure, result, curves, phone=phone, texts=texts),
    )
