"""Run notebooks and keep their output.

python notebooks/run.py NOTEBOOK...
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def run(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from the folder that it lies in; an error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, resources=resources, record_timing=False).execute()
    return notebook


def main() -> None:
    """Run each notebook named and write it back."""
    for name in sys.argv[1:]:
        path = Path(name)
        nbformat.write(run(path), path)


if __name__ == "__main__":
    main()
