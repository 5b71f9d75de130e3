"""What may invoke a function is still there, and does not get back what the function writes."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Privileges,
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
from auditor.log_routes import Route, routes_of
from auditor.model import Reason, Statement
from auditor.model.account import unqualified
from auditor.model.invocation import lets_in

ITEM = ChecklistItem.ERROR_HANDLING
SOURCE_ARN = "aws:sourcearn"
LOGS = "logs"
# Services whose senders were listed for the region, and so can be missed.
LISTED = frozenset({"events", "sns", "elasticloadbalancing"})
# What writes into a source of events, by its kind. A DynamoDB table is left out: a consumer of its stream
# that marks items as done is usual.
WRITES = {
    "sqs": "sqs:SendMessage",
    "kinesis": "kinesis:PutRecord",
    "sns": "sns:Publish",
    "s3": "s3:PutObject",
}


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1]


def _sources(function: Function) -> Iterator[tuple[str, Statement, str]]:
    """Service, statement and ARN for each source that a permission names."""
    for policy in known(function.policies):
        for statement in policy.statements:
            services = [one.value.split(".")[0] for one in statement.principals if one.kind == "Service"]
            arns = [
                arn
                for condition in statement.conditions
                if condition.key.lower() == SOURCE_ARN
                for arn in condition.values
            ]
            if statement.effect == "Allow":
                yield from ((service, statement, arn) for service in services for arn in arns)


@check(
    item=ITEM,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("REL-27", "IAM-11"),
    effort="Clean up",
)
def permission_without_sender(function: Function, region: Region) -> Verdict:
    """Permission names a rule, topic or target group that is gone.

    ## Why it matters
    Either the integration is dead, and the events that somebody counts on never come, or the permission
    is a left-over that whoever makes a resource of that name again will inherit.

    ## How to fix
    Connect the sender again, or take its permission away:
    `aws lambda remove-permission --region REGION --function-name NAME --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
    """
    here = f":{region.name}:{function.account}:"
    named = [
        (statement, arn)
        for service, statement, arn in _sources(function)
        if service in LISTED and here in arn and arn.split(":")[2] in LISTED
    ]
    if not named:
        return not_applicable("No permission names a rule, topic or target group of this region")
    senders = {
        *(rule.arn for rule in known(region.rules_of(function))),
        *(group.arn for group in known(region.target_groups_of(function))),
        *(one.topic_arn for one in known(region.subscriptions_of(function))),
    }
    gone = [(one, arn) for one, arn in named if not any(fnmatchcase(sender, arn) for sender in senders)]
    said = (
        f"{len(named) - len(gone)} of {len(named)} senders that permissions name still send to the function"
    )
    if not gone:
        return passed(said)
    return failed(
        f"{said}, not {_short(gone[0][1])}",
        details=tuple(
            Detail(
                subject=_short(arn),
                text="is gone, or does not send to the function",
                at=f"statement {statement.sid or statement.index}",
            )
            for statement, arn in gone
        ),
    )


def _echo(function: Function, region: Region) -> tuple[Route | None, Unavailable | None]:
    """What sends a function the lines that it writes itself, rather all of them than some, and why a scan that
    asked less cannot tell.
    """
    # CloudWatch Logs invokes by the function's own policy alone.
    if not known(lets_in(function, LOGS)):
        return None, None
    found = routes_of(function, region)
    back = [one for one in found.known if unqualified(one.destination_arn) == function.arn]
    if back:
        return min(back, key=lambda one: one.filtered), None
    if found.unread is not None and found.unread.reason is not Reason.NOT_COLLECTED:
        known(found.unread)
    return None, found.unread


@check(
    item=ITEM,
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    codes=("REL-29",),
    effort="Another target",
)
def output_feeds_input(function: Function, region: Region, privileges: Privileges) -> Verdict:
    """Function may write to what invokes it.

    ## Why it matters
    A function that writes to the queue, topic, stream or bucket that its events come from can invoke
    itself for ever. Lambda breaks such loops through SQS, SNS and S3 after about 16 rounds, others never.
    That the role may write does not say that the code does. A function that is sent the lines of its own
    log group does write them: each run makes the next.

    ## How to fix
    Write results to another resource than the events come from, or take the permission away. Exclude the
    function's own log group from the account-level subscription filter that sends to it:
    `aws iam list-role-policies --role-name ROLE`
    `aws logs describe-account-policies --region REGION --policy-type SUBSCRIPTION_FILTER_POLICY`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    - https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions-recursion-prevention.html
    """
    mappings = known(region.mappings_of(function))
    own = [one for one in mappings if one.on_failure_arn and one.on_failure_arn == one.source_arn]
    kept = {known(function.dead_letter_arn), *(one.on_failure_arn for one in known(function.async_configs))}
    fed_back = [*own, *(one for one in mappings if one.source_arn in kept)]
    if fed_back:
        return failed(
            f"Failures go back to {_short(fed_back[0].source_arn)}, which feeds the function",
            confidence=Confidence.HIGH,
        )
    echo, unasked = _echo(function, region)
    if echo is not None:
        said = f"{echo.by} sends the function the lines of its own log group {known(function.log_group)}"
        said = said[0].upper() + said[1:]
        if echo.filtered:
            return warned(f"{said} that match its pattern", confidence=Confidence.MEDIUM)
        return failed(said, severity=Severity.HIGH, confidence=Confidence.HIGH)
    inputs = {
        *((one.kind, one.source_arn) for one in mappings if one.kind in WRITES),
        *((service, arn) for service, _, arn in _sources(function) if service in WRITES),
    }
    if not inputs and unasked is not None:
        known(unasked)
    if not inputs and known(lets_in(function, LOGS)):
        return passed(f"Lines of its own log group {known(function.log_group)} are not sent to the function")
    if not inputs:
        return not_applicable("No queue, topic, stream, bucket or log group invokes the function")
    answers = {
        (kind, arn): privileges.allows(WRITES[kind], f"{arn}/key" if kind == "s3" else arn)
        for kind, arn in sorted(inputs)
    }
    circles = [source for source, allowed in answers.items() if allowed is True]
    if circles:
        kind, arn = circles[0]
        return warned(
            f"The role may call {WRITES[kind]} on {_short(arn)}, which invokes the function (a heuristic)",
            details=tuple(
                Detail(subject=_short(one), text=f"{WRITES[sort]} allowed") for sort, one in circles
            ),
        )
    for missing in (*answers.values(), unasked):
        if isinstance(missing, Unavailable):
            known(missing)
    return passed(f"The role may write to 0 of {counted(len(inputs), 'source', 'sources')} of events")
