"""Shapes of values: placeholders, numbers, references, places, ciphertext."""

import base64
import binascii
import re
from functools import cache

from auditor.secrets.randomness import is_wordy, looks_random
from auditor.secrets.vocabulary import vocabulary

LONGEST_PLACEHOLDER = 200
# `0000-0000`, `ababab…`: a value of so few different signs, eight times as long or longer, only fills a
# place.
MOST_SIGNS_OF_FILLING = 4
_KMS_LEAST = 100
SHORTEST_REST = 8

_MASKED = re.compile(r"([^\w\s]|[xX0])\1{2,}")
_BRACKETED = re.compile(
    r"<[A-Za-z_][\w .:/-]{1,80}>|<[0-9]{1,4}[ -][\w .:/-]{1,80}>"
    r"|\{\{[^{}]{0,200}\}\}|\$\{[^{}]{1,200}\}|\$\([\w/][^()]{0,200}\)|#\{[^{}]{1,200}\}"
    r"|%\([A-Za-z_]{2,60}\)s|\[[A-Za-z_ -]{2,60}\]|(?<![\w%])%[A-Z_]{2,60}%|__[A-Z_]{2,60}__|@@?[A-Z_]{3,60}@"
)
# `dummy-pass`, `ExampleToken`, `examplepass`; `mockba` is a word of its own.
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SAMPLE_WORD = re.compile(
    r"(?:example|dummy|sample)[a-z]{0,20}|(?:fake|mock)(?:ed|pass\w*|secret|token|key)?", re.IGNORECASE
)
_YOUR = re.compile(r"(?:tu|tus|su|votre|vos|seu|sua|dein|deine|ihr|ihre|vostro|vostra|jouw|uw)[-_ ]")
_NUMBER = re.compile(r"[-+]?[0-9][0-9_,.]{0,40}(?:e[-+]?[0-9]{1,3})?%?", re.IGNORECASE)
_VERSION = re.compile(r"[\^~<>=v]{0,3} ?[0-9]{1,5}(?:\.[0-9x*]{1,5}){1,3}(?:[-+][\w.]{1,20})?")
_MEASURE = re.compile(
    r"(?:rate|cron|at)\(.{1,100}\)|P(?:[0-9]{1,6}[YMWD]){1,4}(?:T(?:[0-9]{1,6}[HMS]){1,3})?"
    r"|PT(?:[0-9]{1,6}[HMS]){1,3}"
    r"|(?:[0-9]{1,9} ?(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|b"
    r"|[kmg]i?b)\b ?){1,4}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{4,15}(?:Z|[+-][0-9:]{4,5})?)?",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_STORES = (
    "ssm|ssm-secure|ssmsecure|aws-ssm|secretsmanager|secretmanager|aws-sm|awssm|asm|awsps|op|vault|file|keyvault|gcpsm"
    "|akv|bws|azurekms|awskms|gcpkms|kms|chamber|doppler|env|env_var|awssecret|parameterstore"
)
_REFERENCE = re.compile(
    r"arn:aws[a-z-]{0,20}:\S{1,2000}|\{\{resolve:[^{}]{1,500}\}\}"
    r"|\$\{[^{}]{1,300}\}|\$\([^()]{1,300}\)|\$(?:[A-Z][A-Z0-9_]{0,100}|[a-z_]{1,100})"
    r"|\{\{[^{}]{1,300}\}\}|\{[A-Za-z_][\w.]{0,60}\}"
    rf"|(?:{_STORES}|ref\+\w{{1,20}})(?:://|:)[A-Za-z0-9_./:@#+=-]{{1,500}}"
    r"|@Microsoft\.KeyVault\([^()]{1,300}\)|projects/[\w-]{1,80}/secrets/[\w-]{1,255}(?:/versions/\w{1,20})?"
    r"|mrk-[0-9a-f]{32}|alias/[\w/-]{1,250}|(?:rds|redshift|ecs-sc|events|appflow|opsworks-cm"
    r"|datasync)!\S{1,200}"
    r"|!(?:Ref|Sub|GetAtt|ImportValue) \S{1,300}|(?:Fn::|AWS::)\S{1,200}"
    r"|(?:process\.env|os\.environ|ENV|env|var|local|data|module|secrets|vars|self|opt|cf|custom|param"
    r"|sls)[.\[][\w.\[\]'\"-]{1,200}"
)
# `cognito-idp:AdminSetUserPassword`
_ACTION = re.compile(
    r"(?!(?:admin|user|root|guest|test|app|api|elastic):)[a-z][a-z0-9-]{1,40}:(?:Admin|Associate|Batch|Cancel|Change|Confirm|Create|Decrypt|Delete|Describe|Disable|Enable"
    r"|Forgot|Generate|Get|Global|Import|Initiate|Invoke|List|Put|Read|Receive|Request|Reset|Respond|Retrieve|Revoke|Rotate|Send|Set|Sign"
    r"|Start|Stop|Tag|Untag|Update|Verify|Write)(?:[A-Z][A-Za-z]{0,60})?\*?"
)
_REFERENCES = re.compile(
    r"arn:aws[a-z-]{0,20}:[^\s,;]{1,2000}(?:[,;]\s?arn:aws[a-z-]{0,20}:[^\s,;]{1,2000}){0,50}"
)
_ROOTED = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\]{1,2}[\w.@+ =-]{0,120}){1,20}")
_UNROOTED = re.compile(r"[\w.@-]{1,80}(?:/[\w.@-]{1,80}){1,20}/?")
_PLAIN_SEGMENT = re.compile(
    r"[A-Za-z][a-z]{0,19}[0-9]{0,2}(?:[-_.][A-Za-z]?[a-z]{0,14}[0-9]{0,3}){0,6}|[A-Z]{2,4}|v?[0-9.]{1,6}"
)
_FILE_NAME = re.compile(
    r"[\w.@-]{1,120}\.(?:json|ya?ml|pem|crt|cer|key|pub|txt|env|toml|ini|conf|cfg|properties|xml|p12|pfx"
    r"|jks|py|js|ts"
    r"|mjs|cjs|jar|zip|html?|csv|log|handler|lambda_handler)",
    re.IGNORECASE,
)
_TOP_LEVEL = "com|net|org|io|aws|dev|app|cloud|local|internal|co|eu|us|uk|de|cn|ai|edu|gov|info|biz"
_HOST = re.compile(
    rf"(?:[a-z0-9_*](?:[a-z0-9_-]{{0,62}})\.){{1,10}}(?:{_TOP_LEVEL})"
    r"(?:\.[a-z]{2})?(?::[0-9]{1,5})?(?:/[\w/.-]{0,100})?"
)
_IP = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][0-9]{1,5})?")
_EMAIL = re.compile(rf"[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,5}}\.(?:{_TOP_LEVEL})")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,12}")
# `CKV_SECRET_17`
_RULE_ID = re.compile(r"_(?:SECRET|PASSWORD|TOKEN|KEY|CREDENTIALS?)(?:_[0-9]{1,3})?$")
_ENVELOPED = re.compile(
    r"vault:v[0-9]{1,4}:\S+|ENC\[[A-Z0-9_]{3,20},.*|ENC\(.*\)|\{cipher\}.*|\$ANSIBLE_VAULT;.*|!vault\b.*"
    r"|encrypted:\S{16,}|gAAAAA[A-Za-z0-9_-]{40,}={0,2}|-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE)-----.*"
    r"|age-encryption\.org/v1.*|(?:sops|kms|sealed|secure|enc):v[0-9]:\S+",
    re.DOTALL,
)
_BASE64_KEY = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# The first bytes of what `aws kms encrypt` returns, as its documented examples show them (AQICAH…, AQECAH…),
# and of the format before it: a 32-byte key id, then the next field.
_KMS_HEADER = re.compile(rb"\x01[\x01\x02]\x02\x00\x78", re.DOTALL)
_KMS_OLD_HEADER = re.compile(rb"\x0a\x20.{32}\x12", re.DOTALL)


