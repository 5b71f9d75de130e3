"""Who may reach a function, alias or layer by its resource-based policy."""

import re
from enum import Enum
from functools import cache
from importlib.resources import files

import msgspec

from auditor.iam.left_open import left_by, let_in, silenced
from auditor.iam.patterns import arn, matches
from auditor.iam.pins import Pins
from auditor.iam.privileges import place
from auditor.iam.trust import account_of
from auditor.model import Principal, Record, ResourcePolicy, Statement
from auditor.verdict import Severity


class Opening(Enum):
    """What kind of caller a statement lets in."""

    PUBLIC = "public"
    PUBLIC_URL = "public function URL"
    CROSS_ACCOUNT = "cross-account"
    UNSOURCED_SERVICE = "service without source"
    MISMATCHED_SOURCE = "source of another service"
    DELETED_PRINCIPAL = "deleted principal"
    EXPECTED = "expected"


class Opened(Record, frozen=True, kw_only=True):
    """One principal that one statement lets in. `qualifier` is "" for the unqualified function; `account`
    is the other account where the opening is cross-account, `trusted` whether the settings or the
    organisation name it.
    """

    opening: Opening
    severity: Severity
    qualifier: str
    statement: int
    sid: str
    principal: str
    actions: tuple[str, ...]
    text: str
    fix: str
    account: str = ""
    trusted: bool = False

    @property
    def place(self) -> str:
        """Policy and statement, as a message names them."""
        return _place(self.qualifier, self.statement, self.sid)


class Circle(Record, frozen=True, kw_only=True):
    """Who belongs: the owner's account, accounts trusted by the settings, and the ids of trusted
    organisations.
    """

    account: str
    trusted_accounts: tuple[str, ...] = ()
    organization_ids: tuple[str, ...] = ()


def openings(policy: ResourcePolicy, circle: Circle) -> tuple[Opened, ...]:
    """Every principal that a resource-based policy lets in, worst first; expected ones (own account,
    sourced services) included, so that callers can be counted.
    """
    denies = tuple(statement for statement in policy.statements if statement.effect == "Deny")
    found = [
        _opened(policy.qualifier, statement, principal, left_by(statement, denies), circle)
        for statement in policy.statements
        if statement.effect == "Allow" and not silenced(statement, denies)
        for principal in let_in(statement, denies)
    ]
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.statement, one.principal)))


def _opened(
    qualifier: str, statement: Statement, principal: Principal, pinned: Pins, circle: Circle
) -> Opened:
    if principal.kind == "Service":
        opening, severity, account, what, fix = _service(principal.value, pinned, circle)
    elif principal.value == "*" or account_of(principal.value) == "*":
        opening, severity, account, what, fix = _everybody(pinned, circle)
    else:
        opening, severity, account, what, fix = _named(principal, pinned, circle)
    where = _place(qualifier, statement.index, statement.sid)
    actions = statement.actions or ("everything but " + ", ".join(statement.not_actions),)
    return Opened(
        opening=opening,
        severity=severity,
        qualifier=qualifier,
        statement=statement.index,
        sid=statement.sid,
        principal=principal.value,
        actions=actions,
        text=f"{where} lets {what} do {', '.join(actions)}",
        fix=f"In {where}, {fix}" if fix else "",
        account=account,
        trusted=bool(account) and account in circle.trusted_accounts,
    )


_Judgement = tuple[Opening, Severity, str, str, str]


def _everybody(pinned: Pins, circle: Circle) -> _Judgement:
    if pinned.url and not pinned.any:
        callers = "everybody" if pinned.url_auth != "AWS_IAM" else "every principal of every AWS account"
        what = f"{callers} through the function URL"
        return Opening.PUBLIC_URL, Severity.HIGH, "", what, "name the principals, or set AuthType AWS_IAM"
    if not pinned.any:
        what = "everybody in every AWS account"
        return (
            Opening.PUBLIC,
            Severity.CRITICAL,
            "",
            what,
            "name the principal, or ask for aws:PrincipalOrgID",
        )
    if pinned.named_sources and not (pinned.accounts or pinned.organizations or pinned.other):
        return _unowned("every service", circle)
    return _by_pins("every principal", pinned, circle)


