"""Loaded into workers of these tests: what is tried is who measures, so some inputs are measured by their name alone.

"quick…" gives a small result at once, "slow…" waits for a file "go" beside the input first, "poison…" ends the process
as a decoder does that runs into a wall, "refused…" cannot be measured. All others are measured in earnest.
"""

from __future__ import annotations

import gc
import os
import time

from neckrom.cluster import work
from neckrom.errors import NoFaceError
from neckrom.service import folders, measure


def dask_setup(_worker: object) -> None:
    """Called by Dask when the worker starts."""
    if "FILE_BYTES" in os.environ:  # a disk that is full, as the kernel says it
        import resource  # noqa: PLC0415  (tests import this module on every platform)

        limit = int(os.environ["FILE_BYTES"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    def by_name(path, folder, options, analysis, tell):
        kind = path.name.split("_")[0]
        if kind not in ("quick", "slow", "poison", "refused"):
            return measure.measure_prepared(path, folder, options, analysis, tell)
        if kind == "poison":
            os._exit(139)
        if kind == "refused":
            raise NoFaceError(f"No face was found in {path}.")
        (path.parent / f"seen_{path.name}").touch()
        while kind == "slow" and not (path.parent / "go").exists():
            time.sleep(0.02)
        with folders.new_folder(folder, overwrite=options.overwrite) as part:
            (part / "result.json").write_text("{}")
            (part / "large.bin").write_bytes(bytes(200_000))
        return None

    work.measure_prepared = by_name


def orders_held() -> int:
    """How many inputs that were sent this process still holds, wherever."""
    gc.collect()
    return sum(type(one) is work.Order and one.content is not None for one in gc.get_objects())
