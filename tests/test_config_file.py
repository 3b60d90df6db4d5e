"""TOML files of the user's: read as editors write them, and refused in words whatever is in them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from neckrom.assessment.norms import load_norms
from neckrom.camera_profiles import load_camera
from neckrom.errors import ConfigurationError
from neckrom.rom.protocol import MOST_TRIALS, load_protocol

TRIAL = '[[trial]]\nmovement = "flexion"\nstart_s = 1.0\nend_s = 2.0\n'
LOADERS = {
    "protocol": load_protocol,
    "norms": lambda path: load_norms(str(path)),
    "camera": lambda path: load_camera(str(path)),
}


def refused(path: Path, loader) -> str:
    started = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        loader(path)
    assert time.monotonic() - started < 10
    assert len(str(caught.value)) < 10_000
    return str(caught.value)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xef\xbb\xbf" + f"version = 1\r\n{TRIAL}".encode())
    assert len(load_protocol(path).trial) == 1


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"version = " + b"9" * 5000, id="5000-digits"),
        pytest.param(b"version = 0x" + b"f" * 5000, id="5000-hex-digits"),
        pytest.param(b"version = " + b"9" * 4000, id="4000-digits"),
        pytest.param(
            b"version = 1\nwidth = 1" + b"0" * 400 + b"\nneutral = [1" + b"0" * 400 + b", 2]", id="overflow"
        ),
        pytest.param(b"version = " + b"[" * 5000 + b"]" * 5000, id="nested"),
        pytest.param(b"version" + b".a" * 5000 + b" = 1", id="nested-keys"),
        pytest.param(b"version = " + b"{a=" * 5000, id="nested-tables"),
        pytest.param(b"\xff\xfev\x00", id="utf-16"),
        pytest.param(b"\xff" * 100, id="not-utf-8"),
        pytest.param(b"version = 1\n" * 2, id="twice"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(b"x = 1\n" * 400_000, id="larger-than-1-MB"),
        pytest.param(b"version = 1\n" + b"[" + b" " * 900_000, id="endless-line"),
        pytest.param(b"\n".join(b"k%d = 1" % number for number in range(20_000)), id="20000-unknown-names"),
        pytest.param(b"version = inf\ntitle = nan", id="infinite"),
        pytest.param(b"", id="empty"),
    ],
)
def test_hostile_files(tmp_path, loader, content):
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    assert str(path) in refused(path, loader)


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e300", "-1", "9" * 400, "0x" + "f" * 300])
@pytest.mark.parametrize("field", ["start_s", "end_s", "first_pain_s"])
def test_times_that_are_none(tmp_path, field, number):
    path = tmp_path / "p.toml"
    values = {"start_s": "1.0", "end_s": "2.0", field: number}
    entries = "\n".join(f"{name} = {value}" for name, value in values.items())
    path.write_text(f'version = 1\n[[trial]]\nmovement = "flexion"\n{entries}\n')
    message = refused(path, load_protocol)
    assert field in message or "digits" in message or "TOML" in message


def test_neutral_that_never_ends(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("version = 1\nneutral = [0.0, inf]\n")
    assert "neutral" in refused(path, load_protocol)


@pytest.mark.parametrize("count", [MOST_TRIALS + 1, 10_000])
def test_more_trials_than_anybody_makes(tmp_path, count):
    path = tmp_path / "p.toml"
    path.write_text("version = 1\n" + TRIAL * count)
    assert f"at most {MOST_TRIALS} items" in refused(path, load_protocol)


def test_very_many_mistakes_are_cut_short(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("version = 1\n" + TRIAL.replace("flexion", "nodding") * 400)
    message = refused(path, load_protocol)
    assert "400 mistakes" in message
    assert "line 3, trial.1.movement" in message
    assert "and 370 more" in message
