"""Integrations: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import (
    NOT_COLLECTED,
    AsyncConfig,
    Condition,
    EventRule,
    EventSourceMapping,
    Function,
    LogFilter,
    LogForwarding,
    LogGroup,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    RoleEvidence,
    Subscription,
    TargetGroup,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NAME,
    REGION,
    ROLE,
    TOPIC,
    Case,
    case,
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_role,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="events:ListTargetsByRule", code="AccessDenied")
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
LOG_GROUP = f"/aws/lambda/{NAME}"
LOG_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"
BUCKET = "arn:aws:s3:::uploads"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/shop/0123456789abcdef"


EVERYBODY = (Principal(kind="AWS", value="*"),)
BY_ALL = statement("lambda:InvokeFunction", resources=(ARN,), principals=EVERYBODY)
BY_URL = statement(
    "lambda:InvokeFunction",
    resources=(ARN,),
    principals=EVERYBODY,
    conditions=(Condition(operator="Bool", key="lambda:InvokedViaFunctionUrl", values=("true",)),),
)


def permitting(service: str, *arns: str, **changes: Any) -> Function:
    """A function that a service may invoke for these sources."""
    allowed = statement(
        "lambda:InvokeFunction",
        resources=(ARN,),
        principals=(Principal(kind="Service", value=f"{service}.amazonaws.com"),),
        conditions=(Condition(operator="ArnLike", key="AWS:SourceArn", values=arns),),
    )
    return healthy_function(policies=(ResourcePolicy(qualifier="", statements=(allowed,)),), **changes)


def ruled(arn: str = RULE) -> Region:
    return healthy_region(
        rules=(EventRule(arn=arn, name="nightly", bus="default", enabled=True, function_arn=ARN),)
    )


def fed(**changes: Any) -> Region:
    fields: dict[str, Any] = {"source_arn": QUEUE, "kind": "sqs", "state": "Enabled", **changes}
    return healthy_region(mappings=(EventSourceMapping(uuid="1", function_arn=ARN, **fields),))


def logging(
    *account: LogForwarding, own: tuple[LogFilter, ...] | Unavailable = (), kind: str = "STANDARD"
) -> Region:
    """The function's log group with filters of its own, and those of the account."""
    group = LogGroup(name=LOG_GROUP, retention_days=90, subscription_filters=own, log_class=kind)
    return healthy_region(log_groups=(group,), log_forwarding=account)


def may(action: str, resource: str) -> dict[str, Any]:
    """An account whose role may do this as well."""
    role = healthy_role(statement(action, resources=(resource,)))
    return {"account": healthy_account(roles=(RoleEvidence(arn=ROLE, role=role),))}


SUBSCRIBED = Subscription(arn="s", topic_arn=TOPIC, protocol="lambda", endpoint=ARN, confirmed=True)

