"""Where the store is: a folder of its own, or a PostgreSQL server with a folder for the files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from neckrom.config_file import load_toml
from neckrom.errors import ConfigurationError, OptionValueError

DATABASE = "store.sqlite3"
DATA_DIR_VARIABLE = "NECKROM_DATA_DIR"
STORE_VARIABLE = "NECKROM_STORE"


class _Settings(BaseModel):
    """``config.toml`` in the user's configuration folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data_dir: str | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where to find a store.

    Attributes
    ----------
    url : URL
        Of the database.
    root : Path
        Folder of the database and the files; on PostgreSQL of the files on this machine.
    """

    url: URL
    root: Path

    @property
    def is_sqlite(self) -> bool:
        """The database is a file in ``root``."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def database(self) -> Path:
        """The database file (SQLite only)."""
        return self.root / DATABASE

    def __str__(self) -> str:
        return str(self.root) if self.is_sqlite else self.url.render_as_string(hide_password=True)


def config_file() -> Path:
    """The user's configuration; it may not exist."""
    return user_config_path("neckrom", appauthor=False) / "config.toml"


def locate(store: str | None = None, environment: Mapping[str, str] = os.environ) -> Location:
    """Find the store: what is given, else the environment, else the configuration, else the data folder.

    Parameters
    ----------
    store : str, optional
        A folder, or ``postgresql://USER@HOST/DATABASE``.
    environment : mapping
        ``NECKROM_STORE`` as ``store``; ``NECKROM_DATA_DIR`` the folder in which records are kept.

    Raises
    ------
    ConfigurationError
        If the configuration has a mistake or ``store`` is neither a folder nor a PostgreSQL address.
    """
    path = config_file()
    settings = load_toml(path, _Settings, "configuration") if path.exists() else _Settings()
    data = environment.get(DATA_DIR_VARIABLE) or settings.data_dir
    root = Path(data).expanduser() if data else user_data_path("neckrom", appauthor=False)
    chosen = store or environment.get(STORE_VARIABLE) or settings.store
    if not chosen:
        return _in_folder(root / "records")
    if "://" not in chosen:
        return _in_folder(Path(chosen).expanduser())
    return _on_server(chosen, root / "records-server")


def _in_folder(folder: Path) -> Location:
    absolute = folder.absolute()
    return Location(URL.create("sqlite", database=str(absolute / DATABASE)), absolute)


def _on_server(address: str, root: Path) -> Location:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _not_a_store("This") from error
    backend = url.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return Location(url.set(drivername="postgresql+psycopg"), root.absolute())
    raise _not_a_store(f"{backend}://")


def _not_a_store(what: str) -> ConfigurationError:
    return OptionValueError(
        f"{what} is no address of a store. Give a folder, as in --store ~/clinic, or a PostgreSQL database, as in "
        "--store postgresql://USER@HOST/DATABASE"
    )
