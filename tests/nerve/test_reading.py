"""What trials say: every row of the articles' reading."""

from __future__ import annotations

import re

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.nerve.holding import Moved
from neckrom.nerve.measure import Answered, MeasuredTrial
from neckrom.nerve.reading import after_a_stop, read_sides, read_trials
from neckrom.nerve.sides import SidesCompared
from neckrom.nerve.trials import LegTrial
from neckrom.saying.sentences import all_said

NECK = Moved("neck", 35.0, 5.0, 5.5)


def trial(
    *,
    symptom: float | None = 3.2,
    angle: float = 52.0,
    held: bool | None = True,
    answer: str | None = "less",
    moved: Moved | None = NECK,
    pain: str | None = "own",
    left_over: tuple[str, ...] = (),
) -> MeasuredTrial:
    return MeasuredTrial(
        trial=LegTrial("left", 1.0, 9.0, 3.0, 8.0),
        leg_raise_deg=55.0,
        knee_deg=4.0,
        ankle_deg=-20.0,
        neck_flexion_deg=3.0,
        symptom_s=symptom,
        symptom_angle_deg=angle,
        interval95_deg=(angle - 5, angle + 5),
        held=held,
        moved_deg=0.4,
        answered=() if moved is None else (Answered(moved, answer),),
        pain=pain,
        left_over=left_over,
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(trial(), ["came_at", "nerve"], id="own-pain-changed-elsewhere"),
        pytest.param(trial(answer="more"), ["came_at", "nerve"], id="own-pain-more"),
        pytest.param(trial(answer="same"), ["came_at", "stays_own"], id="own-pain-unchanged"),
        pytest.param(trial(answer="same", pain=None), ["came_at", "stays"], id="unknown-pain-unchanged"),
        pytest.param(trial(pain=None), ["came_at", "changes_pain_unknown"], id="changed-pain-not-asked"),
        pytest.param(trial(pain="stretch"), ["came_at", "stretch", "buttock"], id="stretch-is-normal"),
        pytest.param(trial(held=False), ["came_at", "own", "not_held"], id="not-held-says-nothing"),
        pytest.param(trial(held=None), ["came_at", "holding_unknown", "nerve"], id="holding-not-told"),
        pytest.param(trial(moved=None), ["came_at", "own", "no_change"], id="nothing-else-moved"),
        pytest.param(trial(answer=None), ["came_at", "own", "no_answer"], id="no-answer"),
        pytest.param(
            trial(answer="same", left_over=("more",)),
            ["came_at", "own", "answer_left"],
            id="changed-by-what-was-not-seen",
        ),
        pytest.param(trial(left_over=("same",)), ["came_at", "nerve"], id="no-more-than-what-was-seen"),
        pytest.param(
            trial(moved=None, left_over=("same",)), ["came_at", "own", "no_change"], id="same-unseen"
        ),
        pytest.param(trial(symptom=None, pain=None), ["nothing", "buttock"], id="negative"),
        pytest.param(trial(symptom=None), ["came", "nerve"], id="own-pain-of-a-mark-that-has-no-place"),
        pytest.param(trial(angle=float("nan")), ["came", "nerve"], id="angle-not-measured"),
    ],
)
def test_a_trial_reads_in_the_articles_words(given, said):
    statements = read_trials([given], marked=True)
    assert [statement.key.rsplit(".", 1)[1] for statement in statements] == said


def test_a_mark_without_a_trial_is_no_negative_test():
    statements = read_trials([trial(symptom=None, pain=None)], marked=True, unplaced=True)
    assert [statement.key for statement in statements] == ["nerve.reading.unplaced"]


def test_a_test_that_was_stopped_is_no_negative_one():
    negative = read_trials([trial(symptom=None, pain=None)], marked=True)
    assert [statement.key for statement in after_a_stop(negative)] == ["nerve.reading.stopped"]
    found = read_trials([trial()], marked=True)
    assert after_a_stop(found)[1:] == found


def test_nothing_is_read_from_a_clip_without_marks():
    (statement,) = read_trials([trial(symptom=None, pain=None)], marked=False)
    assert statement.key == "nerve.reading.not_marked"


def sides(verdict: str, difference: float = 14.0) -> SidesCompared:
    return SidesCompared(difference, (difference - 7, difference + 7), "left", verdict)


@pytest.mark.parametrize("test", ["slr", "slump", "arms"])
@pytest.mark.parametrize("verdict", ["unusual", "usual", "within_error"])
def test_range_alone_is_never_a_finding(test, verdict):
    statements = read_sides(test, sides(verdict))
    assert statements[-1].key == "nerve.reading.range_alone"
    assert not any(statement.key == "nerve.reading.nerve" for statement in statements)


def test_the_slump_has_no_limit_with_a_source():
    assert read_sides("slump", sides("usual"))[0].key == "nerve.reading.sides_no_limit"
    assert read_sides("slr", sides("unusual"))[0].key == "nerve.reading.sides_unusual"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_can_be_said_in_every_language(language):
    texts = load_messages(language)
    trials = [
        trial(),
        trial(left_over=("less",), answer=None),
        trial(answer="same"),
        trial(pain="stretch"),
        trial(held=False),
        trial(symptom=None),
    ]
    for statements in (
        read_trials(trials, marked=True),
        read_sides("slr", sides("unusual")),
        read_sides("slr", None),
        after_a_stop(()),
    ):
        words = all_said(statements, texts)
        assert "{" not in words
        assert not re.search(r"nerve\.\w", words)
