"""Encrypted backups: opened by what they were made for, by nothing else, and by ``age`` too."""

from __future__ import annotations

import io
import os
import random
import tarfile
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.errors import ConfigurationError, InputError, NeckromError, OutputError
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.location import locate
from neckrom.records.sealed import Secret, _bech32, make_key
from tests.records.folders import write_folder

PASSPHRASE = "five words drawn at random"


def tell(_done: int, _total: int) -> None:
    return


@pytest.fixture
def held(tmp_path: Path) -> str:
    """A store with a person, and a file that is larger than what goes through a pipe at once."""
    address = str(tmp_path / "store")
    with Records(locate(address)) as records:
        person = records.add_person("Anna Berg", note="shoulder")
        folder = write_folder(tmp_path / "in")
        (folder / "video.mkv").write_bytes(random.Random(3).randbytes(5_000_000))
        records.import_result(folder, person.id)
    return address


@pytest.fixture(params=["passphrase", "key"])
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Secret, Secret]:
    """To write with, and to read with."""
    if request.param == "passphrase":
        return Secret(passphrase=PASSPHRASE), Secret(passphrase=PASSPHRASE)
    public = make_key(tmp_path / "key")
    other = make_key(tmp_path / "key of the other")
    return Secret(recipients=(public, other)), Secret(identity=tmp_path / "key")


def saved(store: str, path: Path, secret: Secret, **more: bool) -> Path:
    with Records(locate(store)) as records:
        back_up(records, path, tell, secret=secret, **more)
    return path


def test_an_encrypted_backup_brings_everything_back(held, secrets, tmp_path):
    writing, reading = secrets
    path = saved(held, tmp_path / "b.neckrom", writing)
    assert path.stat().st_mode & 0o777 == 0o600
    place = locate(str(tmp_path / "new" / "store"))
    restore(path, place, tell, secret=reading)
    with Records(place) as records:
        (person,) = records.people()
        assert (person.name, person.note) == ("Anna Berg", "shoulder")
        (session,) = records.sessions()
        assert records.session(session.id).files_here
    assert sorted(item.name for item in (tmp_path / "new").iterdir()) == [".store.in-use", "store"]


def test_nothing_in_it_can_be_read(held, secrets, tmp_path):
    raw = saved(held, tmp_path / "b.neckrom", secrets[0]).read_bytes()
    for word in (b"Anna Berg", b"shoulder", b"result.json", b"manifest", b"SQLite", PASSPHRASE.encode()):
        assert word not in raw


def test_what_does_not_open_it_changes_nothing(held, secrets, tmp_path):
    path = saved(held, tmp_path / "b.neckrom", secrets[0])
    make_key(tmp_path / "wrong key")
    (tmp_path / "no key").write_text("hello")
    others = [
        Secret(),
        Secret(passphrase="another passphrase"),
        Secret(identity=tmp_path / "wrong key"),
        Secret(identity=tmp_path / "no key"),
        Secret(identity=tmp_path / "nowhere"),
    ]
    for secret in others:
        with pytest.raises(InputError):
            restore(path, locate(str(tmp_path / "new")), tell, secret=secret)
        assert not (tmp_path / "new").exists()
        assert not (tmp_path / ".new.unpacking").exists()


def test_one_that_is_damaged_or_cut_short_is_refused(held, secrets, tmp_path):
    raw = saved(held, tmp_path / "b.neckrom", secrets[0]).read_bytes()
    draw = random.Random(5)
    for number in range(4):
        changed = bytearray(raw)
        if number % 2:
            changed = changed[: draw.randrange(len(raw) - 2000)]
        else:
            changed[draw.randrange(len(raw) - 2000)] ^= 1 << draw.randrange(8)
        (tmp_path / "c.neckrom").write_bytes(changed)
        try:
            restore(tmp_path / "c.neckrom", locate(str(tmp_path / f"new{number}")), tell, secret=secrets[1])
        except NeckromError:
            assert not (tmp_path / f"new{number}").exists()
        else:  # a bit that nobody reads, such as the owner of a member
            with Records(locate(str(tmp_path / f"new{number}"))) as records:
                assert records.people()[0].name == "Anna Berg"


def test_age_opens_it_without_neckrom(held, tmp_path):
    """As docs/records.md says: for a key the file is an age file, and in it is a tar archive."""
    public = make_key(tmp_path / "key")
    path = saved(held, tmp_path / "b.neckrom", Secret(recipients=(public,)))
    private = (tmp_path / "key").read_text().splitlines()[1]
    opened = pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(private)])
    with tarfile.open(fileobj=io.BytesIO(opened)) as inner:
        assert inner.getnames()[-2:] == ["store.sqlite3", "manifest.json"]


def test_a_passphrase_always_costs_the_same_to_guess(tmp_path):
    """And nobody who writes a file can ask for more."""
    with Records(locate(str(tmp_path / "store"))) as records:
        back_up(records, tmp_path / "b.neckrom", tell, secret=Secret(passphrase=PASSPHRASE))
    raw = (tmp_path / "b.neckrom").read_bytes()
    assert b'"n": 131072, "r": 8, "p": 1' in raw
    (tmp_path / "c.neckrom").write_bytes(raw.replace(b'"n": 131072', b'"n": 999999'))
    with pytest.raises(InputError, match="no whole encrypted backup"):
        restore(
            tmp_path / "c.neckrom", locate(str(tmp_path / "new")), tell, secret=Secret(passphrase=PASSPHRASE)
        )


@given(st.binary(min_size=32, max_size=32))
def test_keys_are_written_as_age_writes_them(content):
    text = _bech32("age-secret-key-", content).upper()
    assert str(pyrage.x25519.Identity.from_str(text)) == text


@pytest.mark.parametrize(
    "secret",
    [
        Secret(passphrase="short"),
        Secret(passphrase=""),
        Secret(recipients=("age1nothing",)),
        Secret(recipients=("ssh-rsa AAAA",)),
        Secret(passphrase=PASSPHRASE, recipients=("age1x",)),
    ],
)
def test_what_cannot_protect_a_backup_is_refused_before_anything_is_written(tmp_path, secret):
    with Records(locate(str(tmp_path / "store"))) as records, pytest.raises(ConfigurationError):
        back_up(records, tmp_path / "b.neckrom", tell, secret=secret)
    assert not (tmp_path / "b.neckrom").exists()


def test_a_key_is_for_its_owner_and_never_written_over(tmp_path):
    public = make_key(tmp_path / "key")
    assert public.startswith("age1")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "key").read_text()
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "key")
    assert (tmp_path / "key").read_text() == before


def test_a_failure_while_it_is_encrypted_leaves_nothing(tmp_path):
    def fail(_done: int, _total: int) -> None:
        raise OSError(28, os.strerror(28))

    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Anna")
        records.import_result(write_folder(tmp_path / "in"), person.id)
        with pytest.raises(OutputError, match="No space left"):
            back_up(records, tmp_path / "b.neckrom", fail, secret=Secret(passphrase=PASSPHRASE))
    assert not [
        path for path in tmp_path.iterdir() if path.name not in ("store", ".store.in-use", "in", "data")
    ]
