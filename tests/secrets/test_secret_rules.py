"""The order of rules: which one decides on a value."""

import pytest

from auditor.model import SecretVerdict
from auditor.secrets import classify

FAIL, WARN, CLEAR = SecretVerdict.FAIL, SecretVerdict.WARN, SecretVerdict.CLEAR
HEX32 = "a8f5f167f44f4964e6c998dee827110c"
KEY_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
KMS_BLOB = (
    "AQICAHhLm3zqJ0YpVx1s8nT2cKf9wRb4eG7uDi6oPa5vZ0yXhAE7Qk2Lr8MtWn3JcUd1Sg4HAAAAbjBsBgkqhkiG9w0BBwagXzBd"
)

ROWS = (
    ("empty", "DB_PASSWORD", "", CLEAR, "empty"),
    ("blanks", "DB_PASSWORD", " \n ", CLEAR, "empty"),
    (
        "private key",
        "X",
        f"-----BEGIN PRIVATE KEY-----\n{KEY_BODY}\n-----END PRIVATE KEY-----",
        FAIL,
        "private-key",
    ),
    ("escaped key", "X", f"-----BEGIN RSA PRIVATE KEY-----\\n{KEY_BODY}\\n-----END", FAIL, "private-key"),
    ("key without a body", "X", "-----BEGIN PRIVATE KEY-----\n...", CLEAR, "private-key-header"),
    ("public key", "API_KEY", f"-----BEGIN PUBLIC KEY-----\n{KEY_BODY}", CLEAR, "public-key"),
    ("certificate", "SECRET", f"-----BEGIN CERTIFICATE-----\n{KEY_BODY}", CLEAR, "public-key"),
    ("ciphertext under a password's name", "DB_PASSWORD", KMS_BLOB, CLEAR, "ciphertext"),
    (
        "Vault transit ciphertext",
        "DB_PASSWORD",
        "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZR",
        CLEAR,
        "ciphertext",
    ),
    ("JSON member", "CONFIG", '{"db": {"password": "hunter22"}}', FAIL, "name-strong"),
    ("JSON name and value", "CONFIG", f'[{{"name": "API_KEY", "value": "{HEX32}"}}]', FAIL, "name-token"),
    ("JSON under a telling name", "API_KEYS", f'{{"acme": "{HEX32}"}}', FAIL, "name-token"),
    ("JSON of settings", "SECRET_CONFIG", '{"region": "eu-west-1", "ttl": 30}', CLEAR, "nested-json"),
    (
        "reference under a token's name",
        "API_KEY",
        "arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf",
        CLEAR,
        "reference",
    ),
    (
        "two references",
        "API_KEY",
        "arn:aws:ssm:a:1:parameter/a,arn:aws:ssm:a:1:parameter/b",
        CLEAR,
        "reference",
    ),
    (
        "dynamic reference",
        "DB_PASSWORD",
        "{{resolve:secretsmanager:db:SecretString:password}}",
        CLEAR,
        "reference",
    ),
    ("unresolved variable", "DB_PASSWORD", "${DB_PASSWORD}", CLEAR, "reference"),
    ("token inside a reference", "X", f"ssm:gh{'p_' + 'a1B2' * 9}", FAIL, "github-token"),
    ("URL with a password", "X", "postgres://app:hunter22@db.acme.io/app", FAIL, "url-password"),
    ("URL with a password of many signs", "X", "redis://:p@ss/w:rd@cache.acme.io:6379", FAIL, "url-password"),
    ("URL with a placeholder", "X", "postgres://user:${PASSWORD}@db.acme.io/app", CLEAR, "url"),
    ("URL under a token's name", "TOKEN", "https://auth.acme.io/token", CLEAR, "url"),
    ("DSN without a secret", "SENTRY_DSN", f"https://{HEX32}@o1.ingest.sentry.io/2", CLEAR, "url"),
    ("DSN with a secret", "SENTRY_DSN", f"https://{HEX32}:{HEX32[::-1]}@sentry.io/2", FAIL, "url-password"),
    ("connection string", "X", "Server=db;User ID=app;Password=hunter22;", FAIL, "connection-string"),
    ("connection string with a stand-in", "X", "Server=db;User ID=app;Password=${PW};", CLEAR, "placeholder"),
    ("driver address", "X", "app:hunter22@tcp(db.acme.io:3306)/app", FAIL, "dsn-password"),
    ("query", "X", f"https://api.acme.io/?api_key={HEX32}", FAIL, "url-query"),
    ("basic header", "X", "Basic YWRtaW46aHVudGVyMjI=", FAIL, "basic-auth"),
    ("bearer header", "X", f"Bearer {HEX32}", FAIL, "bearer-token"),
    ("switch under a password's name", "MYSQL_ALLOW_EMPTY_PASSWORD", "yes", CLEAR, "placeholder"),
    ("short number", "PASSWORD", "123", CLEAR, "number"),
    ("number as a password", "PASSWORD", "12345678", FAIL, "name-strong"),
    ("duration", "TOKEN", "30 days", CLEAR, "measure"),
    ("version", "PASSWORD", "^1.7.0", CLEAR, "measure"),
    ("path", "API_TOKEN", "/service/prod/api-token", CLEAR, "place"),
    (
        "password hash",
        "X",
        "$2b$12$KIXQJqJ5f9Z1x2C3v4B5nOe7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v",
        WARN,
        "password-hash",
    ),
    ("name of a secret", "DB_SECRET", "prod-app-db-credentials", WARN, "secret-name"),
    ("three characters", "PASSWORD", "abc", CLEAR, "short"),
    ("name taken back", "PASSWORD_LENGTH", "hunter22", CLEAR, "no-secret"),
    ("key of data", "PARTITION_KEY", HEX32, CLEAR, "no-secret"),
    ("unqualified key, random", "ACME_KEY", HEX32, FAIL, "name-key"),
    ("unqualified key, words", "ACME_KEY", "orders-by-customer", CLEAR, "no-secret"),
    (
        "random without a name",
        "VALUE",
        "Zk1aQ2tq9XbYp3Lw7RvTnAe5Ui8Oc6Gd4Hf0Js2MxWqB",
        CLEAR,
        "unnamed-random",
    ),
)


