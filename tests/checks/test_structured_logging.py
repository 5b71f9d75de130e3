"""Structured logging: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.catalogue import load
from auditor.model import (
    NOT_COLLECTED,
    ApiIntegration,
    CodeFacts,
    Function,
    LayerUse,
    Located,
    LogForwarding,
    LoggedSecret,
    Logging,
    LogGroup,
    LogSample,
    Reason,
    Region,
    ReportLines,
    SamplingRule,
    SecretVerdict,
    Tag,
    Unavailable,
    Variable,
)
from auditor.testing import (
    ARN,
    NAME,
    REGION,
    Case,
    ask,
    case,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="logs:DescribeLogGroups", code="AccessDeniedException"
)
TEXT = Logging(format="Text", group=f"/aws/lambda/{NAME}")
EDGE = case("an edge replica", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="x"))


def behind(kind: str, *rules: SamplingRule, unread: Unavailable | None = None) -> Region:
    """The healthy function behind an API of a kind ("" where APIs were denied), under sampling rules."""
    route = ApiIntegration(
        api_id="a",
        api_name="shop",
        kind=kind,
        route="GET /",
        function_arn=ARN,
        authorization="AWS_IAM",
        timeout_ms=29_000,
    )
    return healthy_region(
        integrations=(route,) if kind else DENIED,
        services=healthy_services(sampling_rules=rules if unread is None else unread),
    )


def code(*kinds: str) -> CodeFacts:
    return CodeFacts(
        language="python",
        package=DENIED,
        facts=tuple(Located(kind=kind, file="app.py", line=12, what="Logger") for kind in kinds),
    )


def sampled(**changes: Any) -> ReportLines:
    return ReportLines(source="Logs Insights", runs=1_000, cold_starts=10, **changes)


def plain(**changes: Any) -> Function:
    return healthy_function(
        **{
            "logging": TEXT,
            "report_lines": NOT_COLLECTED,
            "log_sample": NOT_COLLECTED,
            "code": code(),
            "tracing": "PassThrough",
            **changes,
        }
    )


def newest(**counts: Any) -> LogSample:
    return LogSample(lines=100, **counts)


def secret(**changes: Any) -> LoggedSecret:
    found = {"rule": "bearer-token", "kind": "bearer token", "certain": True, "lines": 1, **changes}
    return LoggedSecret(**found)


def logged(*secrets: LoggedSecret, **counts: Any) -> Function:
    return healthy_function(log_sample=newest(secrets=secrets, **counts))


def variable(name: str, value: str) -> Variable:
    return Variable(name=name, verdict=SecretVerdict.CLEAR, setting=value)


def setting(name: str, value: str, **changes: Any) -> Function:
    return healthy_function(environment=(variable(name, value),), **changes)


def passing_through(*variables: Variable, layers: tuple[LayerUse, ...] = ()) -> Function:
    """A function whose $LATEST and serving version do not trace by themselves."""
    fields: dict[str, Any] = {"tracing": "PassThrough", "environment": variables, "layers": layers}
    return healthy_function(**fields, versions=(healthy_version(**fields),))


TABLES: dict[str, tuple[Case, ...]] = {
    "log-group-missing": (
        case(
            "gone, and the function runs", "FAIL", region=healthy_region(log_groups=()), says="100,000 times"
        ),
        case("there", "PASS"),
        case(
            "a group of its own choice",
            "PASS",
            function=healthy_function(logging=Logging(format="JSON", group="/shop/orders")),
            region=healthy_region(log_groups=(LogGroup(name="/shop/orders"),)),
        ),
        case(
            "gone, and it never ran",
            "NOT_APPLICABLE",
            function=healthy_function(usage=healthy_usage(invocations=0)),
            region=healthy_region(log_groups=()),
        ),
        EDGE,
        case("groups could not be read", "UNKNOWN", region=healthy_region(log_groups=DENIED)),
        case("the group is not known", "UNKNOWN", function=healthy_function(logging=DENIED)),
    ),
    "log-format-text": (
        case(
            "sampled lines are plain",
            "FAIL",
            function=plain(report_lines=sampled(json_share=0.1)),
            says="10%",
        ),
        case("no logger in the code", "WARN", function=plain()),
        case("code not asked for", "WARN", function=plain(code=NOT_COLLECTED)),
        case("code could not be read", "UNKNOWN", function=plain(code=DENIED)),
        case("JSON by setting", "PASS"),
        case(
            "JSON by setting on a runtime that leaves lines as they are",
            "UNKNOWN",
            function=healthy_function(
                runtime="provided.al2023", report_lines=NOT_COLLECTED, log_sample=NOT_COLLECTED
            ),
        ),
        case(
            "JSON by setting and in the lines of such a runtime",
            "PASS",
            function=healthy_function(runtime="provided.al2023", report_lines=sampled(json_share=0.9)),
        ),
        case(
            "JSON by setting, and plain lines of an image",
            "FAIL",
            function=healthy_function(package_type="Image", runtime="", report_lines=sampled(json_share=0.1)),
        ),
        case("JSON by a logger", "PASS", function=plain(code=code("structured-logger")), says="app.py:12"),
        case(
            "JSON by a logger, and lines that could not be counted",
            "UNKNOWN",
            function=plain(code=code("structured-logger"), report_lines=sampled(json_share=DENIED)),
        ),
        case("sampled lines are JSON", "PASS", function=plain(report_lines=sampled(json_share=0.97))),
        case(
            "the newest lines are plain", "FAIL", function=plain(log_sample=newest(json_lines=10)), says="10%"
        ),
        case("nothing was logged", "WARN", function=plain(log_sample=LogSample(lines=0))),
        case("the format is not known", "UNKNOWN", function=healthy_function(logging=DENIED)),
    ),
    "secret-in-logs": (
        case(
            "a token in a few",
            "FAIL",
            function=logged(secret(lines=3), secret_lines=3),
            says="3 of the newest 100 lines hold a secret: bearer token",
        ),
        case(
            "of several kinds",
            "FAIL",
            function=logged(secret(), secret(kind="password"), secret_lines=2),
            says="2 of the newest 100 lines hold a secret: bearer token, password",
        ),
        case(
            "perhaps a secret",
            "WARN",
            function=logged(secret(certain=False), doubtful_lines=4),
            says="4 of the newest 100 lines may hold",
        ),
        case("whole events", "WARN", function=logged(event_lines=12), says="12 of the newest 100 lines"),
        case(
            "where the lines go could not be read",
            "FAIL",
            function=logged(secret(lines=3), secret_lines=3),
            region=healthy_region(log_groups=DENIED, log_forwarding=DENIED, log_masking=DENIED),
        ),
        case("nothing of the kind", "PASS", says="newest 200 lines"),
        case(
            "nothing was logged", "NOT_APPLICABLE", function=healthy_function(log_sample=LogSample(lines=0))
        ),
        case("lines were not read", "UNKNOWN", function=healthy_function(log_sample=DENIED)),
    ),
    "request-id-missing": (
        case(
            "the newest lines lack it",
            "FAIL",
            function=plain(log_sample=newest(request_lines=20)),
            says="20%",
        ),
        case("the newest lines name it", "PASS", function=plain(log_sample=newest(request_lines=90))),
        case("sampled lines lack it", "FAIL", function=plain(report_lines=sampled(request_id_share=0.2))),
        case(
            "lines that could not be counted",
            "UNKNOWN",
            function=plain(report_lines=sampled(request_id_share=DENIED)),
        ),
        case("the code does not log it", "WARN", function=plain()),
        case("by setting", "PASS"),
        case("by the code", "PASS", function=plain(code=code("request-id"))),
        case("in traces alone", "WARN", function=plain(tracing="Active")),
        case(
            "JSON by setting on a runtime that leaves lines as they are",
            "UNKNOWN",
            function=healthy_function(
                runtime="provided.al2023", report_lines=NOT_COLLECTED, log_sample=NOT_COLLECTED
            ),
        ),
        case("code not read", "UNKNOWN", function=plain(code=DENIED)),
    ),
    "tracing-off": (
        case("pass through", "FAIL", function=passing_through()),
        case(
            "active on $LATEST alone, not on the version that serves",
            "FAIL",
            function=healthy_function(versions=(healthy_version(tracing="PassThrough", layers=()),)),
            says="version 12 (live)",
        ),
        case("versions could not be read", "UNKNOWN", function=healthy_function(versions=DENIED)),
        case(
            "an agent inside an image", "PASS", function=passing_through(variable("DD_LAMBDA_HANDLER", "x"))
        ),
        case("active", "PASS"),
        case(
            "OpenTelemetry",
            "PASS",
            function=passing_through(
                layers=(LayerUse(arn=f"arn:aws:lambda:{REGION}:901920570463:layer:aws-otel-python-amd64:5"),)
            ),
        ),
        case(
            "a wrapper",
            "PASS",
            function=passing_through(variable("AWS_LAMBDA_EXEC_WRAPPER", "/opt/otel-instrument")),
        ),
        case(
            "a REST API in front that records nothing",
            "WARN",
            region=behind("REST", SamplingRule(name="Default", fixed_rate=0.0, reservoir=0)),
            says="1 sampling rule records 0 requests: where shop traces, its requests leave no trace",
        ),
        case(
            "one of two rules records",
            "PASS",
            region=behind(
                "REST",
                SamplingRule(name="health", fixed_rate=0.0, reservoir=0),
                SamplingRule(name="Default", fixed_rate=0.0, reservoir=1),
            ),
        ),
        case(
            "a rate that rises for a time",
            "PASS",
            region=behind("REST", SamplingRule(name="x", fixed_rate=0.0, reservoir=0, boosted_rate=0.1)),
        ),
        case(
            "nothing in front decides",
            "PASS",
            region=behind("HTTP", SamplingRule(name="Default", fixed_rate=0.0, reservoir=0)),
        ),
        case(
            "a layer traces",
            "PASS",
            function=passing_through(variable("DD_LAMBDA_HANDLER", "x")),
            region=behind("REST", SamplingRule(name="Default", fixed_rate=0.0, reservoir=0)),
        ),
        case("rules denied, a REST API in front", "UNKNOWN", region=behind("REST", unread=DENIED)),
        case("rules denied, nothing in front", "PASS", region=behind("HTTP", unread=DENIED)),
        case("rules not asked for", "PASS", region=behind("REST", unread=NOT_COLLECTED)),
        case(
            "rules that record nothing, APIs denied",
            "UNKNOWN",
            region=behind("", SamplingRule(name="Default", fixed_rate=0.0, reservoir=0)),
        ),
        EDGE,
        case(
            "the mode is not known",
            "UNKNOWN",
            function=healthy_function(versions=(healthy_version(tracing=DENIED),)),
        ),
    ),
    "debug-logging": (
        case("a variable", "FAIL", function=setting("LOG_LEVEL", "DEBUG"), says="LOG_LEVEL=DEBUG"),
        case(
            "the log settings",
            "FAIL",
            function=healthy_function(logging=Logging(format="JSON", group="/x", application_level="TRACE")),
        ),
        case("dumped events", "FAIL", function=setting("POWERTOOLS_LOGGER_LOG_EVENT", "true")),
        case("information", "PASS"),
        case(
            "details of the system",
            "FAIL",
            function=healthy_function(logging=Logging(format="JSON", group="/x", system_level="DEBUG")),
        ),
        case(
            "no REPORT lines",
            "WARN",
            function=healthy_function(logging=Logging(format="JSON", group="/x", system_level="WARN")),
            says="no REPORT line",
        ),
        case(
            "a stage in its name",
            "NOT_APPLICABLE",
            function=msgspec.structs.replace(setting("LOG_LEVEL", "DEBUG"), name="orders-dev"),
        ),
        case(
            "a test stage",
            "NOT_APPLICABLE",
            function=msgspec.structs.replace(
                setting("LOG_LEVEL", "DEBUG"), tags=(Tag(key="stage", value="dev"),)
            ),
        ),
        case("the environment could not be read", "UNKNOWN", function=healthy_function(environment=DENIED)),
    ),
    "log-group-not-under-own-key": (
        case("required and absent", "FAIL", thresholds={"required": True}),
        case(
            "an own key",
            "PASS",
            region=healthy_region(
                log_groups=(LogGroup(name=f"/aws/lambda/{NAME}", kms_key_id="arn:aws:kms:x"),)
            ),
        ),
        case("not required", "NOT_APPLICABLE"),
        case("no group", "NOT_APPLICABLE", region=healthy_region(log_groups=())),
        case("groups could not be read", "UNKNOWN", region=healthy_region(log_groups=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)


def test_secrets_that_are_copied_on_say_where_to() -> None:
    archive = f"arn:aws:firehose:{REGION}:123456789012:deliverystream/archive"
    region = healthy_region(
        log_forwarding=(LogForwarding(name="all", destination_arn=archive, excluded=("/other",)),),
        log_masking=("Address", "EmailAddress"),
    )
    check = next(found for found in load() if found.id == "secret-in-logs")
    found = ask(check, logged(secret(), secret_lines=1), region=region)
    details = {one.subject: one.text for one in found.details}
    assert details[archive] == "every line sent on by the account-level subscription filter all"
    assert details["masked in all log groups"] == "Address, EmailAddress"
