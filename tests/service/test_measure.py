from __future__ import annotations

import json
from dataclasses import replace

import av
import numpy as np
import pytest

from neckrom.errors import ConfigurationError, InputError, NoNeutralError, OutputError
from neckrom.result import Result
from neckrom.service import MeasureOptions, measure_all, measure_one
from neckrom.service.measure import longest_first
from neckrom.types import Movement
from tests.cli.conftest import first_seconds
from tests.conftest import SAMPLES, Unheard

CLIP = SAMPLES / "bruno_moderate.mp4"


@pytest.fixture(scope="module")
def outcome(moderate):
    return moderate


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory):
    """Neutral and the first movement."""
    return first_seconds(CLIP, tmp_path_factory.mktemp("clip") / "short.mp4", 6.0)


@pytest.fixture(scope="module")
def short_outcome(short_clip, tmp_path_factory):
    return measure_one(
        short_clip, tmp_path_factory.mktemp("measured"), MeasureOptions(overlay=True), Unheard()
    )


def numbers(result: Result) -> dict:
    """Everything measured and judged, without what names the input or the moment."""
    content = json.loads(result.model_dump_json())
    for key in ("created", "clip", "configuration"):
        content.pop(key)
    return content


def test_everything_promised_is_written(outcome):
    assert {path.name for path in outcome.written} == {
        "result.json",
        "angles.csv",
        "summary.csv",
        "landmarks.parquet",
        "report.html",
        "report.pdf",
        *(f"{movement.value}.jpg" for movement in Movement),
    }
    stored = Result.model_validate_json((outcome.folder / "result.json").read_text())
    assert stored == outcome.result
    assert outcome.result.clip.frames == 906
    assert outcome.result.clip.duration_s == pytest.approx(30.2, abs=0.01)
    assert len((outcome.folder / "angles.csv").read_text().splitlines()) == 907


def test_replayed_landmarks_give_the_same_numbers(outcome, tmp_path):
    again = measure_one(outcome.folder / "landmarks.parquet", tmp_path, MeasureOptions(), Unheard())
    assert numbers(again.result) == numbers(outcome.result)
    assert again.result.clip.sha256 == outcome.result.clip.sha256
    assert (again.folder / "angles.csv").read_bytes() == (outcome.folder / "angles.csv").read_bytes()
    assert "image/jpeg" not in (again.folder / "report.html").read_text()


def test_result_folder_can_be_measured_again(short_outcome, tmp_path):
    again = measure_one(short_outcome.folder, tmp_path, MeasureOptions(), Unheard())
    assert numbers(again.result) == numbers(short_outcome.result)


def test_same_clip_twice_gives_the_same_bytes_apart_from_the_time_stamp(short_outcome, short_clip, tmp_path):
    again = measure_one(short_clip, tmp_path, MeasureOptions(overlay=True), Unheard())
    stamp = [short_outcome.result.created, again.result.created]
    texts = [(one.folder / "result.json").read_text() for one in (short_outcome, again)]
    assert texts[0].replace(stamp[0], "") == texts[1].replace(stamp[1], "")
    assert again.result.movements[0].best_deg is not None
    assert (again.folder / "landmarks.parquet").read_bytes() == (
        short_outcome.folder / "landmarks.parquet"
    ).read_bytes()


def test_mirrored_clip_swaps_sides_and_changes_nothing_else(outcome, tmp_path):
    swapped = measure_one(outcome.folder, tmp_path, MeasureOptions(mirrored=True), Unheard()).result
    pairs = {
        "flexion": "flexion",
        "extension": "extension",
        "rotation_left": "rotation_right",
        "rotation_right": "rotation_left",
        "lateral_left": "lateral_right",
        "lateral_right": "lateral_left",
    }
    by_name = {item.movement.value: item for item in swapped.movements}
    for item in outcome.result.movements:
        assert by_name[pairs[item.movement.value]].best_deg == pytest.approx(item.best_deg, abs=2.0)
    assert outcome.result.quality.first_turn == "left"
    assert swapped.quality.first_turn == "right"
    assert "leave --mirrored out" in swapped.quality.first_turn_note


def test_results_do_not_depend_on_how_many_run_at_once(short_outcome, tmp_path):
    inputs = [short_outcome.folder / "landmarks.parquet", short_outcome.folder, tmp_path / "missing.mp4"]
    outcomes = measure_all(inputs, tmp_path / "out", MeasureOptions(), jobs=3, progress=Unheard())
    assert [one.error is None for one in outcomes] == [True, True, False]
    assert isinstance(outcomes[2].error, InputError)
    assert numbers(outcomes[0].result) == numbers(outcomes[1].result) == numbers(short_outcome.result)
    assert len({one.folder for one in outcomes[:2]}) == 2


