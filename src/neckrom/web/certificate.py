"""A certificate that is made on the spot: for one address of this machine, for one session."""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_BEFORE, _AFTER = timedelta(days=1), timedelta(days=2)
"""Clocks of phones are not ours; a session lasts minutes."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows, and how a person recognises it.

    Attributes
    ----------
    context : ssl.SSLContext
        For a server; the private key is nowhere else.
    fingerprint : str
        SHA-256 of the certificate, as browsers show it: pairs of digits with colons.
    """

    context: ssl.SSLContext
    fingerprint: str


def make_certificate(address: str) -> Certificate:
    """Make a key and a certificate that signs itself.

    Parameters
    ----------
    address : str
        IPv4 address that the server has.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "neckrom, this session only")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _AFTER)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load(context, secret + certificate.public_bytes(serialization.Encoding.PEM))
    digest = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return Certificate(context, ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)))


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """By way of a file, as Python's ssl wants it: its owner's alone, and gone at once."""
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        path = Path(folder) / "key.pem"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path)
