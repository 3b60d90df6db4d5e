"""Nerve tests in words: which side felt what, and which way a joint was moved alone."""

from __future__ import annotations

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.nerve.result import Change
from neckrom.nerve.wording import trial_rows
from neckrom.saying.nerve_tests import nerve_line
from tests.records.body_folders import nerve_result


def arms(*sides):
    """A test of the arms: side, what was felt, and movements alone."""
    (trial, *_) = nerve_result().trials
    trials = [
        trial.model_copy(
            update={"leg": None, "arm": side, "position": "side", "pain": pain}
            | {"change": moved[0] if moved else None, "further_changes": tuple(moved[1:])}
        )
        for side, pain, *moved in sides
    ]
    return nerve_result(kind="arms", side="front", trials=tuple(trials))


def moved(joint, by_deg, answer=None):
    return Change(joint=joint, by_deg=by_deg, answer=answer)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "left: a stretch; right: painful tightness or sharp pain"),
        ("de", "links: Dehngefühl; rechts: schmerzhafte Spannung oder stechender Schmerz"),
    ],
)
def test_a_line_says_which_side_felt_what(language, said):
    result = arms(("right", "own"), ("left", "stretch"))
    assert nerve_line(result, load_messages(language)).pain == said
    assert nerve_line(arms(("right", None)), load_messages(language)).pain == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_movement_alone_is_said_with_its_way_and_no_sign(language):
    texts = load_messages(language)
    both = [moved(joint, by) for joint in ("neck", "ankle", "neck_side") for by in (20.0, -20.0)]
    (row,) = trial_rows(arms(("right", "own", *both)), texts)
    ways = row[5].split("; ")
    assert len(set(ways)) == 6
    assert not {"+", "−"} & set(row[5])


def test_the_ways_are_those_of_the_signs():
    (row,) = trial_rows(arms(("right", "own", moved("neck_side", 22.0, "more"))), load_messages("en"))
    assert row[5] == "neck, away from the arm, by 22°: more"
