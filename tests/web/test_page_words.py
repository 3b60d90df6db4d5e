"""What pages say of errors: nothing that a page cannot do."""

from __future__ import annotations

import re

import pytest

from neckrom.web.page_words import in_page_words

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