def is_placeholder(text: str) -> bool:
    """Whether a value stands in for one that is to come (`changeme`, `<token>`, `xxxx`, `your-key`)."""
    lowered = text.lower().strip(" '\"")
    known = vocabulary()
    if lowered in known.placeholder_values or _MASKED.fullmatch(text):
        return True
    if len(text) > LONGEST_PLACEHOLDER:
        return "EXAMPLE" in text
    if len(set(lowered)) <= max(1, min(len(lowered) // 8, MOST_SIGNS_OF_FILLING)):
        return True
    if _holds_a_blank(text) or lowered.startswith(("your ", "your-", "your_")) or _is_left_open(lowered):
        return True
    compact = lowered.replace("-", "").replace("_", "").replace(" ", "")
    if compact.startswith(tuple(known.placeholder_starts)):
        return True
    return _placeholder_parts().search(compact) is not None or _is_sample(text)


def _holds_a_blank(text: str) -> bool:
    """Whether a value is a blank to fill in, or has one among plain text; a password may hold brackets too.

    Expressions of shells and templates always count.
    """
    match = _BRACKETED.search(text)
    if match is None:
        return False
    rest = text[: match.start()] + text[match.end() :]
    if match[0].startswith(("${", "{{", "$(")):
        return True
    return len(rest) < SHORTEST_REST or is_wordy(rest) or not any(sign.isdigit() for sign in rest)


def _is_left_open(lowered: str) -> bool:
    """Whether a value breaks off (`sk_test_...`) or says "your" in another language before plain words."""
    return lowered.endswith(("...", "\u2026")) or (
        _YOUR.match(lowered) is not None and is_wordy(lowered) and not any(sign.isdigit() for sign in lowered)
    )


def _is_sample(text: str) -> bool:
    """Whether a value shows what a real one looks like: `AKIA…EXAMPLE`, `dummy-pass`, not `Example#24`."""
    if "EXAMPLE" in text:
        return True
    sample = any(_SAMPLE_WORD.fullmatch(run) for run in _RUN.findall(text))
    return sample and not any(sign.isdigit() for sign in text) and is_wordy(text)


@cache
def _placeholder_parts() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(part) for part in sorted(vocabulary().placeholder_parts)))


