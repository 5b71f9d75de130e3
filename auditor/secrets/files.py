"""Secrets in the configuration files of a package: which members to read, and where in them secrets stand."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from auditor.model import Located, SecretVerdict
from auditor.secrets.evidence import Judged
from auditor.secrets.judge import classify
from auditor.secrets.providers import ruling_of, tokens_in

LARGEST_BYTES = 2 * 1024 * 1024
LONGEST_LINE = 4096
MOST_HITS = 200

# Files that exist to hold credentials: a pattern of the path's end (lower case), and what the file is.
_CREDENTIAL_FILES = (
    ("id_rsa", "SSH private key"), ("id_dsa", "SSH private key"), ("id_ecdsa", "SSH private key"),
    ("id_ed25519", "SSH private key"), ("*.ppk", "PuTTY private key"), ("*.p12", "key store"), ("*.pfx", "key store"),
    ("*.jks", "key store"), ("*.keystore", "key store"), ("*.kdbx", "password database"), ("*.kdb", "password database"),
    (".aws/credentials", "AWS credentials file"), (".s3cfg", "S3 credentials file"), (".boto", "AWS credentials file"),
    (".netrc", "netrc file"), ("_netrc", "netrc file"), (".pgpass", "PostgreSQL password file"),
    (".my.cnf", "MySQL client file"), (".mylogin.cnf", "MySQL client file"), (".git-credentials", "git credentials file"),
    (".htpasswd", "password file"), (".vault-token", "Vault token file"), (".dockercfg", "Docker credentials file"),
    (".docker/config.json", "Docker credentials file"), (".kube/config", "Kubernetes credentials file"),
    ("master.key", "Rails master key"), (".azure/accesstokens.json", "Azure credentials file"),
    ("application_default_credentials.json", "Google credentials file"), (".gem/credentials", "RubyGems credentials file"),
    (".cargo/credentials", "Cargo credentials file"), (".cargo/credentials.toml", "Cargo credentials file"),
    (".bash_history", "shell history"), (".zsh_history", "shell history"), (".psql_history", "shell history"),
    (".mysql_history", "shell history"),
)  # fmt: skip
# Files that often hold credentials beside settings: their content decides.
_CONFIG_FILES = (
    ".env", ".env.*", "*.env", ".npmrc", ".pypirc", ".git/config", ".gitconfig", ".yarnrc", ".yarnrc.yml", "pip.conf",
    "*.tfstate", "*.tfstate.backup", "*.tfvars", "*.pem", "*.key", "*.asc", "*.gpg", "kubeconfig", "wp-config.php",
    "nuget.config", "*.config", "*.conf", "*.cnf", "*.cfg", "*.ini", "*.properties", "*.toml", "*.yaml", "*.yml", "*.json",
    "*.xml", "*.plist", "*.sh", "*.bash", "*.ps1", "*.bat", "*.sql", "*.tf", "*.hcl", "*.txt", "*.md", "dockerfile",
    "dockerfile.*", "makefile", "credentials", "config", "*.credentials", "*.secret", "*.secrets", ".bashrc", ".bash_profile",
    ".profile", ".zshrc", ".esmtprc", ".tugboat", ".ftpconfig", ".terraformrc", ".sentryclirc", ".databrickscfg", "*.js.map",
    "shadow", "passwd", "*.csv", "*.http", "*.rest", "*.service", "jenkinsfile", "*.gradle", "*.rb", "*.php", "*.java", "*.go",
    "*.cs", "*.kt", "*.rs", "*.scala", "*.vb", "*.pl",
)  # fmt: skip
# Generated lists of hashes, locks and samples: never read.
_NEVER = (
    "*.deps.json", "*.runtimeconfig.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
    "poetry.lock", "pipfile.lock", "uv.lock", "composer.lock", "gemfile.lock", "cargo.lock", "go.sum", "cacert.pem", "*.example",
    "*.sample", "*.template", "*.dist", "*.env-example", "*.map", "sbom.json", "*.cdx.json", "*.spdx.json", "record", "*.sha256",
    "*.min.js", "tsconfig*.json", "*.schema.json", "service-2.json", "endpoints.json",
)  # fmt: skip

_BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY = r"(?P<key>[A-Za-z_@$][\w.$@/-]{0,80})"
_QUOTED = r"(?P<quote>[\"'`])(?P<value>(?:\\.|(?!(?P=quote)).){1,2000}+)(?P=quote)"
_BARE_LINE = re.compile(
    rf"^\s*(?:export\s+|set\s+|setx?\s+|ENV\s+|ARG\s+|-\s+|SET\s+|\$env:)?[\"']?{_KEY}[\"']?\s*(?::=|=>|=|:)\s*(?![=>:])(?P<value>\S.{{0,2000}}?)\s*$"
)
_QUOTED_PAIR = re.compile(rf"[\"'`]?\b{_KEY}[\"'`]?\]?\s{{0,4}}(?::=|=>|=|:|,)\s{{0,4}}{_QUOTED}")
_XML_ELEMENT = re.compile(rf"<{_KEY}(?:\s[^<>]{{0,200}})?>(?P<value>[^<>]{{1,2000}})</")
_XML_NAMED = re.compile(
    r"(?:key|name|id)=\"(?P<key>[\w.:-]{1,80})\"\s{1,4}value=\"(?P<value>[^\"]{1,2000})\""
)
_WORD_PAIR = re.compile(
    r"^\s*(?P<key>password|passwd|secret|token)\s+(?P<value>\S{1,200})\s*$", re.IGNORECASE
)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,40}://[^\s'\"<>`]{1,2000}")
_SOURCE_LIKE = (
    ".rb",
    ".php",
    ".java",
    ".go",
    ".cs",
    ".kt",
    ".rs",
    ".scala",
    ".vb",
    ".pl",
    ".sql",
    ".tf",
    ".hcl",
    ".gradle",
    ".ps1",
    ".md",
    ".txt",
)


def credential_file(path: str) -> str:
    """What a file is whose name says that it holds credentials, "" for any other.

    >>> credential_file("home/.aws/credentials")
    'AWS credentials file'
    """
    lowered = path.lower().replace("\\", "/")
    for pattern, kind in _CREDENTIAL_FILES:
        if _ends(lowered, pattern):
            return kind
    return ""


def looks_like_config_file(path: str) -> bool:
    """Whether a package member is worth reading for secrets: settings, credentials, scripts, never lock files or samples."""
    lowered = path.lower().replace("\\", "/")
    if any(_ends(lowered, pattern) for pattern in _NEVER):
        return False
    return bool(credential_file(path)) or any(_ends(lowered, pattern) for pattern in _CONFIG_FILES)


def _ends(path: str, pattern: str) -> bool:
    depth = pattern.count("/") + 1
    return fnmatchcase("/".join(path.split("/")[-depth:]), pattern)


def scan_text(path: str, data: bytes) -> tuple[Located, ...]:
    """Find secrets in one text file, with line numbers from 1.

    `kind` of a hit is the id of the rule, `what` the key it is assigned to or the kind of secret, `confidence` `high`
    for a format or credential that speaks for itself, `medium` where the key's name decides, `low` for a doubt.
    Binary data, and what follows 2 MiB or 4,096 characters of one line, are left alone but for token formats.
    """
    text = _decode(data[:LARGEST_BYTES])
    if text is None:
        return ()
    found: dict[tuple[int, str], Located] = {}
    for line, key, judged in _judged(path, text):
        hit = _located(path, line, key, judged)
        found.setdefault((line, hit.what), hit)
        if len(found) >= MOST_HITS:
            break
    return tuple(sorted(found.values(), key=lambda hit: (hit.line, hit.what)))


def _decode(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\x00" in data[:8192]:
        return None
    return data.decode("utf-8-sig", "replace")


def _located(path: str, line: int, key: str, judged: Judged) -> Located:
    by_name = judged.rule.startswith("name-")
    doubt = judged.verdict is SecretVerdict.WARN
    confidence = "low" if doubt else "medium" if by_name else "high"
    return Located(kind=judged.rule, file=path, line=line, what=key or judged.kind, confidence=confidence)


def _judged(path: str, text: str) -> Iterator[tuple[int, str, Judged]]:
    lines = text.splitlines()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    taken: set[int] = set()
    for match in _BLOCK.finditer(text):
        yield bisect_right(starts, match.start()), "", classify("", match[0])
    for token in tokens_in(text):
        number = bisect_right(starts, token.start)
        taken.add(number)
        yield number, "", ruling_of(token)
    for number, line in enumerate(lines, 1):
        if number not in taken and len(line) <= LONGEST_LINE:
            yield from ((number, key, judged) for key, judged in _of_line(path, line))


def _of_line(path: str, line: str) -> Iterator[tuple[str, Judged]]:
    if "://" in line:
        for match in _URL.finditer(line):
            judged = classify("", match[0])
            if judged.verdict is not SecretVerdict.CLEAR:
                yield "", judged
                return
    for key, value in _pairs(path.lower(), line):
        judged = classify(key, value)
        if judged.verdict is not SecretVerdict.CLEAR:
            yield key, judged
            return


def _pairs(path: str, line: str) -> Iterator[tuple[str, str]]:
    for pattern in (_QUOTED_PAIR, _XML_ELEMENT, _XML_NAMED):
        for match in pattern.finditer(line):
            yield match["key"], match["value"]
    if path.endswith(_SOURCE_LIKE):
        return
    bare = _BARE_LINE.match(line) or _WORD_PAIR.match(line)
    if bare and not line.lstrip().startswith(("//", "<", "*")):
        yield bare["key"], _uncommented(bare["value"])


def _uncommented(value: str) -> str:
    value = re.split(r"\s#", value, maxsplit=1)[0].strip().rstrip(",;")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`":
        return value[1:-1]
    return value
