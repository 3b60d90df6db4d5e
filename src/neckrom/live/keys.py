"""Every text that a session sends, as a key of the message files, with the parameters put into it.

The words belong to the message files; ``tests/live`` holds that a session sends no other key, and the
message files can be tested against :func:`every_key` in both directions. The questions' words stand
under ``safety.<id>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from neckrom.live.contract import Text
from neckrom.live.exercise.words import plan_keys
from neckrom.live.nerve.words import nerve_keys
from neckrom.live.turning.words import turning_keys
from neckrom.screening.safety import safety_questions
from neckrom.types import Movement


class Key(StrEnum):
    """Keys of all texts but the safety questions; what a parameter holds stands in ``PARAMETERS``."""

    # What to do now, in a few words: very large on the page.
    HEADLINE_SAFETY = "headline.safety"
    HEADLINE_REFUSED_STOP = "headline.refused_stop"
    """A sign that means: get help now, no test."""
    HEADLINE_REFUSED_DOCTOR = "headline.refused_doctor"
    """See a doctor first; only a clinician goes on."""
    HEADLINE_CONSENT = "headline.consent"
    HEADLINE_INTRO = "headline.intro"
    HEADLINE_SETUP = "headline.setup"
    HEADLINE_SETUP_GOOD = "headline.setup_good"
    HEADLINE_NEUTRAL = "headline.neutral"
    HEADLINE_HOLD = "headline.hold"
    HEADLINE_BACK = "headline.back"
    HEADLINE_MIDDLE = "headline.middle"
    """Before a movement, the head is not back in the middle yet."""
    HEADLINE_PAIN = "headline.pain"
    HEADLINE_CHIN = "headline.chin"
    HEADLINE_PAUSED = "headline.paused"
    HEADLINE_LEFT = "headline.left"
    """Paused because nobody was in the picture for 5 s."""
    HEADLINE_CAMERA_LOST = "headline.camera_lost"
    HEADLINE_STOPPED = "headline.stopped"
    """For pain, dizziness or nausea: no way back into the test."""
    HEADLINE_SAVING = "headline.saving"
    HEADLINE_RESULT = "headline.result"
    HEADLINE_RESULT_STOPPED_PAIN = "headline.result_stopped.pain"
    """The result of a session that was stopped for it."""
    HEADLINE_RESULT_STOPPED_DIZZINESS = "headline.result_stopped.dizziness"
    HEADLINE_RESULT_STOPPED_NAUSEA = "headline.result_stopped.nausea"
    HEADLINE_ENDED = "headline.ended"
    """Ended without a measurement: there is no report."""
    HEADLINE_NOT_SAVED = "headline.not_saved"
    """The report could not be written; the recording is there."""

    HEADLINE_FLEXION = "headline.move.flexion"
    HEADLINE_EXTENSION = "headline.move.extension"
    HEADLINE_ROTATION_LEFT = "headline.move.rotation_left"
    HEADLINE_ROTATION_RIGHT = "headline.move.rotation_right"
    HEADLINE_LATERAL_LEFT = "headline.move.lateral_left"
    HEADLINE_LATERAL_RIGHT = "headline.move.lateral_right"

    # Beside the headline.
    DETAIL_SAFETY = "detail.safety"
    DETAIL_REFUSED_STOP = "detail.refused_stop"
    DETAIL_REFUSED_DOCTOR = "detail.refused_doctor"
    DETAIL_CONSENT = "detail.consent"
    DETAIL_INTRO = "detail.intro"
    DETAIL_NEUTRAL = "detail.neutral"
    DETAIL_WARM_UP = "detail.warm_up"
    DETAIL_TRIAL = "detail.trial"
    DETAIL_PAIN = "detail.pain"
    DETAIL_CHIN = "detail.chin"
    DETAIL_PAUSED = "detail.paused"
    DETAIL_CAMERA_LOST = "detail.camera_lost"
    DETAIL_STOPPED_PAIN = "detail.stopped.pain"
    DETAIL_STOPPED_DIZZINESS = "detail.stopped.dizziness"
    DETAIL_STOPPED_NAUSEA = "detail.stopped.nausea"
    DETAIL_SAVING = "detail.saving"
    DETAIL_RESULT = "detail.result"
    DETAIL_ENDED_EARLY = "detail.ended_early"
    """Of a session that its person ended before all was done."""
    DETAIL_ENDED = "detail.ended"
    DETAIL_NOT_SAVED = "detail.not_saved"

    # Spoken. Short: every second counts thirty times.
    SAY_SAFETY = "say.safety"
    SAY_ANSWERED = "say.answered"
    """All safety questions have an answer."""
    SAY_REFUSED_STOP = "say.refused_stop"
    SAY_REFUSED_DOCTOR = "say.refused_doctor"
    SAY_CONSENT = "say.consent"
    SAY_SETUP = "say.setup"
    SAY_SETUP_GOOD = "say.setup_good"
    SAY_SETUP_ANYWAY = "say.setup_anyway"
    """It does not get better: the person may go on all the same."""
    SAY_INTRO_SEAT = "say.intro.seat"
    SAY_INTRO_WHAT = "say.intro.what"
    SAY_INTRO_WHAT_ONE = "say.intro.what_one"
    SAY_INTRO_OFTEN = "say.intro.often"
    SAY_INTRO_WARM_UP = "say.intro.warm_up"
    SAY_INTRO_WARM_UPS = "say.intro.warm_ups"
    SAY_INTRO_MINUTE = "say.intro.minute"
    SAY_INTRO_MINUTES = "say.intro.minutes"
    SAY_INTRO_HOW = "say.intro.how"
    SAY_INTRO_EYES = "say.intro.eyes"
    SAY_INTRO_STOP = "say.intro.stop"
    SAY_INTRO_RISING = "say.intro.rising"
    """The tone that rises with the head follows."""
    SAY_INTRO_CAPTURED = "say.intro.captured"
    """The tone of the end range follows."""
    SAY_INTRO_SHORT = "say.intro.short"
    """All of it in a sentence, for one repetition of each; the tone of the end range follows."""
    SAY_INTRO_SHORT_ONE = "say.intro.short_one"
    SAY_INTRO_SHORT_STOP = "say.intro.short_stop"
    SAY_NEUTRAL = "say.neutral"
    SAY_NEUTRAL_AGAIN = "say.neutral_again"
    """It was not still long enough."""
    SAY_FLEXION = "say.move.flexion"
    SAY_EXTENSION = "say.move.extension"
    SAY_ROTATION_LEFT = "say.move.rotation_left"
    SAY_ROTATION_RIGHT = "say.move.rotation_right"
    SAY_LATERAL_LEFT = "say.move.lateral_left"
    SAY_LATERAL_RIGHT = "say.move.lateral_right"
    SAY_SHORT_FLEXION = "say.short.flexion"
    """The movement in a few words, where it was said in full before."""
    SAY_SHORT_EXTENSION = "say.short.extension"
    SAY_SHORT_ROTATION_LEFT = "say.short.rotation_left"
    SAY_SHORT_ROTATION_RIGHT = "say.short.rotation_right"
    SAY_SHORT_LATERAL_LEFT = "say.short.lateral_left"
    SAY_SHORT_LATERAL_RIGHT = "say.short.lateral_right"
    SAY_ONCE_FLEXION = "say.once.flexion"
    SAY_ONCE_EXTENSION = "say.once.extension"
    SAY_ONCE_ROTATION_LEFT = "say.once.rotation_left"
    SAY_ONCE_ROTATION_RIGHT = "say.once.rotation_right"
    SAY_ONCE_LATERAL_LEFT = "say.once.lateral_left"
    SAY_ONCE_LATERAL_RIGHT = "say.once.lateral_right"
    SAY_AGAIN = "say.again"
    """The same once more: "and again"."""
    SAY_AGAIN_GOOD = "say.again_good"
    """The first "and again" of a session: it was done as it was meant."""
    SAY_MORE = "say.more"
    """So many are left of this direction, at least two."""
    SAY_LAST = "say.last"
    SAY_HALF = "say.half"
    """Half of the directions are done."""
    SAY_HOLD = "say.hold"
    SAY_SECONDS = "say.seconds"
    """A long hold, counted down."""
    SAY_COUNTS = "say.counts"
    """After the warm-ups: from now on it counts, as far as it goes."""
    SAY_COUNTS_ONCE = "say.counts_once"
    SAY_BACK = "say.back"
    """"And back": end range is captured."""
    SAY_BACK_FIRST = "say.back_first"
    """The first of a session, in a whole sentence."""
    SAY_MIDDLE = "say.middle"
    """The head is not back in the middle."""
    SAY_HOLD_LONGER = "say.hold_longer"
    """The end was left at once: once more, and hold it for a moment."""
    SAY_TRUNK_MOVED = "say.trunk_moved"
    """The shoulders moved along: it may be repeated."""
    SAY_OFFER_SKIP = "say.offer_skip"
    """No movement for 20 s: this one can be left out."""
    SAY_SKIPPED = "say.skipped"
    SAY_HURT_NOTED = "say.hurt_noted"
    SAY_PAIN_FIRST = "say.pain_first"
    """The first of a session, with its keys."""
    SAY_PAIN = "say.pain"
    SAY_CHIN = "say.chin"
    SAY_PAUSED = "say.paused"
    SAY_LEFT = "say.left"
    SAY_CAMERA_LOST = "say.camera_lost"
    SAY_CAMERA_BACK = "say.camera_back"
    SAY_STOPPED_PAIN = "say.stopped.pain"
    SAY_STOPPED_DIZZINESS = "say.stopped.dizziness"
    SAY_STOPPED_NAUSEA = "say.stopped.nausea"
    SAY_SAVING = "say.saving"
    """All is done; the report is being made."""
    SAY_FINISHED = "say.finished"
    SAY_ENDED_EARLY = "say.ended_early"
    """Ended by the person before all was done: without praise."""

    # What to change before it starts; shown beside each check, the worst one is spoken.
    ADVICE_PERSON = "advice.person"
    """Nobody is seen."""
    ADVICE_ALONE = "advice.alone"
    """Others are in the picture."""
    ADVICE_HEAD_ROOM = "advice.head_room"
    """The head touches the upper edge of the picture."""
    ADVICE_SHOULDERS = "advice.shoulders"
    """Both shoulders must be seen."""
    ADVICE_TOO_NEAR = "advice.too_near"
    ADVICE_TOO_FAR = "advice.too_far"
    ADVICE_MOVE_LEFT = "advice.move_left"
    """To the person's left."""
    ADVICE_MOVE_RIGHT = "advice.move_right"
    ADVICE_LEVEL = "advice.level"
    """The camera is tilted sideways."""
    ADVICE_CAMERA_UP = "advice.camera_up"
    """The camera is too low: raise it to eye height."""
    ADVICE_CAMERA_DOWN = "advice.camera_down"
    ADVICE_DARK = "advice.dark"
    ADVICE_BRIGHT = "advice.bright"
    ADVICE_CONTRAST = "advice.contrast"
    """The face hardly stands out: flat or from behind."""
    ADVICE_BACKLIGHT = "advice.backlight"
    """The light comes from behind the person."""
    ADVICE_CAMERA_SLOW = "advice.camera_slow"
    """The camera gives too few pictures: mostly for want of light."""
    ADVICE_COMPUTER_SLOW = "advice.computer_slow"
    """The camera gives enough, the computer does not keep up."""

    # Shown for as long as they hold.
    WARNING_DISK_LOW = "warning.disk_low"
    WARNING_VIDEO_STOPPED = "warning.video_stopped"
    """No more room: the picture is not stored any more, measuring goes on."""
    WARNING_DISK_FULL = "warning.disk_full"
    """Not even the measurement can be stored any more."""
    WARNING_CAMERA_SLOW = "warning.camera_slow"
    """Fewer frames a second than a good measurement needs; the camera gives no more."""
    WARNING_COMPUTER_SLOW = "warning.computer_slow"
    """The same, while the camera gives enough."""
    WARNING_TRUNK_MOVED = "warning.trunk_moved"
    WARNING_NO_PERSON = "warning.no_person"
    WARNING_SEVERAL_PEOPLE = "warning.several_people"
    WARNING_NEUTRAL_FAILED = "warning.neutral_failed"
    """Face and shoulders were not seen well enough in the neutral stretch: again."""
    WARNING_SOURCE_ENDED = "warning.source_ended"
    """The clip that stood in for a camera is over."""
    WARNING_PICTURE_SIZE = "warning.picture_size"
    """The camera gives pictures of another size than at the beginning."""


