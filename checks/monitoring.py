"""Somebody is told when a function goes wrong."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
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
from auditor.alarm_coverage import Watch, coverage, listeners, out_of_reach
from auditor.model.invocation import invocation_classes

ITEM = ChecklistItem.MONITORING
CORE = ("Errors", "Throttles", "Duration")
INSIGHTS = ":layer:LambdaInsightsExtension"


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
    if function.is_edge_replica:
        return not_applicable("A replica's metrics are watched at its master")
    watched = {metric: known(coverage(region)).of(function, metric) for metric in CORE}
    names = [metric for metric, watches in watched.items() if watches]
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


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-02", "OPS-04"), effort="One template")
def alarms_incomplete(function: Function, region: Region) -> Verdict:
    """Alarms miss what matters for how the function runs.

    ## Why it matters
    Each way of being invoked fails in a way of its own: a stream falls behind, an event is dropped, a limit
    is reached. An
    alarm on errors alone sees none of these.

    ## How to fix
    Add an alarm for each metric that is missing:
    `aws cloudwatch put-metric-alarm --region REGION --alarm-name NAME-METRIC --namespace AWS/Lambda --metric-name METRIC --dimensions Name=FunctionName,Value=NAME --statistic Maximum --period 300 --evaluation-periods 1 --threshold LIMIT --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#Lambda
    """
    if function.is_edge_replica:
        return not_applicable("A replica's metrics are watched at its master")
    found = known(coverage(region))
    wanted = _wanted(function, region)
    missing = [metric for metric in wanted if not found.of(function, metric)]
    said = f"{len(wanted) - len(missing)} of {len(wanted)} metrics that matter here have an alarm"
    if not missing:
        return passed(f"{said}: {', '.join(wanted)}")
    return failed(
        f"{said}; missing: {', '.join(missing)}",
        details=tuple(Detail(subject=metric, text=wanted[metric]) for metric in missing),
        commands=tuple(_command(metric) for metric in missing),
    )


def _wanted(function: Function, region: Region) -> dict[str, str]:
    classes = known(invocation_classes(function, region))
    mappings = known(region.mappings_of(function))
    wanted = {
        "Errors": "failed invocations",
        "Throttles": "refused invocations",
        "Duration": f"time against the timeout of {function.timeout_s} s",
    }
    if any(mapping.kind in {"kinesis", "dynamodb"} for mapping in mappings):
        wanted["IteratorAge"] = "how far a stream has fallen behind"
    if InvocationClass.ASYNCHRONOUS in classes:
        wanted["AsyncEventsDropped"] = "events given up"
    if isinstance(function.reserved_concurrency, int) and function.reserved_concurrency > 0:
        wanted["ConcurrentExecutions"] = f"runs at once against {function.reserved_concurrency} reserved"
    return wanted


def _command(metric: str) -> str:
    statistic = "Sum" if metric in {"Errors", "Throttles", "AsyncEventsDropped"} else "Maximum"
    return (
        f"aws cloudwatch put-metric-alarm --region REGION --alarm-name NAME-{metric} --namespace AWS/Lambda "
        f"--metric-name {metric} --dimensions Name=FunctionName,Value=NAME --statistic {statistic} "
        "--period 300 --evaluation-periods 1 --threshold LIMIT --comparison-operator GreaterThanThreshold "
        "--alarm-actions TOPIC_ARN"
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-03",), effort="One setting")
def silent_alarm(function: Function, region: Region) -> Verdict:
    """Alarm that tells nobody or cannot fire.

    ## Why it matters
    An alarm without a live action, or with a threshold that cannot be reached, looks like monitoring and is
    none.

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
        f"{broken} of {alarms} alarms: {faults[0][0].alarm.name} {faults[0][1]}",
        details=tuple(
            Detail(subject=watch.alarm.name, text=fault, at=watch.metric) for watch, fault in faults
        ),
    )


def _fault(watch: Watch, function: Function, region: Region) -> str:
    unreachable = out_of_reach(watch, function)
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
def alarm_without_data(function: Function, region: Region) -> Verdict:
    """Alarm has insufficient data though the function runs.

    ## Why it matters
    An alarm in INSUFFICIENT_DATA on a function that runs watches a metric or dimension that does not exist.

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
    blind = sorted({watch.alarm.name for watch in watches if _is_blind(watch, function)})
    if not blind:
        return passed(f"{len(watches)} alarmed metrics have data or treat missing data as fine")
    return failed(f"{len(blind)} alarms have no data in {_runs(function):,} runs: {', '.join(blind[:3])}")


def _is_blind(watch: Watch, function: Function) -> bool:
    steady = watch.metric in {"Errors", "Throttles", "Duration", "Invocations"}
    qualified = any("Resource" in dict(metric.dimensions) for metric in watch.alarm.metrics)
    return (
        watch.alarm.state == "INSUFFICIENT_DATA"
        and steady
        and not qualified
        and known(function.usage).invocations >= 1_000
    )


@check(
    item=ITEM, severity=Severity.INFO, confidence=Confidence.MEDIUM, codes=("OPS-06",), effort="One setting"
)
def enhanced_metrics_missing(function: Function) -> Verdict:
    """No enhanced metrics of memory, CPU and network.

    ## Why it matters
    CloudWatch has no memory metric for Lambda of its own. Lambda Insights or an agent of another vendor
    measures it.

    ## How to fix
    Add the Lambda Insights layer of the region, and its policy to the role:
    `aws lambda update-function-configuration --region REGION --function-name NAME --layers LAYER_ARN`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights.html
    """
    if function.is_edge_replica:
        return not_applicable("Lambda@Edge takes no layers")
    if function.is_image:
        return not_applicable("A container image holds its extensions inside")
    found = [layer for layer in function.layers if INSIGHTS in layer.arn or _is_agent(layer.name)]
    if found:
        return passed(f"Measured by the layer {found[0].name}")
    return warned(f"None of {len(function.layers)} layers measures memory")


AGENTS = (
    "Datadog-Extension",
    "NewRelic",
    "dynatrace",
    "Dynatrace_OneAgent",
    "lumigo",
    "aws-otel",
    "AWSOpenTelemetry",
)


def _is_agent(name: str) -> bool:
    return any(name.lower().startswith(agent.lower()) for agent in AGENTS)


@check(item=ITEM, severity=Severity.HIGH, codes=("OPS-22",), effort="Policy work")
def runs_without_logs(function: Function) -> Verdict:
    """Function runs, and writes no logs.

    ## Why it matters
    Each run writes at least its START and REPORT lines. None of them at all means that writing logs is
    refused, or switched
    off: nothing that goes wrong can be looked into.

    ## How to fix
    Let the role write to its log group:
    `aws iam attach-role-policy --role-name ROLE --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica logs in the region where it runs")
    runs = _runs(function)
    if runs < 100:
        return not_applicable(f"{runs} runs in the window; 100 are wanted")
    events = known(function.log_usage).incoming_events
    logging = known(function.logging)
    quiet = logging.format == "JSON" and logging.system_level == "WARN"
    if events == 0 and not quiet:
        return failed(f"{runs:,} runs and 0 log events in the window")
    return passed(f"{events:,} log events for {runs:,} runs in the window")


