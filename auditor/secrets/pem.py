"""Key blocks and password hashes, told by how they begin."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.shapes import is_placeholder

SHORTEST_BODY = 32
_PRIVATE = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END ")
_NOISE = re.compile(r"\\[nr]|[\s\"'\\,+]")
_PUBLIC = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}(?:PUBLIC KEY(?: BLOCK)?|CERTIFICATE(?: REQUEST)?|X509 CRL|SSH2 PUBLIC KEY)-----"
    r"|ssh-(?:rsa|ed25519|dss) AAAA|ecdsa-sha2-\S{5,30} AAAA|age1[a-z0-9]{50,70}$"
)
_PASSWORD_HASH = re.compile(
    r"\$(?:2[abxy]?|1|5|6|apr1|argon2(?:id|i|d)|pbkdf2[\w-]{0,20}|scrypt|y|7)\$\S{20,300}|\{S?SHA(?:256|512)?\}\S{20,200}"
    r"|(?:pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|scrypt)[$:]\S{20,200}"
)


def pem_ruling(text: str) -> Judged | None:
    """A private key block is a secret, a public key or certificate is not; None for anything else.

    A block whose body is left out (`-----BEGIN PRIVATE KEY-----` and dots) only shows the format.
    """
    match = _PRIVATE.search(text)
    if match:
        if _has_body(text[match.end() :]):
            return secret("private-key", "private key", "a private key block")
        return clear("private-key-header", "placeholder", "a private key block without a body")
    if _PUBLIC.match(text):
        return clear("public-key", "public key or certificate")
    return None


def _has_body(rest: str) -> bool:
    body = _NOISE.sub("", _END.split(rest, maxsplit=1)[0])
    return len(body) >= SHORTEST_BODY and not is_placeholder(body[:64])


def password_hash_ruling(text: str) -> Judged | None:
    """A password hash can be guessed offline; None for anything else."""
    if _PASSWORD_HASH.fullmatch(text):
        return doubtful("password-hash", "password hash", "a password hash, which can be guessed offline")
    return None
