"""The engine's chatter stays out of the terminal; what the program itself says does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.landmarks.stretches import SAMPLE


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={name: value for name, value in os.environ.items() if "FORCE_COLOR" not in name},
    )


ENGINE = """
import sys
from pathlib import Path
from itertools import islice
from rich.console import Console
from rich.progress import Progress
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
console = Console(stderr=True, force_terminal=True, width=60)
with Progress(console=console) as progress:
    task = progress.add_task("looking", total=40)
    detector = MediaPipeDetector()
    print("detector is there", file=sys.stderr)
    source = open_source(Path(sys.argv[1]))
    for frame in islice(source.frames(), 40):
        detector.detect(frame)
        progress.advance(task)
    detector.close()
    source.close()
print("the end", file=sys.stderr)
"""
CHATTER = ("W0000", "I0000", "E0000", "INFO:", "WARNING", "absl", "TensorFlow", "Warning", ".cc:")


def test_models_start_run_and_stop_without_a_word():
    ran = run(ENGINE, SAMPLE)
    assert ran.stdout == ""
    assert not [line for line in ran.stderr.splitlines() if any(word in line for word in CHATTER)]
    assert "detector is there" in ran.stderr
    assert "looking" in ran.stderr
    assert "100%" in ran.stderr
    assert ran.stderr.rstrip().endswith("the end")


def test_the_chatter_is_real():
    """The other test could not fail if the models had nothing to say."""
    ran = run(
        "from mediapipe.python import solutions; import numpy as np; m = solutions.face_mesh.FaceMesh();"
        "m.process(np.zeros((64, 64, 3), np.uint8)); m.close()"
    )
    assert "W0000" in ran.stderr


HELD = """
import os, sys, threading
from neckrom.landmarks.quiet import QuietStderr
os.write(2, b"native before\\n")
outer, inner = QuietStderr(), QuietStderr()
outer.hold(); outer.hold()
os.write(2, b"native held\\n")
print("ours held", file=sys.stderr)
with inner:
    print("ours in both", file=sys.stderr)
os.write(2, b"native still held\\n")
kept = sys.stderr
outer.release(); outer.release()
os.write(2, b"native after\\n")
print("ours after", file=sys.stderr)
print("ours through the old way", file=kept)
try:
    with QuietStderr():
        raise KeyError("gone wrong")
except KeyError:
    pass
os.write(2, b"native at the end\\n")
sys.exit(sys.stderr is not sys.__stderr__)
"""


def test_only_native_writes_are_held_back_and_order_is_kept():
    assert run(HELD).stderr.splitlines() == [
        "native before",
        "ours held",
        "ours in both",
        "native after",
        "ours after",
        "ours through the old way",
        "native at the end",
    ]


def test_a_traceback_while_it_is_held_is_seen():
    script = "from neckrom.landmarks.quiet import QuietStderr; QuietStderr().hold(); raise KeyError('seen')"
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(script)
    assert "KeyError: 'seen'" in caught.value.stderr


def test_without_any_standard_error():
    script = (
        "import os; os.close(2); import sys; sys.stderr = None\n"
        "from neckrom.landmarks.quiet import QuietStderr\n"
        "with QuietStderr(): pass\n"
        "print('fine')"
    )
    assert run(script).stdout == "fine\n"
