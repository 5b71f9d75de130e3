"""Shapes of values: placeholders, switches, references, ciphertext, random strings and plain words."""

import base64
import binascii
import math
import re
from collections import Counter

_PLACEHOLDER_WORDS = (
    "changeme", "change_me", "change-me", "change me", "changethis", "change_this", "change-this", "replaceme",
    "replace_me", "replace-me", "replace_with", "replace-with", "replace with", "replacewith", "replace_this",
    "replacethis", "your_", "your-", "your ", "yourpass", "yoursecret", "yourtoken", "yourapi", "yourkey", "insert_",
    "insert-", "insert ", "placeholder", "example", "dummy", "todo", "fixme", "redacted", "fill_me", "fill-me",
    "fillme", "fill_in", "fill-in", "to_be_", "to-be-", "not_set", "not-set", "notset", "not-a-real", "not_a_real",
    "notareal", "not-real", "not_used", "not-used", "notused", "_here", "-here", "enter_", "enter-", "put_your", "put-your",
    "put your", "sample", "xxxx", "****", "....", "<secret", "set_me", "setme", "set-me", "overwritten",
    "managed_by", "managed-by", "stored_in", "stored-in", "n/a", "fake", "mock",
)  # fmt: skip
_PLACEHOLDERS = frozenset(
    {
        "", "null", "none", "nil", "undefined", "unset", "empty", "default", "test", "testing", "tbd", "na", "foo",
        "bar", "foobar", "baz", "string", "value", "hidden", "masked", "secured", "blank", "unknown", "missing", "unused",
        "local", "localhost", "noop", "no-op", "-", "--", "?", "x", "xx", "xxx", "aaaa", "abcd", "temp", "tmp", "off", "on",
        "yes", "no", "true", "false", "enabled", "disabled", "auto", "required", "optional", "inherit",
        "bearer", "basic", "iam", "jwt", "oauth", "oauth2", "aws_iam", "cognito", "ssm", "secretsmanager", "env", "vault",
        "keychain", "plaintext", "prompt", "stdin", "anonymous", "public", "private",
    }
)  # fmt: skip
_MASKED = re.compile(r"(?:([^\w\s]|[xX0])\1{2,})")
_BRACKETED = re.compile(
    r"<[^<>]{0,200}>|\{\{[^{}]{0,200}\}\}|\[[A-Za-z_ -]{1,60}\]|%[A-Z_]{1,60}%|__[A-Z_]{1,60}__|#\{[^{}]{1,200}\}#?|@[A-Z_]{2,60}@"
)
_NUMBER = re.compile(r"[-+]?[0-9][0-9_,.]{0,40}(?:e[-+]?[0-9]{1,3})?%?", re.IGNORECASE)
_DURATION = re.compile(
    r"(?:rate|cron|at)\(.{1,100}\)|P(?:[0-9]+[YMWD])*(?:T(?:[0-9]+[HMS])+)?"
    r"|(?:[0-9]{1,9} ?(?:ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|w|weeks?|b|kb|mb|gb|kib|mib|gib)\b ?){1,4}",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{4,15}(?:Z|[+-][0-9:]{4,5})?)?")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_REFERENCE = re.compile(
    r"arn:aws[a-z-]{0,20}:\S{1,2000}"
    r"|\{\{resolve:[^{}]{1,500}\}\}"
    r"|\$\{[^{}]{1,300}\}|\$\([^()]{1,300}\)|\$[A-Za-z_][A-Za-z0-9_.]{0,100}|\{\{[^{}]{1,300}\}\}|\{[A-Za-z_][\w.]{0,60}\}"
    r"|(?:ssm|ssm-secure|ssmsecure|secretsmanager|secretmanager|aws-sm|awssm|asm|aws-ssm|awsps|op|vault|file|keyvault|gcpsm|sm|azurekms|awskms|gcpkms|ref\+\w{1,20}|chamber|doppler|bws|akv|env|env_var|process\.env|os\.environ|kms)(?:://|:)[A-Za-z0-9_./:@#+=-]{1,500}"
    r"|@Microsoft\.KeyVault\([^()]{1,300}\)"
    r"|projects/[\w-]{1,80}/secrets/[\w-]{1,255}(?:/versions/\w{1,20})?"
    r"|!(?:Ref|Sub|GetAtt|ImportValue) \S{1,300}"
    r"|(?:Fn::|AWS::)\S{1,200}"
    r"|(?:process\.env|os\.environ|ENV|env|var|local|data|module|secrets|vars|self|opt|cf|custom|param|sls)[.\[][\w.\[\]'\"-]{1,200}"
)
_PATH = re.compile(
    r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+ -]{0,80}){1,20}|[\w.-]{1,80}(?:/[\w.@-]{1,80}){1,20}"
)
_FILE_NAME = re.compile(
    r"[\w.@-]{1,120}\.(?:json|ya?ml|pem|crt|cer|key|pub|txt|env|toml|ini|conf|cfg|properties|xml|p12|pfx|jks|py|js|ts"
    r"|mjs|cjs|jar|zip|html?|csv|log|handler|lambda_handler)",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,10}[a-z]{2,24}(?::[0-9]{1,5})?\.?", re.IGNORECASE)
