"""A real PostgreSQL server in a folder of its own, reached through a socket in that folder only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg


def find_program(name: str) -> str | None:
    """A program of the server; Debian keeps them outside of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(places[0]) if places else None)


_PLAIN = ("-E", "UTF8", "--locale=C", "--no-sync")


class Server:
    """One running server.

    Parameters
    ----------
    folder : Path
        Data and socket; belongs to the user that the server runs as.
    user : str or None
        Unprivileged user to run as, because the server refuses to run as root; None for our own.
    """

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self._as = {"user": user, "group": user, "extra_groups": []} if user else {}
        self._number = 0
        self._run([program("initdb"), "-D", folder / "data", "-U", "tester", "--auth=trust", *_PLAIN])
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        log = self.folder / "log"
        self._run([program("pg_ctl"), "-D", self.folder / "data", "-w", "-l", log, "-o", settings, "start"])

    def stop(self) -> None:
        """Stop at once, as a lost server does."""
        self._run([program("pg_ctl"), "-D", self.folder / "data", "-w", "-m", "immediate", "stop"])

    def new_database(self) -> str:
        """Make an empty database and give its address."""
        self._number += 1
        name = f"clinic{self._number}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, database: str) -> str:
        return f"postgresql://tester@/{database}?host={self.folder}"

    def _run(self, arguments: Sequence[str | Path]) -> None:
        done = subprocess.run(
            list(map(str, arguments)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            timeout=400,
            check=False,
            **self._as,
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")


def program(name: str) -> str:
    found = find_program(name)
    assert found is not None, f"{name} of PostgreSQL is missing: install it (Debian: postgresql)"
    return found


def unprivileged_user() -> str | None:
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that is gone afterwards, folder and all."""
    user = unprivileged_user()
    # not in pytest's own folder: another user cannot enter that
    folder = Path(tempfile.mkdtemp(prefix="neckrom-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        server = Server(folder, user)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something that another process does."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.02)
