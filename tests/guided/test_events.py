"""What a command tells the program that runs it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.cli.terminal import tell
from neckrom.guided.events import EVENTS, event_line, read_event


@given(st.text(), st.text())
def test_what_is_told_is_read_again(message, address):
    line = event_line("refused", message=message, address=address)
    assert "\n" not in line
    assert read_event(line + "\n") == {"event": "refused", "message": message, "address": address}


@given(st.text())
def test_words_are_no_event(line):
    assert read_event(line) == {} or "event" in json.loads(line)


@pytest.mark.parametrize(
    "line",
    [
        "The session is at http://127.0.0.1:1/live?token=abc",
        '{"address": "http://127.0.0.1:1/"}',
        '{"event": 3}',
        '["event"]',
        "[" * 100_000,
        "",
    ],
)
def test_what_only_looks_like_an_event_is_none(line):
    assert read_event(line) == {}


def test_nothing_is_told_unless_somebody_asks(monkeypatch, capsys):
    monkeypatch.delenv(EVENTS, raising=False)
    assert not tell("ready", address="x")
    assert capsys.readouterr().out == ""
    monkeypatch.setenv(EVENTS, "json")
    assert tell("ready", address="x")
    assert capsys.readouterr().out == '{"event": "ready", "address": "x"}\n'
