"""Credentials inside URLs, connection strings and authorization headers."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.randomness import looks_random
from auditor.secrets.shapes import decode_base64, is_place, is_placeholder, is_reference
from auditor.secrets.vocabulary import vocabulary

SHORTEST_QUERY_TOKEN = 12
# scheme://user:password@host. The password may hold `@`, `/` and `:` as they are; the last `@` before the
# host counts.
_USERINFO = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,40}):(?://|(?:thin"
    r"|oci):)(?P<user>[^\s:/@?#'\"]{0,200})(?P<mark>[:/])(?!/)(?P<password>(?:(?!://)[^\s'\"]){1,300})"
    r"@(?=(?://)?(?P<host>[\w.\[\]{}$<>*%-]{1,200})(?:[:/?,)\s'\"]|$))"
)
_LONE_USER = re.compile(r"https?://(?P<user>[\w%.-]{20,255})(?::x-oauth-basic)?@[\w.-]{1,200}(?:[:/?]|$)")
_DSN_SECRET = re.compile(r"https?://[0-9a-f]{32}:[0-9a-f]{32}@")
ANY_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,40}:(?:[a-z0-9]{1,20}:){0,2}//[^\s]{0,4000}")
_QUERY = re.compile(
    r"[?&;](?P<name>x-amz-signature|x-amz-security-token|x-goog-signature|signature|sig|access_token"
    r"|auth_token|refresh_token"
    r"|id_token|token|api[-_]?key|apikey|api[-_]?token|key|code|password|passwd|pwd|pass|client_secret"
    r"|secret|auth|authkey|access_key"
    r"|private_token|private_key|x-api-key|x-functions-key|subscription-key|appid|hapikey|hmac"
    r"|credential)=(?P<value>[^&\s#'\"]{1,1000})",
    re.IGNORECASE,
)
_OPEN_QUERY = frozenset({"password", "passwd", "pwd", "pass", "client_secret", "secret"})
_PAIR = re.compile(
    r"(?:^|[;,\s&?'\"(])(?P<name>password|pwd|passwd|accountkey|sharedaccesskey|sharedaccesssignature"
    r"|sharedsecretkey|sharedsecretvalue"
    r"|client[_ ]?secret|secret|sslpassword|secretkey|secret[_ ]?key|access[_ ]?key|token|api[-_]?key"
    r"|auth[-_]?token|pass)\s?=\s?"
    r"(?P<value>'[^']{1,300}'|\"[^\"]{1,300}\"|[^;,\s&'\"]{1,300})",
    re.IGNORECASE,
)
_CONNECTION_STRING = re.compile(
    r"(?:^|[;\s?&'\"])(?:server|data source|host|hostname|addr|address|user id|uid|user|username|database"
    r"|dbname|initial catalog"
    r"|endpoint|accountname|defaultendpointsprotocol|port|account|ingestionendpoint|sslmode|driver|dsn"
    r"|login|bootstrap\.servers)\s?=",
    re.IGNORECASE,
)
_JAAS = re.compile(r"LoginModule\s.{0,200}?password=\\?[\"'](?P<value>[^\"'\\]{1,200})", re.DOTALL)
_DRIVER = re.compile(
    r"[\w.-]{1,80}:(?P<go>[^\s@/]{1,200})@(?:tcp|unix|udp|cloudsql)\([^()]{1,200}\)/\S{0,200}"
    r"|\w{1,60}/(?P<oracle>[^\s@/]{1,100})@(?://)?[\w.-]{1,200}(?::[0-9]{1,5})?(?:[:/][\w.-]{1,100})?"
    r"|(?=[\d.%+-]{0,60}[A-Za-z_])[\w.%+-]{1,60}:(?P<bare>[^\s@/:]{6,200})@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?::[0-9]{2,5})?(?:/\S{0,100})?"
)
CREDENTIAL_HEADER = re.compile(
    r"(?:(?:proxy-)?authorization\s?[:=]\s?)?\b(?P<scheme>basic|bearer|token|apikey|api-key|splunk|digest"
    r"|genie_?key|sso-key)\s{1,3}(?P<value>[\w.~+/=:-]{8,4000})",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\$\{|\$\(|\{[^{}]{0,200}\}|%\(\w{1,60}\)s|%s$|<[^<>]{0,200}>|\[[^\[\]]{0,200}\]$")
_LOCAL_HOSTS = frozenset(
    {
        "localhost", "127.0.0.1", "[", "host.docker.internal", "db", "database", "postgres", "mysql", "redis",
        "mongo", "mongodb", "rabbitmq", "host", "hostname", "server", "example.com",
    }
)  # fmt: skip
_LOCAL_PASSWORDS = frozenset(
    {"root", "admin", "guest", "postgres", "mysql", "mongo", "redis", "test", "example", "rabbitmq"}
)

_IN_URL = "password in a URL"
_IN_STRING = "password in a connection string"
_NOTE_STRING = "the connection string holds a password or key"


def url_ruling(text: str) -> Judged | None:
    """Judge the URLs, connection strings and authorization headers in a value; None where there is none."""
    for rule in (_userinfo, _driver, _pairs, _query, _header):
        ruling = rule(text)
        if ruling is not None:
            return ruling
    if ANY_URL.fullmatch(text):
        return clear("url", "URL", "a URL without credentials")
    return None


def is_stand_in(text: str) -> bool:
    """Whether what stands in a password's place is a placeholder, a reference or the word itself."""
    bare = text.strip("'\"")
    if bare.lower() in vocabulary().stand_ins or is_placeholder(bare) or is_reference(bare):
        return True
    return _BLANK.match(bare) is not None or (bare[:1] == "$" and bare[1:].replace("_", "").isalpha())


