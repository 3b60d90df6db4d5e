"""Encrypted backups, in the format of ``age``: its own tool opens them, with or without neckrom.

For recipients (public keys, ``age1...``) the file is an age file. For a passphrase it is a tar archive of two:
``key.json``, how the key is made from the passphrase (scrypt, always with the same work, however busy the machine
is that makes the backup), and ``backup.age``, encrypted for that key.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import tarfile
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

from neckrom.errors import InputError, OptionValueError
from neckrom.private_files import open_private, read_plain

AGE = b"age-encryption.org/v1"
KEY, CONTENT = "key.json", "backup.age"
_WORK = {"n": 1 << 17, "r": 8, "p": 1}
"""Of scrypt: 128 MB and some tenths of a second for each guess (RFC 7914)."""
MIN_PASSPHRASE = 12
_MAX_KEY = 100_000
_BLOCK = 512
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Secret:
    """What a backup is encrypted with, or opened with.

    Attributes
    ----------
    passphrase : str or None
    recipients : tuple of str
        Public keys, for writing.
    identity : Path or None
        File with the private key, for reading.
    """

    passphrase: str | None = None
    recipients: tuple[str, ...] = ()
    identity: Path | None = None

    def checked(self) -> Secret:
        """Give it back if a backup can be written with it.

        Raises
        ------
        ConfigurationError
        """
        if self.passphrase is not None and self.recipients:
            raise OptionValueError("Encrypt with a passphrase or for recipients, not with both.")
        if self.passphrase is not None and len(self.passphrase) < MIN_PASSPHRASE:
            raise OptionValueError(
                f"The passphrase has {len(self.passphrase)} characters: choose one of at least {MIN_PASSPHRASE}, such "
                "as five words drawn at random."
            )
        for text in self.recipients:
            _recipient(text)
        return self


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise OptionValueError(
            f"{text[:80]!r} is no public key: give one as in age1..., as neckrom backup-key or age-keygen prints it."
        ) from error


def make_key(path: Path) -> str:
    """Write a new private key and give its public one.

    Raises
    ------
    OSError
        If the file is there, or cannot be written.
    """
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    with open_private(path, new=True) as file:
        file.write(f"# Opens backups that were encrypted for {public}\n{identity}\n".encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    return public


# ---------------------------------------------------------------------- writing


def seal(target: BinaryIO, secret: Secret, write: Callable[[BinaryIO], None]) -> None:
    """Encrypt what ``write`` writes, while it writes it.

    Parameters
    ----------
    target : file
        New, and can be sought in.
    secret : Secret
    write : callable
        Gets a file that it may only write to, from its start to its end.
    """
    if secret.passphrase is None:
        _encrypt(target, [_recipient(text) for text in secret.recipients], write)
        return
    salt = secrets.token_bytes(32)
    made = json.dumps({"kdf": "scrypt", **_WORK, "salt": salt.hex()}).encode("ascii")
    target.write(_header(KEY, len(made)) + _padded(made))
    place = target.tell()
    target.write(_header(CONTENT, 0))  # its size is known at the end
    _encrypt(target, [_derived(secret.passphrase, salt).to_public()], write)
    size = target.tell() - place - _BLOCK
    target.write(b"\0" * (-size % _BLOCK) + b"\0" * (2 * _BLOCK))
    target.seek(place)
    target.write(_header(CONTENT, size))
    target.seek(0, os.SEEK_END)


def _derived(passphrase: str, salt: bytes) -> x25519.Identity:
    """The key that a passphrase stands for."""
    plain = unicodedata.normalize("NFC", passphrase).encode("utf-8")
    memory = 2 * 128 * _WORK["n"] * _WORK["r"]
    key = hashlib.scrypt(plain, salt=salt, **_WORK, maxmem=memory, dklen=32)
    return x25519.Identity.from_str(_bech32("age-secret-key-", key).upper())


_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _bech32(prefix: str, content: bytes) -> str:
    """As age writes keys (BIP 173)."""
    bits = int.from_bytes(content, "big") << (-8 * len(content) % 5)
    number = -(-8 * len(content) // 5)
    words = [bits >> 5 * (number - 1 - place) & 31 for place in range(number)]
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*expanded, *words, *[0] * 6]) ^ 1
    words += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1{''.join(_LETTERS[word] for word in words)}"


def _polymod(words: Sequence[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for place, value in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= value if top >> place & 1 else 0
    return check


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % _BLOCK)


def _encrypt(
    target: BinaryIO, recipients: Sequence[x25519.Recipient], write: Callable[[BinaryIO], None]
) -> None:
    """One thread writes into a pipe, this one encrypts what comes out of it."""
    receiving, sending = os.pipe()

    def run() -> None:
        with os.fdopen(sending, "wb", buffering=_CHUNK) as pipe:
            write(pipe)

    with ThreadPoolExecutor(1, thread_name_prefix="backup") as pool:
        written = pool.submit(run)
        try:
            with os.fdopen(receiving, "rb") as plain:
                pyrage.encrypt_io(plain, target, list(recipients))
        except pyrage.EncryptError as error:
            raise OSError(str(error)) from error
        finally:
            failed = written.exception()  # what stopped the writer, before what it broke here
            if failed is not None and not isinstance(failed, BrokenPipeError):
                raise failed


# ---------------------------------------------------------------------- reading


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file is an encrypted backup; it is at its start again afterwards."""
    head = file.read(_BLOCK)
    file.seek(0)
    return head.startswith(AGE) or head.startswith(KEY.encode() + b"\0")


