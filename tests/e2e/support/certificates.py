# SPDX-License-Identifier: BSD-2-Clause
"""Certificates: throw-away ones for test servers, and a reader for any."""

import datetime
import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """What a visitor sees of a certificate."""

    serial: str
    issuer: str
    names: tuple[str, ...]  # sorted
    key: str  # in the words of acme_certificate: "ecdsa:256", "rsa:2048"
    common_name: str
    not_before: datetime.datetime  # UTC
    not_after: datetime.datetime  # UTC
    sha1: str  # of the whole certificate
    public_key: str  # in PEM

    def has_expired(self) -> bool:
        return utc_now() > self.not_after

    @staticmethod
    def from_der(der: bytes) -> "Certificate":
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(whole_bytes(parsed.serial_number), common_name(parsed.issuer),
                           alternative_names(parsed), key_words(parsed.public_key()),
                           common_name(parsed.subject), not_before(parsed), not_after(parsed),
                           hashlib.sha1(der).hexdigest(),
                           parsed.public_key().public_bytes(
                               serialization.Encoding.PEM,
                               serialization.PublicFormat.SubjectPublicKeyInfo).decode())

    @staticmethod
    def from_pem(pem: str) -> "Certificate":
        """The first one of a chain."""
        parsed = x509.load_pem_x509_certificate(pem.encode())
        return Certificate.from_der(parsed.public_bytes(serialization.Encoding.DER))


def whole_bytes(number: int) -> str:
    """In hexadecimal, as OpenSSL and nginx write serials."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big").hex()


def alternative_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Sorted."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(sorted(str(name.value) for name in found.value))


def common_name(name: x509.Name) -> str:
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else ""


def subject_name(pem: str) -> str:
    """The common name of whom a certificate is for, CAs too."""
    return common_name(x509.load_pem_x509_certificate(pem.encode()).subject)


def top_issuer_name(chain_pem: str) -> str:
    """Who has signed the last certificate of a chain."""
    last = chain_pem[chain_pem.rindex("-----BEGIN CERTIFICATE-----"):]
    return common_name(x509.load_pem_x509_certificate(last.encode()).issuer)


def utc_now() -> datetime.datetime:
    """Without a time zone, as every version of cryptography understands it."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def not_after(certificate: x509.Certificate) -> datetime.datetime:
    if hasattr(certificate, "not_valid_after_utc"):  # since 42
        return certificate.not_valid_after_utc.replace(tzinfo=None)
    return certificate.not_valid_after


def not_before(certificate: x509.Certificate) -> datetime.datetime:
    if hasattr(certificate, "not_valid_before_utc"):  # since 42
        return certificate.not_valid_before_utc.replace(tzinfo=None)
    return certificate.not_valid_before


def key_words(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ecdsa:{key.curve.key_size}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa:{key.key_size}"
    return type(key).__name__


NETSCAPE_COMMENT = x509.ObjectIdentifier("2.16.840.1.113730.1.13")


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


PrivateKey = Union[ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey]


def new_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def write_key(key: PrivateKey, path: Path) -> None:
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                       serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()))


class TestAuthority:
    """A CA that lives as long as the test: for the TLS of the CA under test, and
    for certificates that an operator brought along."""

    __test__ = False

    def __init__(self, name: str = "throw-away test root", comment_size: int = 0) -> None:
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = new_key()
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True,
            content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, encipher_only=False, decipher_only=False)
        comment = x509.UnrecognizedExtension(NETSCAPE_COMMENT, bytes(comment_size))
        self._root = (self._builder(self._name, self._key)
                      .add_extension(comment, False)
                      .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
                      .add_extension(usage, True)
                      .sign(self._key, hashes.SHA256()))

    @property
    def root_pem(self) -> str:
        return self._root.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, names: list[str], certificate: Path, key_file: Path,
              days: int = 1, key: Optional[PrivateKey] = None) -> None:
        """Writes a certificate for `names` (addresses too) and its key."""
        key = key or new_key()
        first = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        leaf = (self._builder(first, key, days)
                .add_extension(x509.SubjectAlternativeName([general_name(n) for n in names]),
                               False)
                .add_extension(authority, False)
                .sign(self._key, hashes.SHA256()))
        certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        write_key(key, key_file)

    def _builder(self, subject: x509.Name,
                 key: PrivateKey, days: int = 1) -> x509.CertificateBuilder:
        now = utc_now()
        return (x509.CertificateBuilder()
                .subject_name(subject).issuer_name(self._name).public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(hours=1))
                .not_valid_after(now + datetime.timedelta(days=days))
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                               False))


def general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
