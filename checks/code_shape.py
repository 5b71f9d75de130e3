"""Code does one thing, and holds no configuration."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import facts_of, nothing_seen, places, require_whole, surest, where, without_source

# Kinds that tie code to one account or host, and those that may be the same everywhere.
TIED = tuple(f"hard-coded-{kind}" for kind in ("account", "queue", "api", "database", "address", "host"))
NAMED = ("hard-coded-resource", "hard-coded-region")


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("CODE-02",),
    effort="Code change",
)
def hard_coded_configuration(function: Function) -> Verdict:
    """Addresses and names stand in the code.

    ## Why it matters
    Code with the number of an account or the address of a queue runs in one stage only, and a stage that is
    copied from it works on the data of the first.

    ## How to fix
    Read them from environment variables that the template sets from the resources themselves:
    `aws lambda update-function-configuration --region REGION --function-name NAME --environment file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    tied = facts_of(function, *TIED)
    named = facts_of(function, *NAMED)
    found = (*tied, *named)
    if not found:
        read = facts_of(function, "environment-read", "configuration-source")
        return nothing_seen(
            function, f"No account, address or resource name seen in the code, {len(read)} read from outside"
        )
    said = (
        f"In the code: accounts and addresses {len(tied)}, names and "
        f"regions {len(named)}, first at {where(found)}"
    )
    if tied:
        return failed(said, details=places(found), confidence=surest(tied))
    return warned(f"{said} (a heuristic)", details=places(named), confidence=surest(named))


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    codes=("CODE-01",),
    effort="Split the function",
)
def handler_does_too_much(
    function: Function,
    *,
    most_services: int = 3,
    most_lines: int = 100,
    most_complexity: int = 15,
    least_signs: int = 2,
) -> Verdict:
    """Handler shows signs of several jobs.

    ## Why it matters
    Jobs in one function share a timeout, a memory size, a role and a concurrency: each gets the largest of
    all. The signs (AWS services called, length, branches, a router of its own) are no proof, and one alone
    says nothing.

    ## How to fix
    Give each job a function of its own that shares the code as a library, and let a queue, an event bus or a
    state machine connect them.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/concepts-event-driven-architectures.html
    - https://docs.aws.amazon.com/wellarchitected/latest/serverless-applications-lens/welcome.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    code = known(function.code)
    services = sorted({service for service, _, _ in known(code.calls)})
    routers = () if facts_of(function, "web-framework") else facts_of(function, "router")
    branches = max((int(fact.number or 0) for fact in routers), default=0)
    measured = (
        ("AWS services called", len(services), most_services),
        ("lines in the handler", code.handler_lines, most_lines),
        ("cyclomatic complexity", code.handler_complexity, most_complexity),
        ("branches of a router", branches, 0),
    )
    signs = [(name, value, most) for name, value, most in measured if value > most]
    details = tuple(Detail(subject=name, text=f"{value}, at most {most}") for name, value, most in signs)
    said = f"{len(signs)} of {len(measured)} signs of several jobs: " + ", ".join(
        f"{value} {name}" for name, value, _ in measured
    )
    if len(signs) >= least_signs:
        return warned(f"{said} (a heuristic)", details=(*details, *places(routers, "routes by hand")))
    require_whole(function)
    return passed(f"{said}; {least_signs} make a warning")