def wants_passphrase(path: Path) -> bool:
    """Whether a backup was encrypted with a passphrase.

    Raises
    ------
    OSError
    """
    with contextlib.suppress(InputError), path.open("rb") as file:
        return file.read(_BLOCK).startswith(KEY.encode() + b"\0")
    return False


def unseal(path: Path, file: BinaryIO, target: BinaryIO, secret: Secret) -> None:
    """Decrypt a backup.

    Parameters
    ----------
    path : Path
        Its name, for messages.
    file, target : file
    secret : Secret

    Raises
    ------
    InputError
        If the secret is not the one, or the file is damaged or cut short.
    """
    identities, size = _identities(path, file, secret)
    try:
        pyrage.decrypt_io(file if size is None else _Part(file, size), target, identities)
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        what = "key" if secret.passphrase is None else "passphrase"
        raise InputError(
            f"{path} cannot be decrypted ({_first_line(error)}): the {what} is another one, or the file is damaged. "
            "Nothing was changed."
        ) from error


class _Part(io.RawIOBase):
    """So many bytes of a file, from where it is."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def readable(self) -> bool:
        return True


def _identities(path: Path, file: BinaryIO, secret: Secret) -> tuple[list[x25519.Identity], int | None]:
    """The keys that may open it, and the size of the encrypted content, at whose start the file is then."""
    head = file.read(_BLOCK)
    if head.startswith(AGE):
        file.seek(0)
        if secret.identity is None:
            raise InputError(
                f"{path} was encrypted for a key. Name the file that holds the private one: --identity FILE"
            )
        return _keys_in(secret.identity), None
    if secret.passphrase is None:
        raise InputError(
            f"{path} was encrypted with a passphrase. Type it when you are asked, or give --passphrase-file FILE"
        )
    made = file.read(_member_size(path, head, KEY))
    file.seek(-len(made) % _BLOCK, os.SEEK_CUR)
    head = file.read(_BLOCK)
    size = _member_size(path, head, CONTENT)
    return [_derived(secret.passphrase, _salt(path, made))], size


def _salt(path: Path, made: bytes) -> bytes:
    """The salt, where the key is made as this neckrom makes it; whoever wrote the file cannot ask for more work."""
    try:
        told = json.loads(made)
        salt = bytes.fromhex(told["salt"])
        same = told == {"kdf": "scrypt", **_WORK, "salt": told["salt"]} and len(salt) == 32
    except (ValueError, TypeError, LookupError, RecursionError):
        same = False
    if not same:
        raise InputError(f"{path} is no whole encrypted backup, or of a newer neckrom. Nothing was changed.")
    return salt


def _member_size(path: Path, head: bytes, name: str) -> int:
    try:
        member = tarfile.TarInfo.frombuf(head, "ascii", "surrogateescape")
    except tarfile.TarError as error:
        raise InputError(f"{path} is no whole encrypted backup. Nothing was changed.") from error
    if member.name != name or not member.isreg() or (name == KEY and not 0 < member.size <= _MAX_KEY):
        raise InputError(f"{path} is no whole encrypted backup. Nothing was changed.")
    return member.size


def _keys_in(path: Path) -> list[x25519.Identity]:
    try:
        text = read_plain(path.resolve(), _MAX_KEY).decode("ascii", "replace")
    except OSError as error:
        raise InputError(f"The key {path} cannot be read: {error.strerror}. Check the path.") from error
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path} holds no private key: it begins with AGE-SECRET-KEY-1.")
    return [_identity(line, path) for line in lines]


def _identity(text: str, path: Path) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError as error:
        raise InputError(
            f"{path} holds no private key that age knows: it begins with AGE-SECRET-KEY-1."
        ) from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def opened_copy(path: Path, file: BinaryIO, folder: Path, secret: Secret) -> BinaryIO:
    """A decrypted copy in a folder of ours, at its start; it has no name any more, so no kill leaves it.

    Raises
    ------
    InputError, OSError
    """
    name = folder / ".opened"
    with open_private(name, new=True) as target:
        unseal(path, file, target, secret)
        target.flush()
        copy = io.FileIO(name, "rb")
    name.unlink()
    return io.BufferedReader(copy)