_IP = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][0-9]{1,5})?|\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\]?"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ENVELOPED = re.compile(
    r"vault:v[0-9]{1,4}:\S+|ENC\[[A-Z0-9_]{3,20},.*|ENC\(.*\)|\{cipher\}.*|\$ANSIBLE_VAULT;.*|!vault\b.*"
    r"|encrypted:\S{16,}|gAAAAA[A-Za-z0-9_-]{40,}={0,2}|-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE)-----.*"
    r"|age-encryption\.org/v1.*|(?:sops|kms|sealed|secure|secret|enc):v[0-9]:\S+|jwe:\S+",
    re.DOTALL,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_KMS_HEADER = re.compile(rb"\x01[\x01\x02]\x02\x00\x78", re.DOTALL)
# Ciphertext of the first KMS format: a 32-byte key id, then a protobuf field.
_KMS_OLD_HEADER = re.compile(rb"\x0a\x20.{32}\x12", re.DOTALL)

LONGEST = 65_536


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def is_placeholder(text: str) -> bool:
    """Whether a value stands in for one that is to come (`changeme`, `<token>`, `xxxx`, `your-key`)."""
    lowered = text.lower().strip(" '\"")
    if lowered in _PLACEHOLDERS or _BRACKETED.fullmatch(text):
        return True
    if len(set(lowered)) <= max(1, len(lowered) // 8) or _MASKED.fullmatch(text):
        return True
    return any(word in lowered for word in _PLACEHOLDER_WORDS)


def is_number(text: str) -> bool:
    """Whether a value is a number, with its separators."""
    return _NUMBER.fullmatch(text) is not None


def is_measure(text: str) -> bool:
    """Whether a value is a duration, a size, a schedule or a date."""
    return (_DURATION.fullmatch(text) or _DATE.fullmatch(text)) is not None


def is_reference(text: str) -> bool:
    """Whether a value points to where the real one is kept."""
    return _REFERENCE.fullmatch(text) is not None


def is_place(text: str) -> bool:
    """Whether a value is a path of plain words, a file name, a host or an address."""
    if _FILE_NAME.fullmatch(text) or _EMAIL.fullmatch(text) or _IP.fullmatch(text):
        return True
    if _HOST.fullmatch(text) and not looks_random(text):
        return True
    return _PATH.fullmatch(text) is not None and all(
        not looks_random(part) for part in re.split(r"[/\\]", text)
    )


def is_constant(text: str) -> bool:
    """Whether a value is an UPPER_SNAKE identifier of words."""
    return _CONSTANT.fullmatch(text) is not None and is_wordy(text)


def is_ciphertext(text: str) -> bool:
    """Whether a value is encrypted: a KMS ciphertext blob, or the envelope of another tool.

    The blob's first bytes are what `aws kms encrypt` writes: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
    """
    if _ENVELOPED.fullmatch(text):
        return True
    if len(text) < 100 or not _BASE64.fullmatch(text):  # noqa: PLR2004 - the header and tag alone take more
        return False
    head = decode_base64(text[:64]) or b""
    return (_KMS_HEADER.match(head) or _KMS_OLD_HEADER.match(head)) is not None


def decode_base64(text: str) -> bytes | None:
    """Decode base64 of either alphabet, with or without padding; None where it is not base64."""
    compact = "".join(text.split())
    if not _BASE64.fullmatch(compact):
        return None
    bare = compact.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def is_hex(text: str) -> bool:
    """Whether a value is written in hexadecimal digits alone."""
    return _HEX.fullmatch(text) is not None


# The commonest letter pairs of English and of configuration names; random letters hit about a quarter of them.
_PAIRS = frozenset(
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic"
    " ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un"
    " lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu"
    " ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa"
    " ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu"
    " br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo"
    " vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd pt rp sk"
    " xi oe oy ws lv dl rf eu dg wr xa yi nm eb rb tm xc eh tc gy rw oh az ek mr jw db wt pw kv sq ql ws sn dn"
    " tp tx ux js py ya nx yt km kt nb uk ux za zo zu ly ky".split()
)
_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WORDY_SHARE = 0.66


def is_wordy(text: str) -> bool:
    """Whether a value reads as words: at most a third of its signs fall outside pronounceable letter runs."""
    size = sum(1 for sign in text if sign.isalnum())
    if not size:
        return False
    return _wordy_letters(text) / size >= _WORDY_SHARE


def _wordy_letters(text: str) -> int:
    total = 0
    for run in _LETTERS.findall(text[:512]):
        if len(run) < 3:  # noqa: PLR2004 - a pair tells nothing by itself
            continue
        lowered = run.lower()
        pairs = [lowered[at : at + 2] for at in range(len(lowered) - 1)]
        if sum(pair in _PAIRS for pair in pairs) / len(pairs) >= _WORDY_SHARE:
            total += len(run)
    return total


def looks_random(text: str) -> bool:
    """Whether a value looks drawn at random: 16 signs or more without spaces, mixed, and not words."""
    if len(text) < 16 or " " in text:  # noqa: PLR2004
        return False
    if is_hex(text) and not text.isdigit():
        return entropy(text) >= 2.5  # noqa: PLR2004 - 16 equal-likely digits give 3 to 4
    return entropy(text) >= 3 and not is_wordy(text)  # noqa: PLR2004
