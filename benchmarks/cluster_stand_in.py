"""Loaded into the workers of ``cluster.py memory --stand-in``: an answer at once, so only what travels takes memory."""

from __future__ import annotations

import os
import pickle
from types import SimpleNamespace

from neckrom.cluster import work


def dask_setup(_worker: object) -> None:
    """Called by Dask when the worker starts."""
    nothing = SimpleNamespace(analysis=SimpleNamespace(result=None))
    work._measured = lambda _order: ("none", None, pickle.dumps((nothing, os.urandom(100_000))))
