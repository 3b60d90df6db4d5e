"""What pages say of errors: nothing that a page cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import neckrom
from neckrom.errors import InputError, OutputError
from neckrom.messages import LANGUAGES, load_messages
from neckrom.web.page_words import in_page_words
from neckrom.web.record_words import in_own_words, refusal

CASES = {
    "This recording is stored already, as session S-ABC of 2026-03-14. To put this measurement in its place, say "
    "--replace.": "This recording is stored already, as session S-ABC of 2026-03-14.",
    "Camera 0 gives no picture. Close other programs that use it, try --source 1. Without a camera: play a clip as "
    "one (neckrom live --source CLIP).": "Camera 0 gives no picture.",
    "The file cannot be kept in /srv/guided/P-1/clip: no space. Nothing was stored.": "The file cannot be kept in "
    "clip: no space. Nothing was stored.",
    "The session cannot be started: no such file. Run neckrom doctor.": "The session cannot be started: no such file.",
    "It ended.\n/srv/a/neckrom/guided/P-1": "It ended.\n/srv/a/neckrom/guided/P-1",
}


@pytest.mark.parametrize("said", CASES)
def test_commands_options_and_folders_are_left_out(said):
    assert in_page_words(said) == CASES[said]


def test_something_is_always_said():
    assert in_page_words("Say --replace.") not in ("", ".")
    assert in_page_words("") == ""


def test_nothing_of_a_command_is_left():
    for said in CASES:
        shown = in_page_words(said)
        assert not re.search(r"neckrom [a-z]|--[a-z]|/tmp", shown)


def test_every_error_that_pages_have_words_for_has_them_and_no_words_are_left_over():
    said = set()
    for path in Path(neckrom.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        said |= set(re.findall(r'page_says\(\s*"(\w+)"', text))
    texts = {key.rpartition(".")[2] for key in load_messages("en").texts if key.startswith("pages.wrong.")}
    assert said == texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_is_said_in_the_language_of_the_page(language):
    texts = load_messages(language)
    error = InputError("Busy: neckrom sessions list.").page_says("running")
    assert in_own_words(error)
    assert refusal(error, texts) == texts.text("pages.wrong.running")
    stored = OutputError("Full.").page_says("no_room_for", size=12, free=3)
    assert "12" in refusal(stored, texts)
    assert "3" in refusal(stored, texts)
    other = InputError("It is damaged. Say --replace.")
    assert not in_own_words(other)
    assert refusal(other, texts) == "It is damaged."
