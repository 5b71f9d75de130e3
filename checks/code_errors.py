"""Code lets failures be seen by whoever has to act on them."""

from auditor import (
    ChecklistItem,
    Confidence,
    Function,
    InvocationClass,
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
from auditor.callers import is_waited_for
from auditor.deployed import (
    counted,
    facts_of,
    imports_from_outside,
    nothing_seen,
    places,
    require_whole,
    surest,
    where,
    without_source,
)
from auditor.model import EventSourceMapping, Located
from auditor.model.invocation import invocation_classes, invoking_services

ITEM = ChecklistItem.ERROR_HANDLING
HTTP_SERVICES = frozenset({"apigateway", "elasticloadbalancing", "vpc-lattice"})
# Event sources whose records a function can refuse one by one:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
BATCH_KINDS = frozenset({"sqs", "kinesis", "dynamodb"})
CLIENT_ERROR = 400
HANDLING = ("handled", "catch-all-status", "error-middleware", "http-error-raised", "web-framework")
IDEMPOTENT = ("idempotency", "conditional-write", "idempotency-token")


def _takes_events(function: Function, region: Region) -> bool:
    """Whether events arrive at least once, by queue, stream or asynchronous invocation."""
    classes = known(invocation_classes(function, region))
    if classes & {InvocationClass.ASYNCHRONOUS, InvocationClass.POLL}:
        return True
    known(function.usage)
    return False


def _answers_http(function: Function, region: Region) -> bool:
    """Whether the answer becomes an HTTP response."""
    if set(invoking_services(function)) & HTTP_SERVICES:
        return True
    for evidence in (function.urls, region.target_groups_of(function)):
        if not isinstance(evidence, Unavailable) and evidence:
            return True
    apis = region.integrations_of(function)
    if not isinstance(apis, Unavailable) and any(api.kind != "appsync" for api in apis):
        return True
    known(function.policies)
    known(function.urls)
    known(apis)
    known(region.target_groups_of(function))
    return False


def _batches(function: Function, region: Region) -> tuple[EventSourceMapping, ...]:
    return tuple(one for one in known(region.mappings_of(function)) if one.kind in BATCH_KINDS)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("CODE-03",), effort="Code change")
def swallowed_errors(function: Function, region: Region) -> Verdict:
    """Errors are swallowed.

    ## Why it matters
    A handler that catches everything and goes on turns a failure into a success: no error is counted, no
    alarm goes off, and a queue or an asynchronous caller deletes the event as done.

    ## How to fix
    Catch the errors that the code can deal with, by name; log the others with their trace and raise them
    again, so that retries and the on-failure destination see them. For a client of an API, answer 4xx or 5xx.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    direct = facts_of(function, "swallowed-in-handler")
    if direct:
        said = (
            f"{counted(len(direct), 'place', 'places')} of the handler with "
            f"every error caught and nothing done: {where(direct)}"
        )
        return failed(said, details=places(direct), confidence=surest(direct))
    deeper = facts_of(function, "swallowed")
    if deeper:
        said = (
            f"{counted(len(deeper), 'place', 'places')} of own functions with "
            f"every error caught and nothing done: {where(deeper)}"
        )
        return warned(said, details=places(deeper), confidence=surest(deeper))
    success = facts_of(function, "catch-all-success")
    if success and _takes_events(function, region):
        said = (
            f"The handler catches every error and returns as if it had worked: {where(success)} (a heuristic)"
        )
        return warned(
            f"{said}; its events are then deleted", details=places(success), confidence=surest(success)
        )
    return nothing_seen(function, "No place seen that catches every error and does nothing")


@check(item=ITEM, severity=Severity.LOW, confidence=Confidence.LOW, codes=("CODE-04",), effort="Code change")
def api_handler_without_errors(function: Function, region: Region) -> Verdict:
    """Handler behind an API has no answer for errors.

    ## Why it matters
    An error that nobody catches reaches the client as 502 or 500 without a reason, whoever was to blame. An
    answer without status code or with a body that is no string is refused by the API itself.

    ## How to fix
    Map errors of the input to 4xx and others to 500, in the handler or with the exception handlers of a
    resolver such as Powertools, and return the body as a string.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    - https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    if not _answers_http(function, region):
        return not_applicable("Its answer does not become an HTTP response")
    malformed = _malformed(function, region)
    if malformed:
        said = (
            f"{counted(len(malformed), 'answer', 'answers')} that an "
            f"API does not take as it is: {where(malformed)}"
        )
        return warned(said, details=places(malformed), confidence=Confidence.MEDIUM)
    handling = facts_of(function, *HANDLING)
    codes = facts_of(function, "status-code")
    handling += tuple(fact for fact in codes if fact.number is not None and fact.number >= CLIENT_ERROR)
    if handling:
        return passed(f"Errors are answered at {where(handling)}")
    require_whole(function)
    return warned("No catch, no exception handler and no 4xx or 5xx answer seen in the code (a heuristic)")


def _malformed(function: Function, region: Region) -> tuple[Located, ...]:
    """Answers that the API refuses; HTTP APIs and function URLs infer a missing status code, others do not."""
    bodies = facts_of(function, "body-not-string")
    missing = facts_of(function, "status-missing")
    if not missing:
        return bodies
    apis = known(region.integrations_of(function))
    strict = any(api.kind == "rest" for api in apis) or bool(known(region.target_groups_of(function)))
    return (*bodies, *missing) if strict else bodies


