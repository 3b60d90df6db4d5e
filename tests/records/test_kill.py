"""``kill -9`` while people and sessions are written and deleted, as in ``benchmarks/records.py``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "records.py"


def benchmark(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), *arguments], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_kill_loses_a_confirmed_session_or_leaves_half_of_one():
    printed = benchmark("--only", "kill", "--kills", "12")
    assert "0 lost, 0 half there" in printed
    confirmed = re.search(r"(\d+) sessions confirmed", printed)
    assert confirmed is not None
    assert int(confirmed[1]) > 0, "the processes were killed before they had written anything"


def test_the_benchmark_of_the_pages_runs():
    """Whether they are quick is for a quiet machine to say, so either end is right here."""
    command = [sys.executable, str(BENCHMARK), "--only", "pages", "--people", "60", "--sessions", "2"]
    done = subprocess.run(
        [*command, "--calls", "3"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    for measured in (
        "list, a page of 50",
        "search a part",
        "a person with six trends",
        "in Chromium: two sessions",
    ):
        assert measured in done.stdout, done.stdout + done.stderr


def test_the_other_parts_of_the_benchmark_run():
    printed = benchmark(
        "--only", "speed,import,backup", "--people", "30", "--sessions", "2", "--imports", "5"
    )
    assert "trend of a person" in printed
    assert re.search(r"checked and restored 65 sessions", printed)
