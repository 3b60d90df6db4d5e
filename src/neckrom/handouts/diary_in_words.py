"""The symptom diary in words: one day, and what the days show beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neckrom.messages import Messages
from neckrom.records.diary import DiaryDay, shown_of
from neckrom.report.wording import display_name
from neckrom.saying import figures

_PLACES = 6


def day_line(line: DiaryDay, texts: Messages) -> str:
    """One day in a line."""
    parts = [figures.short_pain(line.pain)]
    if line.place:
        parts.append(display_name(line.place, 200))
    if line.activity is not None:
        parts.append(texts.text(f"diary.activity.{line.activity}"))
    if line.note:
        parts.append(display_name(line.note, 500))
    return texts.text("course.of_day", date=figures.day(line.day), what="; ".join(parts))


def diary_lines(lines: Sequence[DiaryDay], texts: Messages) -> Iterator[str]:
    """What the days show; nothing is concluded from them.

    Parameters
    ----------
    lines : sequence of DiaryDay
    texts : Messages
    """
    shown = shown_of(lines)
    if shown is None:
        return
    span = {"since": figures.day(shown.since), "until": figures.day(shown.until)}
    yield texts.text("diary.days", number=shown.days, **span)
    if shown.least is not None and shown.most is not None:
        yield texts.text("diary.pain", least=shown.least, most=shown.most)
    if shown.places:
        named = [display_name(place, 60) for place in shown.places[:_PLACES]]
        yield texts.text("diary.places", what=", ".join(named))
    if shown.at_rest:
        yield texts.text("diary.at_rest", least=min(shown.at_rest), most=max(shown.at_rest))
    if shown.with_activity:
        yield texts.text("diary.with_activity", least=min(shown.with_activity), most=max(shown.with_activity))
