"""The shape of the code base: who may import whom, and what must never be in it."""

from __future__ import annotations

import ast
import graphlib
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "neckrom"
MODULES = sorted(SOURCE.rglob("*.py"))

BASE = {"_version", "columns", "errors", "types", "resources", "config_file", "result", "private_files"} | {
    "operating_system",
    "rounding",
    "statement",
    "site_file",
}
"""Values, errors and files of the package: no layer of their own."""

MAY_IMPORT = {
    "_version": set(),
    "errors": set(),
    "columns": set(),
    "types": {"errors", "columns"},
    "resources": {"errors"},
    "config_file": {"errors"},
    "operating_system": set(),
    "private_files": {"operating_system"},
    "rounding": set(),
    "statement": set(),
    "result": {"types", "statement"},
    "site_file": {"types", "errors", "result", "private_files"},
    "frames": {"types", "errors"},
    "landmarks": {"types", "errors", "resources", "_version", "columns"},
    "kinematics": {"types", "errors", "resources", "columns"},
    # whole bodies: which leg is which, angles of segments in the picture; shared by what is measured on them
    "body": {"types", "errors", "result", "statement"},
    "running": BASE | {"body"},
    "posture": BASE | {"body"},
    "nerve": BASE | {"body", "messages", "saying"},
    "upper_back": BASE | {"body", "saying"},
    # what is exercised after a test, how repetitions are counted, and what came of them
    "plans": BASE | {"body"},
    "camera_profiles": {
        "types",
        "errors",
        "config_file",
        "private_files",
        "resources",
        "frames",
        "kinematics",
    },
    "rom": {"types", "errors", "config_file", "kinematics"},
    "messages": {"errors", "resources", "rounding"},
    # says the results of every kind of measurement; how they were made is none of its business
    "saying": BASE | {"messages", "body", "running", "posture", "nerve", "plans", "upper_back"},
    "assessment": BASE | {"saying", "kinematics", "rom", "body", "running"},
    "report": BASE
    | {
        "saying",
        "kinematics",
        "rom",
        "assessment",
        "messages",
        "body",
        "running",
        "posture",
        "nerve",
        "plans",
        "upper_back",
    },
    "validation": BASE | {"kinematics", "rom", "assessment", "report", "body", "running", "posture"},
    # a study of a clinic: its folder, tables, statistics and report; reads results, measures nothing
    "study": BASE | {"report", "messages", "saying"},
    "service": BASE
    | {"frames", "landmarks", "kinematics", "rom", "assessment", "report", "validation", "camera_profiles"}
    | {"body", "running", "posture", "nerve", "plans", "upper_back"}
    | {"messages", "saying"},
    # the service on many machines; what programs and the command line call of it stands beside it
    "cluster": BASE | {"service", "frames", "landmarks"},
    "screening": BASE | {"messages"},
    "live": BASE
    | {
        "frames",
        "landmarks",
        "kinematics",
        "rom",
        "assessment",
        "report",
        "service",
        "camera_profiles",
        "screening",
        "saying",
    }
    # nerve tests and turns of the trunk are led by the same reading of bodies that measures them afterwards
    | {"body", "nerve", "plans", "upper_back"},
    "records": BASE
    | {"kinematics", "rom", "assessment", "report", "service", "screening", "messages", "saying"}
    | {"running", "posture", "nerve", "plans", "upper_back"},
    "exports": BASE
    | {"kinematics", "rom", "assessment", "report", "service", "records", "screening", "messages", "saying"}
    | {"body", "running", "posture", "nerve", "plans", "upper_back"},
    # what is handed to a person knows the records that it tells of, and no page and no command
    "handouts": BASE
    | {"report", "service", "records", "exports", "screening", "messages", "saying", "running", "posture"}
    | {"nerve", "plans", "upper_back"},
    # runs commands in a process of their own and files what they measured; no page knows how
    "guided": BASE | {"records", "plans"},
    "web": BASE
    | {"assessment", "report", "service", "live", "screening", "records", "exports", "handouts", "guided"}
    | {"messages", "saying", "running", "posture", "nerve", "plans", "upper_back"},
    "cli": BASE
    | {"service", "live", "web", "records", "exports", "handouts", "guided", "screening"}
    | {"messages", "saying", "body", "running", "posture", "nerve", "plans", "upper_back"}
    | {"report", "validation", "assessment", "landmarks", "camera_profiles", "study", "cluster"},
    # what programs call; knows how a result folder is read from the records, and no page and no command
    "library": BASE
    | {"service", "landmarks", "camera_profiles", "rom", "assessment", "report", "validation", "records"}
    | {"messages", "saying", "running", "posture", "nerve", "cluster"},
    "__main__": {"cli"},
    "__init__": {"_version", "types", "errors", "result", "assessment", "library", "cluster"},
}