def _userinfo(text: str) -> Judged | None:
    if "@" not in text or ":" not in text:
        return None
    for match in _USERINFO.finditer(text):
        if _is_path(match["user"], match["mark"], match["password"]):
            continue
        found = _password_of(match["user"], match["password"], match["host"])
        if found is not None:
            return found
    lone = _LONE_USER.search(text)
    if lone and looks_random(lone["user"]) and not _is_public_dsn(text):
        return secret("url-token", "token in a URL", "the user information of the URL is a token")
    return None


def _is_path(user: str, mark: str, password: str) -> bool:
    """Whether what looks like user and password is host and path (`https://cdn.io/npm/pkg@5.3.8/x`).

    A slash behind a host or a port begins the path; Oracle's driver parts user and password by one.
    """
    if mark == "/":
        return "." in user or not user
    return "/" in password and password.partition("/")[0].isdigit()


def _is_public_dsn(text: str) -> bool:
    """Whether a URL is a DSN of Sentry, whose user is a public key.

    https://docs.sentry.io/concepts/key-terms/dsn-explainer/
    """
    return (
        re.search(r"@[\w.-]*(?:sentry|ingest|glitchtip|bugsink)[\w.-]*/[0-9]+|@[\w.-]+/[0-9]{1,20}$", text)
        is not None
    )


def _password_of(user: str, password: str, host: str) -> Judged | None:
    if is_stand_in(password):
        return None
    if host.lower() in _LOCAL_HOSTS and password.lower() in _LOCAL_PASSWORDS | {user.lower()}:
        return doubtful("url-default-password", _IN_URL, "a default password of a local service")
    return secret("url-password", _IN_URL, "the user information of the URL holds a password")


def _driver(text: str) -> Judged | None:
    if "@" not in text:
        return None
    match = _DRIVER.fullmatch(text)
    if match is None:
        return None
    password = match["go"] or match["oracle"] or match["bare"]
    return None if is_stand_in(password) else secret("dsn-password", _IN_STRING, _NOTE_STRING)


def _pairs(text: str) -> Judged | None:
    if "=" not in text:
        return None
    jaas = _JAAS.search(text)
    if jaas and not is_stand_in(jaas["value"]):
        return secret("connection-string", _IN_STRING, _NOTE_STRING)
    if not _CONNECTION_STRING.search(text):
        return None
    for match in _PAIR.finditer(text):
        if not is_stand_in(match["value"]):
            return secret("connection-string", _IN_STRING, _NOTE_STRING)
    return None


def _query(text: str) -> Judged | None:
    if "=" not in text or ("://" not in text and not text.startswith(("?", "&", "/"))):
        return None
    for match in _QUERY.finditer(text):
        if _is_credential(match["name"].lower(), match["value"]):
            return secret("url-query", "token in a URL", "a query parameter of the URL is a credential")
    return None


def _is_credential(name: str, value: str) -> bool:
    if is_stand_in(value):
        return False
    if name in _OPEN_QUERY:
        return True
    mixed = (
        any(sign.isdigit() for sign in value)
        and any(sign.isalpha() for sign in value)
        and not is_place(value)
    )
    return len(value) >= SHORTEST_QUERY_TOKEN and (mixed or looks_random(value))


def _header(text: str) -> Judged | None:
    match = CREDENTIAL_HEADER.fullmatch(text)
    if match is None or is_stand_in(match["value"]):
        return None
    value = match["value"]
    if match["scheme"].lower() == "basic":
        return _basic(value)
    if looks_random(value, SHORTEST_QUERY_TOKEN):
        return secret("bearer-token", "bearer token", "an authorization header with a token")
    return None


def _basic(value: str) -> Judged | None:
    decoded = (decode_base64(value) or b"").decode("utf-8", "replace")
    pair = decoded if ":" in decoded else value
    if ":" not in pair or is_stand_in(pair.split(":", 1)[1]):
        return None
    return secret("basic-auth", "basic authentication", "an authorization header with a password")
