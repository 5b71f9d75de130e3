"""Web Functions, another kind of function: counted, and judged by who may call them."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Region,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted
from auditor.model import WebEndpoint


@check(item=ChecklistItem.CONFIGURATION, severity=Severity.INFO, codes=("CFG-04",), effort="Look at them")
def web_functions_unjudged(region: Region) -> Verdict:
    """Web Functions exist, and are hardly judged here.

    ## Why it matters
    They are another kind of function with an interface of its own. An audit that is silent about them
    looks cleaner than it is: of theirs only who may call them is judged.

    ## How to fix
    See which there are:
    `aws lambda-web list-web-functions --region REGION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/welcome.html
    """
    count = known(region.services.web_functions)
    if count:
        return warned(f"{counted(count, 'Web Function', 'Web Functions')}, not judged but for who may call")
    return passed("0 Web Functions")


@check(item=ChecklistItem.LEAST_PRIVILEGE, severity=Severity.MEDIUM, codes=("CFG-04",), effort="One setting")
def unauthenticated_web_function(region: Region) -> Verdict:
    """Web Function answers anyone.

    ## Why it matters
    With the authorisation type ApplicationManaged, Lambda asks nobody who calls: every request on the
    internet reaches the code, at your expense. Whether the code asks cannot be seen from here. With IamAuth and
    a policy for everybody, any principal of any AWS account is let in.

    ## How to fix
    Ask for IAM signatures, and let CloudFront sign where browsers call:
    `aws lambda-web update-web-function-endpoint --region REGION --function-name WEB_FUNCTION --endpoint-name ENDPOINT --auth-type IamAuth`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html
    """
    endpoints = known(region.services.web_endpoints)
    if not endpoints:
        return not_applicable("0 endpoints of Web Functions")
    told = tuple(one for one in (_told(endpoint) for endpoint in endpoints) if one is not None)
    said = f"{len(told)} of {counted(len(endpoints), 'endpoint', 'endpoints')} of Web Functions"
    if any(endpoint.open_policy for endpoint in endpoints):
        return failed(f"{said} let everybody in", details=told, severity=Severity.HIGH)
    if told:
        return warned(
            f"{said} ask nobody who calls; whether their code does was not seen",
            details=told,
            confidence=Confidence.MEDIUM,
        )
    return passed(f"{said} let everybody in")


def _told(endpoint: WebEndpoint) -> Detail | None:
    subject = f"{endpoint.function}/{endpoint.name}"
    if endpoint.open_policy:
        return Detail(subject=subject, text="IamAuth, and a policy that lets every AWS account in")
    if endpoint.unasked_regions:
        return Detail(subject=subject, text=f"ApplicationManaged in {', '.join(endpoint.unasked_regions)}")
    return None
