"""Names of variables split into words, and what those words promise of the value."""

import re
from enum import Enum

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_GLUED = re.compile(
    r"(password|passwd|passphrase|passcode|pwd|secret|token|credentials?|apikey|accesskey|secretkey|privatekey"
    r"|signingkey|encryptionkey|masterkey|authkey|licensekey)"
)


class Promise(Enum):
    """What a name promises: a password or secret, a token, a key with a telling qualifier, some key, nothing."""

    STRONG = "password or secret"
    TOKEN = "token"  # noqa: S105
    KEY = "key"
    WEAK_KEY = "unqualified key"
    NONE = ""


STRONG_WORDS = frozenset(
    {
        "password", "passwords", "passwd", "pwd", "pass", "passphrase", "passcode", "passwort", "motdepasse",
        "contrasena", "senha", "secret", "pepper", "mnemonic", "userpass", "passw", "pswd", "psw", "pw", "passwrd",
        "secretkey", "secretaccesskey",
    }
)  # fmt: skip
TOKEN_WORDS = frozenset(
    {
        "token", "pat", "credential", "credentials", "creds", "cred", "apikey", "auth", "jwt", "bearer",
        "authorization", "accesskey", "privatekey", "signingkey", "encryptionkey", "masterkey", "authkey",
        "licensekey", "authtoken", "accesstoken", "salt", "seed", "tokens", "secrets", "apikeys", "apitoken",
        "privkey", "cookie", "dsn", "sas",
    }
)  # fmt: skip
KEY_QUALIFIERS = frozenset(
    {
        "api", "secret", "access", "private", "priv", "signing", "signature", "sign", "encryption", "encrypt",
        "encrypted", "decryption", "decrypt", "cipher", "crypto", "crypt", "aes", "hmac", "app", "application",
        "license", "licence", "auth", "master", "service", "account", "storage", "shared", "client", "server",
        "webhook", "jwt", "session", "cookie", "deploy", "admin", "write", "read", "integration", "subscription",
        "fernet", "ssh", "rsa", "ed25519", "ecdsa", "pgp", "gpg", "tls", "ssl", "install", "ingest", "ingestion",
        "security", "site", "merchant", "consumer", "developer", "dev", "live", "host", "function", "sdk",
        "stripe", "sendgrid", "mailgun", "mailchimp", "twilio", "openai", "anthropic", "google", "maps", "github",
        "gitlab", "slack", "datadog", "dd", "newrelic", "relic", "sentry", "algolia", "mapbox", "rapidapi", "azure",
        "cosmos", "cosmosdb", "openweather", "weather", "firebase", "fcm", "square", "paypal", "shopify", "hubspot",
        "segment", "mixpanel", "amplitude", "contentful", "cloudflare", "heroku", "postmark", "sparkpost", "pusher",
        "ably", "airtable", "notion", "intercom", "zendesk", "okta", "recaptcha", "captcha", "turnstile", "honeycomb",
        "logdna", "loggly", "rollbar", "bugsnag", "launchdarkly", "splunk", "grafana", "pagerduty", "opsgenie",
        "elastic", "mandrill", "cloudinary", "alchemy", "infura", "etherscan", "coinbase", "binance", "kraken", "plaid",
        "huggingface", "cohere", "pinecone", "qdrant", "weaviate", "gemini", "claude", "mistral", "groq", "deepl",
        "aws", "wallet", "device", "root", "user", "backend", "internal", "partner", "vendor", "tenant",
    }
)  # fmt: skip
# A key of these is a position in data, a name, or meant for everybody.
KEY_IGNORES = frozenset(
    {
        "partition", "sort", "cache", "s3", "object", "hash", "range", "primary", "foreign", "public", "pub",
        "publishable", "kms", "cmk", "idempotency", "dedup", "deduplication", "lookup", "index", "map", "json",
        "dict", "config", "feature", "flag", "event", "context", "row", "column", "metadata", "tag", "translation",
        "i18n", "message", "routing", "gsi", "lsi", "pk", "sk", "file", "upload", "image", "bucket", "state",
        "data", "source", "destination", "dest", "target", "output", "input", "result", "record", "item", "group",
        "prefix", "lock", "job", "project", "issue", "jira", "env", "variable", "query", "sorting", "order", "hot",
        "manifest", "artifact", "code", "zip", "layer", "template", "report", "log", "backup", "path", "field",
        "attribute", "parameter", "param", "ssm", "setting", "settings", "property", "dynamodb", "ddb", "table",
        "queue", "topic", "stream", "kafka", "shard", "redis", "unique", "composite", "natural", "surrogate",
        "verification", "verify", "certificate", "cert", "distribution", "any", "press", "enter", "shortcut",
    }
)  # fmt: skip
# Words before `token` that make it a cursor, a marker or a coin.
TOKEN_IGNORES = frozenset(
    {
        "next", "page", "paging", "continuation", "pagination", "idempotency", "sync", "cancel", "cancellation",
        "eos", "bos", "stop", "pad", "special", "mask", "max", "min", "num", "new", "total", "input", "output",
        "prompt", "completion", "start", "end", "delimiter", "separator", "csrf", "xsrf", "erc20", "nft", "erc",
        "design", "resume", "change", "starting", "client", "cache",
    }
)  # fmt: skip
# Words after a secret word that make the value say something about the secret, not be it.
NEGATIONS = frozenset(
    {
        "arn", "arns", "name", "names", "id", "ids", "identifier", "path", "paths", "param", "params", "parameter",
        "parameters", "ssm", "url", "urls", "uri", "uris", "endpoint", "endpoints", "ttl", "length", "len", "min",
        "max", "minimum", "maximum", "enabled", "enable", "disabled", "disable", "header", "headers", "prefix",
        "suffix", "table", "public", "publishable", "expiry", "expires", "expire", "expiration", "expired", "exp",
        "timeout", "rotation", "rotate", "days", "hours", "minutes", "seconds", "secs", "ms", "policy", "policies",
        "version", "type", "types", "algorithm", "alg", "algo", "file", "files", "filename", "filepath", "dir",
        "directory", "folder", "bucket", "topic", "queue", "provider", "manager", "region", "cache", "validity",
        "valid", "issuer", "audience", "aud", "iss", "count", "limit", "limits", "field", "fields", "column", "attribute",
        "attributes", "required", "require", "requirement", "requirements", "format", "regex", "pattern", "label",
        "title", "description", "hint", "prompt", "reset", "flow", "flows", "mode", "method", "methods", "strategy",
        "scheme", "handler", "function", "lambda", "service", "services", "host", "hostname", "port", "user",
        "username", "login", "scope", "scopes", "grant", "store", "storage", "vault", "ref", "reference", "refs", "alias",
        "location", "kid", "usage", "size", "index", "status", "state", "event", "events", "email", "sender",
        "group", "role", "roles", "address", "contract", "symbol", "mint", "decimals", "supply", "domain", "realm",
        "account", "lifetime", "duration", "interval", "age", "threshold", "retention", "window", "level",
        "exchange", "introspection", "revocation", "validation", "validator", "verification", "generator", "source", "backend",
        "client", "server", "middleware", "module", "plugin", "class", "strength", "history", "complexity", "rate",
        "bits", "bytes", "encoding", "charset", "delimiter", "separator", "schema", "model", "log", "logs",
        "logging", "group", "cluster", "stack", "export", "stage", "resource", "resources", "config", "configuration",
        "settings", "options", "option", "support", "flag", "feature", "changed", "updated", "created", "date", "time",
        "timestamp", "language", "locale", "template", "subject", "page", "redirect", "callback", "link", "path",
        "rules", "rule", "check", "allowed", "allow", "optional", "extension", "http", "https", "proxy", "hash",
        "digest", "checksum", "fingerprint", "thumbprint", "salted", "rounds", "iterations", "cost", "places", "through",
        "rules", "list", "set", "map", "json", "refresh", "renewal", "leeway", "skew", "limiter", "usepreset", "spec",
        "namespace", "database", "db", "engine", "arnprefix", "lookup", "filter", "sort", "order", "position", "budget",
    }
)  # fmt: skip
_PUBLIC = frozenset({"public", "publishable", "pub"})
# `…_HASH` and `…_CONFIG` of a password can still hold one, so the value decides (bcrypt, JSON).