def is_number(text: str) -> bool:
    """Whether a value is a number, with its separators."""
    return _NUMBER.fullmatch(text) is not None


def is_measure(text: str) -> bool:
    """Whether a value is a duration, a size, a schedule, a date or a version."""
    return (_MEASURE.fullmatch(text) or _VERSION.fullmatch(text)) is not None


def is_reference(text: str) -> bool:
    """Whether a value points to where the real one is kept."""
    return any(pattern.fullmatch(text) for pattern in (_REFERENCE, _REFERENCES, _ACTION))


def is_place(text: str) -> bool:
    """Whether a value is a path of plain words, a file name, a host or an address."""
    if _FILE_NAME.fullmatch(text) or _EMAIL.fullmatch(text) or _IP.fullmatch(text) or _HOST.fullmatch(text):
        return True
    if _is_base64_key(text):
        return False
    if _ROOTED.fullmatch(text):
        return not any(looks_random(part) for part in re.split(r"[/\\]", text))
    return _UNROOTED.fullmatch(text) is not None and all(_is_segment(part) for part in text.split("/"))


def _is_base64_key(text: str) -> bool:
    """Whether slashes stand among the signs of a random key in base64."""
    mixed = re.search("[a-z]", text) and re.search("[A-Z]", text) and re.search("[0-9]", text)
    return bool(mixed) and _BASE64_KEY.fullmatch(text) is not None and not is_wordy(text)


def _is_segment(part: str) -> bool:
    return not part or _PLAIN_SEGMENT.fullmatch(part) is not None or is_wordy(part)


def is_constant(text: str) -> bool:
    """Whether a value is an UPPER_SNAKE identifier of words."""
    return _CONSTANT.fullmatch(text) is not None and (is_wordy(text) or _RULE_ID.search(text) is not None)


def is_ciphertext(text: str) -> bool:
    """Whether a value is encrypted: a KMS ciphertext blob, or the envelope of another tool.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
    """
    if _ENVELOPED.fullmatch(text):
        return True
    if len(text) < _KMS_LEAST or not _BASE64.fullmatch(text):
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
