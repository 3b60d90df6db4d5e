"""Which cluster, and what it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

from neckrom.errors import OptionValueError

Files = Literal["auto", "shared", "sent"]
FILES: tuple[Files, ...] = ("auto", "shared", "sent")

MEMORY_GB = 2.0
"""Memory that one input is given, in 10^9 bytes; what a clip was seen to take stands in ``docs/fleet.md``."""
WAIT_S = 60.0

_REMOTE = re.compile(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})", re.ASCII)
_LOCAL = re.compile(r"local:(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster whose workers measure; ``docs/fleet.md`` says how to start one.

    Attributes
    ----------
    address : str
        Of the scheduler (``tcp://host:8786``, ``tls://host:8786``), or ``local:N`` for N processes on this machine.
    files : str
        "shared": workers see inputs and results under the same paths as this machine. "sent": both travel over
        the network. "auto": what each worker turns out to see.
    memory_gb : float
        What one input may take, in 10^9 bytes; a worker measures as many at once as fit into its memory.
    wait_s : float
        How many seconds to wait for workers where there are none.
    tls_ca, tls_cert, tls_key : Path or str, optional
        Certificate of the authority, and certificate and key of this machine, as PEM; for ``tls://``. Without
        them Dask's own configuration holds.

    Raises
    ------
    OptionValueError
        One of them has a mistake: all of them are named.
    """

    address: str
    files: Files = "auto"
    memory_gb: float = MEMORY_GB
    wait_s: float = WAIT_S
    tls_ca: Path | str | None = None
    tls_cert: Path | str | None = None
    tls_key: Path | str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not isinstance(self.address, str):  # a program may give anything
            raise OptionValueError("This cluster cannot be used.", (_address_problem(self.address),))
        problems = [*self._address_problems(), *self._tls_problems()]
        if self.files not in FILES:
            problems.append(f"files of the cluster {self.files!r}: choose one of {', '.join(FILES)}")
        if not _lies_between(self.memory_gb, 0.1, 10_000):
            problems.append(
                f"memory of the cluster {_said(self.memory_gb)}: give gigabytes from 0.1 on, as in 2"
            )
        if not _lies_between(self.wait_s, 0, 7 * 86_400):
            problems.append(
                f"wait of the cluster {_said(self.wait_s)}: give seconds from 0 to a week, as in 60"
            )
        if problems:
            raise OptionValueError("This cluster cannot be used.", tuple(problems))

    @property
    def local_workers(self) -> int | None:
        """How many processes of this machine are meant; None for a cluster elsewhere."""
        named = _LOCAL.fullmatch(self.address)
        return int(named[1]) if named else None

    @property
    def memory_bytes(self) -> int:
        """What one input may take."""
        return round(self.memory_gb * 1e9)

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read or change what travels."""
        return self.address.startswith("tls://") or self.local_workers is not None

    def _address_problems(self) -> list[str]:
        remote = _REMOTE.fullmatch(self.address)
        if remote and 0 < int(remote[1]) < 65_536:
            return []
        if self.local_workers:
            return []
        return [_address_problem(self.address)]

    def _tls_problems(self) -> list[str]:
        given = {"CA": self.tls_ca, "certificate": self.tls_cert, "key": self.tls_key}
        named = {name: path for name, path in given.items() if path is not None}
        if not named:
            return []
        if not self.address.startswith("tls://"):
            return ["TLS files are for an address that starts with tls://, as in tls://scheduler:8786"]
        missing = [name for name in given if name not in named]
        if missing:
            return [f"TLS needs CA, certificate and key together: {' and '.join(missing)} missing"]
        return [f"TLS {name}: there is no file {path}" for name, path in named.items() if not _is_file(path)]


def _address_problem(address: object) -> str:
    return (
        f"address of the cluster {address!r}: give that of its scheduler, as in tcp://scheduler:8786 or "
        "tls://scheduler:8786, or local:2 for two processes on this machine"
    )


def _lies_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _is_file(path: object) -> bool:
    return isinstance(path, str | PathLike) and Path(path).is_file()
