"""What a machine measures with: only machines of which all of it is alike give the same numbers."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "mediapipe",
    "opencv-contrib-python",
    "numpy",
    "scipy",
    "av",
    "pyarrow",
    "matplotlib",
    "reportlab",
    "distributed",
)
"""Packages whose versions can change a number, a drawing, or how machines understand each other."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Versions and hashes that have to be the same everywhere.

    Attributes
    ----------
    neckrom, python : str
        Versions; of Python the first two numbers.
    code : str
        SHA-256 of all of neckrom's own files: two checkouts may bear the same version.
    models : str
        SHA-256 of the models that look at pictures.
    estimator : str
        Name and calibration of what turns points into angles.
    packages : tuple of str
        "name version" of each of :data:`PACKAGES`.
    """

    neckrom: str
    python: str
    code: str
    models: str
    estimator: str
    packages: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """One hash for all of it."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()


@cache
def own_identity() -> Identity:
    """What this process measures with.

    Raises
    ------
    EnvironmentProblemError
        A package or a model is missing or damaged.
    """
    from neckrom import __version__  # noqa: PLC0415
    from neckrom.landmarks.mediapipe_engine import engine_identity  # noqa: PLC0415
    from neckrom.service.analysis import estimator_for  # noqa: PLC0415

    kinds = [estimator_for("front")[0], estimator_for("side_left")[0]]
    return Identity(
        neckrom=__version__,
        python=".".join(platform.python_version_tuple()[:2]),
        code=_code_sha256(),
        models=engine_identity().model_sha256,
        estimator=", ".join(f"{kind.identity} {kind.calibration_id}" for kind in kinds),
        packages=tuple(f"{name} {_version(name)}" for name in PACKAGES),
    )


def differences(ours: Identity, theirs: Identity) -> list[str]:
    """What another machine has otherwise, in words: "numpy 1.26.4 here, 1.26.3 there"."""
    found = []
    for field in fields(Identity):
        here, there = getattr(ours, field.name), getattr(theirs, field.name)
        if here == there:
            continue
        if field.name == "packages":
            pairs = zip(here, there, strict=True)
            found += [f"{a} here, {b.split()[-1]} there" for a, b in pairs if a != b]
        elif field.name in ("neckrom", "python"):
            found.append(f"{field.name} {here} here, {there} there")
        else:
            found.append(f"{_NAMES[field.name]} {here[:12]} here, {there[:12]} there")
    if ours.neckrom == theirs.neckrom:
        return found
    return [text for text in found if not text.startswith(_NAMES["code"])]  # of course


_NAMES = {"code": "other files of neckrom,", "models": "models", "estimator": "estimator"}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _code_sha256() -> str:
    """Of all modules and data, by name and content."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if not path.is_file() or path.suffix == ".pyc" or any(part.startswith(".") for part in name.parts):
            continue
        # These lie here only where neckrom is installed and not run from a checkout; the estimator's identity has them.
        if name.parts[:2] in (("data", "calibration"), ("data", "sample")):
            continue
        digest.update(f"{name.as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