def layer_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_modules(path: Path, *, types_too: bool = True) -> set[str]:
    """Full names of everything that a module imports, also inside functions."""
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types_too:
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer; write neckrom.…"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imported_layers(path: Path) -> set[str]:
    parts = (name.split(".") for name in imported_modules(path))
    return {name[1] if name[1:] else "__init__" for name in parts if name[0] == "neckrom"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_inward(path):
    layer = layer_of(path)
    assert layer in MAY_IMPORT, f"{path}: a new layer needs a place in the order of layers"
    allowed = MAY_IMPORT[layer] | {layer, "__version__"}
    wrong = imported_layers(path) - allowed
    assert not wrong, f"{path} ({layer}) must not import {sorted(wrong)}"


def test_no_modules_import_each_other_in_a_circle():
    """Also within functions, where a circle would hide; imports for types alone do not count."""
    names = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in MODULES
    }
    graph = {}
    for name, path in names.items():
        used = imported_modules(path, types_too=False)
        used |= {one.rpartition(".")[0] for one in used}
        graph[name] = (used & set(names)) - {name}
    graphlib.TopologicalSorter(graph).prepare()  # its error names the circle


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_importing_does_nothing(path):
    """At the top of a module stand definitions and values, no statements that act."""
    allowed = (
        ast.Import,
        ast.ImportFrom,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Assign,
        ast.AnnAssign,
        ast.If,
        ast.TypeAlias if sys.version_info >= (3, 12) else ast.AnnAssign,
    )
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        registers = isinstance(node, ast.Expr) and ast.unparse(node).startswith("app.add_typer(")
        assert is_text or registers or isinstance(node, allowed), f"{path}:{node.lineno} acts on import"
        if isinstance(node, ast.If):
            condition = ast.unparse(node.test)
            assert condition in ("TYPE_CHECKING", "__name__ == '__main__'"), (
                f"{path}:{node.lineno}: if {condition}"
            )


POSIX_MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "posix_ipc")


