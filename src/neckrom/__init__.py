"""Neck range of motion from a webcam or a recorded clip.

``import neckrom`` is quick: what a name stands for is loaded when it is first used. ``docs/python.md``
describes every name, and what is promised of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neckrom._version import __version__

if TYPE_CHECKING:
    from neckrom.assessment.norms import Norm, NormSet
    from neckrom.cluster.options import Cluster
    from neckrom.errors import NeckromError
    from neckrom.library.bodies import measure_nerve, measure_posture, measure_run
    from neckrom.library.camera import Camera
    from neckrom.library.measurement import Failed, Measurement
    from neckrom.library.measuring import measure, measure_many, to_table
    from neckrom.library.norms import load_norms
    from neckrom.library.reading import Landmarks, read_landmarks, read_result
    from neckrom.library.validating import validate
    from neckrom.result import Result
    from neckrom.types import Movement

__all__ = [
    "Camera",
    "Cluster",
    "Failed",
    "Landmarks",
    "Measurement",
    "Movement",
    "NeckromError",
    "Norm",
    "NormSet",
    "Result",
    "__version__",
    "load_norms",
    "measure",
    "measure_many",
    "measure_nerve",
    "measure_posture",
    "measure_run",
    "read_landmarks",
    "read_result",
    "to_table",
    "validate",
]

_HOMES = {
    "Camera": "library.camera",
    "Cluster": "cluster.options",
    "Failed": "library.measurement",
    "Landmarks": "library.reading",
    "Measurement": "library.measurement",
    "Movement": "types",
    "NeckromError": "errors",
    "Norm": "assessment.norms",
    "NormSet": "assessment.norms",
    "Result": "result",
    "load_norms": "library.norms",
    "measure": "library.measuring",
    "measure_many": "library.measuring",
    "measure_nerve": "library.bodies",
    "measure_posture": "library.bodies",
    "measure_run": "library.bodies",
    "read_landmarks": "library.reading",
    "read_result": "library.reading",
    "to_table": "library.measuring",
    "validate": "library.validating",
}
"""Where each public name lives. A name must not be that of a subpackage, which would take its place."""

_OLD_NAMES: dict[str, tuple[str, str]] = {}
"""Names that are on their way out: what to use instead, and the version in which they go."""


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use."""
    if name in _OLD_NAMES:
        import warnings  # noqa: PLC0415

        new, version = _OLD_NAMES[name]
        warnings.warn(
            f"neckrom.{name} goes in neckrom {version}: use neckrom.{new}.", DeprecationWarning, stacklevel=2
        )
        name = new
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value: object = getattr(import_module(f"neckrom.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
