"""Function URLs and layers that anybody may reach, and what a stranger could do through a function's role."""

from collections.abc import Callable
from typing import TypeVar

from auditor.iam.administrator import administrator
from auditor.iam.escalation import escalation_paths
from auditor.iam.left_open import left_by, names_everybody
from auditor.iam.overreach import number
from auditor.iam.patterns import matches, plain
from auditor.iam.pins import Pins, pins
from auditor.iam.privileges import Privileges
from auditor.iam.reach import readable_data, readable_secrets
from auditor.iam.resource_policy import Circle, Opened, Opening, openings
from auditor.model import EvidenceMissingError, FunctionUrl, Record, ResourcePolicy, Statement, Unavailable
from auditor.verdict import Severity

Found = TypeVar("Found")


class UrlExposure(Record, frozen=True, kw_only=True):
    """Whether strangers get through a function URL. `invokes_url` and `invokes` tell which of the two
    permissions that a caller needs everybody has: lambda:InvokeFunctionUrl and lambda:InvokeFunction.
    """

    qualifier: str
    auth_type: str
    invokes_url: bool
    invokes: bool
    severity: Severity
    text: str
    fix: str

    @property
    def open(self) -> bool:
        """Whether everybody has both."""
        return self.invokes_url and self.invokes


def url_exposures(
    urls: tuple[FunctionUrl, ...], policies: tuple[ResourcePolicy, ...]
) -> tuple[UrlExposure, ...]:
    """What each function URL lets strangers do.

    Both permissions are needed: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html. With AuthType
    NONE strangers are everybody; with AWS_IAM every principal of any AWS account, where the policy names
    everybody.
    """
    by_qualifier = {policy.qualifier: policy for policy in policies}
    return tuple(_url_exposure(url, by_qualifier.get(url.qualifier)) for url in urls)


def public_layer(policy: ResourcePolicy | None, circle: Circle) -> tuple[Opened, ...]:
    """Statements that share a layer version with everybody; no policy shares it with nobody."""
    if policy is None:
        return ()
    return tuple(one for one in openings(policy, circle) if one.opening is Opening.PUBLIC)


class BlastRadius(Record, frozen=True, kw_only=True):
    """What a stranger who can run a function gets from its role, worst first in `text`. `severity` is that
    of the worst, `unknown` what could not be read of the role.
    """

    severity: Severity
    text: str
    unknown: Unavailable | None = None


def blast_radius(privileges: Privileges) -> BlastRadius:
    """What the role of an exposed function may do: its administrator rights, escalation paths, secrets and
    data. Worked out once for each privileges, however many functions are exposed under them.
    """
    remembered: BlastRadius | None = privileges.__dict__.get("blast_radius")
    if remembered is None:
        remembered = privileges.__dict__["blast_radius"] = _known_radius(privileges)
    return remembered


def _known_radius(privileges: Privileges) -> BlastRadius:
    try:
        return _radius(privileges)
    except EvidenceMissingError as error:
        return unknown_radius(error.unavailable)


def unknown_radius(missing: Unavailable) -> BlastRadius:
    """The radius of a role that could not be read: it makes no exposure worse, nor milder."""
    text = "what its role may do is not known"
    return BlastRadius(severity=Severity.INFO, text=text, unknown=missing)


def weighed(exposure: Severity, radius: BlastRadius) -> Severity:
    """Severity of an exposure by what it exposes: one step up where the role's worst is critical, or high
    below high.

    An exposure is never made milder for a narrow role: whoever gets in runs code and costs.
    """
    steps = list(Severity)
    if radius.severity is Severity.CRITICAL and exposure is not Severity.INFO:
        return steps[max(exposure.rank - 1, 0)]
    if radius.severity is Severity.HIGH and exposure in (Severity.MEDIUM, Severity.LOW):
        return steps[exposure.rank - 1]
    return exposure


