"""Services that watch over functions: GuardDuty, Inspector, Compute Optimizer, CloudTrail."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import hold, whole, word
from auditor.model import Reason, Trail, Unavailable
from auditor.model.account import unqualified

LIST_DETECTORS = Operation(
    service="guardduty",
    name="ListDetectors",
    actions=("guardduty:ListDetectors",),
    requires=("DetectorIds", "DetectorIds[]"),
)
GET_DETECTOR = Operation(
    service="guardduty",
    name="GetDetector",
    actions=("guardduty:GetDetector",),
    requires=("Status", "Features", *each("Features[]", "Name Status")),
)
INSPECTOR_STATUS = Operation(
    service="inspector2",
    name="BatchGetAccountStatus",
    actions=("inspector2:BatchGetAccountStatus",),
    requires=(
        "accounts",
        *each("accounts[]", "accountId resourceState"),
        *each("accounts[].resourceState", "lambda.status lambdaCode.status"),
    ),
)
LIST_FINDINGS = Operation(
    service="inspector2",
    name="ListFindings",
    actions=("inspector2:ListFindings",),
    requires=("findings", *each("findings[]", "severity resources resources[].id")),
)
LIST_COVERAGE = Operation(
    service="inspector2",
    name="ListCoverage",
    actions=("inspector2:ListCoverage",),
    requires=(
        "coveredResources",
        *each("coveredResources[]", "resourceId scanStatus scanStatus.statusCode scanStatus.reason"),
    ),
    page_size=200,
)
ENROLLMENT = Operation(
    service="compute-optimizer",
    name="GetEnrollmentStatus",
    actions=("compute-optimizer:GetEnrollmentStatus",),
    requires=("status",),
)
RECOMMENDATIONS = Operation(
    service="compute-optimizer",
    name="GetLambdaFunctionRecommendations",
    actions=("compute-optimizer:GetLambdaFunctionRecommendations",),
    requires=(
        "lambdaFunctionRecommendations",
        *each(
            "lambdaFunctionRecommendations[]",
            "functionArn finding currentMemorySize",
        ),
        *each("lambdaFunctionRecommendations[].memorySizeRecommendationOptions[]", "rank memorySize"),
    ),
    absent=("OptInRequiredException",),
)
DESCRIBE_TRAILS = Operation(
    service="cloudtrail",
    name="DescribeTrails",
    actions=("cloudtrail:DescribeTrails",),
    requires=(
        "trailList",
        *each("trailList[]", "Name TrailARN HomeRegion IsMultiRegionTrail IsOrganizationTrail"),
    ),
)
TRAIL_STATUS = Operation(
    service="cloudtrail",
    name="GetTrailStatus",
    actions=("cloudtrail:GetTrailStatus",),
    requires=("IsLogging",),
)
EVENT_SELECTORS = Operation(
    service="cloudtrail",
    name="GetEventSelectors",
    actions=("cloudtrail:GetEventSelectors",),
    requires=(
        *each("EventSelectors[]", "ReadWriteType DataResources DataResources[].Type DataResources[].Values"),
        *each(
            "AdvancedEventSelectors[]",
            "FieldSelectors FieldSelectors[].Field FieldSelectors[].Equals[] FieldSelectors[].StartsWith[]",
        ),
    ),
)
OPERATIONS = (
    LIST_DETECTORS,
    GET_DETECTOR,
    INSPECTOR_STATUS,
    LIST_FINDINGS,
    LIST_COVERAGE,
    ENROLLMENT,
    RECOMMENDATIONS,
    DESCRIBE_TRAILS,
    TRAIL_STATUS,
    EVENT_SELECTORS,
)

ENABLED = "ENABLED"
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfigurationResult.html
ON_OFF = (ENABLED, "DISABLED")
# https://docs.aws.amazon.com/inspector/v2/APIReference/API_State.html
STATES = (*ON_OFF, "ENABLING", "DISABLING", "SUSPENDING", "SUSPENDED")
# https://docs.aws.amazon.com/compute-optimizer/latest/APIReference/API_GetEnrollmentStatus.html
ENROLMENTS = ("Active", "Inactive", "Pending", "Failed")
ENROLLED = "Active"
# https://docs.aws.amazon.com/compute-optimizer/latest/APIReference/API_LambdaFunctionRecommendation.html
OPTIMIZED, NOT_OPTIMIZED = "Optimized", "NotOptimized"
LAMBDA_PROTECTION = "LAMBDA_NETWORK_LOGS"
FUNCTION = "AWS::Lambda::Function"
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
COMPARISONS = frozenset({"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"})
EVERY_FUNCTION = "arn:aws:lambda"
MOST_FINDINGS = 100
MOST_RECOMMENDATIONS = 1000

Json = Mapping[str, Any]
Counted = tuple[tuple[str, str, int], ...]


def guardduty_lambda(api: Api, region: str) -> bool | Unavailable:
    """Whether GuardDuty's Lambda Protection is on; a region without a detector has none."""
    detectors = listed(api.pages(LIST_DETECTORS, region, "DetectorIds"))
    if isinstance(detectors, Unavailable) or not detectors:
        return detectors if isinstance(detectors, Unavailable) else False
    answer = definite(api.call(GET_DETECTOR, region, DetectorId=detectors[0]), GET_DETECTOR)
    if isinstance(answer, Unavailable):
        return answer
    # What is not among the features is not on:
    # https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
    states = {feature["Name"]: feature["Status"] for feature in answer["Features"]}
    found = {word(answer["Status"], *ON_OFF), word(states.get(LAMBDA_PROTECTION, "DISABLED"), *ON_OFF)}
    return found == {ENABLED}


