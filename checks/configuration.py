"""Configuration lives outside the code, and secrets outside the configuration."""

from collections.abc import Iterable

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted
from auditor.model import SecretVerdict, Variable
from auditor.served import LATEST, served

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ENVIRONMENT_LIMIT_BYTES = 4_096
HARD_CODED = "hard-coded-"
TENANT = "TENANT"


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.CRITICAL,
    codes=("SEC-01",),
    effort="Move to Secrets Manager, rotate",
)
def secret_in_environment(function: Function, region: Region) -> Verdict:
    """Environment variables hold secrets.

    ## Why it matters
    Whoever may read the function's configuration reads the secret: consoles, deployment logs,
    inventories, and every published version that is still kept. A reference such as an ARN or the name of
    a secret is no secret.

    ## How to fix
    Store the secret in Secrets Manager or as a SecureString, read it once in a new execution environment
    with a cache that expires, and replace the value, because it has been seen:
    `aws secretsmanager create-secret --region REGION --name SECRET_NAME --secret-string file://FILE`
    Publish a new version, move the aliases, and delete the versions that still hold the value:
    `aws lambda delete-function --region REGION --function-name NAME --qualifier VERSION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    - https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
    """
    if function.is_edge_replica:
        return not_applicable("Lambda@Edge has no environment variables")
    versions = served(function, region)
    places = (
        [(LATEST, function.environment)]
        if isinstance(versions, Unavailable)
        else [(one.label, one.environment) for one in versions]
    )
    seen = [(label, held) for label, held in places if not isinstance(held, Unavailable)]
    secrets = _judged(seen, SecretVerdict.FAIL)
    if secrets:
        names = dict.fromkeys(detail.subject for detail in secrets)
        hold = "1 variable holds" if len(names) == 1 else f"{len(names)} variables hold"
        return failed(f"{hold} a secret: {', '.join(names)}", details=secrets)
    for _, held in places:
        known(held)
    known(versions)
    count = sum(len(held) for _, held in seen)
    suspects = _judged(seen, SecretVerdict.WARN)
    if suspects:
        names = dict.fromkeys(detail.subject for detail in suspects)
        said = f"{len(names)} variables may hold a secret: {', '.join(names)}"
        return warned(said, details=suspects, confidence=Confidence.MEDIUM)
    variables = counted(count, "variable", "variables")
    return passed(
        f"{variables} in {counted(len(seen), 'configuration', 'configurations')}, none holds a secret"
    )


def _judged(places: Iterable[tuple[str, tuple[Variable, ...]]], verdict: SecretVerdict) -> tuple[Detail, ...]:
    return tuple(
        Detail(subject=one.name, text=_description(one), at=label)
        for label, held in places
        for one in held
        if one.verdict is verdict
    )


def _description(one: Variable) -> str:
    """Say what the classifier saw, without a character of the value that is not public."""
    kind = one.kind or one.rule or "secret"
    prefix = f", begins with {one.public_prefix}" if one.public_prefix else ""
    length = f", {one.length_bucket} characters" if one.length_bucket else ""
    return f"{kind}{prefix}{length}"


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.LOW,
    codes=("SEC-04",),
    effort="One key",
)
def environment_not_under_own_key(function: Function, *, required: bool = False) -> Verdict:
    """Environment variables are not under a key of your own.

    ## Why it matters
    Lambda encrypts them in any case. A customer managed key adds a second permission to read them and a
    record of who did. Where no variable is sensitive, that is a matter of policy.

    ## How to fix
    Name a customer managed key that the deployment role may use:
    `aws lambda update-function-configuration --region REGION --function-name NAME --kms-key-arn KEY_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    """
    variables = known(function.environment)
    if not variables:
        return not_applicable("No environment variables")
    count = counted(len(variables), "variable", "variables")
    if function.kms_key_arn:
        return passed(f"{count} under a customer managed key")
    if required:
        return failed(f"{count} under the key of AWS; the settings require an own key")
    sensitive = [one.name for one in variables if one.verdict is not SecretVerdict.CLEAR]
    if sensitive:
        return failed(f"{len(sensitive)} of {count} sensitive, under the key of AWS")
    return warned(f"{count} under the key of AWS, none of them sensitive", severity=Severity.INFO)