PARAMETERS: Mapping[Key, tuple[str, ...]] = MappingProxyType(
    {
        Key.DETAIL_SAFETY: ("left",),  # questions without an answer
        Key.DETAIL_WARM_UP: ("number", "total"),
        Key.DETAIL_TRIAL: ("number", "total"),
        Key.DETAIL_RESULT: ("trials",),  # repetitions that count
        Key.DETAIL_ENDED_EARLY: ("trials",),
        Key.DETAIL_NOT_SAVED: ("folder",),
        Key.SAY_COUNTS: ("trials",),
        Key.SAY_INTRO_WHAT: ("movements",),
        Key.SAY_INTRO_OFTEN: ("total",),
        Key.SAY_INTRO_WARM_UP: ("total",),
        Key.SAY_INTRO_WARM_UPS: ("total", "warm_ups"),
        Key.SAY_INTRO_MINUTES: ("minutes",),
        Key.SAY_INTRO_SHORT: ("movements",),
        Key.SAY_MORE: ("number",),
        Key.SAY_SECONDS: ("number",),
        Key.ADVICE_CAMERA_SLOW: ("fps",),  # whole numbers
        Key.ADVICE_COMPUTER_SLOW: ("fps", "camera_fps"),
        Key.WARNING_CAMERA_SLOW: ("fps",),
        Key.WARNING_COMPUTER_SLOW: ("fps", "camera_fps"),
        Key.WARNING_DISK_LOW: ("free_mb",),
        Key.WARNING_PICTURE_SIZE: ("width", "height"),
        Key.WARNING_TRUNK_MOVED: ("angle_deg",),  # a whole number
    }
)
"""Names of the parameters; keys that are not named here have none."""


