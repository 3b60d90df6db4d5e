"""What a person and a program see of a measurement."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import av
import pytest

from neckrom.errors import ExitCode
from neckrom.result import Result
from tests.cli.conftest import SAMPLES, command, environment, first_seconds

FILES = {"angles.csv", "landmarks.parquet", "report.html", "report.pdf", "result.json", "summary.csv"}

OUR_PROGRESS = re.compile(r"[\w.-]+: [a-z ]+(, \d+/\d+)?(, \d+ frames/s)?(, \d+ s left)?")


def test_results_of_several_inputs(neckrom, tmp_path, short_clip):
    """Same names, one that fails, two at once: the others are done, everything is said, nothing mixes."""
    other = tmp_path / "other"
    other.mkdir()
    twin = first_seconds(SAMPLES / "bruno_moderate.mp4", other / short_clip.name, 6.0)
    done = neckrom("measure", short_clip, tmp_path / "gone.mp4", twin, "--jobs", "2")
    assert done.returncode == ExitCode.PARTLY_FAILED
    folders = {path.name: path for path in (neckrom.folder / "neckrom-results").iterdir()}
    assert set(folders) == {"short", "short-2"}
    for folder in folders.values():
        assert {path.name for path in folder.iterdir()} == FILES | {"pictures"}
    results = {name: read_result(folder) for name, folder in folders.items()}
    assert results["short"].clip.sha256 != results["short-2"].clip.sha256
    assert results["short"].clip.frames == 195
    assert "2 of 3 inputs measured" in done.stderr
    assert re.search(r"gone\.mp4 failed: .*gone\.mp4", done.stderr)
    assert done.stdout.count("Flexion") >= 2
    assert all(str(folder.relative_to(neckrom.folder)) in done.stdout for folder in folders.values())


def test_terminal_shows_the_table_the_first_turn_and_the_files(neckrom, measured):
    done = neckrom("measure", measured)
    assert done.returncode == 0, done.stderr
    flexion = read_result(measured).movements[0]
    assert flexion.best_deg is not None
    row = next(line for line in done.stdout.splitlines() if "Flexion" in line)
    assert re.search(rf"\b{flexion.best_deg:.0f}°", row)
    assert "50°" in row
    assert re.search(r"[Nn]o turn", done.stdout), "this clip has none, which must be said"
    assert "not a diagnosis" in " ".join(done.stdout.split())
    for name in FILES:
        assert name in done.stdout


def test_output_into_a_pipe_is_plain(neckrom, short_clip):
    """No escape codes, no bars, nothing of the engine's own chatter."""
    done = neckrom("measure", short_clip)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert lines
    assert all(OUR_PROGRESS.fullmatch(line) for line in lines), done.stderr


@pytest.mark.parametrize("columns", ["40", "80"])
def test_narrow_terminals_lose_nothing(neckrom, measured, columns):
    done = neckrom("measure", measured, env={"COLUMNS": columns})
    assert done.returncode == 0, done.stderr
    table = done.stdout[: done.stdout.index("Written to")]
    assert max(map(len, table.splitlines())) <= int(columns)
    for word in ("Rotation left", "Best", "Mean", "95 %", "Norm", "Pain", "What it means"):
        assert word in " ".join(table.split()), f"{word} is cut off:\n{table}"


def test_json_is_the_result_and_nothing_else(neckrom, measured):
    done = neckrom("measure", measured, "--json")
    assert done.returncode == 0, done.stderr
    [folder] = (neckrom.folder / "neckrom-results").iterdir()
    assert done.stdout == (folder / "result.json").read_text()
    assert Result.model_validate_json(done.stdout).movements[0].best_deg is not None


def test_json_of_several_inputs_is_a_list_in_their_order(neckrom, tmp_path, measured):
    done = neckrom("measure", tmp_path / "gone.mp4", measured, "--json")
    assert done.returncode == ExitCode.PARTLY_FAILED
    failed, good = json.loads(done.stdout)
    assert failed["result"] is None
    assert "gone.mp4" in failed["error"]
    assert good["error"] is None
    assert Result.model_validate(good["result"]).clip.frames == 195
    assert (neckrom.folder / good["folder"] / "result.json").is_file()


def test_json_of_a_failed_input_prints_nothing_on_stdout(neckrom, tmp_path):
    done = neckrom("measure", tmp_path / "gone.mp4", "--json")
    assert (done.returncode, done.stdout) == (ExitCode.BAD_INPUT, "")
    assert "gone.mp4" in done.stderr


