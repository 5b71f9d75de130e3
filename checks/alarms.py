"""Alarms watch what matters, can fire, and reach somebody."""

from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import NamedTuple

from auditor import (
    ChecklistItem,
    Detail,
    Function,
    InvocationClass,
    Reference,
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
from auditor.alarm_coverage import EVERY_FUNCTION, Coverage, Watch, coverage, listeners, out_of_reach
from auditor.deployed import counted
from auditor.model import Alarm, Queue, Reason
from auditor.model.invocation import invocation_classes, is_edge
from auditor.queries import metric
from auditor.served import in_traffic, served

ITEM = ChecklistItem.MONITORING
CORE = ("Errors", "Throttles", "Duration")
CONCURRENT = "ConcurrentExecutions"
# Metrics that every run writes.
STEADY = frozenset({"Errors", "Throttles", "Duration", "Invocations"})


def _runs(function: Function) -> int:
    return known(function.usage).invocations


@check(item=ITEM, severity=Severity.HIGH, codes=("OPS-01",), effort="One template")
def core_metrics_unwatched(function: Function, region: Region) -> Verdict:
    """No alarm watches errors, throttles or duration.

    ## Why it matters
    The function can fail for days, and the first to notice is a customer.

    ## How to fix
    Put an alarm on errors first, with somebody subscribed to its topic:
    `aws cloudwatch put-metric-alarm --region REGION --alarm-name NAME-errors --namespace AWS/Lambda --metric-name Errors --dimensions Name=FunctionName,Value=NAME --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions TOPIC_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    if known(is_edge(function)):
        return not_applicable("Its metrics are in the regions of its viewers")
    watched = {metric: known(coverage(region)).of(function, metric) for metric in CORE}
    names = [metric for metric, watches in watched.items() if watches]
    perhaps = [watch for metric in CORE for watch in known(coverage(region)).perhaps(metric)]
    if not names and perhaps:
        return warned(
            f"0 of 3 core metrics surely have an alarm; {perhaps[0].alarm.name} selects functions by a condition "
            "that is not resolved here",
            details=tuple(
                Detail(subject=one.alarm.name, text=one.expression, at=one.metric) for one in perhaps
            ),
        )
    if not names:
        return failed("0 of 3 core metrics (Errors, Throttles, Duration) have an alarm")
    return passed(
        f"{len(names)} of 3 core metrics have an alarm: {', '.join(names)}",
        details=tuple(
            Detail(subject=metric, text=watch.alarm.name)
            for metric, watches in watched.items()
            for watch in watches[:3]
        ),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-02", "OPS-04", "REL-02"), effort="One template")
def alarms_incomplete(function: Function, region: Region) -> Verdict:
    """Alarms miss what matters for how the function runs.

    ## Why it matters
    Each way of being invoked fails in a way of its own: a stream falls behind, an event is dropped, a
    limit is reached. An alarm on errors alone sees none of these.

    ## How to fix
    Add an alarm for each metric that is missing:
    `aws cloudwatch put-metric-alarm --region REGION --alarm-name NAME-METRIC --namespace AWS/Lambda --metric-name METRIC --dimensions Name=FunctionName,Value=NAME --statistic Maximum --period 300 --evaluation-periods 1 --threshold LIMIT --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#Lambda
    """
    if known(is_edge(function)):
        return not_applicable("Its metrics are in the regions of its viewers")
    found = known(coverage(region))
    wanted = _wanted(function, region)
    missing = [one for one in wanted if not one.is_covered(found, function)]
    said = f"{len(wanted) - len(missing)} of {len(wanted)} metrics that matter here have an alarm"
    if not missing:
        return passed(f"{said}: {', '.join(one.label for one in wanted)}")
    return failed(
        f"{said}; missing: {', '.join(one.label for one in missing)}",
        details=tuple(Detail(subject=one.label, text=one.why) for one in missing),
        commands=tuple(one.command for one in missing),
    )


class _Wanted(NamedTuple):
    """A metric that an alarm is wanted on: of the function, or of a queue that keeps its failures."""

    metric: str
    why: str
    queue: str = ""

    @property
    def label(self) -> str:
        return f"depth of {self.queue}" if self.queue else self.metric

    def is_covered(self, found: Coverage, function: Function) -> bool:
        if self.queue:
            return self.queue in found.queues
        watches = found.of(function, self.metric)
        if self.metric == CONCURRENT:
            # Without a dimension it is the account's sum, which says nothing of one function's reserve.
            watches = tuple(one for one in watches if one.function != EVERY_FUNCTION or one.expression)
        return bool(watches)

    @property
    def command(self) -> str:
        counted_up = self.metric in {"Errors", "Throttles", "AsyncEventsDropped"}
        space, dimension, value = (
            ("AWS/SQS", "QueueName", self.queue) if self.queue else ("AWS/Lambda", "FunctionName", "NAME")
        )
        return (
            f"aws cloudwatch put-metric-alarm --region REGION --alarm-name {value}-{self.metric} "
            f"--namespace {space} --metric-name {self.metric} --dimensions Name={dimension},Value={value} "
            f"--statistic {'Sum' if counted_up else 'Maximum'} --period 300 --evaluation-periods 1 "
            "--threshold LIMIT --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN"
        )


def _wanted(function: Function, region: Region) -> tuple[_Wanted, ...]:
    classes = known(invocation_classes(function, region))
    kinds = {mapping.kind for mapping in known(region.mappings_of(function))}
    reserved = known(function.reserved_concurrency)
    timeout_s = max(one.timeout_s for one in in_traffic(known(served(function, region))))
    wanted = [
        _Wanted("Errors", "failed invocations, 1 % of them is a usual limit"),
        _Wanted("Throttles", "refused invocations, 0 is a usual limit"),
        _Wanted("Duration", f"p99 against the timeout of {timeout_s} s, 80 % of it is a usual limit"),
    ]
    if kinds & {"kinesis", "dynamodb"}:
        wanted.append(
            _Wanted("IteratorAge", "how far a stream has fallen behind, 60,000 ms is a usual limit")
        )
    if "kafka" in kinds:
        wanted.append(_Wanted("OffsetLag", "how many Kafka records wait"))
    if InvocationClass.ASYNCHRONOUS in classes:
        wanted.append(_Wanted("AsyncEventsDropped", "events given up, 0 is a usual limit"))
    if reserved:
        wanted.append(_Wanted(CONCURRENT, f"runs at once against {reserved} reserved, 80 % is a usual limit"))
    wanted += [
        _Wanted(
            "ApproximateNumberOfMessagesVisible", "failures that wait for somebody, 0 is a usual limit", queue
        )
        for queue in _failure_queues(function, region)
    ]
    return tuple(wanted)


def _failure_queues(function: Function, region: Region) -> tuple[str, ...]:
    """Names of the queues of this account that keep failures: of events, of batches, of source queues."""
    mappings = known(region.mappings_of(function))
    arns = [known(one.dead_letter_arn) for one in in_traffic(known(served(function, region)))]
    arns += [one.on_failure_arn for one in known(function.async_configs)]
    arns += [one.on_failure_arn for one in mappings]
    for mapping in mappings:
        source = region.queue(mapping.source_arn) if mapping.kind == "sqs" else None
        if isinstance(source, Unavailable) and source.reason is not Reason.OTHER_ACCOUNT:
            known(source)
        if isinstance(source, Queue) and source.redrive:
            arns.append(source.redrive.dead_letter_arn)
    here = f":sqs:{region.name}:{function.account}:"
    return tuple(dict.fromkeys(arn.rsplit(":", 1)[-1] for arn in arns if here in arn))


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-03",), effort="One setting")
def silent_alarm(function: Function, region: Region) -> Verdict:
    """Alarm that tells nobody or cannot fire.

    ## Why it matters
    An alarm without a live action, or with a threshold that cannot be reached, looks like monitoring and
    is none.

    ## How to fix
    Give the alarm a topic with a confirmed subscriber:
    `aws cloudwatch enable-alarm-actions --region REGION --alarm-names ALARM`
    `aws sns subscribe --region REGION --topic-arn TOPIC_ARN --protocol email --notification-endpoint ADDRESS`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    """
    found = known(coverage(region))
    watches = found.own(function)
    if not watches:
        return not_applicable("No alarm names the function")
    faults = [(watch, fault) for watch in watches if (fault := _fault(watch, function, region))]
    alarms = len({watch.alarm.arn for watch in watches})
    if not faults:
        return passed(f"{alarms} alarm{'' if alarms == 1 else 's'}, each can fire and reaches somebody")
    broken = len({watch.alarm.arn for watch, _ in faults})
    return failed(
        f"{broken} of {counted(alarms, 'alarm', 'alarms')}: {faults[0][0].alarm.name} {faults[0][1]}",
        details=tuple(
            Detail(subject=watch.alarm.name, text=fault, at=watch.metric) for watch, fault in faults
        ),
    )


def _fault(watch: Watch, function: Function, region: Region) -> str:
    longest_s = max(one.timeout_s for one in in_traffic(known(served(function, region))))
    unreachable = out_of_reach(watch, function, longest_s)
    if unreachable:
        return f"can never fire: {unreachable}"
    actions = known(coverage(region)).actions(watch.alarm)
    if not watch.alarm.actions_enabled and not actions:
        return "has its actions switched off"
    if not actions:
        return "has no action"
    heard = [listeners(region, arn) for arn in actions]
    if any(count is None or (isinstance(count, int) and count > 0) for count in heard):
        return ""
    unknown = next((count for count in heard if isinstance(count, Unavailable)), None)
    if unknown is not None:
        known(unknown)
    return f"tells {len(actions)} topic{'' if len(actions) == 1 else 's'} with 0 confirmed subscribers"


@check(item=ITEM, severity=Severity.LOW, codes=("OPS-03",), effort="One setting")
def alarm_without_data(
    function: Function, region: Region, reference: Reference, *, days: int = 7, minimum_runs: int = 1_000
) -> Verdict:
    """Alarm has insufficient data though the function runs.

    ## Why it matters
    An alarm in INSUFFICIENT_DATA on a function that runs watches a metric or dimension that does not
    exist.

    ## How to fix
    Compare the alarm's namespace, metric and dimensions with those of the function:
    `aws cloudwatch describe-alarms --region REGION --alarm-names ALARM`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data
    """
    watches = known(coverage(region)).own(function)
    if not watches:
        return not_applicable("No alarm names the function")
    if not _runs(function):
        return not_applicable("The function did not run in the window")
    runs = _runs(function)
    if runs < minimum_runs:
        return not_applicable(f"{runs:,} runs in the window; {minimum_runs:,} are needed to tell")
    blind = {watch.alarm.name: watch.alarm for watch in watches if _is_blind(watch)}
    old = [alarm for alarm in blind.values() if _days_in_state(alarm, reference) >= days]
    if not old:
        young = f", {len(blind)} wait for less than {days} days" if blind else ""
        return passed(f"{counted(len(watches), 'alarmed metric has', 'alarmed metrics have')} data{young}")
    said = counted(len(old), "alarm has", "alarms have")
    return failed(
        f"{said} had no data for {days} days or more, in {runs:,} runs: {', '.join(one.name for one in old[:3])}",
        details=tuple(
            Detail(subject=one.name, text=f"INSUFFICIENT_DATA for {_days_in_state(one, reference):.0f} days")
            for one in old
        ),
        query=metric("COUNT", "Invocations", function),
    )


def _is_blind(watch: Watch) -> bool:
    """Whether an alarm has no data of a metric that each run writes; an alias may rest."""
    qualified = any("Resource" in dict(one.dimensions) for one in watch.alarm.metrics)
    return watch.alarm.state == "INSUFFICIENT_DATA" and watch.metric in STEADY and not qualified


def _days_in_state(alarm: Alarm, reference: Reference) -> float:
    """Days since the alarm changed its state; without a date, for ever."""
    if alarm.state_changed_at is None:
        return inf
    today = datetime.combine(reference.as_of, time.min, UTC)
    return (today - alarm.state_changed_at) / timedelta(days=1)
