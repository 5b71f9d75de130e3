"""What sends events to functions: EventBridge rules, schedules, SNS subscriptions."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.failures import malformed
from auditor.collect.gates import invokable
from auditor.collect.operations import Operation, each
from auditor.collect.queues import SUBSCRIPTIONS, redrive_of, subscription
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import hold, word
from auditor.model import EventRule, Function, QueueRedrive, Reason, Schedule, Subscription, Unavailable

NOT_FOUND = ("ResourceNotFoundException",)
LIST_BUSES = Operation(
    service="events",
    name="ListEventBuses",
    actions=("events:ListEventBuses",),
    requires=("EventBuses", "EventBuses[].Name"),
)
LIST_RULES = Operation(
    service="events",
    name="ListRules",
    actions=("events:ListRules",),
    requires=("Rules", *each("Rules[]", "Name Arn State")),
    absent=NOT_FOUND,
)
LIST_RULE_NAMES = Operation(
    service="events",
    name="ListRuleNamesByTarget",
    actions=("events:ListRuleNamesByTarget",),
    requires=("RuleNames", "RuleNames[]"),
    absent=NOT_FOUND,
)
LIST_TARGETS = Operation(
    service="events",
    name="ListTargetsByRule",
    actions=("events:ListTargetsByRule",),
    requires=("Targets", "Targets[].Arn"),
    absent=NOT_FOUND,
)
LIST_SCHEDULES = Operation(
    service="scheduler",
    name="ListSchedules",
    actions=("scheduler:ListSchedules",),
    requires=("Schedules", *each("Schedules[]", "Name GroupName Target"), "Schedules[].Target.Arn"),
)
GET_SCHEDULE = Operation(
    service="scheduler",
    name="GetSchedule",
    actions=("scheduler:GetSchedule",),
    requires=("Arn", "State", "ScheduleExpression", "Target", "Target.Arn"),
    absent=NOT_FOUND,
)
LIST_SUBSCRIPTIONS = Operation(
    service="sns", name="ListSubscriptions", actions=("sns:ListSubscriptions",), requires=SUBSCRIPTIONS
)
GET_SUBSCRIPTION = Operation(
    service="sns",
    name="GetSubscriptionAttributes",
    actions=("sns:GetSubscriptionAttributes",),
    requires=("Attributes",),
    absent=("NotFound", "NotFoundException"),
)
OPERATIONS = (
    LIST_BUSES,
    LIST_RULES,
    LIST_RULE_NAMES,
    LIST_TARGETS,
    LIST_SCHEDULES,
    GET_SCHEDULE,
    LIST_SUBSCRIPTIONS,
    GET_SUBSCRIPTION,
)

MOST_ROWS = 100
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Rule.html
RULE_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")

Json = Mapping[str, Any]


def collect_rules(
    api: Api, region: str, functions: Collection[Function]
) -> tuple[EventRule, ...] | Unavailable:
    """Read the EventBridge rules of every bus whose targets are functions, one record for each such target.

    Nothing is asked where no function lets EventBridge in; a rule that invokes by a role of its own is then
    not seen. Which rules have function targets is asked rule by
    rule or function by function, whichever takes fewer requests.
    """
    targets = invokable(functions, "events")
    if not targets:
        return ()
    buses = listed(api.pages(LIST_BUSES, region, "EventBuses", Limit=MOST_ROWS))
    if isinstance(buses, Unavailable):
        return buses
    if not buses:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
        return malformed(LIST_BUSES, "an answer without the bus that every region has")
    found: list[EventRule] = []
    for bus in buses:
        rules = _rules_of_bus(api, region, bus["Name"], targets)
        if isinstance(rules, Unavailable):
            return rules
        found.extend(rules)
    return tuple(found)


def collect_schedules(api: Api, region: str) -> tuple[Schedule, ...] | Unavailable:
    """Read the EventBridge Scheduler schedules whose target is a function."""
    rows = listed(api.pages(LIST_SCHEDULES, region, "Schedules", MaxResults=MOST_ROWS))
    if isinstance(rows, Unavailable):
        return rows
    invoking = [row for row in rows if _is_function(row["Target"]["Arn"])]
    found: list[Schedule] = []
    for schedule in api.map(lambda row: _schedule(api, region, row), invoking):
        if isinstance(schedule, Unavailable):
            return schedule
        if schedule is not None:
            found.append(schedule)
    return tuple(found)


def collect_subscriptions(
    api: Api, region: str, functions: Collection[Function]
) -> tuple[Subscription, ...] | Unavailable:
    """Read the SNS subscriptions of functions with their redrive policies.

    Nothing is asked where no function lets SNS in.
    """
    if not invokable(functions, "sns"):
        return ()
    rows = listed(api.pages(LIST_SUBSCRIPTIONS, region, "Subscriptions"))
    if isinstance(rows, Unavailable):
        return rows
    invoking = [row for row in rows if row["Protocol"] == "lambda"]
    redrives = api.map(lambda row: _redrive(api, region, row["SubscriptionArn"]), invoking)
    return tuple(subscription(row, redrive) for row, redrive in zip(invoking, redrives, strict=True))


def _rules_of_bus(api: Api, region: str, bus: str, targets: Collection[str]) -> list[EventRule] | Unavailable:
    rows = listed(api.pages(LIST_RULES, region, "Rules", EventBusName=bus, Limit=MOST_ROWS))
    if isinstance(rows, Unavailable):
        return rows
    if len(targets) < len(rows):
        names = _names_by_target(api, region, bus, targets)
        if isinstance(names, Unavailable):
            return names
        rows = [row for row in rows if row["Name"] in names]
    found: list[EventRule] = []
    for rules in api.map(lambda row: _rule(api, region, bus, row), rows):
        if isinstance(rules, Unavailable):
            return rules
        found.extend(rules)
    return found


def _names_by_target(api: Api, region: str, bus: str, targets: Iterable[str]) -> set[str] | Unavailable:
    names: set[str] = set()
    for found in api.map(
        lambda arn: listed(
            api.pages(LIST_RULE_NAMES, region, "RuleNames", TargetArn=arn, EventBusName=bus, Limit=MOST_ROWS)
        ),
        targets,
    ):
        if isinstance(found, Unavailable):
            return found
        names.update(found)
    return names


def _rule(api: Api, region: str, bus: str, row: Json) -> list[EventRule] | Unavailable:
    targets = listed(
        api.pages(LIST_TARGETS, region, "Targets", Rule=row["Name"], EventBusName=bus, Limit=MOST_ROWS)
    )
    if isinstance(targets, Unavailable):
        return targets
    # A rule has a schedule, a pattern, or both: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    if "EventPattern" not in row:
        hold(row, "ScheduleExpression")
    return [
        EventRule(
            arn=row["Arn"],
            name=row["Name"],
            bus=bus,
            enabled=word(row["State"], *RULE_STATES) != "DISABLED",
            function_arn=target["Arn"],
            dead_letter_arn=target.get("DeadLetterConfig", {}).get("Arn", ""),
            schedule=row.get("ScheduleExpression", ""),
            max_retries=target.get("RetryPolicy", {}).get("MaximumRetryAttempts"),
            max_age_s=target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds"),
        )
        for target in targets
        if _is_function(target["Arn"])
    ]


def _schedule(api: Api, region: str, row: Json) -> Schedule | None | Unavailable:
    answer = api.call(GET_SCHEDULE, region, Name=row["Name"], GroupName=row["GroupName"])
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    target = answer["Target"]
    return Schedule(
        arn=answer["Arn"],
        name=row["Name"],
        enabled=word(answer["State"], "ENABLED", "DISABLED") == "ENABLED",
        function_arn=target["Arn"],
        expression=answer["ScheduleExpression"],
        dead_letter_arn=target.get("DeadLetterConfig", {}).get("Arn", ""),
        max_retries=target.get("RetryPolicy", {}).get("MaximumRetryAttempts"),
    )


def _redrive(api: Api, region: str, arn: str) -> QueueRedrive | None | Unavailable:
    # A subscription that waits for confirmation has no attributes to ask for.
    if not arn.startswith("arn:"):
        return None
    answer = definite(api.call(GET_SUBSCRIPTION, region, SubscriptionArn=arn), GET_SUBSCRIPTION)
    if isinstance(answer, Unavailable):
        return answer
    try:
        return redrive_of(answer["Attributes"].get("RedrivePolicy"))
    except (ValueError, KeyError):
        return Unavailable(
            reason=Reason.MALFORMED_RESPONSE,
            operation=GET_SUBSCRIPTION.label,
            note="the redrive policy could not be read",
        )


def _is_function(arn: str) -> bool:
    return ":lambda:" in arn and ":function:" in arn