def _url_exposure(url: FunctionUrl, policy: ResourcePolicy | None) -> UrlExposure:
    statements = policy.statements if policy else ()
    invokes_url = _everybody_may("lambda:invokefunctionurl", url.auth_type, statements)
    invokes = _everybody_may("lambda:invokefunction", url.auth_type, statements)
    who = "everybody" if url.auth_type == "NONE" else "every principal of every AWS account"
    name = f"function URL of {url.qualifier}" if url.qualifier else "function URL"
    if invokes_url and invokes:
        text = f"{name} with AuthType {url.auth_type} answers {who}"
        fix = "set AuthType AWS_IAM and name the callers in the resource-based policy"
        severity = Severity.HIGH
    else:
        lacking = [
            action
            for action, granted in (
                ("lambda:InvokeFunctionUrl", invokes_url),
                ("lambda:InvokeFunction", invokes),
            )
            if not granted
        ]
        refused = " and ".join(lacking)
        text = f"{name} with AuthType {url.auth_type} answers strangers 403: {refused} not granted to them"
        fix = "set AuthType AWS_IAM, so that no later grant opens it" if url.auth_type == "NONE" else ""
        severity = Severity.INFO
    return UrlExposure(
        qualifier=url.qualifier,
        auth_type=url.auth_type,
        invokes_url=invokes_url,
        invokes=invokes,
        severity=severity,
        text=text,
        fix=fix,
    )


def _everybody_may(action: str, auth_type: str, statements: tuple[Statement, ...]) -> bool:
    denies = tuple(one for one in statements if one.effect == "Deny")
    if any(_denies_everybody(one, action, auth_type) for one in denies):
        return False
    return any(
        _grants_everybody(one, left_by(one, denies), action, auth_type)
        for one in statements
        if one.effect == "Allow"
    )


def _grants_everybody(statement: Statement, pinned: Pins, action: str, auth_type: str) -> bool:
    everybody = statement.not_principals or names_everybody(statement)
    return (
        bool(everybody)
        and _is_about(statement, action)
        and not pinned.any
        and pinned.url_auth in ("", auth_type)
    )


def _denies_everybody(statement: Statement, action: str, auth_type: str) -> bool:
    """Whether a Deny leaves nobody: it has no condition, but that the URL has this AuthType."""
    if not (names_everybody(statement) and _is_about(statement, action)):
        return False
    pinned = pins(statement.conditions)
    return not statement.conditions or (len(statement.conditions) == 1 and pinned.url_auth == auth_type)


def _is_about(statement: Statement, action: str) -> bool:
    if statement.not_actions:
        return not any(matches(plain(one.lower()), action) for one in statement.not_actions)
    return any(matches(plain(one.lower()), action) for one in statement.actions)


def _quietly(find: Callable[[Privileges], tuple[Found, ...]], privileges: Privileges) -> tuple[Found, ...]:
    # An unread policy is told once, after everything that can be known was asked.
    try:
        return find(privileges)
    except EvidenceMissingError:
        return ()


def _radius(privileges: Privileges) -> BlastRadius:
    privileges.sure()
    if _quietly(administrator, privileges):
        return BlastRadius(severity=Severity.CRITICAL, text="its role is an administrator")
    paths = _quietly(escalation_paths, privileges)
    if paths:
        worst = paths[0]
        return BlastRadius(
            severity=worst.severity,
            text=f"its role completes {number(len(paths), 'escalation path')} ({worst.id} the worst)",
        )
    if _quietly(readable_secrets, privileges):
        return BlastRadius(severity=Severity.HIGH, text="its role reads every secret of a service")
    if _quietly(readable_data, privileges):
        return BlastRadius(severity=Severity.MEDIUM, text="its role reads every resource of a data store")
    privileges.conclude()
    changing = {grant.action for grant in privileges.grants if grant.level.changes}
    granted = number(len(privileges.by_action), "action")
    text = f"its role may do {granted}, {len(changing):,} of which change something"
    return BlastRadius(severity=Severity.LOW, text=text)
