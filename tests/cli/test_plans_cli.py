"""``neckrom live --plan`` and ``neckrom diary`` at the command line: mistakes are named, a day is kept."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--clinician", "Dr. Ada"), "--plan"),
        (("--person", "Eva"), "--plan"),
        (("--plan", "slr_slider", "--protocol", "slump"), "--protocol"),
        (("--plan", "none_such"), "slump_slider"),
        (("--plan", "slr_slider", "--person", "Nobody", "--store", "store"), "Nobody"),
    ],
)
def test_what_cannot_be_is_named_before_the_camera_is_opened(neckrom, options, told):
    done = neckrom("live", "--no-browser", *options)
    assert 0 < done.returncode < 10
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_day_in_the_diary(neckrom):
    store = ("--store", "store")
    assert neckrom("people", "add", "Eva", *store).returncode == 0
    told = ("diary", "add", "Eva", "--day", "2026-03-14", "--pain", "4", "--place", "calf")
    assert neckrom(*told, *store).returncode == 0
    again = neckrom(*told, *store)
    assert again.returncode != 0
    assert "--replace" in again.stderr
    assert neckrom(*told, "--replace", *store).returncode == 0
    assert "4/10; calf" in neckrom("diary", "list", "Eva", *store).stdout
    (line,) = json.loads(neckrom("diary", "list", "Eva", "--json", *store).stdout)
    assert (line["pain"], line["place"]) == (4, "calf")
    assert neckrom("diary", "add", "Eva", "--pain", "12", *store).returncode != 0
    assert neckrom("diary", "remove", "Eva", "2026-03-14", *store).returncode == 0
    assert "4/10" not in neckrom("diary", "list", "Eva", *store).stdout