@check(
    item=ChecklistItem.CONFIGURATION, severity=Severity.HIGH, codes=("SEC-05",), effort="Restore or rotate"
)
def environment_key_unhealthy(function: Function, region: Region) -> Verdict:
    """Key of the environment is disabled, open or not rotated.

    ## Why it matters
    A function whose key is disabled or about to be deleted cannot start any more. One whose policy lets
    everybody in guards nothing. A key that never rotates weighs less, and is told so.

    ## How to fix
    Enable the key again, or name another, and switch rotation on:
    `aws kms enable-key --region REGION --key-id KEY_ARN`
    `aws kms enable-key-rotation --region REGION --key-id KEY_ARN`
    `aws kms put-key-policy --region REGION --key-id KEY_ARN --policy file://FILE`

    ## References
    - https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    - https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
    """
    key = function.kms_key_arn
    if not key:
        return not_applicable("No customer managed key")
    states = dict(known(region.services.disabled_keys))
    if key in states:
        return failed(f"Key {_key_name(key)} is {states[key]}")
    if key in known(region.services.open_keys):
        return failed(f"Key {_key_name(key)} is open to everybody by its own policy")
    if key in known(region.services.unrotated_keys):
        return warned(f"Key {_key_name(key)} is enabled, and not rotated", severity=Severity.MEDIUM)
    more = (
        ", and its policy is not public"
        if f":{function.account}:" in key
        else "; its owner is another account"
    )
    return passed(f"Key {_key_name(key)} is enabled and rotated{more}")


def _key_name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.INFO,
    confidence=Confidence.MEDIUM,
    codes=("SEC-06",),
    effort="Encrypt in the deployment",
)
def sensitive_variable_unencrypted(function: Function, *, names: tuple[str, ...] = ()) -> Verdict:
    """Variables that you name are not encrypted by the client.

    ## Why it matters
    Some rules ask that a value is a ciphertext even inside the configuration. Which variables these are,
    only you know: name them in the settings, as `names`.

    ## How to fix
    Encrypt the value with a key of yours and decrypt it in the code:
    `aws kms encrypt --region REGION --key-id KEY_ARN --plaintext fileb://FILE --query CiphertextBlob`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
    """
    variables = known(function.environment)
    named = [one for one in variables if one.name in names]
    if not named:
        return not_applicable(f"None of {len(names)} named variables")
    plain = [one.name for one in named if not one.encrypted]
    if plain:
        return failed(f"{len(plain)} of {len(named)} named variables in plain text: {', '.join(plain)}")
    return passed(f"{len(named)} named variables are ciphertexts")


@check(item=ChecklistItem.CONFIGURATION, severity=Severity.INFO, codes=("CFG-01",), effort="Move some out")
def environment_nearly_full(function: Function, *, limit: float = 0.9) -> Verdict:
    """Environment variables come close to 4 KB.

    ## Why it matters
    All names and values together may take 4,096 bytes. The deployment that adds one too many fails.

    ## How to fix
    Move groups of settings to Parameter Store or AppConfig, and keep their names:
    `aws ssm put-parameter --region REGION --name PARAMETER --type String --value file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    variables = known(function.environment)
    if not variables:
        return not_applicable("No environment variables")
    size = sum(one.size_bytes for one in variables)
    share = size / ENVIRONMENT_LIMIT_BYTES
    said = (
        f"{counted(len(variables), 'variable takes', 'variables take')} {size} of {ENVIRONMENT_LIMIT_BYTES} bytes ({share:.0%}), "
        f"{limit:.0%} is the limit"
    )
    return failed(said) if share > limit else passed(said)


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    codes=("OPS-16",),
    effort="Code change",
)
def configuration_only_in_code(function: Function) -> Verdict:
    """Addresses stand in the code, and nothing in the environment.

    ## Why it matters
    The same package cannot then run in another stage, and every change of a name is a change of code. A
    function that needs no configuration needs no variables either: only what is written into the code
    counts.

    ## How to fix
    Read names, addresses and regions from variables, with a check at start that they are there:
    `aws lambda update-function-configuration --region REGION --function-name NAME --environment file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    variables = known(function.environment)
    if variables:
        return passed(f"{len(variables)} environment variables")
    written = [fact for fact in known(known(function.code).facts) if fact.kind.startswith(HARD_CODED)]
    if not written:
        return passed("No environment variables, and no address written into the code")
    details = tuple(
        Detail(subject=fact.kind, text="written into the code", at=f"{fact.file}:{fact.line}")
        for fact in written
    )
    return warned(
        f"No environment variables, {counted(len(written), 'address', 'addresses')} written into the code",
        details=details,
    )


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    codes=("CFG-02",),
    effort="A new function",
)
def tenants_share_environments(function: Function) -> Verdict:
    """Tenants may share execution environments.

    ## Why it matters
    What one request leaves in memory or in /tmp, the next request finds, whoever sent it. Tenant
    isolation gives each tenant environments of its own. That a variable or tag speaks of tenants is a
    hint, no proof.

    ## How to fix
    Isolation is chosen when a function is made, and cannot be changed after:
    `aws lambda create-function --region REGION --function-name NAME --tenancy-config TenantIsolationMode=PER_TENANT --cli-input-json file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html
    """
    if function.tenant_isolation:
        return passed(f"Tenant isolation {function.tenant_isolation}")
    names = [one.name for one in known(function.environment)] + [tag.key for tag in known(function.tags)]
    telling = [name for name in names if TENANT in name.upper()]
    if telling:
        return warned(f"{telling[0]} speaks of tenants, and execution environments are shared (a heuristic)")
    return not_applicable("Nothing speaks of tenants")
