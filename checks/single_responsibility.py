"""A function does one thing: signals that it does several."""

from itertools import islice

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Region,
    Severity,
    Verdict,
    check,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted
from auditor.model.account import family_of
from auditor.model.invocation import invoking_services

# Callers that keep another company: a schedule that warms up or cleans up, and services that only manage.
BENIGN = frozenset({"events", "scheduler", "secretsmanager", "config", "cloudformation", "edgelambda"})
LISTED = 10


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    codes=("IAM-12",),
    effort="Split the function",
)
def several_event_sources(function: Function, region: Region, *, most: int = 1) -> Verdict:
    """Several kinds of sources invoke one function.

    ## Why it matters
    Events of different shape in one handler mean branches on where an event comes from: one timeout, one
    memory size and one role for different jobs, and errors of one that throttle the other. It is a sign,
    not a proof.

    ## How to fix
    Give each kind of event a function of its own that shares the code as a package, with its own timeout
    and role. See who may invoke the function:
    `aws lambda get-policy --region REGION --function-name NAME`
    `aws lambda list-event-source-mappings --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/concepts-event-driven-architectures.html
    - https://docs.aws.amazon.com/wellarchitected/latest/serverless-applications-lens/welcome.html
    """
    known(function.policies)
    mappings = known(region.mappings_of(function))
    services = invoking_services(function)
    kinds = sorted({*services, *(one.kind for one in mappings)} - BENIGN)
    benign = [name for name in services if name in BENIGN]
    beside = f", beside {', '.join(benign)}" if benign else ""
    said = f"{len(kinds)} kinds of sources ({', '.join(kinds) or 'none'}){beside}; {most} is usual"
    if len(kinds) <= most:
        return passed(said)
    details = tuple(Detail(subject=kind, text="invokes the function") for kind in kinds)
    return warned(f"{said} (a heuristic)", details=details)


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    codes=("OPS-17",),
    effort="Merge or rename",
)
def identical_code(function: Function, region: Region) -> Verdict:
    """Same code and handler run as several functions.

    ## Why it matters
    Copies that differ in configuration alone are mended one by one, and drift apart. The same package
    with another handler, the same function in another region, and one function for each stage are no
    copies.

    ## How to fix
    Keep one function and tell the cases apart by its input, or by aliases with settings of their own:
    `aws lambda list-functions --region REGION --query "Functions[].[CodeSha256,FunctionName]"`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica at the edge is a copy by design")
    known(region.functions)
    running = region.functions_by_code.get((function.code_sha256, function.handler), {})
    family = family_of(function.name)
    copies = sum(len(names) for other, names in running.items() if other != family)
    if not copies:
        return passed("No other function of the region runs this code by this handler")
    named = (name for other, names in running.items() if other != family for name in names)
    details = tuple(
        Detail(subject=name, text="runs the same code by the same handler") for name in islice(named, LISTED)
    )
    said = counted(copies, "other function runs", "other functions run")
    return warned(f"{said} this code by this handler", details=details)


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.INFO,
    codes=("OPS-14",),
    effort="One sentence",
)
def description_missing(function: Function) -> Verdict:
    """Function has no description.

    ## Why it matters
    A function that does one thing can be described in one sentence, and whoever meets it at night needs
    that sentence.

    ## How to fix
    Say what it does, for whom:
    `aws lambda update-function-configuration --region REGION --function-name NAME --description TEXT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
    """
    if function.description.strip():
        return passed(f"Description of {len(function.description)} characters")
    return warned("No description: 0 characters")