def headline_of(movement: Movement) -> Text:
    """What to do, in a few words."""
    return Text(key=Key(f"headline.move.{movement.value}"))


def say_of(movement: Movement) -> Text:
    """What to do and how, spoken."""
    return Text(key=Key(f"say.move.{movement.value}"))


def say_once(movement: Movement) -> Text:
    """Which movement comes, slowly and as far as is comfortable; what to do at its end is known."""
    return Text(key=Key(f"say.once.{movement.value}"))


def say_short(movement: Movement) -> Text:
    """What to do, in a few spoken words."""
    return Text(key=Key(f"say.short.{movement.value}"))


def text(key: Key, **params: str | float) -> Text:
    """A message with its parameters.

    Raises
    ------
    ValueError
        If the parameters are not those that the key has: a defect.
    """
    if set(params) != set(PARAMETERS.get(key, ())):
        raise ValueError(f"{key} takes {PARAMETERS.get(key, ())}, not {tuple(params)}")
    return Text(key=key.value, params=params)


def every_key() -> dict[str, tuple[str, ...]]:
    """All keys that a session can send, the safety questions included, with their parameters."""
    keys = {key.value: PARAMETERS.get(key, ()) for key in Key}
    keys.update({f"safety.{question.id}": () for question in safety_questions()})
    keys.update(nerve_keys())
    keys.update(plan_keys())
    keys.update(turning_keys())
    return keys
