"""Write down the hash of every file that is installed, for Python 3.11 and 3.12 on this kind of machine.

    python dependencies/lock.py PYTHON3.11 PYTHON3.12

asks pip which files it would install for the project with its extras, at the versions of
``constraints.txt``, and writes their SHA-256 into ``dependencies/locked.txt``. Run it whenever
``constraints.txt`` changes; ``.ci/run`` installs from nothing else::

    pip download --require-hashes --no-deps -r dependencies/locked.txt -d WHEELS
    PIP_FIND_LINKS=WHEELS pip install --no-index -c constraints.txt ".[dev]"

The project itself has no hash: it is the checkout.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "dependencies" / "locked.txt"
BUILT_WITH = ("hatchling", "editables")
"""What pip builds the project with; a constraint holds for it, too."""
HEAD = """# SHA-256 of every file that .ci/run installs (Linux, x86-64). Made by: python dependencies/lock.py
# pip download --require-hashes --no-deps -r dependencies/locked.txt -d WHEELS
"""


def chosen_by(python: str) -> dict[tuple[str, str], str]:
    """Name and version of every file that pip chooses, with its hash."""
    command = [python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    command += ["-c", str(ROOT / "constraints.txt"), "--only-binary", ":all:", f"{ROOT}[dev]", *BUILT_WITH]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    chosen = {}
    for item in report["install"]:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        hashes = item["download_info"].get("archive_info", {}).get("hashes", {})
        if name != "neckrom":
            chosen[name, item["metadata"]["version"]] = hashes["sha256"]
    return chosen


def main() -> None:
    """For each Python that is given."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    pythons = sys.argv[1:] or [sys.executable]
    versions = []
    for python in pythons:
        version = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.strip()
        versions.append(version)
        for package, digest in chosen_by(python).items():
            found[package][version] = digest
    lines = [HEAD]
    for (name, number), digests in sorted(found.items()):
        only = "" if len(digests) == len(versions) else f' ; python_version == "{next(iter(digests))}"'
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(set(digests.values())))
        lines.append(f"{name}=={number}{only} \\\n{hashes}\n")
    LOCKED.write_text("".join(lines), encoding="utf-8")
    print(f"{LOCKED.name}: {len(found)} packages, Python {' and '.join(versions)}")


if __name__ == "__main__":
    main()
