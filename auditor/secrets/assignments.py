"""Keys and values as the lines of configuration files and logs write them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from auditor.secrets.randomness import is_wordy
from auditor.secrets.vocabulary import vocabulary
from auditor.secrets.words import Promise, promise, words

LONGEST_LINE = 4096
LONGEST_DATA_LINE = 65_536
_KEY = r"(?P<key>[A-Za-z_@$][\w.$@/-]{0,80})"
_QUOTED = r"@?(?P<quote>[\"'`])(?P<value>(?:\\.|(?!(?P=quote))[^\\]){1,2000}+)(?P=quote)"
_PLAIN_LINE = re.compile(
    rf"\s*(?:export\s+|setx?\s+|(?:ENV|ARG)\s+|-\s+|\$env:)?[\"']?{_KEY}[\"']?\s*(?::=|=>|="
    rf"|:)\s*(?![=>:~])(?P<value>\S.{{0,2000}})",
    re.IGNORECASE,
)
_QUOTED_PAIR = re.compile(rf"[\"'`]?(?<![\w$@.-]){_KEY}[\"'`]?\]?\s{{0,20}}(?::=|=>|=|:)\s{{0,20}}{_QUOTED}")
_CALL_PAIR = re.compile(
    r"(?:define|env|setenv|putenv|set|put|setProperty|addProperty|setHeader|addHeader|header|append|add)"
    rf"\s?\(\s{{0,4}}[\"'`]{_KEY}[\"'`]\s{{0,4}},\s{{0,20}}{_QUOTED}"
)
_XML_ELEMENT = re.compile(rf"<{_KEY}(?:\s[^<>]{{0,200}})?>(?P<value>[^<>]{{1,2000}})</")
_XML_NAMED = re.compile(
    r"(?:key|name|id)=\"(?P<key>[\w.: -]{1,80})\"\s{1,4}value=\"(?P<value>[^\"]{1,2000})\""
)
_WORD_PAIR = re.compile(
    r"(?:^|\s)(?P<key>password|passwd|passphrase)\s+[\"']?(?P<value>[^\s\"']{4,200})[\"']?(?:\s|$)",
    re.IGNORECASE,
)
_SHELL_PAIR = re.compile(r"(?<![\w$])(?P<key>[A-Z][A-Z0-9_]{2,60})=(?P<value>[^\s\"'$;&|()]{4,2000})")
_OPTION = re.compile(r"(?<!\S)--?(?P<key>[a-z][a-z-]{2,30})[= ](?P<value>[^\s\"'$-][^\s\"']{3,500})")
_USER_OPTION = re.compile(r"(?<!\S)(?:-u|--user)[ =][\"']?(?P<value>[^\s\"'$:]{1,100}:[^\s\"'$]{3,200})")
_SPACED = re.compile(
    r"(?<![a-z_])(?P<key>[a-z_]{0,30}(?:secret|password|token"
    r"|passwd)[a-z_]{0,30})\s{1,20}[\"'](?P<value>[^\"'$\s]{4,500})[\"']",
    re.IGNORECASE,
)
_DOCKER_ENV = re.compile(r"\s*ENV\s+(?P<key>[A-Za-z_]\w{1,60})\s+(?P<value>\S{1,2000})\s*$")
_HEADER = re.compile(
    r"(?P<key>authorization|x-api-key|x-auth-token"
    r"|private-token)[\"']?\s?[:=,]\s?[\"']?(?P<value>[^\"'\r\n]{8,2000})",
    re.IGNORECASE,
)
_PGPASS = re.compile(r"[^:\s#]{1,200}:(?:[0-9]{1,5}|\*):[^:]{1,100}:[^:]{1,100}:(?P<value>[^:]{1,200})")
_HASH = re.compile(
    r"(?<![\w$./])\$(?:2[abxy]|1|5|6|apr1|argon2(?:id|i|d)|y|7)\$[\w./$=,+-]{20,200}|\{SSHA(?:256"
    r"|512)?\}[A-Za-z0-9+/=]{20,120}"
)
_CODE = re.compile(
    r"[\w.$:>-]{0,100}\(.*|[\w.$]{1,100}\[.*|[&*]\w{1,60}|[A-Za-z_]\w{0,40}(?:(?:\.|->"
    r"|::)[A-Za-z_]\w{0,40}){1,8}[;,]?"
    r"|(?:string|str|text|bool|int|integer|object|array|any|char|byte|varchar)\b.*"
)
_SOURCE = (
    ".rb", ".php", ".java", ".go", ".cs", ".kt", ".rs", ".scala", ".vb", ".pl", ".sql", ".tf", ".hcl",
    ".gradle", ".ps1", ".md", ".html", ".tpl", ".groovy", ".ts", ".tsx", ".jsx", ".vue", ".swift", ".r",
    ".lua", ".ex", ".exs", ".csv", ".js", ".py",
)  # fmt: skip
_DATA = (
    ".json",
    ".json5",
    ".jsonc",
    ".tfstate",
    ".yaml",
    ".yml",
    ".toml",
    ".properties",
    ".env",
    ".ini",
    ".cfg",
    ".conf",
)
_SHELL = (
    ".sh",
    ".bash",
    ".zsh",
    "history",
    "dockerfile",
    "makefile",
    ".service",
    ".bashrc",
    ".profile",
    ".md",
    ".http",
    ".log",
    ".txt",
    ".yml",
    ".yaml",
)
_TELLING = (
    "pass", "pwd", "secret", "token", "key", "auth", "cred", "jwt", "pat", "salt", "seed", "cookie",
    "dsn", "sas", "phrase", "bearer", "basic ", "pepper", "mnemonic", "senha", "contrasena", "psw", "pw",
    "motdepasse", "login",
)  # fmt: skip
_WORD_FILES = ("netrc", ".authinfo", "rc", ".conf", ".cnf")
_LITERAL = (".env", ".properties", ".envrc")


class Assignment(NamedTuple):
    """A key and the text assigned to it; `quoted` is whether something marked the text as one."""

    key: str
    value: str
    quoted: bool = True


def assignments(path: str, line: str) -> Iterator[Assignment]:
    """Every key of a line that promises a secret, or whose value could hold a credential, with its value."""
    lowered = path.lower()
    longest = LONGEST_DATA_LINE if lowered.endswith(_DATA) else LONGEST_LINE
    if len(line) > longest or not (lowered.endswith("pgpass") or _is_telling(line.lower())):
        return
    for found in _pairs(lowered, line):
        if promise(words(found.key)) is not Promise.NONE or _may_hold(found.value):
            yield found


def _is_telling(lowered: str) -> bool:
    """Whether a line can hold a secret at all: most lines cannot, and end here."""
    return "@" in lowered or any(word in lowered for word in _TELLING)


def _may_hold(value: str) -> bool:
    return (
        "=" in value
        or "@" in value
        or value[:6].lower() in {"basic ", "bearer"}
        or value.startswith(("{", "ey"))
    )


def _pairs(path: str, line: str) -> Iterator[Assignment]:
    for pattern, sign in (
        (_QUOTED_PAIR, ""),
        (_CALL_PAIR, "("),
        (_XML_ELEMENT, "</"),
        (_XML_NAMED, "value="),
    ):
        if sign in line:
            yield from (Assignment(match["key"], match["value"]) for match in pattern.finditer(line))
    for match in _HEADER.finditer(line):
        yield Assignment(match["key"], match["value"])
    if path.endswith(_SHELL):
        yield from _in_shell(line)
    if not path.endswith(_SOURCE):
        yield from _unquoted(path, line)


def _in_shell(line: str) -> Iterator[Assignment]:
    for pattern in (_SHELL_PAIR, _OPTION, _SPACED):
        yield from (
            Assignment(match["key"], match["value"], quoted=False) for match in pattern.finditer(line)
        )
    for match in _USER_OPTION.finditer(line):
        yield Assignment("credentials", match["value"])


def _unquoted(path: str, line: str) -> Iterator[Assignment]:
    if path.endswith("pgpass") and (entry := _PGPASS.fullmatch(line.strip())):
        yield Assignment("password", entry["value"])
    if path.endswith(_WORD_FILES):
        yield from (
            Assignment(pair["key"], pair["value"], quoted=False) for pair in _WORD_PAIR.finditer(line)
        )
    match = _DOCKER_ENV.match(line) or _PLAIN_LINE.match(line)
    if match and not line.lstrip().startswith(("//", "<", "*", "#")):
        value = _uncommented(match["value"])
        bare = value.strip("\"'`")
        yield Assignment(match["key"], bare, quoted=bare != value)


def _uncommented(value: str) -> str:
    return re.split(r"\s[#;]", value, maxsplit=1)[0].strip().rstrip(",;")


def is_literal(path: str, value: str) -> bool:
    """Whether a text without quotation marks is meant as it stands: no code, no type, no reference."""
    return path.lower().endswith(_LITERAL) or _CODE.fullmatch(value) is None


def is_label(name_words: tuple[str, ...], value: str) -> bool:
    """Whether a text is shown to people (`"password": "Forgot your password?"`)."""
    if value.istitle() and value.lower() in {*name_words, *vocabulary().stand_ins}:
        return True
    return "passphrase" not in name_words and " " in value.strip() and is_wordy(value)


def hashes(text: str) -> Iterator[re.Match[str]]:
    """Every password hash in a text."""
    return _HASH.finditer(text) if "$" in text or "SSHA" in text else iter(())
