#!/usr/bin/env python3
"""Attack neckrom, on this machine and over loopback only, and count what holds.

    python benchmarks/attack.py [--only NAME,NAME] [--part PART,PART] [--size 1.0] [--minutes N]
                                [--seed 14] [--show 20] [--list]

Campaigns are the modules of ``benchmarks/attack_campaigns``. Everything is drawn from the seed, every
campaign has an end, and all of it happens in a scratch folder. Prints what was tried and what must be 0;
exits with 1 where it is not. Told to end (Ctrl-C, SIGTERM), it prints what was counted until then.
"""

from __future__ import annotations

import argparse
import importlib
import math
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

import benchmarks.attack_campaigns as package
from benchmarks.attack_campaigns import Setting, Tally


def campaigns() -> dict[str, ModuleType]:
    """Modules of the package that attack, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {
        name: importlib.import_module(f"{package.__name__}.{name}")
        for name in names
        if not name.startswith("_")
    }


def remove(folder: Path) -> None:
    """Remove a folder, also one that is deeper than Python goes."""
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False)


def run_one(name: str, module: ModuleType, arguments: argparse.Namespace) -> int:
    """Run a campaign and print its counts; gives the number of faults."""
    folder = Path(tempfile.mkdtemp(prefix=f"neckrom-attack-{name}-"))
    tally = Tally()
    began = time.monotonic()
    print(f"{name}: {module.SUMMARY}", flush=True)
    try:
        parts = tuple(part for part in arguments.part.split(",") if part)
        until = time.monotonic() + 60 * arguments.minutes
        module.attack(Setting(folder, arguments.seed, arguments.size, parts, until), tally)
    except KeyboardInterrupt:
        tally.say("stopped before its end")
    finally:
        remove(folder)
    for kind, number in sorted(tally.done.items()):
        print(f"  tried   {number:6d}  {kind}")
    for line in tally.lines:
        print(f"          {line}")
    for kind, number in sorted(tally.faults.items()):
        print(f"  {'FAULT ' if number else 'held  '}  {number:6d}  {kind}")
    for detail in tally.details[: arguments.show]:
        print(f"    {detail[:600]}")
    print(
        f"  {sum(tally.done.values())} tried, {sum(tally.faults.values())} faults, "
        f"{time.monotonic() - began:.0f} s",
        flush=True,
    )
    return sum(tally.faults.values())


def main() -> int:
    """Run what is asked for."""
    for told in (signal.SIGINT, signal.SIGTERM):  # also where a shell had it ignored, as for what runs behind
        signal.signal(told, signal.default_int_handler)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="names of campaigns, with commas")
    parser.add_argument("--size", type=float, default=1.0, help="1 is the full campaign")
    parser.add_argument(
        "--part", default="", help="parts of a campaign that has some, such as import,backup of kills"
    )
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop each after so long, and count till then"
    )
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--show", type=int, default=20, help="so many faults are told in full")
    parser.add_argument("--list", action="store_true", help="name the campaigns and end")
    arguments = parser.parse_args()
    found = campaigns()
    wanted = [name for name in arguments.only.split(",") if name] or list(found)
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        parser.error(f"no such campaign: {', '.join(unknown)}; there are {', '.join(found)}")
    if arguments.list:
        for name in wanted:
            print(f"{name}: {found[name].SUMMARY}")
        return 0
    return 1 if sum(run_one(name, found[name], arguments) for name in wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
