"""The notebooks run from start to end, and were committed with their output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from neckrom.kinematics.front.truth_table import read_table, write_table
from tests.cli.conftest import first_seconds
from tests.conftest import SAMPLES

FOLDER = Path(__file__).parents[2] / "notebooks"
FEW = {"accuracy": 3, "many_clips": 2}
"""Clips; all of them take minutes, and their figures are in the output that is committed."""
SHORT_S = 6.0
"""Of the clip of ``measure_a_clip``: neutral and the first movement."""
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_draws(path, tmp_path):
    """In a copy of the folder layout, so that nothing committed changes; of the held-out people the first few."""
    copy = tmp_path / "notebooks" / path.name
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    for table in FOLDER.glob("*.csv"):
        (copy.parent / table.name).symlink_to(table)
    (tmp_path / "sample_videos").mkdir()
    for sample in SAMPLES.glob("bruno_moderate.*"):
        (tmp_path / "sample_videos" / sample.name).symlink_to(sample)
    if path.stem == "measure_a_clip":
        (tmp_path / "sample_videos" / "bruno_moderate.mp4").unlink()
        first_seconds(
            SAMPLES / "bruno_moderate.mp4", tmp_path / "sample_videos" / "bruno_moderate.mp4", SHORT_S
        )
    (tmp_path / "calibration").mkdir()
    if path.stem in FEW:
        clips = read_table(FOLDER.parent / "calibration" / "heldout.npz")[: FEW[path.stem]]
        write_table(tmp_path / "calibration" / "heldout.npz", clips)
    subprocess.run([sys.executable, FOLDER / "run.py", copy], check=True, timeout=300, capture_output=True)
    done = outputs(nbformat.read(copy, as_version=4))
    assert any("image/png" in output.get("data", {}) for output in done)
    text = "".join(output.get("text", "") for output in done if output.output_type == "stream")
    assert "Rotation left" in text
    assert [output for output in done if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_with_its_output_and_small(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    unrun = [
        cell.source[:40]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.execution_count is None
    ]
    assert not unrun, "run it: python notebooks/run.py notebooks/…"
    assert path.stat().st_size < 400_000
