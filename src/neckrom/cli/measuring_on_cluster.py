"""Measure inputs on a cluster with progress, and show what came out as without one."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from neckrom.cli.measuring import show_and_say
from neckrom.cli.progress import progress_on
from neckrom.cli.terminal import console, say
from neckrom.cluster.manifest import MANIFEST
from neckrom.cluster.measuring import measure_on_cluster
from neckrom.cluster.options import Cluster
from neckrom.errors import ExitCode
from neckrom.service import MeasureOptions

log = logging.getLogger(__name__)

MOST_SHOWN = 20
"""So many results are shown one by one; of more only the count is said, and where they are."""


def measure_on_cluster_and_show(
    inputs: Sequence[Path], out: Path, options: MeasureOptions, cluster: Cluster, *, as_json: bool
) -> ExitCode:
    """Measure on a cluster, print the results and where they are, and say how it went.

    Returns
    -------
    ExitCode
        As without a cluster.
    """
    started = time.monotonic()
    with progress_on(console(stderr=True)) as progress:
        outcomes = measure_on_cluster(inputs, out, options, cluster, progress=progress, tell=say)
    log.debug("measured in %.1f s", time.monotonic() - started)
    code = show_and_say(outcomes, options.language, as_json=as_json, most_shown=MOST_SHOWN)
    if not as_json:
        say(f"What became of each input: {out / MANIFEST}")
    return code