def inspector(api: Api, region: str) -> tuple[bool | Unavailable, bool | Unavailable]:
    """Whether Inspector's standard scanning and code scanning of functions are on."""
    answer = definite(api.call(INSPECTOR_STATUS, region, accountIds=[api.account]), INSPECTOR_STATUS)
    if isinstance(answer, Unavailable):
        return answer, answer
    states = [row["resourceState"] for row in answer["accounts"] if row.get("accountId") == api.account]
    if not states:
        missing = Unavailable(
            reason=Reason.NO_DATA,
            operation=INSPECTOR_STATUS.label,
            note="Inspector does not know the account",
        )
        return missing, missing
    return _scans(states[0], "lambda"), _scans(states[0], "lambdaCode")


def inspector_coverage(api: Api, region: str) -> tuple[tuple[str, str, str], ...] | Unavailable:
    """Say of each function that Inspector knows whether it scans its packages, and why not.

    https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html
    """
    rows = listed(
        api.rows(
            LIST_COVERAGE,
            region,
            "coveredResources",
            _coverage,
            filterCriteria={
                "resourceType": [{"comparison": "EQUALS", "value": "AWS_LAMBDA_FUNCTION"}],
                "scanType": [{"comparison": "EQUALS", "value": "PACKAGE"}],
            },
        )
    )
    return rows if isinstance(rows, Unavailable) else tuple(rows)


def _coverage(row: Json) -> tuple[str, str, str]:
    status = row["scanStatus"]
    code = word(status["statusCode"], "ACTIVE", "INACTIVE")
    return intern(unqualified(row["resourceId"])), intern(code), intern(status["reason"])


def inspector_findings(api: Api, region: str) -> Counted | Unavailable:
    """Count Inspector's active findings of functions, as (function ARN, severity, findings)."""
    rows = listed(
        api.pages(
            LIST_FINDINGS,
            region,
            "findings",
            filterCriteria={
                "resourceType": [{"comparison": "EQUALS", "value": "AWS_LAMBDA_FUNCTION"}],
                "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
            },
            maxResults=MOST_FINDINGS,
        )
    )
    if isinstance(rows, Unavailable):
        return rows
    counts = Counter(
        (unqualified(resource["id"]), row["severity"]) for row in rows for resource in row["resources"]
    )
    return tuple((arn, severity, count) for (arn, severity), count in sorted(counts.items()))


def compute_optimizer(api: Api, region: str) -> str | Unavailable:
    """Enrolment of the account in Compute Optimizer: `Active`, `Inactive`, `Pending` or `Failed`."""
    answer = definite(api.call(ENROLLMENT, region), ENROLLMENT)
    return answer if isinstance(answer, Unavailable) else word(answer["status"], *ENROLMENTS)


def recommendations(api: Api, region: str) -> Counted | Unavailable:
    """Compute Optimizer's findings, as (function ARN, reason, MB): the memory that it ranks first.

    The reason is its reason code (`MemoryOverprovisioned` …), or its finding where it has none.
    """
    rows = listed(
        api.pages(RECOMMENDATIONS, region, "lambdaFunctionRecommendations", maxResults=MOST_RECOMMENDATIONS)
    )
    if isinstance(rows, Unavailable):
        return rows
    return tuple((unqualified(row["functionArn"]), _reason(row), _memory_mb(row)) for row in rows)


