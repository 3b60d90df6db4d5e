#!/usr/bin/env python3
"""How long handing out takes: each report of a stored session, in a process of its own, as a user starts it.

    python benchmarks/reports.py [--result FOLDER] [--times 3]

FOLDER is a result folder of ``neckrom measure`` or of a guided session, with its pictures; without it a sample clip
is measured first. Printed are wall and processor seconds, least of so many runs; the bar is 3 s of the processor for
the report of a session, on a machine that does nothing else also of the wall. Exits with 1 where it is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "sample_videos" / "chidi_deficit.mp4"
BAR_S = 3.0


def main() -> int:
    """Store a session and hand it out in every form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neckrom-reports-") as place:
        home = Path(place)
        os.environ["XDG_DATA_HOME"] = str(home / "data")  # nobody's own settings and records
        folder = given.result
        if folder is None:
            neckrom("measure", SAMPLE, "--out", home / "results")
            folder = next((home / "results").rglob("result.json")).parent
        store = ("--store", home / "store")
        person = json.loads(neckrom("people", "add", "Chidi", "--json", *store))["id"]
        stored = neckrom("sessions", "import", folder, "--person", person, "--json", *store)
        session = json.loads(stored)["session_id"]
        forms = (
            ("report, PDF", (session,)),
            ("report, page", (session, "--format", "html")),
            ("report, PDF, German", (session, "--lang", "de")),
            ("client sheet, PDF", (session, "--sheet")),
            ("course, PDF", (person,)),
        )
        late = False
        for name, what in forms:
            command = ("report", *what, *store, "--out", home / "out", "--overwrite")
            wall, busy = min(timed(command) for _ in range(given.times))
            late |= busy > BAR_S
            print(f"{name:<20} wall {wall:5.2f} s   processor {busy:5.2f} s")
    return 1 if late else 0


def timed(command: tuple[object, ...]) -> tuple[float, float]:
    """Wall and processor seconds of a command."""
    before, started = busy_s(), time.monotonic()
    neckrom(*command)
    return time.monotonic() - started, busy_s() - before


def busy_s() -> float:
    """Of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def neckrom(*words: object) -> str:
    """What a command says on stdout."""
    command = [sys.executable, "-m", "neckrom", *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout


if __name__ == "__main__":
    sys.exit(main())
