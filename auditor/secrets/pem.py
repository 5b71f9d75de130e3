"""Key blocks, password hashes and public tokens, told by how they begin."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.shapes import is_placeholder

SHORTEST_BODY = 32
PRIVATE_BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END ")
_NOISE = re.compile(r"\\[nr]|[\s\"'\\,+]")
_PUBLIC = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}(?:PUBLIC KEY(?: BLOCK)?|CERTIFICATE(?: REQUEST)?|X509 CRL"
    r"|SSH2 PUBLIC KEY)-----"
    r"|ssh-(?:rsa|ed25519|dss) AAAA|ecdsa-sha2-\S{5,30} AAAA|age1[a-z0-9]{50,70}$"
    # The same without their names: the type of the key stands in front in base64.
    r"|AAAA(?:B3NzaC1yc2|C3NzaC1lZDI1NTE5|E2VjZHNhLXNoYTIt)"
)
# Stripe and Clerk: https://docs.stripe.com/keys, Mapbox:
# https://docs.mapbox.com/help/dive-deeper/access-tokens/, PostHog: https://posthog.com/docs/api, Supabase:
# https://supabase.com/docs/guides/api/api-keys, New Relic:
# https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/, Flutterwave:
# https://developer.flutterwave.com/docs/authentication
_PUBLIC_TOKEN = re.compile(
    r"pk_(?:live|test)_[A-Za-z0-9$=]{8,250}|pk\.eyJ[\w.-]{20,300}|phc_[A-Za-z0-9]{20,64}"
    r"|sb_publishable_[\w-]{10,80}"
    r"|NRJS-[0-9a-f]{10,40}|FLWPUBK(?:_TEST)?-[\w-]{10,60}|mob-[0-9a-f-]{36}"
)
_PASSWORD_HASH = re.compile(
    r"\$(?:2[abxy]?|1|5|6|apr1|argon2(?:id|i|d)|pbkdf2[\w-]{0,20}|scrypt|y|7)\$\S{20,300}|\{S?SHA(?:256"
    r"|512)?\}\S{20,200}"
    r"|(?:pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|scrypt)[$:]\S{20,200}"
)


def pem_ruling(text: str) -> Judged | None:
    """A private key block is a secret, a public key or certificate is not; None for anything else.

    A block whose body is left out (`-----BEGIN PRIVATE KEY-----` and dots) only shows the format.
    """
    match = PRIVATE_BLOCK.search(text)
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


def public_token_ruling(text: str) -> Judged | None:
    """A token that its provider makes to be seen by everybody is no secret; None for anything else."""
    if _PUBLIC_TOKEN.fullmatch(text):
        return clear("public-token", "public token", "a format that the provider means for browsers")
    return None


def password_hash_ruling(text: str) -> Judged | None:
    """A password hash can be guessed offline; None for anything else."""
    if _PASSWORD_HASH.fullmatch(text):
        return doubtful("password-hash", "password hash", "a password hash, which can be guessed offline")
    return None
