from __future__ import annotations

import pytest

from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.rom.protocol import Protocol, load_protocol
from neckrom.rom.range_of_motion import RomSettings, angle_at, range_of_motion
from neckrom.types import Movement, Neutral
from tests.rom.motion import Motion

GOOD = """
version = 1
neutral = [0.0, 1.5]

[pain]
rotation_left = 4

[[trial]]
movement = "rotation_left"
start_s = 1.8
end_s = 6.2
first_pain_s = 2.9

[[trial]]
movement = "flexion"
start_s = 20
end_s = 22
"""


def test_named_trials_and_first_pain_are_read(tmp_path):
    path = tmp_path / "visit.toml"
    path.write_text(GOOD)
    protocol = load_protocol(path)
    angles = Motion().rest(2.0).go(Movement.ROTATION_LEFT, 8.0).rest(1.0).angles()
    rom = range_of_motion(angles, Neutral(0, 1.5, "given"), protocol, RomSettings())
    assert [trial.movement for trial in rom.trials] == [Movement.ROTATION_LEFT]
    assert rom.trials[0].peak_deg == pytest.approx(8, abs=0.3)  # named, so small is no reason to skip it
    assert 0 < angle_at(angles, protocol.trial[0]) < 8
    assert any("no frame there" in warning for warning in rom.warnings)


def test_all_mistakes_are_named_at_once_with_line_and_field(tmp_path):
    path = tmp_path / "visit.toml"
    path.write_text(
        "version = 1\n[pain]\nflexion = 12\n\n[[trial]]\nmovement = 'nodding'\nstart_s = 3\nend_s = 5\n\n"
        "[[trial]]\nmovement = 'flexion'\nstart_s = 9\nend_s = 8\n\n[[trial]]\nmovement = 'flexion'\n"
        "start_s = 1\nend_s = 2\nlenght = 3\n"
    )
    with pytest.raises(ConfigurationError) as error:
        load_protocol(path)
    text = str(error.value)
    assert "4 mistakes" in text
    assert "line 3, pain.flexion" in text
    assert "line 6, trial.1.movement" in text
    assert "line 10, trial.2" in text
    assert "line 19, trial.3.lenght" in text


@pytest.mark.parametrize("content", ["version = 1\n[[trial]\n", "\x00\x01", "version = 2\n"])
def test_damaged_protocol_is_refused(tmp_path, content):
    path = tmp_path / "visit.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"visit\.toml"):
        load_protocol(path)


@pytest.mark.parametrize("name", ["slrr", "no/such.toml"])
def test_a_protocol_that_does_not_exist_is_a_wrong_value_not_a_damaged_file(tmp_path, name):
    with pytest.raises(OptionValueError, match="slr, slump and arms"):
        load_protocol(tmp_path / name)


def test_warm_ups_are_not_counted():
    angles = Motion().rest().go(Movement.FLEXION, 30).rest().go(Movement.FLEXION, 45).rest().angles()
    protocol = Protocol.model_validate(
        {
            "version": 1,
            "trial": [
                {"movement": "flexion", "start_s": 1, "end_s": 5, "warm_up": True},
                {"movement": "flexion", "start_s": 6, "end_s": 10},
            ],
        }
    )
    rom = range_of_motion(angles, Neutral(0, 0.9, "found"), protocol, RomSettings())
    assert [round(trial.peak_deg) for trial in rom.trials] == [45]


def test_the_end_of_a_warm_up_is_no_rest_away_from_neutral():
    angles = Motion().rest().go(Movement.FLEXION, 30).rest().go(Movement.FLEXION, 45).rest().angles()
    protocol = Protocol.model_validate(
        {
            "version": 1,
            "trial": [
                {"movement": "flexion", "start_s": 1, "end_s": 5, "warm_up": True},
                {"movement": "flexion", "start_s": 6, "end_s": 10},
            ],
        }
    )
    rom = range_of_motion(angles, Neutral(0, 0.9, "found"), protocol, RomSettings())
    assert rom.neutral.drift_deg < 1
    assert rom.warnings == ()


def test_a_protocol_file_may_say_how_many_warm_ups_come_first(tmp_path):
    path = tmp_path / "visit.toml"
    path.write_text("version = 1\nwarm_ups = 1\n")
    motion = Motion().rest()
    for peak in (45, 44, 46):
        motion.go(Movement.FLEXION, peak).rest()
    rom = range_of_motion(motion.angles(), Neutral(0, 0.9, "found"), load_protocol(path), RomSettings())
    assert [round(trial.peak_deg) for trial in rom.trials] == [44, 46]
    assert [trial.aside for trial in rom.set_aside] == ["warm_up"]


def test_warm_ups_beside_named_trials_are_refused(tmp_path):
    path = tmp_path / "visit.toml"
    path.write_text(GOOD.replace("version = 1", "version = 1\nwarm_ups = 2"))
    with pytest.raises(ConfigurationError, match="warm_up = true"):
        load_protocol(path)


def test_a_named_direction_is_tested_and_the_others_are_not_named():
    angles = Motion().rest().go(Movement.FLEXION, 5).rest().angles(sd_deg=4.0)
    protocol = Protocol.model_validate(
        {"version": 1, "trial": [{"movement": "flexion", "start_s": 1, "end_s": 5}]}
    )
    rom = range_of_motion(angles, Neutral(0, 0.9, "given"), protocol, RomSettings())
    assert rom.untested(Movement.FLEXION) is None  # asked for, so hardly moving is a finding
    assert rom.untested(Movement.EXTENSION) == "not_named"
