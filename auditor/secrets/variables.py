"""Environment variables reduced to facts that can be stored and shown."""

import re

from auditor.model import SecretVerdict, Variable
from auditor.secrets.judge import classify
from auditor.secrets.randomness import looks_random
from auditor.secrets.text import redact

_REFERS = re.compile(
    r"arn:aws[a-z-]{0,20}:[a-z0-9-]{1,63}:[a-z0-9-]{0,30}:(?:[0-9]{12}|aws"
    r"|cloudfront)?:[\w+=.@/:*$-]{1,1024}"
    r"|\{\{resolve:(?:ssm|ssm-secure|secretsmanager):[\w+=,.@/:-]{1,512}\}\}"
    r"|(?:ssm|ssm-secure|secretsmanager):(?://)?[\w+=,.@/:-]{1,512}"
)
_AWS_URL = re.compile(
    r"https://(?:[a-z0-9_-]{1,63}\.){1,8}(?:amazonaws\.com|amazonaws\.com\.cn|on\.aws|api\.aws"
    r"|cloudfront\.net)(?::[0-9]{2,5})?(?:/[\w.~-]{0,255}){0,8}"
)
_LEVEL = r"(?i:trace|debug|info|warn|warning|error|critical|fatal|off|none|silent)"
_SWITCH = r"(?i:true|false|yes|no|on|off|enabled|disabled)|[0-9]{1,9}(?:\.[0-9]{1,6})?"
_MODE = r"(?i:standard|legacy|adaptive|regional|json|text|buffered|response_stream|http|sqs)"
_STAGE = (
    r"(?i:(?:pre)?prod|production|dev|develop(?:ment)?|test(?:ing)?|staging|qa|uat|sandbox|demo|local|live)"
)
_FLAG = (
    r"(?:-XX:[+-]?\w{3,40}(?:=[0-9]{1,9}[kmg]?)?|-Xm[sxn][0-9]{1,6}[kmg]|-javaagent:/opt/[\w./-]{1,80}"
    r"|--[a-z][a-z-]{2,40}(?:=[0-9]{1,9}|=[a-z]{1,12})?|(?:-r|--require|--import) /opt/[\w./-]{1,80})"
)
# The public switches that checks ask for, and the whole shapes of values that may be kept.
_SETTINGS = (
    (r"(?:[A-Z_]{0,40}_)?LOG_?LEVEL|RUST_LOG|LOGGING_LEVEL", _LEVEL),
    (r"POWERTOOLS_[A-Z_]{1,60}", r"[A-Za-z0-9_.-]{1,64}"),
    (r"AWS_LAMBDA_EXEC_WRAPPER", r"/(?:opt|var/task|var/runtime|var/lang)/[A-Za-z0-9_./-]{1,128}"),
    (
        r"(?:DD|NEW_RELIC)_LAMBDA_HANDLER|_HANDLER|LUMIGO_ORIGINAL_HANDLER|SENTRY_INITIAL_HANDLER",
        r"[A-Za-z0-9_./-]{1,128}[./:][A-Za-z0-9_]{1,64}",
    ),
    (r"NODE_OPTIONS|JAVA_TOOL_OPTIONS", rf"{_FLAG}(?: {{1,2}}{_FLAG}){{0,9}}"),
    (r"NODE_ENV|STAGE|ENV|ENVIRONMENT|APP_ENV|DEPLOYMENT_ENVIRONMENT", _STAGE),
    (r"TZ", r":?[A-Z][A-Za-z]{1,20}(?:/[A-Za-z_+-]{1,30}[0-9]{0,2}){0,2}"),
    (
        r"DEBUG|VERBOSE|PYTHON[A-Z]{3,40}|AWS_(?:MAX_ATTEMPTS|RETRY_MODE|STS_REGIONAL_ENDPOINTS)",
        rf"{_SWITCH}|{_MODE}",
    ),
    (
        r"(?:AWS_(?:LWA|LAMBDA|XRAY|NODEJS)|DD|NEW_RELIC|OTEL|LUMIGO)_[A-Z_]{2,60}",
        rf"{_SWITCH}|{_LEVEL}|{_MODE}",
    ),
    (r"PARAMETERS_SECRETS_EXTENSION_[A-Z_]{2,40}", rf"{_SWITCH}|{_LEVEL}"),
)


def variable(
    name: str,
    value: str,
    *,
    known_names: frozenset[str] = frozenset(),
    fingerprint_key: bytes | None = None,
) -> Variable:
    """Reduce one environment variable to facts: the verdict, its size in bytes of UTF-8, and what it refers
    to.

    `refers_to` and `setting` are the value itself, and set only where its whole shape is one that names a
    resource, or one of a closed list of public switches, and the classifier finds no secret in it.
    """
    judged = classify(name, value, known_names=known_names, fingerprint_key=fingerprint_key)
    clear = judged.verdict is SecretVerdict.CLEAR
    text = value.strip()
    return Variable(
        name=redact(name),
        verdict=judged.verdict,
        rule=judged.rule,
        kind=judged.kind,
        length_bucket=judged.length_bucket,
        public_prefix=judged.public_prefix,
        fingerprint=judged.fingerprint,
        size_bytes=len(name.encode("utf-8", "surrogatepass")) + len(value.encode("utf-8", "surrogatepass")),
        encrypted=judged.encrypted,
        refers_to=text if clear and _refers(text) else "",
        setting=text if clear and _is_setting(name, text) else "",
    )


def _refers(text: str) -> bool:
    return (_REFERS.fullmatch(text) or _AWS_URL.fullmatch(text)) is not None


def _is_setting(name: str, text: str) -> bool:
    return not looks_random(text) and any(
        re.fullmatch(names, name) and re.fullmatch(values, text) for names, values in _SETTINGS
    )