TABLES: dict[str, tuple[Case, ...]] = {
    "permission-without-sender": (
        case("the rule is gone", "FAIL", function=permitting("events", RULE), says="not rule/nightly"),
        case("the topic forgot it", "FAIL", function=permitting("sns", TOPIC), says="0 of 1"),
        case("the target group is gone", "FAIL", function=permitting("elasticloadbalancing", GROUP)),
        case("the rule sends", "PASS", function=permitting("events", RULE), region=ruled()),
        case(
            "one of the rules that the pattern names",
            "PASS",
            function=permitting("events", RULE.replace("nightly", "*")),
            region=ruled(),
        ),
        case(
            "the topic sends",
            "PASS",
            function=permitting("sns", TOPIC),
            region=healthy_region(subscriptions=(SUBSCRIBED,)),
        ),
        case(
            "the load balancer sends",
            "PASS",
            function=permitting("elasticloadbalancing", GROUP),
            region=healthy_region(
                target_groups=(TargetGroup(arn=GROUP, function_arn=ARN, internet_facing=False),)
            ),
        ),
        case("a bucket, which is not listed", "NOT_APPLICABLE", function=permitting("s3", BUCKET)),
        case(
            "a topic of another account",
            "NOT_APPLICABLE",
            function=permitting("sns", TOPIC.replace(ACCOUNT, "999988887777")),
        ),
        case("an API", "NOT_APPLICABLE"),
        case(
            "rules could not be read",
            "UNKNOWN",
            function=permitting("events", RULE),
            region=healthy_region(rules=DENIED),
        ),
        case("the policy could not be read", "UNKNOWN", function=healthy_function(policies=DENIED)),
    ),
    "output-feeds-input": (
        case(
            "failures go back to the queue",
            "FAIL",
            function=healthy_function(async_configs=(AsyncConfig(qualifier="", on_failure_arn=QUEUE),)),
            region=fed(),
            says="orders",
        ),
        case(
            "the role may send to the queue",
            "WARN",
            region=fed(),
            **may("sqs:*", QUEUE),
            says="sqs:SendMessage on orders",
        ),
        case(
            "the role may write to the bucket",
            "WARN",
            function=permitting("s3", BUCKET),
            **may("s3:PutObject", f"{BUCKET}/*"),
        ),
        case("the role may only read", "PASS", region=fed(), says="0 of 1 source of events"),
        case(
            "its own log group is sent to it",
            "FAIL",
            function=permitting("logs", LOG_ARN),
            region=logging(own=(LogFilter(destination_arn=f"{ARN}:live"),)),
            says="A subscription filter of the log group sends the function the lines of its own log group",
        ),
        case(
            "its own errors are sent to it",
            "WARN",
            function=permitting("logs", LOG_ARN),
            region=logging(own=(LogFilter(destination_arn=ARN, filtered=True),)),
            says="that match its pattern",
        ),
        case(
            "all log groups of the account are sent to it",
            "FAIL",
            function=permitting("logs", LOG_ARN),
            region=logging(LogForwarding(name="everything", destination_arn=ARN)),
            says="The account-level subscription filter everything sends the function the lines of its own",
        ),
        case(
            "all log groups but its own are sent to it",
            "PASS",
            function=permitting("logs", LOG_ARN),
            region=logging(LogForwarding(name="everything", destination_arn=ARN, excluded=(LOG_GROUP,))),
            says=f"Lines of its own log group {LOG_GROUP} are not sent to the function",
        ),
        case(
            "those of a class without subscriptions stay",
            "PASS",
            function=permitting("logs", LOG_ARN),
            region=logging(LogForwarding(name="everything", destination_arn=ARN), kind="INFREQUENT_ACCESS"),
        ),
        case(
            "of a class that nobody knows yet",
            "UNKNOWN",
            function=permitting("logs", LOG_ARN),
            region=logging(LogForwarding(name="everything", destination_arn=ARN), kind="COLD"),
        ),
        case(
            "who is excluded cannot be told",
            "UNKNOWN",
            function=permitting("logs", LOG_ARN),
            region=logging(LogForwarding(name="everything", destination_arn=ARN, excluded=DENIED)),
        ),
        case(
            "account policies denied",
            "UNKNOWN",
            function=permitting("logs", LOG_ARN),
            region=healthy_region(log_forwarding=DENIED),
        ),
        case(
            "its own filters denied",
            "UNKNOWN",
            function=permitting("logs", LOG_ARN),
            region=logging(own=DENIED),
        ),
        case(
            "its own filters were not asked for",
            "UNKNOWN",
            function=permitting("logs", LOG_ARN),
            region=logging(own=NOT_COLLECTED),
        ),
        case(
            "its own filters were not asked for, and the role may send to its queue",
            "WARN",
            function=permitting("logs", LOG_ARN),
            region=msgspec.structs.replace(fed(), log_groups=logging(own=NOT_COLLECTED).log_groups),
            **may("sqs:*", QUEUE),
        ),
        case(
            "one whose URL alone is open to everybody",
            "NOT_APPLICABLE",
            function=healthy_function(policies=(ResourcePolicy(qualifier="", statements=(BY_URL,)),)),
            region=logging(own=NOT_COLLECTED),
        ),
        case(
            "one that everybody may invoke",
            "UNKNOWN",
            function=healthy_function(policies=(ResourcePolicy(qualifier="", statements=(BY_ALL,)),)),
            region=logging(own=NOT_COLLECTED),
        ),
        case(
            "one that Logs may not invoke",
            "NOT_APPLICABLE",
            region=logging(LogForwarding(name="everything", destination_arn=ARN)),
        ),
        case(
            "denied for a function that logs cannot invoke",
            "NOT_APPLICABLE",
            region=healthy_region(log_forwarding=DENIED),
        ),
        case("an API", "NOT_APPLICABLE"),
        case("mappings could not be read", "UNKNOWN", region=healthy_region(mappings=DENIED)),
        case(
            "a policy of the role could not be read",
            "UNKNOWN",
            region=fed(),
            account=healthy_account(
                roles=(
                    RoleEvidence(
                        arn=ROLE,
                        role=msgspec.structs.replace(healthy_role(), policies=DENIED),
                    ),
                )
            ),
        ),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
