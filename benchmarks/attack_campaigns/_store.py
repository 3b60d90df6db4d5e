"""What must hold of a store after anything: every confirmed session whole, nothing half there, nothing left."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from neckrom.records.files import sha256_of


def sessions_in(store: Path) -> set[str]:
    """Ids that the database holds."""
    with closing(sqlite3.connect(f"file:{store / 'store.sqlite3'}?mode=ro", uri=True)) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM session")}


def half_there(store: Path) -> list[str]:
    """Sessions without one of their files, files without their session, a database that is damaged."""
    found = []
    with closing(sqlite3.connect(f"file:{store / 'store.sqlite3'}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            found.append("the database is damaged")
        joined = "session s LEFT JOIN stored_file f ON f.session_id = s.id"
        query = f"SELECT s.person_id, s.id, f.name, f.sha256 FROM {joined}"
        known = set()
        for person, session, name, sha256 in connection.execute(query):
            known.add(session)
            path = store / "files" / person / session / (name or "")
            if name is None or not path.is_file() or sha256_of(path) != sha256:
                found.append(f"{session}: {name} is missing or changed")
    for person in (store / "files").iterdir():
        found += [f"{path} has no session" for path in person.iterdir() if path.name not in known]
    return found


def leftovers(*places: Path) -> list[str]:
    """Whatever is neither a store, nor a result, nor a backup."""
    found = []
    for place in places:
        for folder, folders, names in os.walk(place):
            inside = Path(folder)
            hidden = [
                name
                for name in (*folders, *names)
                if name.startswith(".") or name.endswith((".part", ".old"))
            ]
            found += [
                str(inside / name)
                for name in hidden
                if not name.endswith(".in-use") and name not in (".guided", ".upload")
            ]
            if inside.name in ("incoming", "trash", "unfinished", "unreadable"):
                found += [str(inside / name) for name in (*folders, *names)]
    return found
