"""The commands for runs and postures as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neckrom.errors import ExitCode

BODIES = Path(__file__).parents[2] / "sample_videos" / "bodies"
RUN, BACK = BODIES / "run_side.landmarks.parquet", BODIES / "run_back.landmarks.parquet"
STANDING = BODIES / "standing.jpg"


def test_a_run_with_back_and_standing_gives_one_result(neckrom):
    done = neckrom("run", RUN, "--back", BACK, "--standing", STANDING, "--speed", "10", "--json")
    assert done.returncode == ExitCode.OK, done.stderr
    result = json.loads(done.stdout)
    assert (result["kind"], result["view"]) == ("run", "side_left")
    assert [clip["role"] for clip in result["clips"]] == ["run", "back", "standing"]
    assert result["cadence_spm"] == pytest.approx(170.1, abs=1)
    assert result["head_forward"]["change_from_standing_deg"] is not None
    # from behind the hands are hidden: how far they come is told, not on which side of the middle
    assert result["arm_cross"]["left_median_shoulder_widths"] is not None
    assert result["arm_cross"]["left_share"] is None
    assert result["arm_cross"]["left_told_share"] < 0.5
    assert result["shoulder_line_range_deg"] is None
    assert result["configuration"]["speed_kmh"] == 10
    assert [row["name"] for row in result["rows"]] == [
        "head_forward",
        "uneven_gait",
        "arms_across",
        "rearfoot_strike",
    ]
    assert {step["strike_class"] for step in result["steps"]} <= {"rear", "mid", "fore", None}
    folder = neckrom.folder / "neckrom-results" / "run_side.landmarks"
    assert json.loads((folder / "result.json").read_text()) == result
    assert {path.name for path in folder.iterdir()} >= {
        "angles.csv",
        "angles_back.csv",
        "landmarks.parquet",
        "landmarks_back.parquet",
        "landmarks_standing.parquet",
        "report.html",
        "report.pdf",
        "steps.csv",
    }
    again = neckrom("run", folder, "--json", "--out", "again", "--earlier", folder)
    assert again.returncode == ExitCode.OK, again.stderr
    repeated = json.loads(again.stdout)
    for name in ("cadence_spm", "steps", "head_forward", "arm_cross", "rows"):
        assert repeated[name] == result[name]


def test_a_posture_of_a_picture_with_a_marked_c7(neckrom):
    truth = json.loads((BODIES / "standing.json").read_text())["events"]["target_cva_deg"]
    with (BODIES / "standing.csv").open() as file:
        names, values = (line.strip().split(",") for line in file)
    row = dict(zip(names, values, strict=True))
    marks = ["--c7", row["C7_u"], row["C7_v"], "--tragus", row["tragus_L_u"], row["tragus_L_v"]]
    done = neckrom("posture", STANDING, *marks, "--json")
    assert done.returncode == ExitCode.OK, done.stderr
    result = json.loads(done.stdout)
    assert (result["kind"], result["side"]) == ("posture", "left")
    assert result["craniovertebral_deg"] == pytest.approx(truth, abs=5)
    assert result["trunk_lean_deg"] == pytest.approx(-0.8, abs=4)
    folder = neckrom.folder / "neckrom-results" / "standing"
    assert (folder / "pictures" / "view_1.jpg").is_file()
    plain = neckrom("posture", folder, "--out", "again")
    assert plain.returncode == ExitCode.OK, plain.stderr
    assert "--c7 X Y" in " ".join(plain.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "nowhere.mp4"], ExitCode.BAD_INPUT, "does not exist"),
        (["run", str(RUN), "--fps-true", "2"], ExitCode.USAGE, "from 15 to 2000"),
        (["run", str(RUN), "--speed", "fast"], ExitCode.USAGE, "--speed 10"),
        (["run", str(RUN), "--overlay", "--no-pictures"], ExitCode.USAGE, "leave one of them out"),
        (["run", str(RUN), "--back", str(RUN)], ExitCode.BAD_INPUT, "takes a clip of the run from behind"),
        (["run", str(RUN), "--earlier", str(STANDING)], ExitCode.BAD_CONFIGURATION, "the result of a run"),
        (["measure", str(RUN)], ExitCode.BAD_CONFIGURATION, "give it to neckrom run"),
        (["posture", str(RUN)], ExitCode.BAD_INPUT, "does not stand still"),
        (["posture", str(STANDING), "--c7", "1", "no"], ExitCode.USAGE, "--c7 512 230"),
        (["posture", str(STANDING), "--tragus", "1", "2"], ExitCode.USAGE, "goes with --c7"),
    ],
)
def test_mistakes_say_what_to_do_and_leave_nothing(neckrom, arguments, code, said):
    done = neckrom(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.replace("\n", " ")
    assert not (neckrom.folder / "neckrom-results").exists()


def test_a_mark_far_from_the_nape_is_refused(neckrom):
    done = neckrom("posture", STANDING, "--c7", "100", "100")
    assert done.returncode == ExitCode.USAGE
    assert "nape of the neck" in done.stderr
    outside = neckrom("posture", STANDING, "--c7", "5000", "100")
    assert outside.returncode == ExitCode.USAGE
    assert "1280 x 720" in outside.stderr
