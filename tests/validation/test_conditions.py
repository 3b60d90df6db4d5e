from __future__ import annotations

import pytest

from neckrom.errors import ConfigurationError
from neckrom.validation.conditions import conditions_of, read_scenario, retest_key
from tests.validation.instruments import SAMPLES, sample

FRONT = sample("anna_full")


def test_a_real_scenario():
    found = conditions_of(read_scenario(SAMPLES / "anna_full.json"), FRONT)
    assert found["view"] == "front"
    assert found["camera height"] == "-10 to 10 cm"
    assert found["camera distance"] == "0.6 to 0.75 m"
    assert found["field of view"] == "55 to 65 deg"
    assert found["resolution"] == "640x480"
    assert found["frame rate"] == "29 fps or more"
    assert found["person"] == "anna"
    assert found["light"] == "office"


@pytest.mark.parametrize(
    ("height_m", "group"),
    [
        (-0.3, "below -20 cm"),
        (-0.2, "-20 to -10 cm"),
        (-0.1, "-10 to 10 cm"),
        (0.1, "10 to 20 cm"),
        (0.2, "20 cm or more"),
    ],
)
def test_edges_belong_to_the_group_above(height_m, group):
    assert conditions_of({"camera": {"height": height_m}}, FRONT)["camera height"] == group


@pytest.mark.parametrize("lateral", [-0.12, 0.12])
def test_sides_are_not_told_apart_off_centre(lateral):
    assert conditions_of({"camera": {"lateral": lateral}}, FRONT)["off centre"] == "5 to 15 cm"


def test_compression_names_both_steps():
    scenario = {"encode": {"crf": 27}, "jpeg_quality": 75}
    assert conditions_of(scenario, FRONT)["compression"] == "crf 27, JPEG 75"


def test_without_a_scenario_only_the_view_is_known(tmp_path):
    assert read_scenario(tmp_path / "none.json") == {}
    assert conditions_of({}, FRONT) == {"view": "front"}
    assert retest_key({}) == ""


@pytest.mark.parametrize("text", ["{broken", "[1, 2]"])
def test_a_scenario_with_a_mistake_is_refused(tmp_path, text):
    path = tmp_path / "clip.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"clip\.json"):
        read_scenario(path)


def test_retest_is_the_same_person_doing_the_same_filmed_otherwise():
    base = {"person": "anna", "trajectory": {"moves": [1]}, "light": "office", "seed": 1}
    assert retest_key(base) == retest_key(base | {"light": "flat", "seed": 2, "camera": {"height": 0.1}})
    assert retest_key(base) != retest_key(base | {"person": "bruno"})
    assert retest_key(base) != retest_key(base | {"trajectory": {"moves": [2]}})