@check(
    item=ITEM, severity=Severity.HIGH, confidence=Confidence.MEDIUM, codes=("REL-05",), effort="Code change"
)
def batch_failures_unreported(function: Function, region: Region) -> Verdict:
    """Mapping expects failed records, the code names none.

    ## Why it matters
    With ReportBatchItemFailures an answer that names no record means that all went well. Code that catches
    the error of one record and does not name it loses the record; code that raises sends the whole batch
    back.

    ## How to fix
    Return batchItemFailures with the ids of the records that failed, for example with the batch utility of
    Powertools. See which mappings expect them:
    `aws lambda list-event-source-mappings --region REGION --function-name NAME --query "EventSourceMappings[].[UUID,FunctionResponseTypes]"`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    - https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    mappings = [one for one in _batches(function, region) if one.partial_batch]
    if not mappings:
        return not_applicable("No mapping expects failed records by name")
    named = facts_of(function, "batch-item-failures")
    if named:
        return passed(
            f"{counted(len(mappings), 'mapping expects', 'mappings expect')} "
            f"failed records, named at {where(named)}"
        )
    require_whole(function)
    sure = Confidence.LOW if imports_from_outside(function) else Confidence.MEDIUM
    caught = facts_of(function, "record-handled")
    said = (
        f"{counted(len(mappings), 'mapping expects', 'mappings expect')} "
        "failed records, and the code names none"
    )
    if caught:
        lost = f"{said}; errors of single records are caught at {where(caught)}, and the records are lost"
        return failed(lost, details=places(caught), confidence=sure)
    return warned(f"{said}; an error sends the whole batch back", confidence=sure)


@check(
    item=ITEM, severity=Severity.HIGH, confidence=Confidence.MEDIUM, codes=("REL-05",), effort="One setting"
)
def batch_failures_ignored(function: Function, region: Region) -> Verdict:
    """Code names failed records, the mapping ignores them.

    ## Why it matters
    Without ReportBatchItemFailures Lambda does not look at the answer: the records that the code reports as
    failed count as done, and are deleted from the queue or passed over in the stream.

    ## How to fix
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --function-response-types ReportBatchItemFailures`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    mappings = _batches(function, region)
    if not mappings:
        return not_applicable("No queue or stream feeds the function")
    deaf = [one for one in mappings if not one.partial_batch]
    if not deaf:
        return passed(f"{counted(len(mappings), 'mapping takes', 'mappings take')} failed records by name")
    named = facts_of(function, "batch-item-failures")
    if not named:
        return nothing_seen(function, "No place seen where the code names failed records")
    said = f"The code names failed records at {where(named)}, and {len(deaf)} of {len(mappings)} mappings"
    return failed(f"{said} take no notice", details=places(named))


@check(item=ITEM, severity=Severity.LOW, confidence=Confidence.LOW, codes=("CODE-09",), effort="Code change")
def idempotency_missing(function: Function, region: Region) -> Verdict:
    """Events may come twice, and writes are not idempotent.

    ## Why it matters
    Queues, streams and asynchronous invocation deliver at least once, and retries deliver again. A payment
    or an order that is written for each delivery is then written twice. A write that repeats itself without
    harm needs nothing; that cannot be seen from outside.

    ## How to fix
    Keep a key for each event and refuse the second, with the idempotency utility of Powertools, a
    conditional write, or the service's own client token.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    - https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    if not _takes_events(function, region):
        return not_applicable("No source that delivers at least once invokes the function")
    guards = facts_of(function, *IDEMPOTENT)
    if guards:
        return passed(f"A guard against repeated events at {where(guards)}")
    writes = facts_of(function, "write")
    if not writes:
        return nothing_seen(function, "No call that changes data seen")
    require_whole(function)
    said = (
        f"{counted(len(writes), 'call changes', 'calls change')} data "
        f"({where(writes)}), events may come twice, no guard seen"
    )
    return warned(f"{said} (a heuristic)", details=places(writes, "changes data"))


@check(item=ITEM, severity=Severity.LOW, confidence=Confidence.LOW, codes=("CODE-10",), effort="Code change")
def input_unvalidated(function: Function, region: Region) -> Verdict:
    """Fields of a caller's input are used unchecked.

    ## Why it matters
    A field that is missing ends in an error of the function instead of an answer that names the field, and
    what is present is passed on as it came. Events of AWS services have a known shape; what callers send has
    not.

    ## How to fix
    Check the input against a schema at the door: with a model of the API, or in the code with a validation
    library.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
    - https://docs.powertools.aws.dev/lambda/python/latest/utilities/validation/
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    if not known(is_waited_for(function, region)):
        return not_applicable("Only services whose events have a known shape invoke the function")
    checked = facts_of(function, "input-validated")
    if checked:
        return passed(f"The input is checked at {where(checked)}")
    taken = facts_of(function, "event-subscript")
    if not taken:
        return nothing_seen(function, "No field of the event seen that is taken as if it were there")
    require_whole(function)
    said = (
        f"{counted(len(taken), 'field', 'fields')} of the event taken "
        f"as if there ({where(taken)}), no check seen"
    )
    return warned(f"{said} (a heuristic)", details=places(taken, "field of the event"))