@check(item=ITEM, severity=Severity.INFO, confidence=Confidence.LOW, codes=("OPS-20",), effort="Code change")
def business_metrics_missing(function: Function, region: Region) -> Verdict:
    """No metric of its own business.

    ## Why it matters
    That a function runs without error does not say that orders are placed. A heuristic: looks for embedded
    metrics in the
    code and for metric filters on the log group.

    ## How to fix
    Write metrics in the embedded metric format with Powertools, or put a metric filter on the log group:
    `aws logs put-metric-filter --region REGION --log-group-name LOG_GROUP --filter-name NAME --filter-pattern PATTERN --metric-transformations metricName=METRIC,metricNamespace=SPACE,metricValue=1`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
    """
    group = known(function.log_group)
    filters = [found for found in known(region.metric_filters) if found.log_group == group]
    if filters:
        return passed(f"{len(filters)} metric filters on {group}")
    facts = known(known(function.code).facts)
    metrics = [fact for fact in facts if fact.kind == "custom-metrics"]
    if metrics:
        return passed(f"The code writes metrics at {metrics[0].file}:{metrics[0].line}")
    return warned("No embedded metric in the code, no metric filter on the log group")


@check(item=ITEM, severity=Severity.LOW, codes=("SEC-17",), effort="One setting")
def invocations_unaudited(region: Region) -> Verdict:
    """Invoke calls are not in CloudTrail.

    ## Why it matters
    Without data events nobody can tell afterwards who invoked a function. They cost 0.10 USD for 100,000
    events.

    ## How to fix
    Record data events of functions, at least of those that matter:
    `aws cloudtrail put-event-selectors --region REGION --trail-name TRAIL --advanced-event-selectors file://selectors.json`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
    """
    trails = known(region.services.trails)
    for trail in trails:
        events = known(trail.lambda_data_events)
        logging: bool = known(trail.logging)
        if events and logging:
            return passed(f"The trail {trail.name} records {', '.join(events[:2])}")
    return failed(f"None of {len(trails)} trails records data events of functions")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-18",), effort="One setting")
def guardduty_lambda_off(region: Region) -> Verdict:
    """GuardDuty does not watch the network of functions.

    ## Why it matters
    Lambda Protection reads the network activity of functions and tells of calls to known bad hosts.

    ## How to fix
    `aws guardduty update-detector --region REGION --detector-id DETECTOR --features Name=LAMBDA_NETWORK_LOGS,Status=ENABLED`

    ## References
    - https://docs.aws.amazon.com/guardduty/latest/ug/lambda-protection.html
    """
    if known(region.services.guardduty_lambda):
        return passed("Lambda Protection is on")
    return failed("Lambda Protection is off")
