"""Who may take on an execution role, beside Lambda."""

import re

import msgspec

from auditor.iam.left_open import narrowed, silenced
from auditor.iam.patterns import anything, arn, matches, plain
from auditor.iam.privileges import place
from auditor.model import Condition, Principal, Record, Role, Statement, known
from auditor.verdict import Severity

LAMBDA_PRINCIPALS = frozenset(
    {
        "lambda.amazonaws.com",
        "lambda.amazonaws.com.cn",
        "edgelambda.amazonaws.com",
        "lambda.alias.amazonaws.com",
    }
)
_ASSUMING = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
_PINNING = frozenset({"sts:externalid", "aws:principalaccount", "aws:sourcearn", "aws:sourceaccount"})


class Truster(Record, frozen=True, kw_only=True):
    """A principal other than Lambda that a role's trust policy lets in."""

    severity: Severity
    statement: int
    sid: str
    principal: str
    text: str
    fix: str


def lambda_may_assume(role: Role, *, edge: bool = False) -> bool:
    """Whether the trust policy lets Lambda take the role on, and with `edge` Lambda@Edge too.

    Conditions that may hold count as held. Raises `EvidenceMissingError` where the trust policy was not read.
    """
    statements = known(role.trust)
    wanted = ("lambda.amazonaws.com", "edgelambda.amazonaws.com") if edge else ("lambda.amazonaws.com",)
    return all(_let_in(statements, principal) for principal in wanted)


def trust_wider_than_lambda(
    role: Role, *, trusted_accounts: tuple[str, ...] = (), organization_id: str = ""
) -> tuple[Truster, ...]:
    """Principals beside Lambda and Lambda@Edge that may take the role on, and so do all that the function
    may.

    Everybody is critical, another account high unless it is trusted or asked for an external id or the
    organisation, another service low. Raises `EvidenceMissingError` where the trust policy was not read.
    """
    own = account_of(role.arn)
    statements = known(role.trust)
    denies = tuple(statement for statement in statements if statement.effect == "Deny")
    found = [
        judged
        for statement in statements
        if statement.effect == "Allow" and _assumes(statement) and not silenced(statement, denies)
        for judged in _judged(
            msgspec.structs.replace(statement, conditions=narrowed(statement, denies)),
            own,
            trusted_accounts,
            organization_id,
        )
    ]
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.statement, one.principal)))


def _assumes(statement: Statement) -> bool:
    if statement.not_actions:
        return True
    return any(matches(plain(action.lower()), wanted) for action in statement.actions for wanted in _ASSUMING)


def _let_in(statements: tuple[Statement, ...], principal: str) -> bool:
    about = [
        statement
        for statement in statements
        if any(matches(plain(action.lower()), "sts:assumerole") for action in statement.actions)
        and any(_is_service(one, principal) for one in statement.principals)
    ]
    allowed = any(statement.effect == "Allow" for statement in about)
    return allowed and not any(one.effect == "Deny" and not one.conditions for one in about)


def _is_service(principal: Principal, name: str) -> bool:
    if principal.kind == "*" or (principal.kind == "AWS" and principal.value == "*"):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
        return principal.kind == "*"
    return principal.kind == "Service" and principal.value.removesuffix(".cn") == name


def _judged(
    statement: Statement, own: str, trusted_accounts: tuple[str, ...], organization_id: str
) -> list[Truster]:
    if statement.not_principals:
        return [
            _truster(statement, Severity.CRITICAL, "NotPrincipal", "everybody but the principals it names")
        ]
    found: list[Truster] = []
    for principal in statement.principals:
        severity, what = _severity(principal, statement, own, trusted_accounts, organization_id)
        if severity is not None:
            found.append(_truster(statement, severity, principal.value, what))
    return found


def _severity(
    principal: Principal, statement: Statement, own: str, trusted: tuple[str, ...], organization_id: str
) -> tuple[Severity | None, str]:
    if principal.kind == "Service":
        return (None, "") if principal.value in LAMBDA_PRINCIPALS else (Severity.LOW, "another service")
    pinned = _pinned(statement.conditions, organization_id)
    if principal.kind == "Federated":
        return (
            Severity.LOW if _subject_pinned(statement.conditions) else Severity.HIGH,
            "identities of a provider",
        )
    if principal.value == "*":
        return (
            (Severity.MEDIUM, "every principal that meets a condition")
            if pinned
            else (Severity.CRITICAL, "everybody")
        )
    account = account_of(principal.value)
    if account == own:
        return Severity.LOW, "principals of the same account"
    if account in trusted:
        return Severity.INFO, f"account {account}, which is trusted"
    return Severity.LOW if pinned else Severity.HIGH, f"account {account or principal.value}"


def account_of(principal: str) -> str:
    """Account of an AWS principal: a bare account id or an ARN; "" for a deleted principal's id."""
    if principal.isdigit():
        return principal
    parts = principal.split(":")
    return parts[4] if len(parts) > len(("arn", "partition", "iam", "")) else ""


def _pinned(conditions: tuple[Condition, ...], organization_id: str) -> bool:
    for condition in conditions:
        key = condition.key.lower()
        if _open(condition):
            continue
        if key == "aws:principalarn":
            # Any account can have a role of that name.
            if all(arn(plain(value))[4].isdigit() for value in condition.values):
                return True
        elif key in _PINNING:
            return True
        if key in _ORGANIZATION and (
            not organization_id or any(organization_id in value for value in condition.values)
        ):
            return True
    return False


# What pins the identities of a provider that serves many: its subject or repository, and for the providers of
# web identities and SAML the application that asked. The audience of other providers is the same for all.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
_SUBJECTS = (":sub", ":repository", ":repository_id", ":job_workflow_ref", ":namequalifier", ":app_id")
_AUDIENCES = ("cognito-identity.amazonaws.com:aud", "accounts.google.com:aud", "saml:aud")
# Beginnings of a subject that name nobody yet.
_NOBODY = frozenset({"", "repo:", "project_path:", "organization:", "system:serviceaccount:"})


def _subject_pinned(conditions: tuple[Condition, ...]) -> bool:
    return any(
        _names_subject(condition.key.lower(), condition.values) and not _open(condition)
        for condition in conditions
    )


def _names_subject(key: str, values: tuple[str, ...]) -> bool:
    if key.endswith(_AUDIENCES):
        return True
    return key.endswith(_SUBJECTS) and not any(re.split(r"[*?]", value)[0] in _NOBODY for value in values)


def _open(condition: Condition) -> bool:
    folded = condition.operator.lower()
    loose = "not" in folded or folded.endswith("ifexists") or folded.startswith(("forallvalues", "null"))
    return loose or not condition.values or any(anything(value) for value in condition.values)


def _truster(statement: Statement, severity: Severity, principal: str, what: str) -> Truster:
    where = place("trust policy", statement.index, statement.sid)
    return Truster(
        severity=severity,
        statement=statement.index,
        sid=statement.sid,
        principal=principal,
        text=f"{where} lets {what} ({principal}) take the role on",
        fix=f"In {where}, leave lambda.amazonaws.com as the only principal",
    )
