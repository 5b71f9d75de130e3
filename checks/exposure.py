"""Nobody reaches the function who was not meant to."""

from auditor import (
    BlastRadius,
    ChecklistItem,
    Detail,
    Evidence,
    Function,
    Region,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
)
from auditor.iam import Circle, Opened, Opening, openings, url_exposures, weighed
from auditor.model import ResourcePolicy, Statement

ITEM = ChecklistItem.LEAST_PRIVILEGE


def _opened(
    function: Function, trusted: tuple[str, ...], organizations: tuple[str, ...]
) -> tuple[Opened, ...]:
    circle = Circle(account=function.account, trusted_accounts=trusted, organization_ids=organizations)
    return tuple(one for policy in known(function.policies) for one in openings(policy, circle))


def _details(found: tuple[Opened, ...]) -> tuple[Detail, ...]:
    return tuple(
        Detail(subject=one.principal, text=f"{one.text}. Fix: {one.fix}", at=one.place) for one in found
    )


def _evidence(function: Function, found: tuple[Opened, ...]) -> tuple[Evidence, ...]:
    policies = {policy.qualifier: policy for policy in known(function.policies)}
    return tuple(_statement(policies[one.qualifier], one) for one in found[:3])


def _statement(policy: ResourcePolicy, one: Opened) -> Evidence:
    statement = next(found for found in policy.statements if found.index == one.statement)
    return Evidence(caption=one.place, lines=tuple(_lines(statement)))


def _lines(statement: Statement) -> list[str]:
    principals = ", ".join(f'"{principal.kind}": "{principal.value}"' for principal in statement.principals)
    conditions = [
        f'"Condition": {{"{found.operator}": {{"{found.key}": "{", ".join(found.values)}"}}}}'
        for found in statement.conditions
    ]
    return [
        f'"Sid": "{statement.sid}",',
        f'"Principal": {{{principals}}},',
        f'"Action": "{", ".join(statement.actions)}",',
        *conditions,
    ]


@check(item=ITEM, severity=Severity.CRITICAL, codes=("IAM-08",), effort="Policy work")
def public_function(
    function: Function,
    radius: BlastRadius,
    *,
    trusted_accounts: tuple[str, ...] = (),
    organization_ids: tuple[str, ...] = (),
) -> Verdict:
    """Resource-based policy lets everybody invoke the function.

    ## Why it matters
    Anyone with an AWS account can run the function, with whatever its role may do, at your expense.

    ## How to fix
    Remove the statement, or name the caller with Principal and aws:SourceArn, aws:SourceAccount or
    aws:PrincipalOrgID:
    `aws lambda remove-permission --function-name NAME --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    found = _opened(function, trusted_accounts, organization_ids)
    public = tuple(one for one in found if one.opening is Opening.PUBLIC)
    count = sum(len(policy.statements) for policy in known(function.policies))
    if not public:
        return passed(f"None of {count} statements lets everybody in")
    return failed(
        f"{public[0].text}; {radius.text}",
        details=_details(public),
        evidence=_evidence(function, public),
        severity=weighed(public[0].severity, radius),
        commands=tuple(
            f"aws lambda remove-permission --function-name NAME --statement-id {one.sid}"
            for one in public
            if one.sid and one.sid.isalnum()
        ),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-09",), effort="Policy work")
def untrusted_account_allowed(
    function: Function,
    radius: BlastRadius,
    *,
    trusted_accounts: tuple[str, ...] = (),
    organization_ids: tuple[str, ...] = (),
) -> Verdict:
    """Another account may invoke the function.

    ## Why it matters
    Every identity that the other account's administrators choose can run the function. Known partners
    belong into the
    settings as `trusted_accounts`, one's own organisation as `organization_ids`.

    ## How to fix
    Remove the statement, or name the account in the settings:
    `aws lambda remove-permission --function-name NAME --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-cross-account.html
    """
    found = tuple(
        one
        for one in _opened(function, trusted_accounts, organization_ids)
        if one.opening is Opening.CROSS_ACCOUNT
    )
    foreign = tuple(one for one in found if not one.trusted)
    if not foreign:
        return passed(
            f"Grants to other accounts: {len(found)}, all of them trusted" if found else "No other account"
        )
    names = ", ".join(dict.fromkeys(one.account or one.principal for one in foreign))
    return failed(
        f"{len(foreign)} grant{'' if len(foreign) == 1 else 's'} to accounts that are not trusted: {names};"
        f" {radius.text}",
        details=_details(foreign),
        evidence=_evidence(function, foreign),
        severity=weighed(foreign[0].severity, radius),
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-10",), effort="Policy work")
def confused_deputy(function: Function, radius: BlastRadius) -> Verdict:
    """An AWS service may invoke for anybody's resource.

    ## Why it matters
    Without aws:SourceArn or aws:SourceAccount the service invokes the function for the resource of any
    account that names
    it, such as a bucket of somebody else.

    ## How to fix
    Grant again with the source, then remove the open statement:
    `aws lambda add-permission --function-name NAME --statement-id SID --action lambda:InvokeFunction --principal SERVICE --source-arn ARN --source-account ACCOUNT`
    `aws lambda remove-permission --function-name NAME --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    found = _opened(function, (), ())
    unsourced = tuple(one for one in found if one.opening is Opening.UNSOURCED_SERVICE)
    if not unsourced and not any(
        principal.kind == "Service"
        for policy in known(function.policies)
        for statement in policy.statements
        for principal in statement.principals
    ):
        return not_applicable("No AWS service is granted access")
    if not unsourced:
        return passed("Every service is bound to a source")
    return failed(
        f"{unsourced[0].text}; {radius.text}",
        details=_details(unsourced),
        evidence=_evidence(function, unsourced),
        severity=weighed(unsourced[0].severity, radius),
    )


