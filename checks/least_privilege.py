"""The execution role allows what the function needs and no more."""

from auditor import (
    Account,
    ChecklistItem,
    Detail,
    Evidence,
    Function,
    Privileges,
    Reference,
    Region,
    Role,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.iam import (
    Overreach,
    administrator,
    analysed,
    assumable_roles,
    boundary_absent,
    broad_managed_policies,
    configuration_needs,
    escalation_paths,
    lambda_may_assume,
    log_needs,
    missing_actions,
    negations,
    partial_wildcards,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    trust_wider_than_lambda,
    unscoped_resources,
    unused,
)
from auditor.model import Unavailable, UnusedAccess

ITEM = ChecklistItem.LEAST_PRIVILEGE
SHOWN = 5
NOTED = 2
# A role that thousands share is told by their number; this many are named.
LISTED = 25


def _judged(
    privileges: Privileges, found: tuple[Overreach, ...], well: str, *, told: tuple[Detail, ...] = ()
) -> Verdict:
    """Say what a role's policies grant too much of; the worst place gives the severity."""
    if not found:
        count = len(privileges.grants)
        return passed(f"{well}; {count:,} grant{'' if count == 1 else 's'} judged")
    more = f", and {len(found) - 1} more place{'' if len(found) == 2 else 's'}" if len(found) > 1 else ""
    return failed(
        f"{found[0].text}{more}",
        details=(
            *(
                Detail(
                    subject=one.place, text=f"{one.text}{_noted(one.notes)}. Fix: {one.fix}", at=one.written
                )
                for one in found
            ),
            *told,
        ),
        evidence=tuple(_shown(one) for one in found[:SHOWN] if one.statement),
        severity=min((one.severity for one in found), key=lambda severity: severity.rank),
    )


def _noted(notes: tuple[str, ...]) -> str:
    """What narrows a place without ending what is found there."""
    more = f" and {len(notes) - NOTED} more" if len(notes) > NOTED else ""
    return f"; {', '.join(notes[:NOTED])}{more}" if notes else ""


def _shown(one: Overreach) -> Evidence:
    lines = (
        *(f'"Sid": "{one.sid}",' for _ in range(bool(one.sid))),
        f'"Action": "{one.written}",' if one.written else '"Action": …',
        f'"Resource": {list(one.resources)}'.replace("'", '"'),
    )
    return Evidence(caption=one.place, lines=tuple(lines), marked=tuple(range(len(lines) - 2, len(lines))))


@check(item=ITEM, severity=Severity.CRITICAL, codes=("IAM-01",), effort="Policy work")
def administrator_role(privileges: Privileges, *, share: float = 0.9) -> Verdict:
    """Execution role has administrator rights.

    ## Why it matters
    Whoever gets the function to run their code, through a fault in it or in a package that it loads, owns
    the account.

    ## How to fix
    Attach a policy with the actions and resources that the code uses, then detach the broad one:
    `aws iam detach-role-policy --role-name ROLE --policy-arn POLICY_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
    """
    found = administrator(privileges, share=share)
    return _judged(privileges, found, "Not equivalent to an administrator", told=_controls(privileges))


def _controls(privileges: Privileges) -> tuple[Detail, ...]:
    """What is to say where service control policies, which may take away what is found, were not evaluated."""
    unread = privileges.control_unread
    if unread is None:
        return ()
    return (Detail(subject=unread.part, text=f"not evaluated, and may take this away: {unread.why}"),)


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-05",), effort="Policy work")
def escalating_role(privileges: Privileges) -> Verdict:
    """Role can raise its own rights.

    ## Why it matters
    Some actions together let their holder become somebody more powerful, such as passing a stronger role to
    a function of
    its own making. The function then has those rights too, whatever its policies say.

    ## How to fix
    Take away one action of each path, or name the exact roles and resources that it may touch. See which:
    `aws iam list-role-policies --role-name ROLE`

    ## References
    - https://pathfinding.cloud/
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    found = escalation_paths(privileges)
    if not found:
        return passed(f"No known escalation path is complete; {len(privileges.grants):,} grants judged")
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return failed(
        f"{found[0].text}{more}",
        details=(
            *(
                Detail(subject=one.id, text=f"{one.text}{_noted(one.notes)}. Fix: {one.fix}", at=one.url)
                for one in found
            ),
            *_controls(privileges),
        ),
        severity=min((one.severity for one in found), key=lambda severity: severity.rank),
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-05",), effort="Policy work")
def any_role_passable(privileges: Privileges) -> Verdict:
    """Role may pass any role to a service.

    ## Why it matters
    iam:PassRole on every role hands each of them, the strongest too, to whatever service the function can
    start.

    ## How to fix
    Name the roles that may be passed, and the service, with the condition iam:PassedToService:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    return _judged(privileges, passable_roles(privileges), "iam:PassRole reaches no more than named roles")


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-05",), effort="Policy work")
def any_role_assumable(privileges: Privileges) -> Verdict:
    """Role may assume any role.

    ## Why it matters
    sts:AssumeRole on every role takes the function wherever some trust policy trusts this account.

    ## How to fix
    Name the roles that the function has to assume:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-permissions.html
    """
    return _judged(privileges, assumable_roles(privileges), "sts:AssumeRole reaches no more than named roles")


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-02",), effort="Policy work")
def service_wildcard_actions(privileges: Privileges) -> Verdict:
    """Role grants every action of a service.

    ## Why it matters
    `service:*` includes deleting, sharing and re-configuring, and every action that AWS adds later.

    ## How to fix
    Name the actions that the code calls:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
    """
    return _judged(privileges, service_wildcards(privileges), "No service is granted whole")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-02",), effort="Policy work")
def partial_wildcard_actions(privileges: Privileges) -> Verdict:
    """Role grants actions by a wildcard that reaches too far.

    ## Why it matters
    A pattern such as `s3:Get*` also reaches actions nobody thought of, among them those that read data.

    ## How to fix
    Name the actions that the code calls:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    return _judged(privileges, partial_wildcards(privileges), "No wildcard inside an action reaches too far")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-03",), effort="Policy work")
def wildcard_resources(privileges: Privileges) -> Verdict:
    """Role grants actions on every resource.

    ## Why it matters
    An action that takes a resource, granted on all of them, reaches the tables, queues and buckets of every
    other team.
    Actions that take no resource are not counted: for them `*` is the only way.

    ## How to fix
    Name the resources that the function uses:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    return _judged(privileges, unscoped_resources(privileges), "Every action that takes a resource names one")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-20",), effort="Policy work")
def negated_policy_elements(privileges: Privileges) -> Verdict:
    """Policy allows by NotAction or NotResource.

    ## Why it matters
    Allow with NotAction or NotResource grants everything that was not thought of, services of next year
    included.

    ## How to fix
    Say what is allowed with Action and Resource:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
    """
    return _judged(privileges, negations(privileges), "No Allow statement is negated")


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-03",), effort="Policy work")
def secrets_readable(privileges: Privileges) -> Verdict:
    """Role can read every secret or decrypt with every key.

    ## Why it matters
    A fault in one function then tells the credentials of all systems of the account.

    ## How to fix
    Name the secrets, parameters and keys that the function uses:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
    """
    return _judged(privileges, readable_secrets(privileges), "Secrets and keys are named one by one")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-03",), effort="Policy work")
def data_readable(privileges: Privileges) -> Verdict:
    """Role can read data of every bucket, table or queue.

    ## Why it matters
    Data of other systems leave through this function when it is broken into.

    ## How to fix
    Name the buckets, tables and queues that the function reads:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
    """
    return _judged(privileges, readable_data(privileges), "Data are read from named resources only")


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-03",), effort="Policy work")
def resources_shareable(privileges: Privileges) -> Verdict:
    """Role can open resources to others.

    ## Why it matters
    Actions that change resource-based policies can share buckets, keys, queues and functions with anybody.

    ## How to fix
    Take these actions away from the function; a deployment role is the place for them:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
    """
    return _judged(
        privileges, resource_exposure(privileges), "It cannot change who may use resources at large"
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-03",), effort="Policy work")
def credentials_obtainable(privileges: Privileges) -> Verdict:
    """Role can obtain credentials of others.

    ## Why it matters
    Actions that answer with credentials outlive the function: a key that was made stays when the fault is
    mended.

    ## How to fix
    Take the actions away, or name the identities they may be used for:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
    """
    return _judged(
        privileges, returned_credentials(privileges), "No action that answers with credentials is granted"
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-04",), effort="Policy work")
def broad_managed_policy(privileges: Privileges, role: Role) -> Verdict:
    """Broad AWS managed policy on the execution role.

    ## Why it matters
    Policies that AWS writes for people and for whole services grant far more than one function uses, and
    grow.

    ## How to fix
    Replace it by a policy with the actions and resources of the function, then detach it:
    `aws iam detach-role-policy --role-name ROLE --policy-arn POLICY_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
    """
    return _judged(
        privileges, broad_managed_policies(role, privileges), "No broad AWS managed policy is attached"
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-07",), effort="One setting")
def execution_role_unusable(function: Function, account: Account) -> Verdict:
    """Execution role is missing or does not trust Lambda.

    ## Why it matters
    Lambda cannot take on the role: every invocation fails once the last credentials have expired.

    ## How to fix
    Make the role again, or point the function to one that trusts lambda.amazonaws.com:
    `aws lambda update-function-configuration --function-name NAME --role ROLE_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    name = function.role_arn.rsplit("/", 1)[-1]
    role = known(account.role(function.role_arn))
    if role is None:
        return failed(f"The role {name} does not exist")
    if not lambda_may_assume(role):
        return failed(f"The trust policy of {name} does not let lambda.amazonaws.com assume it")
    return passed(f"The role {name} exists and trusts Lambda")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-06",), effort="Policy work")
def role_shared(privileges: Privileges, account: Account, *, most: int = 1) -> Verdict:
    """Execution role is shared by several functions.

    ## Why it matters
    A shared role grants each function what any of them needs, so that a fault in the least important
    reaches as far as the
    most important one may.

    ## How to fix
    Give each function a role of its own:
    `aws lambda update-function-configuration --function-name NAME --role ROLE_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    names = sorted(
        {function.name for function in account.functions_by_role.get(privileges.caller.role_arn, ())}
    )
    if len(names) <= most:
        return passed(
            f"The role is used by {len(names)} function{'' if len(names) == 1 else 's'}, {most} allowed"
        )
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    said = f"The role is shared by {len(names)} functions, {most} allowed: {', '.join(names[:SHOWN])}{more}"
    if all(action in _BASIC for action in privileges.by_action):
        privileges.conclude()
        return passed(
            f"{said}; it grants no more than logs, traces and network interfaces", severity=Severity.LOW
        )
    details = [Detail(subject=name, text="runs under the same role") for name in names[:LISTED]]
    if len(names) > LISTED:
        details.append(Detail(subject=f"{len(names) - LISTED} more", text="run under the same role"))
    return failed(said, details=tuple(details))


_BASIC = frozenset(
    {
        "logs:createloggroup",
        "logs:createlogstream",
        "logs:putlogevents",
        "xray:puttracesegments",
        "xray:puttelemetryrecords",
        "ec2:createnetworkinterface",
        "ec2:describenetworkinterfaces",
        "ec2:deletenetworkinterface",
        "ec2:assignprivateipaddresses",
        "ec2:unassignprivateipaddresses",
        "ec2:describesubnets",
    }
)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-23",), effort="Policy work")
def trust_too_wide(
    role: Role, *, trusted_accounts: tuple[str, ...] = (), organization_id: str = ""
) -> Verdict:
    """Trust policy lets in others than Lambda.

    ## Why it matters
    Whoever may assume the execution role has all that the function may do, without the function.

    ## How to fix
    Leave lambda.amazonaws.com as the only principal:
    `aws iam update-assume-role-policy --role-name ROLE --policy-document file://trust.json`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    found = trust_wider_than_lambda(role, trusted_accounts=trusted_accounts, organization_id=organization_id)
    if not found:
        return passed("Only Lambda may assume the role")
    if found[0].severity is Severity.INFO:
        return passed(f"{len(found)} other principals may assume the role, all of them trusted")
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return failed(
        f"{found[0].text}{more}",
        details=tuple(
            Detail(subject=one.principal, text=f"{one.text}. Fix: {one.fix}", at=f"statement {one.statement}")
            for one in found
        ),
        severity=found[0].severity,
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-22",), effort="Policy work")
def role_lacks_permissions(function: Function, region: Region, privileges: Privileges) -> Verdict:
    """Role lacks what the configuration needs.

    ## Why it matters
    A queue that is never read, a failed event that is never kept, a trace that is never sent: the setting
    is there, and
    nothing happens.

    ## How to fix
    Grant the missing actions on the resources that the configuration names:
    `aws iam put-role-policy --role-name ROLE --policy-name POLICY --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    logs = set(log_needs(function))
    needs = tuple(
        need
        for need in configuration_needs(function, known(region.mappings_of(function)))
        if need not in logs
    )
    if not needs:
        return not_applicable("The configuration needs no permission beside logs")
    found = missing_actions(privileges, needs)
    if not found:
        return passed(f"All {len(needs)} actions that the configuration needs are granted")
    return failed(
        f"Of {len(needs)} actions that the configuration needs, {len(found)} "
        f"{'is' if len(found) == 1 else 'are'} not granted: "
        f"{', '.join(dict.fromkeys(need.action for need in found))}",
        details=tuple(
            Detail(subject=need.action, text=need.why, at=need.resource or "any resource") for need in found
        ),
    )


@check(item=ChecklistItem.STRUCTURED_LOGGING, severity=Severity.HIGH, codes=("IAM-21",), effort="Policy work")
def logs_not_writable(function: Function, privileges: Privileges) -> Verdict:
    """Role cannot write logs.

    ## Why it matters
    Without logs:CreateLogStream and logs:PutLogEvents on its log group the function runs unseen: no error
    is ever read.

    ## How to fix
    Attach the basic execution policy, or grant the two actions on the log group:
    `aws iam attach-role-policy --role-name ROLE --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    needs = log_needs(function)
    found = missing_actions(privileges, needs)
    group = known(function.log_group)
    if not found:
        return passed(f"The role may write to {group}")
    actions = ", ".join(dict.fromkeys(need.action for need in found))
    return failed(f"The role may not {actions} on {group}")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-24",), effort="Policy work")
def permissions_unused(privileges: Privileges, role: Role, *, days: int = 90) -> Verdict:
    """Granted services that are never used.

    ## Why it matters
    What was granted and never used can be taken away without harm, and then cannot be misused. Judged by IAM's
    last-accessed data and, where an analyzer of unused access looks at the account, by its findings too.

    ## How to fix
    Remove the services from the role's policies. See when each was last used:
    `aws iam generate-service-last-accessed-details --arn ROLE_ARN --granularity ACTION_LEVEL`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
    """
    access = role.unused_access
    seen = analysed(privileges, access) if isinstance(access, UnusedAccess) else ((), ())
    if isinstance(access, UnusedAccess) and isinstance(role.last_accessed, Unavailable):
        if not any(seen):
            known(role.last_accessed)  # an analyzer may leave roles out, so that its silence tells nothing
        said = f"{len(seen[0])} of {len(privileges.services)} granted services unused in {access.days} days"
        return _idle(privileges, f"{said}, by Access Analyzer", *seen, _analyzer(access, *seen))
    found = unused(privileges, known(role.last_accessed), created_at=role.created_at, window_days=days)
    if found is None:
        return not_applicable(f"The role is younger than {days} days")
    said = f"{found.used} of {found.granted} granted services used in {found.window_days} days"
    idle = (*found.services, *found.actions)
    more = tuple(tuple(name for name in names if name not in idle) for names in seen)
    details = (
        *(Detail(subject=name, text=f"not used since {found.since}") for name in idle),
        *(_analyzer(access, *more) if isinstance(access, UnusedAccess) else ()),
    )
    if not idle:
        known(access)  # findings that could not be read may name what the last use does not tell
    return _idle(privileges, said, found.services + more[0], found.actions + more[1], details)


def _idle(
    privileges: Privileges,
    said: str,
    services: tuple[str, ...],
    actions: tuple[str, ...],
    details: tuple[Detail, ...],
) -> Verdict:
    if services:
        more = f" and {len(services) - SHOWN} more" if len(services) > SHOWN else ""
        return failed(f"{said}; never: {', '.join(services[:SHOWN])}{more}", details=details)
    if actions:
        single = "1 single action was" if len(actions) == 1 else f"{len(actions)} single actions were"
        return warned(f"{said}; {single} not", details=details)
    privileges.conclude()
    return passed(said)


def _analyzer(access: UnusedAccess, *names: tuple[str, ...]) -> tuple[Detail, ...]:
    text = f"found unused for {access.days} days by Access Analyzer"
    return tuple(
        Detail(subject=name, text=text, at=", ".join(access.findings[:SHOWN]))
        for part in names
        for name in part
    )


@check(item=ITEM, severity=Severity.LOW, codes=("IAM-24",), effort="Delete or document")
def role_idle(function: Function, role: Role, reference: Reference, *, days: int = 90) -> Verdict:
    """Execution role is not used any more.

    ## Why it matters
    A role that nothing takes on keeps its rights all the same, and nobody notices who takes it on next. IAM
    tells the last use of 400 days.

    ## How to fix
    Delete the function with its role, or find out why it does not run:
    `aws iam get-role --role-name ROLE --query Role.RoleLastUsed`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html
    """
    usage = known(function.usage)
    if usage.invocations:
        return passed(f"The function ran {usage.invocations:,} times in {usage.window_days:.0f} days")
    last = known(role.last_used)
    if last is not None:
        idle = (reference.as_of - last.date()).days
        said = f"The role was last used on {last.date()}, {idle} days ago; {days} allowed"
        return failed(said) if idle > days else passed(said)
    age = (reference.as_of - role.created_at.date()).days if role.created_at else None
    if age is not None and age < days:
        return not_applicable(f"The role is {age} days old; {days} are needed")
    return failed(f"The role was not used in the 400 days that IAM looks back; {days} allowed")


@check(item=ITEM, severity=Severity.INFO, codes=("IAM-24",), effort="Policy work")
def boundary_missing(role: Role) -> Verdict:
    """Execution role has no permissions boundary.

    ## Why it matters
    A boundary caps what later changes to the role's policies can grant. It is a second line, not a need of
    every role.

    ## How to fix
    Set a boundary where others than the security team may change roles:
    `aws iam put-role-permissions-boundary --role-name ROLE --permissions-boundary POLICY_ARN`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    known(role.boundary)
    if boundary_absent(role):
        return failed("No permissions boundary is set")
    return passed("A permissions boundary is set")