def _unowned(who: str, circle: Circle) -> _Judgement:
    what = f"{who} for a source that any account can own once its name is free"
    fix = f"add aws:SourceAccount {circle.account}: the source ARN holds no account"
    return Opening.UNSOURCED_SERVICE, Severity.MEDIUM, "", what, fix


def _by_pins(who: str, pinned: Pins, circle: Circle) -> _Judgement:
    foreign = _foreign(pinned, circle)
    if foreign is None:
        return Opening.EXPECTED, Severity.INFO, "", f"{who} that meets the conditions", ""
    return _crossing(foreign, circle, f"{who} of {foreign}")


def _foreign(pinned: Pins, circle: Circle) -> str | None:
    """The first account or organisation that the pins name and the circle does not hold, None for none."""
    for account in pinned.accounts:
        if account != circle.account:
            return account
    if pinned.accounts:
        return None
    return next((one for one in pinned.organizations if one not in circle.organization_ids), None)


def _crossing(other: str, circle: Circle, what: str) -> _Judgement:
    if other in circle.trusted_accounts:
        return Opening.CROSS_ACCOUNT, Severity.INFO, other, f"{what}, which is trusted,", ""
    fix = (
        "take the permission back (aws lambda remove-permission), or name the account among the trusted ones"
    )
    return Opening.CROSS_ACCOUNT, Severity.MEDIUM, other, what, fix


def _named(principal: Principal, pinned: Pins, circle: Circle) -> _Judgement:
    account = account_of(principal.value)
    if re.fullmatch(r"A[A-Z0-9]{3}[A-Z0-9]{16,}", principal.value):
        what = f"{principal.value}, a principal that no longer exists,"
        return (
            Opening.DELETED_PRINCIPAL,
            Severity.LOW,
            "",
            what,
            "take the permission back: its principal is gone",
        )
    if account in ("", circle.account) or not account.isdigit():
        return Opening.EXPECTED, Severity.INFO, "", principal.value, ""
    if set(pinned.organizations) & set(circle.organization_ids):
        return Opening.CROSS_ACCOUNT, Severity.INFO, account, f"{principal.value} of the organisation", ""
    return _crossing(account, circle, f"account {account} ({principal.value})")


def _service(principal: str, pinned: Pins, circle: Circle) -> _Judgement:
    base = principal.removesuffix(".cn")
    mismatch = _mismatch(base, pinned)
    if mismatch:
        what = f"{principal} with a source ARN of {mismatch}, which never matches,"
        return (
            Opening.MISMATCHED_SOURCE,
            Severity.LOW,
            "",
            what,
            f"name a source ARN of {principal}, or take it back",
        )
    foreign = _foreign(pinned, circle)
    if foreign is not None:
        return _crossing(foreign, circle, f"{principal} on behalf of {foreign}")
    if _sourced(base, pinned) or _listed(base, _sources().sourceless):
        return Opening.EXPECTED, Severity.INFO, "", principal, ""
    if pinned.named_sources and _listed(base, _sources().accountless):
        return _unowned(principal, circle)
    fix = f"add aws:SourceArn of the caller, or aws:SourceAccount {circle.account}"
    return Opening.UNSOURCED_SERVICE, Severity.HIGH, "", f"{principal} on behalf of any account", fix


def _sourced(principal: str, pinned: Pins) -> bool:
    if pinned.token and _listed(principal, _sources().token):
        return True
    return bool(pinned.accounts or pinned.organizations)


def _mismatch(principal: str, pinned: Pins) -> str:
    label = principal.partition(".")[0]
    wanted = _sources().arn_services.get(label)
    services = {arn(value)[2] for value in pinned.source_arns}
    if not wanted or not services or any(matches(service, one) for service in services for one in wanted):
        return ""
    return ", ".join(sorted(services))


def _place(qualifier: str, statement: int, sid: str) -> str:
    policy = f"resource-based policy of {qualifier}" if qualifier else "resource-based policy"
    return place(policy, statement, sid)


class _Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    principal: str
    source: str


class _Sources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sourceless: tuple[_Source, ...]
    token: tuple[_Source, ...]
    accountless: tuple[_Source, ...]
    arn_services: dict[str, tuple[str, ...]]


def _listed(principal: str, entries: tuple[_Source, ...]) -> bool:
    return any(entry.principal == principal for entry in entries)


@cache
def _sources() -> _Sources:
    return msgspec.yaml.decode(files("auditor.iam").joinpath("sources.yaml").read_bytes(), type=_Sources)