def test_all_modules_import_quietly_and_without_the_models():
    """In one fresh process: no output, no models, no thread, whichever module comes first.

    Nor any module of the standard library that only Linux and macOS have.
    """
    names = [
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        for path in MODULES
        if path.name not in ("__main__.py", "mediapipe_engine.py")
    ]
    script = (
        "import importlib, json, sys, threading\n"
        f"sys.modules.update(dict.fromkeys({POSIX_MODULES!r}))\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "heavy = [name for name in ('mediapipe', 'jax', 'tensorflow') if name in sys.modules]\n"
        "print(json.dumps([heavy, threading.active_count()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[], 1]


CARRIES_ERRORS = {"cli/live.py", "cluster/fleet.py", "landmarks/side_by_side.py", "live/engine.py"}
"""Modules that catch everything: to raise it again in the thread that waits, or when a session is saved; or what
another machine raised, which may be anything."""


def test_no_bare_or_blind_except():
    """Whoever catches everything raises it again."""
    blind = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = "" if node.type is None else ast.unparse(node.type)
            ends = node.body[-1]
            raised_again = isinstance(ends, ast.Raise) and ends.exc is None
            if caught in ("", "Exception", "BaseException") and not raised_again:
                blind.append(str(path.relative_to(SOURCE)))
    assert set(blind) == CARRIES_ERRORS, "say which errors are meant, or raise them again"


# --------------------------------------------------------------- what is tracked


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


FORBIDDEN = {
    "host of a package registry": (
        "py" + "pi.org",
        "python" + "hosted.org",
        "npm" + "js.org",
        "ana" + "conda.org",
    ),
    "path of one machine": ("/wo" + "rk/", "/ro" + "ot/", "/tm" + "p/w/", "/ho" + "me/", "/opt/" + "pypi"),
    "name of a file outside the repository": ("FIE" + "LD.md", "STY" + "LE.md", "shared" + "/clips"),
    "index address": ("--index" + "-url", "--extra-index" + "-url", "--find" + "-links"),
}


def test_nothing_tracked_names_one_machine_or_a_registry():
    found = []
    for path in tracked_files():
        if path.suffix in (".mp4", ".png", ".parquet", ".npz", ".gif", ".jpg"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{path.relative_to(ROOT)}: {kind} ({word})"
            for kind, words in FORBIDDEN.items()
            for word in words
            if word in text
        ]
    assert not found, "\n".join(found)


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in tracked_files():
        if page.suffix == ".md":
            links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
            inside = [link for link in links if "://" not in link]
            broken += [
                f"{page.relative_to(ROOT)}: {link}" for link in inside if not (page.parent / link).exists()
            ]
    assert not broken, "\n".join(broken)


def test_everything_needed_at_run_time_is_tracked_and_travels_in_the_wheel():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    shipped = set(build["targets"]["wheel"]["force-include"])
    tracked = {str(path.relative_to(ROOT)) for path in tracked_files()}
    untracked = [name for name in shipped if not any(f"{path}/".startswith(f"{name}/") for path in tracked)]
    assert not untracked, f"not tracked, so a fresh clone cannot build the wheel: {untracked}"
    source = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    asked = {
        f"{folder}/{name}" for folder, name in re.findall(r"resource\(\"(\w+)\", \"([\w.-]+)\"\)", source)
    }
    assert len(asked) >= 3
    assert asked <= shipped, f"pyproject.toml does not put into the wheel: {sorted(asked - shipped)}"


def test_nothing_tracked_is_too_large():
    limit = {"calibration": 30_000_000}  # the landmark tables that the estimators are fitted on
    large = [
        f"{path} {path.stat().st_size}"
        for path in tracked_files()
        if path.stat().st_size > limit.get(path.parent.name, 5_000_000)
    ]
    assert not large


# ----------------------------------------------------------------- constraints


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", entry) for entry in entries), entries
    return {canonicalize_name(name): version for name, version in (entry.split("==") for entry in entries)}


def test_constraints_lie_within_the_ranges_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [
        text for group in project["optional-dependencies"].values() for text in group
    ]
    pinned = pins()
    for requirement in map(Requirement, asked):
        if requirement.name == "neckrom":
            continue
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} does not allow the tested {version}"


def test_constraints_name_everything_that_gets_installed():
    pinned = pins()
    seen: set[str] = set()
    waiting = [Requirement("neckrom[dev]")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # an extra that this environment does not have
        extras = {"", *requirement.extras}
        if name in seen and extras == {""}:
            continue
        seen.add(name)
        waiting += [
            need
            for need in map(Requirement, needs)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    missing = sorted(seen - set(pinned) - {"neckrom"})
    assert not missing, f"constraints.txt does not pin {missing}"
    assert len(seen) > 30, "the walk through the requirements found nothing to check"


def test_only_one_cv2_package_is_ever_asked_for():
    assert [name for name in pins() if name.startswith("opencv")] == ["opencv-contrib-python"]