@check(item=ITEM, severity=Severity.LOW, codes=("IAM-11",), effort="Policy work")
def dead_permission(function: Function) -> Verdict:
    """A permission that no caller can ever use.

    ## Why it matters
    A source of another service than the principal's, or a principal that was deleted, never matches: the
    intended caller is
    refused, or the statement is a left-over.

    ## How to fix
    Remove the statement and grant the caller that is meant:
    `aws lambda remove-permission --function-name NAME --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    found = _opened(function, (), ())
    if not found:
        return not_applicable("No statement grants access")
    dead = tuple(
        one for one in found if one.opening in {Opening.MISMATCHED_SOURCE, Opening.DELETED_PRINCIPAL}
    )
    if not dead:
        return passed(f"All grants can be used: {len(found)}")
    return failed(dead[0].text, details=_details(dead), evidence=_evidence(function, dead))


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-13", "IAM-15"), effort="Code change")
def unauthenticated_url(function: Function, radius: BlastRadius) -> Verdict:
    """Function URL answers anyone.

    ## Why it matters
    With AuthType NONE and both permissions granted to everybody, anyone on the internet runs the function:
    its role, its
    data and your bill. Whether the code asks for a signature of its own cannot be seen from here.

    ## How to fix
    Ask for IAM signatures, or put CloudFront with origin access control before the URL:
    `aws lambda update-function-url-config --function-name NAME --auth-type AWS_IAM`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    urls = known(function.urls)
    if not urls:
        return not_applicable("The function has no URL")
    exposures = url_exposures(urls, known(function.policies))
    open_ones = tuple(one for one in exposures if one.open)
    if open_ones:
        return failed(
            f"{open_ones[0].text}; {radius.text}",
            details=tuple(
                Detail(subject=one.qualifier or "unqualified", text=f"{one.text}. Fix: {one.fix}")
                for one in open_ones
            ),
            severity=weighed(open_ones[0].severity, radius),
        )
    loose = tuple(one for one in exposures if one.auth_type == "NONE")
    if loose:
        return failed(
            loose[0].text,
            details=tuple(Detail(subject=one.qualifier or "unqualified", text=one.text) for one in loose),
            severity=Severity.INFO,
        )
    return passed(f"{len(urls)} URL{'' if len(urls) == 1 else 's'}, none of them open to everybody")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-14",), effort="One setting")
def url_open_to_any_origin(function: Function) -> Verdict:
    """Function URL admits scripts of every site.

    ## Why it matters
    With `*` among the allowed origins any web page can call the URL from its visitors' browsers; with
    credentials allowed, in
    their name.

    ## How to fix
    Name the sites that call it:
    `aws lambda update-function-url-config --function-name NAME --cors AllowOrigins=https://SITE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
    """
    urls = known(function.urls)
    if not urls:
        return not_applicable("The function has no URL")
    wide = tuple(url for url in urls if "*" in url.allow_origins)
    if not wide:
        return passed(f"{len(urls)} URL{'' if len(urls) == 1 else 's'}, none of them open to every origin")
    credentials = any(url.allow_credentials for url in wide)
    return failed(
        f"URLs that allow every origin: {len(wide)} of {len(urls)}{', with credentials' if credentials else ''}",
        details=tuple(
            Detail(
                subject=url.qualifier or "unqualified",
                text=f"AllowOrigins *, AllowCredentials {str(url.allow_credentials).lower()}",
            )
            for url in wide
        ),
        severity=Severity.HIGH if credentials else None,
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("IAM-16",), effort="Code change")
def unauthenticated_api(function: Function, region: Region, radius: BlastRadius) -> Verdict:
    """API or load balancer passes on calls of anyone.

    ## Why it matters
    A route without authorisation, key, or private network in front of it lets anyone on the internet run
    the function.
    Whether the code checks callers itself cannot be seen from here.

    ## How to fix
    Put an authoriser on the route, or keep the API private:
    `aws apigateway update-method --rest-api-id API --resource-id RESOURCE --http-method METHOD --patch-operations op=replace,path=/authorizationType,value=AWS_IAM`

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
    """
    routes = known(region.integrations_of(function))
    groups = known(region.target_groups_of(function))
    if not routes and not groups:
        return not_applicable("No API or load balancer in front of the function")
    open_routes = tuple(
        route
        for route in routes
        if route.authorization in {"", "NONE"}
        and not (route.api_key_required or route.private or route.api_policy)
    )
    open_groups = tuple(group for group in groups if group.internet_facing and not group.authenticated)
    if not open_routes and not open_groups:
        return passed(f"Routes: {len(routes) + len(groups)}, each asks who calls or is private")
    details = (
        *(
            Detail(
                subject=route.api_name or route.api_id,
                text=f"{route.route} has no authorisation",
                at=route.kind,
            )
            for route in open_routes
        ),
        *(
            Detail(
                subject=group.arn.rsplit("/", 2)[-2], text="internet-facing without authentication", at="ALB"
            )
            for group in open_groups
        ),
    )
    return failed(
        f"Routes that ask nobody who calls: {len(details)} of {len(routes) + len(groups)}; {radius.text}",
        details=details,
        severity=weighed(Severity.MEDIUM, radius),
    )
