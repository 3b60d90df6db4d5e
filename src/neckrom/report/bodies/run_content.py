"""What the report of a run says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import wording
from neckrom.report.bodies.content import (
    Block,
    BodyContent,
    Chart,
    Shown,
    clips_said,
    method_said,
    quality_said,
    statement_of,
    warnings_said,
)
from neckrom.report.bodies.curves import PANELS, stride_figure, strides_of
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.content import Table
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.running.curves import Curves
from neckrom.running.result import RowName, RunResult
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.runs import NONE, Earlier, QuantitySaid, RowSaid, quantities_said, rows_said, run_verdict


def run_content(
    result: RunResult,
    curves: Sequence[Curves],
    pictures: Mapping[RowName, BodyPicture],
    texts: Messages | None = None,
    head: Letterhead = NOBODY,
    *,
    earlier: Earlier | None = None,
) -> BodyContent:
    """Put a run into words.

    Parameters
    ----------
    result : RunResult
    curves : sequence of Curves
        Of its clips; may be empty, then there is no figure of them.
    pictures : mapping of row name to BodyPicture
        May be empty; the report then says why there are none.
    texts : Messages, optional
        English if not given.
    head : Letterhead
        Who was measured, when and by whom.
    earlier : Earlier, optional
        The person's own run before this one.
    """
    words = texts or load_messages(FALLBACK)
    rows = rows_said(result, words, earlier)
    verdict = run_verdict(result, words)
    return BodyContent(
        texts=words,
        title=words.text("run.title"),
        clip_name=wording.display_name(result.clips[0].clip.name),
        tool=result.tool,
        facts=facts_of(head, result.created, words),
        logo=head.logo,
        verdict=verdict,
        blocks_title=words.text("run.section.rows"),
        blocks=tuple(_block(row, pictures.get(row.name), words) for row in rows),
        no_pictures="" if pictures else words.text("run.picture.none"),
        advice=tuple(_advice(rows, words)),
        source=tuple(_source(result, words)),
        quantities_title=words.text("run.section.quantities"),
        quantities=_quantities(quantities_said(result, words), words),
        charts=tuple(_charts(result, curves, words)),
        limits_title=words.text("run.section.limits"),
        limits=(words.text("run.rendered"),),
        quality=tuple(quality_said(result.quality, result.clips, words)),
        warnings=tuple(warnings_said(result.quality, words)),
        method=tuple(method_said(result.tool, result.clips, result.configuration.settings, words)),
        statement=statement_of(result.statement_key, result.statement, words),
        closing=words.text("verdict.no_diagnosis"),
    )


def _block(row: RowSaid, picture: BodyPicture | None, texts: Messages) -> Block:
    label = partial(texts.text)
    facts = []
    if row.value != NONE:
        facts.append((label("run.label.value"), f"{row.with_interval}: {row.measure}"))
    if row.earlier != NONE:
        facts.append((label("run.label.earlier"), row.earlier))
    facts += [(label("run.label.why"), row.reason), (label("run.label.against"), row.against)]
    shown = None
    if picture is not None:
        when = figures.seconds(picture.time_s, texts)
        shown = Shown(
            picture,
            texts.text(f"run.picture.{row.name}", time=when),
            texts.text("run.picture.described", row=row.title, value=row.value, time=when),
        )
    return Block(row.title, row.meaning, row.grade, tuple(facts), shown)


def _advice(rows: Sequence[RowSaid], texts: Messages) -> Iterator[str]:
    grades = {row.grade for row in rows}
    if Grade.CAUTION in grades:
        yield texts.text("run.next.marked")
    if Grade.OPEN in grades:
        yield texts.text("run.next.open")
    if grades == {Grade.CALM}:
        yield texts.text("run.next.calm")
    yield texts.text("run.next.again")


def _source(result: RunResult, texts: Messages) -> Iterator[tuple[str, str]]:
    yield from clips_said(result.clips, texts)
    speed = result.configuration.speed_kmh
    if speed is not None:
        told = f"{speed:g}".replace(".", texts.point)
        yield texts.text("run.label.speed"), texts.text("run.label.speed_text", speed=told)
    yield texts.text("run.label.steps"), str(len(result.steps))


def _quantities(said: Sequence[QuantitySaid], texts: Messages) -> Table:
    return Table(
        tuple(texts.text(f"run.column.{name}") for name in ("quantity", "left", "right", "both")),
        tuple((item.name, item.left, item.right, item.both) for item in said),
        tuple(Grade.CALM for _ in said),
        (34, 22, 22, 22),
    )


def _charts(result: RunResult, curves: Sequence[Curves], texts: Messages) -> Iterator[Chart]:
    """Curves of the clip that shows legs from the side."""
    for each in curves:
        strides = strides_of(result, each)
        drawn = any(stride.curves[panel] is not None for stride in strides for panel in PANELS)
        if not drawn or not result.clips[each.clip].view.startswith("side"):
            continue
        number = sum(stride.number for stride in strides)
        yield Chart(
            title=texts.text("run.section.curves"),
            description=texts.text("run.chart.described", strides=number),
            note=texts.text("run.chart.note"),
            draw=lambda phone, strides=strides: partial(stride_figure, strides, phone=phone, texts=texts),  # type: ignore[misc]
        )