def trails(api: Api, region: str) -> tuple[Trail, ...] | Unavailable:
    """Trails that record a region, with the data events of functions that they record."""
    answer = definite(api.call(DESCRIBE_TRAILS, region, includeShadowTrails=True), DESCRIBE_TRAILS)
    if isinstance(answer, Unavailable):
        return answer
    return tuple(api.map(lambda row: _trail(api, row), answer["trailList"]))


def _scans(state: Json, kind: str) -> bool | Unavailable:
    if kind not in state:
        return Unavailable(
            reason=Reason.NOT_SUPPORTED, operation=INSPECTOR_STATUS.label, note="not offered in the region"
        )
    return word(state[kind]["status"], *STATES) == ENABLED


def _reason(row: Json) -> str:
    finding = word(row["finding"], OPTIMIZED, NOT_OPTIMIZED, "Unavailable")
    if finding != OPTIMIZED:
        hold(row, "findingReasonCodes")
    return str(next(iter(row.get("findingReasonCodes", ())), finding))


def _memory_mb(row: Json) -> int:
    if row["finding"] == NOT_OPTIMIZED:
        hold(row, "memorySizeRecommendationOptions")
    options = sorted(row.get("memorySizeRecommendationOptions", ()), key=lambda option: int(option["rank"]))
    return int(options[0]["memorySize"] if options else row["currentMemorySize"])


def _trail(api: Api, row: Json) -> Trail:
    arn, home = row["TrailARN"], row["HomeRegion"]
    status = definite(api.call(TRAIL_STATUS, home, Name=arn), TRAIL_STATUS)
    selectors = definite(api.call(EVENT_SELECTORS, home, TrailName=arn), EVENT_SELECTORS)
    return Trail(
        arn=arn,
        name=row["Name"],
        logging=status if isinstance(status, Unavailable) else bool(status["IsLogging"]),
        multi_region=row["IsMultiRegionTrail"],
        organization=row["IsOrganizationTrail"],
        lambda_data_events=selectors
        if isinstance(selectors, Unavailable)
        else whole(EVENT_SELECTORS)(_data_events)(selectors),
    )


def _data_events(selectors: Json) -> tuple[str, ...]:
    """ARNs of functions whose events a trail records: it has selectors of one kind, or of the other."""
    if "EventSelectors" not in selectors:
        hold(selectors, "AdvancedEventSelectors")
    return tuple(dict.fromkeys((*_basic(selectors), *_advanced(selectors))))


def _basic(selectors: Json) -> Iterator[str]:
    """ARNs of functions in basic selectors; Invoke is a write event, so that those for reads miss it."""
    for selector in selectors.get("EventSelectors", ()):
        if word(selector["ReadWriteType"], "All", "WriteOnly", "ReadOnly") != "ReadOnly":
            for resource in selector["DataResources"]:
                if resource["Type"] == FUNCTION:
                    yield from resource["Values"]


def _advanced(selectors: Json) -> Iterator[str]:
    """ARNs of functions in advanced selectors that record Invoke."""
    for selector in selectors.get("AdvancedEventSelectors", ()):
        fields = {field["Field"]: _compared(field) for field in selector["FieldSelectors"]}
        if _takes(fields, "resources.type", FUNCTION) and _records_invoke(fields):
            yield from _arns(fields.get("resources.ARN", {}))


def _compared(field: Json) -> Json:
    """A field that is compared with nothing would take everything, which AWS does not let be."""
    if not any(field.get(name) for name in COMPARISONS):
        raise ValueError
    return field


def _records_invoke(fields: Mapping[str, Json]) -> bool:
    return all(
        name not in fields or _takes(fields, name, value)
        for name, value in (("readOnly", "false"), ("eventName", "Invoke"))
    )


def _takes(fields: Mapping[str, Json], name: str, value: str) -> bool:
    field = fields.get(name, {})
    if value in field.get("NotEquals", ()) or value.startswith(tuple(field.get("NotStartsWith", ()))):
        return False
    wanted = (*field.get("Equals", ()), *field.get("StartsWith", ()))
    return value.startswith(wanted) if wanted else bool(field)


def _arns(field: Json) -> Iterable[str]:
    excluded = "NotEquals" in field or "NotStartsWith" in field or "NotEndsWith" in field
    named = (*field.get("Equals", ()), *field.get("StartsWith", ()), *field.get("EndsWith", ()))
    return named or (f"{EVERY_FUNCTION} but some" if excluded else EVERY_FUNCTION,)