@pytest.mark.parametrize(
    ("name", "value", "verdict", "rule"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_rule_that_decides(name: str, value: str, verdict: SecretVerdict, rule: str) -> None:
    judged = classify(name, value)
    assert (judged.verdict, judged.rule) == (verdict, rule)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("Kx93mQz7pLwT2vRn", True),
        ("/Kx93mQz7pLwT2vRn", True),
        ("Kx93mQz7pLwT2vRn-AbC12f", True),
        ("Kx93mQz7pLwT2vRn:apiKey::", True),
        ("9xKx93mQz7pLwT2vRn", False),
        ("Kx93mQz7pLwT2vRn:7pLwT2vRn", False),
        ("Kx93mQz7pLwT2vRn-AbC12fx9", False),
    ],
)
def test_value_that_names_a_known_secret_is_a_reference(value: str, known: bool) -> None:  # noqa: FBT001 - a column
    assert classify("API_KEY", value).verdict is FAIL
    judged = classify("API_KEY", value, known_names=frozenset({"Kx93mQz7pLwT2vRn"}))
    assert (judged.rule == "known-name", judged.verdict is CLEAR) == (known, known)


def test_fingerprint_needs_a_key_and_tells_equal_values_apart() -> None:
    assert classify("API_KEY", HEX32).fingerprint == ""
    one, other = (
        classify("API_KEY", HEX32, fingerprint_key=key).fingerprint for key in (b"a" * 32, b"b" * 32)
    )
    assert len(one) == 12
    assert one != other
    assert one == classify("OTHER_TOKEN", f" {HEX32}\n", fingerprint_key=b"a" * 32).fingerprint
    assert classify("LOG_LEVEL", "INFO", fingerprint_key=b"a").fingerprint == ""


@pytest.mark.parametrize(
    ("length", "bucket"),
    [(7, "1-7"), (8, "8-15"), (15, "8-15"), (16, "16-31"), (32, "32-63"), (63, "32-63"), (64, "64+")],
)
def test_length_is_told_as_a_range(length: int, bucket: str) -> None:
    assert classify("PASSWORD", ("Xk9!" * 20)[:length]).length_bucket == bucket
