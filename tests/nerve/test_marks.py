"""Files of marks: what is read, and that nothing else passes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import ConfigurationError
from neckrom.nerve.holding import Moved
from neckrom.nerve.marking import answers_to, left_over, not_placed
from neckrom.nerve.marks import Mark, load_marks, read_marks

CSV = "time_s,kind,answer\n7.4,pain,own\n3.9,symptom,\n7.2,answer,less\n"
MARKS = (Mark(3.9, "symptom"), Mark(7.2, "answer", "less"), Mark(7.4, "pain", "own"))


def test_csv_and_json_say_the_same_in_the_order_of_time(tmp_path):
    (tmp_path / "marks.csv").write_text(CSV)
    rows = [{"time_s": m.time_s, "kind": m.kind, "answer": m.answer} for m in MARKS]
    (tmp_path / "marks.json").write_text(json.dumps({"marks": rows}))
    assert load_marks(tmp_path / "marks.csv") == MARKS
    assert load_marks(tmp_path / "marks.json") == MARKS
    assert read_marks(json.dumps(rows), "x", as_json=True) == MARKS


def test_an_answer_alone_says_it_all():
    assert read_marks("time,kind\n1,now\n2,more\n3,stretch\n", "x", as_json=False) == (
        Mark(1.0, "symptom"),
        Mark(2.0, "answer", "more"),
        Mark(3.0, "pain", "stretch"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.9,symptom\n", "the header must name the columns"),
        ("time_s,kind,answer\nsoon,symptom,\n", "line 2: time_s must be seconds"),
        ("time_s,kind,answer\nnan,symptom,\n", "time_s must be seconds"),
        ("time_s,kind,answer\n1,ouch,\n", "kind must be symptom, answer, pain"),
        ("time_s,kind,answer\n1,answer,\n", "answer of answer must be more or less or same"),
        ("time_s,kind,answer\n1,symptom,less\n", "answer of symptom must be empty"),
        ("time_s,kind,answer\n1,symptom,,,\n", "more columns than the header"),
        ("time_s,kind,volume\n1,symptom,3\n", "knows no volume"),
    ],
)
def test_each_mistake_is_named_with_its_line(text, said):
    with pytest.raises(ConfigurationError, match=said):
        read_marks(text, "marks.csv", as_json=False)


def test_a_file_that_cannot_be_read_is_an_error_of_the_user(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_marks(tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ConfigurationError, match="no text in UTF-8"):
        load_marks(tmp_path / "binary.csv")


@given(st.text(max_size=80), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_text_fails_in_a_way_that_nobody_foresaw(text, as_json):
    for start in ("", "time_s,kind,answer\n"):
        try:
            read_marks(start + text, "x", as_json=as_json)
        except ConfigurationError as error:
            assert error.problems


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e5), st.sampled_from([("symptom", None), ("answer", "same"), ("pain", "own")])
        ),
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None)
def test_marks_are_read_back_as_they_were(rows):
    text = json.dumps([{"time_s": at, "kind": kind, "answer": answer} for at, (kind, answer) in rows])
    read = read_marks(text, "x", as_json=True)
    assert sorted((m.time_s, m.kind) for m in read) == sorted((at, kind) for at, (kind, _) in rows)
    assert [m.time_s for m in read] == sorted(m.time_s for m in read)


def test_an_answer_to_a_movement_that_was_not_seen_is_told_and_not_used():
    neck = Moved("neck", 20.0, from_s=5.0, done_s=5.6)
    answers = [Mark(7.0, "answer", "same"), Mark(12.0, "answer", "less")]
    assert [one.answer for one in answers_to([neck], answers)] == ["same"]
    assert left_over([neck], answers) == (answers[1],)
    assert [note.key for note in not_placed(answers[1:])] == ["nerve_answer_left"]
    assert left_over([neck, Moved("ankle", 15.0, from_s=9.0, done_s=9.5)], answers) == ()
    assert left_over([], answers) == tuple(answers)
