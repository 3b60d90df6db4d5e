"""A connection to a scheduler, here or elsewhere; the only place, beside the worker's own, that imports Dask."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neckrom.cluster.options import Cluster
from neckrom.errors import ClusterError, EnvironmentProblemError, OptionValueError

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

MEMORY = "MEMORY"
"""The resource that workers declare (``--resources "MEMORY=8e9"``) and inputs take."""
CONNECT_S = 10.0


@contextmanager
def connected(cluster: Cluster) -> Iterator[Client]:
    """A client of the cluster; one of this machine is started, and ended afterwards.

    Raises
    ------
    ClusterError
        The scheduler cannot be reached, or no process can be started.
    EnvironmentProblemError
        Dask is not installed.
    OptionValueError
        Certificates are missing, or this machine has too little memory for so many processes.
    """
    try:
        import distributed  # noqa: F401, PLC0415
    except ImportError as error:
        raise EnvironmentProblemError(
            "Measuring on a cluster needs Dask, which is not installed: pip install 'neckrom[cluster]', here, on the "
            "scheduler and on every worker."
        ) from error
    with _quiet():
        if cluster.local_workers is not None:
            with _local(cluster, cluster.local_workers) as client:
                yield client
        else:
            with _remote(cluster) as client:
                yield client


@contextmanager
def _remote(cluster: Cluster) -> Iterator[Client]:
    from distributed import Client  # noqa: PLC0415

    security = _security(cluster)
    try:
        client = Client(
            cluster.address,
            timeout=CONNECT_S,
            set_as_default=False,
            security=security,
            name="neckrom",
        )
    except (
        OSError,
        TimeoutError,
        RuntimeError,
        ValueError,
        TypeError,
        ImportError,
    ) as error:  # TypeError: TLS with some of its files missing
        raise ClusterError(_unreachable(cluster, error)) from error
    try:
        yield client
    finally:
        client.close(timeout=5)


_DASK = frozenset({"distributed", "asyncio", "tornado"})
_levels: dict[str, int] = {}
"""Of the loggers before the first of those who measure now made them quiet."""
_users = 0
_lock = threading.Lock()


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs of lost connections, with tracebacks, we say in our words; afterwards it logs as it did before.

    Its own configuration gives some of its loggers a level of their own ("distributed.client"), which does not
    follow their parent's. Two may measure at a time: the last one to end gives the levels back.
    """
    global _users  # noqa: PLW0603
    with _lock:
        _users += 1
        names = {
            *_DASK,
            *(name for name in list(logging.root.manager.loggerDict) if name.partition(".")[0] in _DASK),
        }
        for name in names:
            logger = logging.getLogger(name)
            _levels.setdefault(name, logger.level)
            logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                for name, level in _levels.items():
                    logging.getLogger(name).setLevel(level)
                _levels.clear()


@contextmanager
def _local(cluster: Cluster, workers: int) -> Iterator[Client]:
    """Processes of this machine. Who reaches a worker can run programs on it: even here it takes a certificate."""
    from distributed import Client, LocalCluster, Security  # noqa: PLC0415
    from distributed.system import MEMORY_LIMIT  # noqa: PLC0415

    each = MEMORY_LIMIT // workers
    if each < cluster.memory_bytes:
        most = max(1, MEMORY_LIMIT // cluster.memory_bytes)
        raise OptionValueError(
            f"This machine has {MEMORY_LIMIT / 1e9:.1f} GB of memory, and an input is given {cluster.memory_gb:g} GB: "
            f"start fewer processes, as in --cluster local:{most}, or say --cluster-memory."
        )
    security = Security.temporary()
    try:
        processes = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            protocol="tls",
            security=security,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            memory_limit=each,
            resources={MEMORY: each},
            silence_logs=logging.CRITICAL,
            local_directory=os.environ.get("TMPDIR"),
        )
    except (OSError, TimeoutError, RuntimeError) as error:
        raise ClusterError(
            f"{workers} processes could not be started on this machine ({error}). Start fewer, as in "
            "--cluster local:2, or measure without --cluster. A script of yours that measures has to do so below "
            'if __name__ == "__main__":.'
        ) from error
    try:
        with Client(processes, set_as_default=False, security=security) as client:
            yield client
    finally:
        processes.close(timeout=10)


def _security(cluster: Cluster) -> Security:
    from distributed import Security  # noqa: PLC0415

    if cluster.tls_ca is None:
        security = Security(require_encryption=cluster.address.startswith("tls://"))
        if security.require_encryption and not getattr(security, "tls_ca_file", None):
            raise OptionValueError(
                f"{cluster.address} needs certificates: give --tls-ca, --tls-cert and --tls-key, or set them in "
                "Dask's own configuration (docs/fleet.md)."
            )
        return security
    return Security(
        tls_ca_file=str(cluster.tls_ca),
        tls_client_cert=str(cluster.tls_cert),
        tls_client_key=str(cluster.tls_key),
        require_encryption=True,
    )


def _unreachable(cluster: Cluster, error: Exception) -> str:
    said = f"The scheduler at {cluster.address} cannot be reached ({' '.join(str(error).split())[:200]})."
    if cluster.address.startswith("tls://"):
        return (
            f"{said} Does it run there, with TLS, and with a certificate of the same authority? Give yours with "
            "--tls-ca, --tls-cert and --tls-key."
        )
    return f"{said} Start it with dask scheduler, and let the firewall pass its port; a scheduler with TLS is tls://."