def words(name: str) -> tuple[str, ...]:
    """Split a name at camelCase, digits and signs into lower-case words; glued ones (`dbpassword`) too.

    >>> words("myDbPasswordARN")
    ('my', 'db', 'password', 'arn')
    """
    found: list[str] = []
    for word in _WORD.findall(name[:256]):
        found.extend(_unglue(word.lower()))
    return tuple(found)


def _unglue(word: str) -> list[str]:
    if word in STRONG_WORDS or word in TOKEN_WORDS:
        return [word]
    parts = [part for part in _GLUED.split(word) if part]
    tail = parts[-1]
    known = tail in NEGATIONS or tail in STRONG_WORDS or tail in TOKEN_WORDS or tail == "key"
    if len(parts) > 1 and known:
        return parts
    if word.endswith("key") and word[:-3] in KEY_QUALIFIERS:
        return [word[:-3], "key"]
    return [word]


def promise(name_words: tuple[str, ...]) -> Promise:
    """Tell what the words of a name promise of its value.

    The last secret word counts, and a word after it that turns the value into a statement about the secret
    (`_ARN`, `_LENGTH`, `_HEADER` …) takes the promise back.
    """
    for at in range(len(name_words) - 1, -1, -1):
        found = _promise_at(name_words, at)
        if found is None:
            continue
        return Promise.NONE if NEGATIONS.intersection(name_words[at + 1 :]) else found
    return Promise.NONE


def _promise_at(name_words: tuple[str, ...], at: int) -> Promise | None:
    word, before = name_words[at], name_words[:at]
    if word in STRONG_WORDS:
        return _strong(word, before, name_words[at + 1 :])
    if word in TOKEN_WORDS:
        ignored = before and (before[-1] in TOKEN_IGNORES or _PUBLIC.intersection(before))
        return Promise.NONE if ignored else Promise.TOKEN
    if word in {"key", "keys"}:
        return _key(before)
    return None


def _strong(word: str, before: tuple[str, ...], after: tuple[str, ...]) -> Promise | None:
    if word in {"pass", "pw"} and any(not _is_suffix(following) for following in after):
        return None
    return Promise.NONE if before and before[-1] in {"by", "no"} else Promise.STRONG


_SUFFIXES = frozenset(
    {"dev", "prod", "production", "staging", "stage", "test", "qa", "uat", "sandbox", "old", "new", "default"}
)


def _is_suffix(word: str) -> bool:
    return word.isdigit() or word in _SUFFIXES


def _key(before: tuple[str, ...]) -> Promise | None:
    if not before:
        return Promise.WEAK_KEY
    if STRONG_WORDS.intersection(before[-2:]):
        return Promise.STRONG
    if _PUBLIC.intersection(before) or before[-1] in KEY_IGNORES:
        return Promise.NONE
    return Promise.KEY if before[-1] in KEY_QUALIFIERS else Promise.WEAK_KEY