def test_the_largest_input_begins_first_and_outcomes_stay_in_order(tmp_path):
    """A long one that began last would run alone at the end."""
    sizes = {"a": 10, "b": 3000, "c": 200, "missing": 0}
    for name, size in sizes.items():
        if size:
            (tmp_path / f"{name}.mp4").write_bytes(bytes(size))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "0.png").write_bytes(bytes(1000))
    inputs = [tmp_path / f"{name}.mp4" for name in sizes] + [tmp_path / "folder"]
    assert [inputs[number].stem for number in longest_first(inputs)] == ["b", "folder", "c", "a", "missing"]
    outcomes = measure_all(inputs, tmp_path / "out", MeasureOptions(), jobs=2, progress=Unheard())
    assert [outcome.input for outcome in outcomes] == inputs


def test_ctrl_c_leaves_nothing_behind(short_outcome, tmp_path):
    class Interrupting:
        def step(self, _path, name, done, _total):
            if name == "report" and done == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_all(
            [short_outcome.folder], tmp_path / "out", MeasureOptions(), jobs=1, progress=Interrupting()
        )
    assert list(tmp_path.iterdir()) == []


def test_no_pictures_means_no_image_in_anything_written(short_outcome, short_clip, tmp_path):
    one = measure_one(short_clip, tmp_path, MeasureOptions(pictures=False), Unheard())
    assert b"image/jpeg" not in (one.folder / "report.html").read_bytes()
    assert b"/DCTDecode" not in (one.folder / "report.pdf").read_bytes()
    assert b"image/jpeg" in (short_outcome.folder / "report.html").read_bytes()


def test_existing_result_is_not_overwritten(outcome):
    with pytest.raises(OutputError, match="--overwrite"):
        measure_one(CLIP, outcome.folder.parent, MeasureOptions(), Unheard())


def test_mistakes_in_both_files_are_told_before_anything_is_measured(short_outcome, tmp_path):
    (tmp_path / "p.toml").write_text("version = 1\n[pain]\nflexion = 11\n")
    (tmp_path / "n.toml").write_text("version = 1\n")
    options = MeasureOptions(protocol=tmp_path / "p.toml", norms=str(tmp_path / "n.toml"))
    with pytest.raises(ConfigurationError) as error:
        measure_all([short_outcome.folder], tmp_path / "out", options, jobs=1, progress=Unheard())
    assert "pain.flexion" in str(error.value)
    assert "title" in str(error.value)


def test_neutral_that_is_named_is_used_or_refused(short_outcome, tmp_path):
    result = measure_one(short_outcome.folder, tmp_path, MeasureOptions(neutral=(0.5, 1.5)), Unheard()).result
    assert (result.neutral.start_s, result.neutral.end_s, result.neutral.origin) == (0.5, 1.5, "given")
    with pytest.raises(NoNeutralError, match="inside it"):
        measure_one(
            short_outcome.folder, tmp_path / "b", replace(MeasureOptions(), neutral=(90.0, 91.0)), Unheard()
        )
    assert not (tmp_path / "b").exists()


def test_protocol_names_trials_pain_and_its_onset(outcome, tmp_path):
    truth_left = next(item for item in outcome.result.movements if item.movement == "rotation_left").trials[0]
    protocol = tmp_path / "visit.toml"
    protocol.write_text(
        "version = 1\n[pain]\nrotation_left = 4\n[[trial]]\nmovement = 'rotation_left'\n"
        f"start_s = {truth_left.start_s}\nend_s = {truth_left.end_s}\nfirst_pain_s = {truth_left.peak_s}\n"
    )
    result = measure_one(
        outcome.folder, tmp_path / "out", MeasureOptions(protocol=protocol), Unheard()
    ).result
    left = next(item for item in result.movements if item.movement == "rotation_left")
    assert (left.pain, left.pain_flag) == (4, "flagged")
    assert left.pain_onset_deg == pytest.approx(left.best_deg, abs=1.5)
    assert left.best_deg == pytest.approx(truth_left.peak_deg, abs=0.5)
    assert next(item for item in result.movements if item.movement == "flexion").best_deg is None


def test_overlay_shows_every_frame(short_outcome):
    with av.open(str(short_outcome.folder / "overlay.mp4")) as overlay:
        frames = [frame.to_ndarray(format="rgb24") for frame in overlay.decode(video=0)]
    assert len(frames) == short_outcome.result.clip.frames > 150
    assert np.ptp(frames[0]) > 100