def test_options_reach_the_measurement(neckrom, tmp_path, measured):
    protocol = tmp_path / "protocol.toml"
    protocol.write_text("version = 1\n[pain]\nflexion = 4\n")
    done = neckrom(
        *("measure", measured, "--json", "--mirrored", "--neutral", "0.3", "1.6"),
        *("--hfov", "58", "--norms", "ama", "--protocol", protocol, "--no-pictures", "--warm-ups", "0"),
    )
    assert done.returncode == 0, done.stderr
    result = Result.model_validate_json(done.stdout)
    assert result.configuration.mirrored
    assert result.configuration.warm_ups == 0
    assert (result.neutral.start_s, result.neutral.end_s, result.neutral.origin) == (0.3, 1.6, "given")
    assert (result.camera.hfov_deg, result.camera.assumed) == (58, False)
    assert result.norms.name == "ama"
    assert result.movements[0].pain == 4
    assert result.movements[0].pain_flag == "flagged"


def test_replayed_landmarks_give_the_same_numbers(neckrom, measured):
    done = neckrom("measure", measured / "landmarks.parquet", "--json")
    assert done.returncode == 0, done.stderr
    again, first = json.loads(done.stdout), json.loads((measured / "result.json").read_text())
    for result in (again, first):
        del result["created"], result["clip"]["kind"]
    assert again == first


def test_verbose_shows_our_log_on_stderr_only(neckrom, measured):
    quiet, loud = neckrom("measure", measured, "--out", "a"), neckrom("measure", measured, "--out", "b", "-v")
    assert quiet.returncode == loud.returncode == 0
    assert loud.stdout == quiet.stdout.replace("Written to a/", "Written to b/")
    assert len(loud.stderr) > len(quiet.stderr)
    assert "neckrom" in loud.stderr


def test_clip_cut_short_is_measured_with_a_warning(neckrom, tmp_path, short_clip):
    """A recording whose end never reached the disk."""
    whole = tmp_path / "whole.mkv"
    with av.open(str(short_clip)) as old, av.open(str(whole), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    broken = tmp_path / "broken.mkv"
    data = whole.read_bytes()
    broken.write_bytes(data[: int(0.8 * len(data))])
    done = neckrom("measure", broken, "--json")
    assert done.returncode == 0, done.stderr
    result = Result.model_validate_json(done.stdout)
    assert 60 < result.clip.frames < 195
    assert result.quality.warnings, "nothing says that the clip is cut short"


def test_demo_writes_where_it_says(demo):
    assert {path.name for path in demo.folder.iterdir()} >= FILES
    assert f"neckrom-demo/{demo.folder.name}/" in demo.stdout
    result = read_result(demo.folder)
    assert all(movement.trials for movement in result.movements)
    assert "LEFT" in demo.stdout
    refuse_addresses(demo.folder / "report.html")
    again = subprocess.run(
        command("demo"),
        cwd=demo.cwd,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert again.returncode == ExitCode.CANNOT_WRITE
    assert "--overwrite" in again.stderr


def test_validate_prints_errors_per_movement_and_writes_its_report(neckrom, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    first_seconds(SAMPLES / "bruno_moderate.mp4", folder / "part.mp4", 12.0)
    truth = (SAMPLES / "bruno_moderate.csv").read_text().splitlines()[: 1 + 360]
    (folder / "part.csv").write_text("\n".join(truth) + "\n")
    shutil.copy(SAMPLES / "bruno_moderate.json", folder / "part.json")
    done = neckrom("validate", folder, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    for word in ("Flexion", "Extension", "bias", "MAE", "worst"):
        assert word in done.stdout
    written = {path.name for path in (neckrom.folder / "neckrom-validation").iterdir()}
    assert {"validation.json", "validation.csv", "validation.md"} <= written
    refused = neckrom("validate", folder)
    assert refused.returncode == ExitCode.CANNOT_WRITE
    assert "--overwrite" in refused.stderr


def test_validate_without_truth_says_what_it_needs(neckrom, tmp_path):
    done = neckrom("validate", tmp_path)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "truth table" in done.stderr


def refuse_addresses(page: Path) -> None:
    """The HTML report holds everything that it shows."""
    text = page.read_text(encoding="utf-8")
    fetched = re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?\s*([^\"')\s>]+)", text)
    assert fetched, "the report shows no picture at all"
    assert [address for address in fetched if not address.startswith(("data:", "#"))] == []
    assert "@import" not in text


def read_result(folder: Path) -> Result:
    return Result.model_validate_json((folder / "result.json").read_text())
