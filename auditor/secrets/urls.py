"""Credentials inside URLs, connection strings and authorization headers."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.shapes import decode_base64, is_place, is_placeholder, is_reference, looks_random

# scheme://user:password@host. The password may hold `@`, `/` and `:` unescaped; the last `@` before the host counts.
_USERINFO = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{1,40})://(?P<user>[^\s:/@?#'\"]{0,200}):(?P<password>[^\s'\"]{1,300}?)"
    r"@(?=(?P<host>[\w.\[\]{}$<>*%-]{1,200})(?:[:/?,\s'\"]|$))"
)
_LONE_USER = re.compile(r"https?://(?P<user>[\w%.-]{20,255})@[\w.-]{1,200}(?:[:/?]|$)")
_ANY_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,40}:(?://|(?=[a-z]))\S{1,4000}")
_QUERY = re.compile(
    r"[?&;](?P<name>x-amz-signature|x-goog-signature|signature|sig|access_token|auth_token|token|api[-_]?key|apikey|key|code"
    r"|password|passwd|pwd|pass|client_secret|secret|auth|authkey|access_key|private_token|x-api-key|subscription-key|appid)"
    r"=(?P<value>[^&\s#'\"]{1,1000})",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?:^|[;,\s&?'\"(])(?P<name>password|pwd|passwd|accountkey|sharedaccesskey|sharedaccesssignature|sharedsecretkey|client[_ ]?secret"
    r"|secret|sslpassword|secretkey|access[_ ]?key|instrumentationkey|token|api[-_]?key|auth[-_]?token)\s?=\s?"
    r"(?P<value>'[^']{1,300}'|\"[^\"]{1,300}\"|[^;,\s&'\"]{1,300})",
    re.IGNORECASE,
)
_CONNECTION_STRING = re.compile(
    r"(?:^|[;\s])(?:server|data source|host|hostname|addr|address|user id|uid|user|username|database|dbname|initial catalog|endpoint"
    r"|accountname|defaultendpointsprotocol|port|account|instrumentationkey|ingestionendpoint|sslmode|driver|dsn)\s?=",
    re.IGNORECASE,
)
_GO_MYSQL = re.compile(
    r"(?P<user>[\w.-]{1,80}):(?P<password>[^\s@]{1,200})@(?:tcp|unix|udp)\([^()]{1,200}\)/\S{0,200}"
)
_ORACLE = re.compile(
    r"(?:jdbc:oracle:\w{2,6}:)?(?P<user>\w{1,60})/(?P<password>[^\s@/]{1,100})@(?://)?[\w.-]{1,200}(?::[0-9]{1,5})?(?:[:/][\w.-]{1,100})?"
)
_HEADER = re.compile(
    r"(?:authorization:\s?)?(?P<scheme>basic|bearer|token|apikey|splunk)\s{1,3}(?P<value>[\w.~+/=:-]{8,4000})",
    re.IGNORECASE,
)
_LOCAL_HOSTS = frozenset(
    {
        "localhost",
        "127.0.0.1",
        "0.0.0.0",
        "[",
        "host.docker.internal",
        "db",
        "postgres",
        "mysql",
        "redis",
        "mongo",
        "rabbitmq",
    }
)  # noqa: S104 - compared, never bound
_DEFAULTS = frozenset(
    {
        "password",
        "pass",
        "passwd",
        "pwd",
        "secret",
        "user",
        "username",
        "pw",
        "p",
        "mypassword",
        "db_password",
        "dbpassword",
        "token",
        "apikey",
        "key",
        "credentials",
    }
)

IN_URL = "password in a URL"
NOTE_URL = "the user information of the URL holds a password"


def url_ruling(text: str) -> Judged | None:
    """Judge the URLs and connection strings in a value; None where there is none."""
    for rule in (_userinfo, _driver, _pairs, _query, _header):
        ruling = rule(text)
        if ruling is not None:
            return ruling
    if _ANY_URL.fullmatch(text) and "://" in text:
        return clear("url", "URL", "a URL without credentials")
    return None


def is_stand_in(text: str) -> bool:
    """Whether what stands in a password's place is a placeholder, a reference or the word itself."""
    bare = text.strip("'\"")
    return (
        bare.lower() in _DEFAULTS
        or is_placeholder(bare)
        or is_reference(bare)
        or bare.startswith(("$", "{", "%", "<", "*"))
    )


def _userinfo(text: str) -> Judged | None:
    if "://" not in text or "@" not in text:
        return None
    found = None
    for match in _USERINFO.finditer(text):
        found = _password_of(match["user"], match["password"], match["host"])
        if found is not None:
            return found
    lone = _LONE_USER.search(text)
    if lone and looks_random(lone["user"]) and "sentry" not in text:
        return secret("url-token", "token in a URL", "the user information of the URL is a token")
    return None


def _password_of(user: str, password: str, host: str) -> Judged | None:
    if is_stand_in(password):
        return None
    if host.lower() in _LOCAL_HOSTS and password.lower() in {
        user.lower(),
        "root",
        "admin",
        "guest",
        "postgres",
    }:
        return doubtful("url-default-password", IN_URL, "a default password of a local service")
    return secret("url-password", IN_URL, NOTE_URL)


def _driver(text: str) -> Judged | None:
    if "@" not in text:
        return None
    match = _GO_MYSQL.fullmatch(text) or _ORACLE.fullmatch(text)
    if match is None or is_stand_in(match["password"]):
        return None
    return secret("dsn-password", "password in a connection string", "the connection string holds a password")


def _pairs(text: str) -> Judged | None:
    if "=" not in text or not _CONNECTION_STRING.search(text):
        return None
    for match in _PAIR.finditer(text):
        if not is_stand_in(match["value"]):
            return secret(
                "connection-string",
                "password in a connection string",
                "the connection string holds a password or key",
            )
    return None


def _query(text: str) -> Judged | None:
    if "=" not in text or ("://" not in text and not text.startswith(("?", "&", "/"))):
        return None
    for match in _QUERY.finditer(text):
        value = match["value"]
        strong = match["name"].lower() in {"password", "passwd", "pwd", "pass", "client_secret", "secret"}
        if not is_stand_in(value) and (
            strong or (len(value) >= 12 and (looks_random(value) or _mixed(value)))
        ):  # noqa: PLR2004
            return secret("url-query", "token in a URL", "a query parameter of the URL is a credential")
    return None


def _mixed(text: str) -> bool:
    return (
        any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text) and not is_place(text)
    )


def _header(text: str) -> Judged | None:
    match = _HEADER.fullmatch(text)
    if match is None or is_stand_in(match["value"]):
        return None
    value = match["value"]
    if match["scheme"].lower() == "basic":
        decoded = decode_base64(value) or b""
        if b":" not in decoded[1:] and ":" not in value:
            return None
        password = (decoded.decode("utf-8", "replace") if b":" in decoded else value).split(":", 1)[1]
        return (
            None
            if is_stand_in(password)
            else secret("basic-auth", "basic authentication", "a basic authentication header")
        )
    if looks_random(value):
        return secret("bearer-token", "bearer token", "an authorization header with a token")
    return None
