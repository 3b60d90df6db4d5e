"""The versions that are named and the hashes of what is installed are of the same things."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def named(path: Path) -> dict[str, str]:
    """Versions by name, as packages are compared."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_every_version_has_its_hashes():
    constraints, locked = named(ROOT / "constraints.txt"), named(ROOT / "dependencies" / "locked.txt")
    assert locked.items() <= constraints.items() | {("editables", locked.get("editables", ""))}
    assert "mediapipe" in locked
    assert len(locked) > 80


def test_every_package_has_a_hash_and_no_address():
    text = (ROOT / "dependencies" / "locked.txt").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=[a-z0-9])", text) if "==" in block.split("\n")[0]]
    assert blocks
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert "://" not in text
