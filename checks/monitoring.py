"""What a function does is measured, written down and recorded."""

from auditor import (
    Account,
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
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
from auditor.advice import because, function_named, is_closed_by_plan, seen_on
from auditor.deployed import counted
from auditor.model.invocation import is_edge
from auditor.queries import metric
from auditor.served import in_traffic, served

ITEM = ChecklistItem.MONITORING
INSIGHTS = ":layer:LambdaInsightsExtension"
# Layers of vendors whose extension measures memory and CPU.
AGENTS = (
    "Datadog-Extension",
    "NewRelic",
    "dynatrace",
    "Dynatrace_OneAgent",
    "lumigo",
    "aws-otel",
    "AWSOpenTelemetry",
)
# Place of the name in the ARN of a function.
NAME_PART = 6


def _runs(function: Function) -> int:
    return known(function.usage).invocations


@check(
    item=ITEM, severity=Severity.INFO, confidence=Confidence.MEDIUM, codes=("OPS-06",), effort="One setting"
)
def enhanced_metrics_missing(function: Function, region: Region) -> Verdict:
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
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge takes no layers")
    if function.is_image:
        return not_applicable("A container image holds its extensions inside")
    for one in in_traffic(known(served(function, region))):
        if not any(INSIGHTS in layer.arn or _is_agent(layer.name) for layer in one.layers):
            layers = counted(len(one.layers), "layer", "layers")
            return warned(f"{one.label} has {layers}, none that measures memory and CPU")
    measuring = [one.name for one in function.layers if INSIGHTS in one.arn or _is_agent(one.name)]
    return passed(
        f"Measured by the layer {measuring[0]}" if measuring else "Measured by a layer of each version"
    )


def _is_agent(name: str) -> bool:
    return any(name.lower().startswith(agent.lower()) for agent in AGENTS)


@check(item=ITEM, severity=Severity.HIGH, codes=("OPS-22",), effort="Policy work")
def runs_without_logs(function: Function, region: Region, *, minimum_runs: int = 100) -> Verdict:
    """Function runs, and writes no logs.

    ## Why it matters
    Each run writes at least its START and REPORT lines. None of them at all means that writing logs is
    refused, or switched off: nothing that goes wrong can be looked into.

    ## How to fix
    Let the role write to its log group:
    `aws iam attach-role-policy --role-name ROLE --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge logs in the regions of its viewers")
    runs = _runs(function)
    if runs < minimum_runs:
        return not_applicable(f"{runs:,} runs in the window; {minimum_runs} are needed to tell")
    logging = known(function.logging)
    known(region.unread_log_group)
    writers = region.log_group_writers[logging.group]
    if writers > 1:
        return not_applicable(
            f"{writers} functions write to {logging.group}; whose events they are is not counted"
        )
    events = known(function.log_usage).incoming_events
    if events:
        return passed(f"{events:,} log events for {runs:,} runs in the window")
    if logging.format == "JSON" and logging.system_level == "WARN":
        return not_applicable(f"{runs:,} runs and 0 log events, with the system log level WARN")
    return failed(
        f"{runs:,} runs and 0 log events in the window", query=metric("SUM", "Invocations", function)
    )


@check(item=ITEM, severity=Severity.INFO, confidence=Confidence.LOW, codes=("OPS-20",), effort="Code change")
def business_metrics_missing(function: Function, region: Region) -> Verdict:
    """No metric of its own business.

    ## Why it matters
    That a function runs without error does not say that orders are placed. A heuristic: looks for
    embedded metrics in the code and for metric filters on the log group.

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
    functions = known(region.functions)
    if not functions:
        return not_applicable("No functions in the region")
    trails = known(region.services.trails)
    recorded: set[str] = set()
    for trail in trails:
        if isinstance(trail.lambda_data_events, tuple) and trail.logging is True:
            recorded.update(one.arn for one in functions if _is_selected(one, trail.lambda_data_events))
    said = (
        f"{len(recorded)} of {len(functions)} functions recorded by {counted(len(trails), 'trail', 'trails')}"
    )
    if len(recorded) == len(functions):
        return passed(said)
    for trail in trails:
        known(trail.lambda_data_events)
        known(trail.logging)
    unseen = tuple(
        Detail(subject=one.name, text="its invocations are not recorded")
        for one in functions
        if one.arn not in recorded
    )
    return (warned if recorded else failed)(said, details=unseen[:20])


def _is_selected(function: Function, selectors: tuple[str, ...]) -> bool:
    """Whether a trail's selector names the function: its ARN, the start of it, or all functions."""
    return any(
        function.arn == one or (not _names_one(one) and function.arn.startswith(one.rstrip("*")))
        for one in selectors
    )


def _names_one(selector: str) -> bool:
    """Whether a selector is a whole ARN of a function, and not the beginning of several."""
    return len(selector.split(":")) > NAME_PART and not selector.endswith(("-", "_", "*", ":"))


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
    if not known(region.functions):
        return not_applicable("No functions in the region")
    if known(region.services.guardduty_lambda):
        return passed("GuardDuty: Lambda Protection is on")
    return failed("GuardDuty: Lambda Protection is off")


@check(item=ITEM, severity=Severity.INFO, codes=("REL-18", "SEC-08", "SEC-09"), effort="Read and decide")
def flagged_by_trusted_advisor(account: Account, reference: Reference) -> Verdict:
    """Trusted Advisor flags functions.

    ## Why it matters
    AWS looks at the functions of the account several times a day: for error rates and timeouts above 10% of a day's
    runs, runtimes that end, subnets in one zone, memory that does not fit. It looks with other thresholds and at
    other days than this report does. What it does not flag proves nothing.

    ## How to fix
    Read the finding of this report on the same function, which says what to do. What AWS measured:
    `aws trustedadvisor list-recommendations --region us-east-1 --query "recommendationSummaries[?status!='ok']"`

    ## References
    - https://docs.aws.amazon.com/awssupport/latest/user/trusted-advisor-check-reference.html
    """
    advised = account.trusted_advisor
    if is_closed_by_plan(advised):
        return not_applicable("Trusted Advisor answers only with a Business Support+ plan or higher")
    checks, flagged = known(advised).checks, known(advised).flagged
    if not flagged:
        return passed(
            f"Trusted Advisor flags nothing by its {counted(len(checks), 'check', 'checks')} of Lambda, which is no proof"
        )
    ordered = sorted(flagged, key=lambda one: (one.status, one.name, one.region, one.resource))
    resources = counted(len({one.resource for one in flagged}), "function", "functions")
    raised = len({one.check for one in flagged})
    return warned(
        f"Trusted Advisor flags {resources} by {raised} of its {counted(len(checks), 'check', 'checks')} of Lambda, "
        f"last {seen_on(max(one.seen_at for one in flagged), reference)}",
        details=tuple(
            Detail(
                subject=f"{function_named(one.resource)} in {one.region}",
                text=f"{one.name}, {one.status}: {because(one, reference)}",
            )
            for one in ordered
        ),
    )
