"""What the report of a posture says."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.posture.result import PostureResult
from neckrom.report import wording
from neckrom.report.bodies.content import (
    Block,
    BodyContent,
    Shown,
    clips_said,
    method_said,
    quality_said,
    statement_of,
    warnings_said,
)
from neckrom.report.bodies.pictures import BodyPicture
from neckrom.report.content import Table
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.saying.grades import Grade
from neckrom.saying.postures import (
    NONE,
    PostureQuantitySaid,
    posture_quantities_said,
    posture_verdict,
)


def posture_content(
    result: PostureResult,
    pictures: Sequence[BodyPicture],
    texts: Messages | None = None,
    head: Letterhead = NOBODY,
) -> BodyContent:
    """Put a posture into words.

    Parameters
    ----------
    result : PostureResult
    pictures : sequence of BodyPicture
        Named after the views (``view_1``); may be empty.
    texts : Messages, optional
        English if not given.
    head : Letterhead
    """
    words = texts or load_messages(FALLBACK)
    said = posture_quantities_said(result, words)
    by_name = {picture.name: picture for picture in pictures}
    clips = tuple(view.recording for view in result.views)
    return BodyContent(
        texts=words,
        title=words.text("posture.title"),
        clip_name=wording.display_name(clips[0].clip.name),
        tool=result.tool,
        facts=facts_of(head, result.created, words),
        logo=head.logo,
        verdict=posture_verdict(result, words),
        blocks_title=words.text("posture.section.picture"),
        blocks=tuple(
            _block(result, number, by_name.get(f"view_{number + 1}"), said, words)
            for number in range(len(result.views))
        ),
        no_pictures="" if pictures else words.text("run.picture.none"),
        advice=(words.text("posture.again"),),
        source=tuple(clips_said(clips, words)),
        quantities_title=words.text("posture.section.values"),
        quantities=_table(result, said, words),
        charts=(),
        limits_title=words.text("posture.section.groups"),
        limits=(words.text("posture.groups"),),
        quality=tuple(quality_said(result.quality, clips, words)),
        warnings=tuple(warnings_said(result.quality, words)),
        method=tuple(method_said(result.tool, clips, result.configuration.settings, words)),
        statement=statement_of(result.statement_key, result.statement, words),
        closing=words.text("verdict.no_diagnosis"),
    )


def _block(
    result: PostureResult,
    number: int,
    picture: BodyPicture | None,
    said: Sequence[PostureQuantitySaid],
    texts: Messages,
) -> Block:
    side = texts.text(f"posture.side_{result.views[number].side}")
    shown = None
    if picture is not None:
        described = texts.text("posture.described", view=f"run.view.side_{result.views[number].side}")
        shown = Shown(picture, texts.text("posture.picture"), described)
    facts = tuple((item.name, item.values[number]) for item in said if item.values[number] != NONE)
    return Block(wording.sentence(side).removesuffix("."), "", Grade.NOTE, facts, shown)


def _table(result: PostureResult, said: Sequence[PostureQuantitySaid], texts: Messages) -> Table:
    sides = tuple(texts.text(f"posture.side_{view.side}") for view in result.views)
    share = 50 // max(len(sides), 1)
    return Table(
        (texts.text("run.column.quantity"), *sides),
        tuple((item.name, *item.values) for item in said),
        tuple(Grade.CALM for _ in said),
        (50, *(share for _ in sides)),
    )
