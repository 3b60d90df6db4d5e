"""Processor time that ``neckrom --help`` takes, best and median of ten runs.

python benchmarks/startup.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

RUNS = 10
LIMIT_S = 0.5


def cpu_seconds(arguments: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "neckrom", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures."""
    for arguments in (["--help"], ["measure", "--help"], ["--version"]):
        cpu_seconds(arguments)  # caches of compiled modules
        used = [cpu_seconds(arguments) for _ in range(RUNS)]
        print(
            f"neckrom {' '.join(arguments)}: best {min(used):.2f} s, median {statistics.median(used):.2f} s CPU"
            + (f" (limit {LIMIT_S} s)" if "--help" in arguments else "")
        )


if __name__ == "__main__":
    main()
