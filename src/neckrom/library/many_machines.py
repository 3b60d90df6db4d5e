"""Clips measured on a cluster for a program: handed out in their order, with little kept in memory."""

from __future__ import annotations

import pickle
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path

from neckrom.cluster.connection import connected
from neckrom.cluster.content import content_of
from neckrom.cluster.fleet import Finished, Fleet, Ground
from neckrom.cluster.identity import own_identity
from neckrom.cluster.measuring import Settings, WantedInput, error_of
from neckrom.cluster.options import Cluster
from neckrom.errors import NeckromError
from neckrom.library.given import path_of
from neckrom.library.measurement import Failed, Measurement
from neckrom.service.analysis import AnalysisOptions
from neckrom.service.options import MeasureOptions


def measured_on(
    cluster: Cluster, paths: Iterator[object], analysis: AnalysisOptions, written: MeasureOptions
) -> Iterator[Measurement | Failed]:
    """Measure clips on a cluster; see :func:`neckrom.measure_many`.

    What a person should know of the workers is a :class:`UserWarning`.

    Parameters
    ----------
    cluster : Cluster
    paths : iterator
        As they were given; what is no path fails by itself.
    analysis : AnalysisOptions
    written : MeasureOptions

    Yields
    ------
    Measurement or Failed
        In the order of the paths.

    Raises
    ------
    ClusterError
        The scheduler cannot be reached or is lost, or no worker can be used.
    EnvironmentProblemError
        Dask is not installed.
    """
    settings = Settings(written, analysis, own_identity().sha256, secrets.token_hex(4))
    order = _InOrder(paths, settings)
    with connected(cluster) as client:
        fleet = Fleet(client, cluster, Ground(own_identity(), "", "", None), _warn)
        try:
            fleet.gather()
            for finished in fleet.run(order.wanted(), lambda: order.waiting < 2 * max(1, fleet.places)):
                order.finish(finished)
                yield from order.ready()
            yield from order.ready()
        finally:
            fleet.close()


class _InOrder:
    """Gives out what is wanted, takes what is finished, and hands it on in the first order."""

    def __init__(self, paths: Iterator[object], settings: Settings) -> None:
        self._paths, self._settings = enumerate(paths), settings
        self._held: dict[int, Measurement | Failed] = {}
        self._numbers: dict[int, int] = {}
        self._next = self._taken = 0

    @property
    def waiting(self) -> int:
        """How many were taken and not yet handed on."""
        return self._taken - self._next

    def wanted(self) -> Iterator[WantedInput]:
        """Inputs that can be read."""
        for number, given in self._paths:
            self._taken = number + 1
            try:
                path = path_of(given)
                content = content_of(path)
            except NeckromError as error:
                self._held[number] = Failed(Path(str(given)), error)
                continue
            key = self._settings.key(content, path.name, "")
            wanted = WantedInput(path, path, "", content, key, self._settings, keep=True)
            self._numbers[id(wanted)] = number
            yield wanted

    def finish(self, finished: Finished) -> None:
        """Hold what came back."""
        wanted: WantedInput = finished.wanted
        number = self._numbers.pop(id(wanted))
        given = finished.error
        if given is not None:
            error = given if isinstance(given, NeckromError) else error_of(given, finished.worker)
            self._held[number] = Failed(wanted.path, error)
            return
        assert finished.answer is not None
        assert finished.answer.content is not None
        seen, landmarks = pickle.loads(finished.answer.content)  # from workers that run our programs
        self._held[number] = Measurement(wanted.path, seen, landmarks, self._settings.options)

    def ready(self) -> Iterator[Measurement | Failed]:
        """What is next, as far as it is there."""
        while self._next in self._held:
            yield self._held.pop(self._next)
            self._next += 1


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)
