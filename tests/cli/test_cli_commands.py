"""Help, usage, norms, doctor, schema, version: what can be asked without a clip."""

from __future__ import annotations

import json
import re
import resource
import subprocess
from pathlib import Path

import pytest

from neckrom import __version__
from neckrom.errors import ExitCode
from neckrom.result import Result
from tests.cli.conftest import command, environment

ROOT = Path(__file__).parents[2]
COMMANDS = ("demo", "measure", "validate", "norms", "doctor", "schema")


def fake(folder: Path, **modules: str) -> dict[str, str]:
    """An environment in which some packages are broken."""
    folder.mkdir(exist_ok=True)
    for name, body in modules.items():
        (folder / f"{name}.py").write_text(body)
    return {"PYTHONPATH": str(folder)}


# ----------------------------------------------------------------------- usage


def test_help_names_every_command(neckrom):
    done = neckrom("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", done.stdout)


def test_help_is_quick():
    """Below half a second of processor time, the best of three."""
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command("--help"), check=True, capture_output=True, env=environment(), timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(used) < 0.5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(neckrom, name):
    shown = neckrom(name, "--help", env={"COLUMNS": "200"}).stdout
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"neckrom {name}" in page
    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help"}
    missing = [option for option in options if option not in page]
    assert not missing, f"docs/cli.md does not name {missing}"


def test_wrong_values_are_all_named_at_once(neckrom, tmp_path):
    done = neckrom(
        *("measure", tmp_path / "clip.mp4", "--neutral", "5", "x", "--hfov", "wide", "--jobs", "0"),
        *("--overlay", "--no-pictures"),
    )
    assert done.returncode == ExitCode.USAGE
    for word in ("--neutral 5 x", "--hfov wide", "--jobs 0", "--overlay and --no-pictures"):
        assert word in done.stderr
    assert list(neckrom.folder.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--hfov", "nan"),
        ("--hfov", "4.9"),
        ("--hfov", "150.1"),
        ("--neutral", "2", "2"),
        ("--neutral", "-1", "2"),
        ("--neutral", "1", "inf"),
        ("--jobs", "1.5"),
        ("--jobs", "-2"),
        ("--warm-ups", "2.5"),
        ("--warm-ups", "21"),
    ],
    ids=" ".join,
)
def test_values_out_of_range_are_refused(neckrom, measured, arguments):
    done = neckrom("measure", measured, *arguments)
    assert done.returncode == ExitCode.USAGE
    assert " ".join(arguments) in done.stderr
    assert "as in" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("measure",), "INPUT"),
        (("mesure", "x"), "mesure"),
        (("measure", "x", "--colour", "blue"), "--colour"),
    ],
)
def test_wrong_commands_say_what_is_wrong(neckrom, arguments, word):
    done = neckrom(*arguments)
    assert done.returncode == ExitCode.USAGE
    assert word in done.stderr
    assert done.stdout == ""


def test_exit_codes_are_documented():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE))
    assert {int(code) for code in table} == {code.value for code in ExitCode}


# ------------------------------------------------------------ norms and schema


def test_norms_show_a_source_beside_every_value(neckrom):
    done = neckrom("norms", env={"COLUMNS": "250"})
    assert done.returncode == 0
    assert "article" in done.stdout
    rows = [
        line for line in done.stdout.splitlines() if re.match(r"(Flexion|Extension|Rotation|Side-bend)", line)
    ]
    assert len(rows) == 12
    assert all(re.search(r"\d°.*\w+:.*\w", row) for row in rows)


@pytest.mark.parametrize("kind", ["measure", "run", "posture", "nerve", "plan", "upper_back"])
def test_schema_is_the_published_one(neckrom, kind):
    """Mend with: neckrom schema > docs/result.schema.json; neckrom schema run > docs/run.schema.json; ..."""
    done = neckrom("schema", *([] if kind == "measure" else [kind]))
    assert done.returncode == 0
    name = "result" if kind == "measure" else kind
    assert done.stdout == (ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8")


def test_every_field_of_the_result_is_documented():
    page = (ROOT / "docs" / "result.md").read_text(encoding="utf-8")
    schema = Result.model_json_schema(mode="serialization")
    fields = {name for model in (schema, *schema["$defs"].values()) for name in model.get("properties", {})}
    missing = sorted(name for name in fields if f"`{name}`" not in page)
    assert not missing, f"docs/result.md does not name {missing}"


# --------------------------------------------------------- doctor and version


def test_version_names_tool_engine_models_and_estimator(neckrom):
    done = neckrom("--version")
    assert done.returncode == 0
    assert f"neckrom {__version__}" in done.stdout
    assert re.search(r"mediapipe 0\.10\.21, models [0-9a-f]{8}", done.stdout)
    assert "estimator" in done.stdout


def test_doctor_finds_nothing_wrong_here(neckrom):
    done = neckrom("doctor")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    for what in (
        "Python",
        "Processor",
        "Package numpy",
        "Extra cluster",
        "Extra postgresql",
        "OpenCV packages",
        "Models",
        "Codecs",
        "Camera",
        "Write in",
    ):
        assert any(what in line for line in lines), what
    assert all(line.startswith(("ok ", "note ", " ")) for line in lines)


def test_doctor_runs_where_nothing_can_be_imported(neckrom, tmp_path):
    libgl = 'raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")'
    broken = fake(
        tmp_path / "site",
        cv2=libgl,
        numpy='raise ImportError("numpy was built for another Python")',
        mediapipe="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    )
    done = neckrom("doctor", env=broken)
    assert done.returncode == ExitCode.ENVIRONMENT, done.stderr
    lines = done.stdout.splitlines()
    problems = {
        line.split(":")[0].split(maxsplit=1)[1]: number
        for number, line in enumerate(lines)
        if "problem" in line
    }
    assert {"Import cv2", "Import numpy", "Import mediapipe"} <= set(problems)
    assert "libgl1" in lines[problems["Import cv2"] + 1]
    assert "SIGSEGV" in lines[problems["Import mediapipe"]]
    assert "Traceback" not in done.stderr


def test_doctor_sees_two_cv2_packages_and_versions_out_of_range(neckrom, tmp_path):
    for name, version in (("opencv-python-headless", "4.9.0"), ("rich", "1.0")):
        info = tmp_path / "site" / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    done = neckrom("doctor", env={"PYTHONPATH": str(tmp_path / "site")})
    assert done.returncode == ExitCode.ENVIRONMENT
    assert re.search(r"problem OpenCV packages: 2 at once.*headless", done.stdout)
    assert re.search(r"uninstall -y .*opencv-python-headless", done.stdout)
    assert re.search(r"problem Package rich: 1\.0, needed is >=13", done.stdout)


def test_doctor_says_so_where_nothing_can_be_written(neckrom):
    done = subprocess.run(
        command("doctor"),
        cwd="/proc",
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert done.returncode == ExitCode.ENVIRONMENT
    assert re.search(r"problem Write in /proc: .*\n +.*--out", done.stdout)


def test_schema_accepts_a_real_result(measured):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = json.loads((measured / "result.json").read_text())
    jsonschema.validate(result, schema)
    result["movements"][0]["flag"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, schema)
