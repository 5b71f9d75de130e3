"""Environment variables reduced to facts that can be stored and shown."""

import re

from auditor.model import SecretVerdict, Variable
from auditor.secrets.judge import classify

_REFERS = re.compile(
    r"arn:aws[a-z-]{0,20}:[a-z0-9-]{1,63}:[a-z0-9-]{0,30}:(?:[0-9]{12}|aws|cloudfront)?:[\w+=,.@/:*$-]{1,1024}"
    r"|\{\{resolve:(?:ssm|ssm-secure|secretsmanager):[\w+=,.@/:-]{1,512}\}\}"
    r"|(?:ssm|ssm-secure|secretsmanager):(?://)?[\w+=,.@/:-]{1,512}"
)
_AWS_URL = re.compile(
    r"https://(?:[a-z0-9_-]{1,63}\.){1,8}(?:amazonaws\.com|amazonaws\.com\.cn|on\.aws|api\.aws|cloudfront\.net)(?::[0-9]{2,5})?(?:/[\w.~-]{0,255}){0,8}"
)
_LEVELS = re.compile(r"(?i:trace|debug|info|warn|warning|error|critical|fatal|off|none|silent)")
_SWITCH = re.compile(
    r"(?i:true|false|1|0|yes|no|on|off|enabled|disabled|y|n|t|f)|[0-9]{1,9}(?:\.[0-9]{1,6})?"
)
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_WRAPPER = re.compile(r"/(?:opt|var/task|var/runtime|var/lang)/[A-Za-z0-9_./-]{1,128}")
_DOTTED = re.compile(r"[A-Za-z0-9_./-]{1,128}(?:::[A-Za-z0-9_]{1,64})?")
_STAGE = re.compile(
    r"(?i:prod|production|dev|develop|development|test|testing|stage|staging|qa|uat|sandbox|demo|local|preprod|live)"
)
_ZONE = re.compile(r":?[A-Z][A-Za-z]{1,20}(?:/[A-Za-z_+-]{1,30}[0-9]{0,2}){0,2}")
_FLAGS = re.compile(r"--?[A-Za-z][\w:+.=-]{1,64}(?: {1,2}--?[A-Za-z][\w:+.=-]{1,64}){0,9}")

_SETTINGS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(names), values)
    for names, values in (
        (r"(?:[A-Z_]{0,40}_)?LOG_?LEVEL|LOGLEVEL|RUST_LOG|LOGGING_LEVEL", _LEVELS),
        (r"POWERTOOLS_(?:[A-Z_]{1,60})", _PLAIN),
        (r"AWS_LAMBDA_EXEC_WRAPPER", _WRAPPER),
        (r"DD_LAMBDA_HANDLER|NEW_RELIC_LAMBDA_HANDLER|_HANDLER|LUMIGO_ORIGINAL_HANDLER|SENTRY_INITIAL_HANDLER", _DOTTED),
        (r"NODE_OPTIONS|JAVA_TOOL_OPTIONS", _FLAGS),
        (r"(?:NODE_ENV|STAGE|ENV|ENVIRONMENT|APP_ENV|DEPLOYMENT_ENVIRONMENT)", _STAGE),
        (r"TZ", _ZONE),
        (r"DEBUG|VERBOSE|PYTHON[A-Z]{3,40}|AWS_NODEJS_CONNECTION_REUSE_ENABLED|AWS_LWA_[A-Z_]{2,40}|AWS_LAMBDA_[A-Z_]{2,60}|AWS_XRAY_[A-Z_]{2,40}"
         r"|PARAMETERS_SECRETS_EXTENSION_[A-Z_]{2,40}|DD_[A-Z_]{2,60}|NEW_RELIC_[A-Z_]{2,60}|OTEL_[A-Z_]{2,60}|AWS_MAX_ATTEMPTS|AWS_STS_REGIONAL_ENDPOINTS"
         r"|AWS_RETRY_MODE|LUMIGO_[A-Z_]{2,40}", re.compile(rf"{_SWITCH.pattern}|{_LEVELS.pattern}|standard|legacy|adaptive|regional|json|text|buffered|response_stream|http|sqs")),
    )
)  # fmt: skip


def variable(
    name: str,
    value: str,
    *,
    known_names: frozenset[str] = frozenset(),
    fingerprint_key: bytes | None = None,
) -> Variable:
    """Reduce one environment variable to facts: the verdict, its size in bytes of UTF-8, and what it refers to.

    `refers_to` and `setting` are the value itself, and set only where its whole shape is one that names a resource, or one
    of a closed list of public switches, and the classifier finds no secret in it.
    """
    judged = classify(name, value, known_names=known_names, fingerprint_key=fingerprint_key)
    clear = judged.verdict is SecretVerdict.CLEAR
    text = value.strip()
    return Variable(
        name=name,
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
    return any(names.fullmatch(name) and values.fullmatch(text) for names, values in _SETTINGS)
