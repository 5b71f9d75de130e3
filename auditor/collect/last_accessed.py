"""When roles last used the services that their policies allow: IAM's own record, one report a role."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from auditor.collect.answers import definite
from auditor.collect.kept import keep_each, recall_each
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import LastAccessed, Reason, Role, RoleEvidence, ServiceUse, Unavailable

GENERATE_LAST_ACCESSED = Operation(
    service="iam",
    name="GenerateServiceLastAccessedDetails",
    actions=("iam:GenerateServiceLastAccessedDetails",),
    tier=Tier.DEEP,
    requires=("JobId",),
    is_global=True,
)
GET_LAST_ACCESSED = Operation(
    service="iam",
    name="GetServiceLastAccessedDetails",
    actions=("iam:GetServiceLastAccessedDetails",),
    tier=Tier.DEEP,
    requires=(
        "JobStatus",
        *each("ServicesLastAccessed[]", "ServiceNamespace TrackedActionsLastAccessed[].ActionName"),
    ),
    is_global=True,
)
OPERATIONS = (GENERATE_LAST_ACCESSED, GET_LAST_ACCESSED)

MOST_SERVICES = 1000
# Seconds that a report may take from the first question on, and the longest pause between two questions.
DEADLINE_S = 120.0
LONGEST_PAUSE_S = 8.0

Json = dict[str, Any]


def collect_last_accessed(api: Api, roles: Iterable[RoleEvidence]) -> tuple[RoleEvidence, ...]:
    """Put last-accessed data into roles: all reports are ordered first, then fetched to their last page.

    A report that is not ready after `DEADLINE_S` seconds is `Unavailable`. IAM counts denied attempts too,
    and tracks single actions for some services only:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
    """
    evidence = tuple(roles)
    reports = _reports(api, [found.role.arn for found in evidence if isinstance(found.role, Role)])
    return tuple(
        msgspec.structs.replace(
            found, role=msgspec.structs.replace(found.role, last_accessed=reports[found.role.arn])
        )
        if isinstance(found.role, Role)
        else found
        for found in evidence
    )


def _reports(api: Api, arns: Sequence[str]) -> dict[str, LastAccessed | Unavailable]:
    reports: dict[str, LastAccessed | Unavailable] = recall_each(api, LastAccessed, "last_accessed", arns)
    ordered = [arn for arn in arns if arn not in reports]
    jobs = api.map(lambda arn: _ordered(api, arn), ordered)
    give_up = api.clock() + DEADLINE_S
    for arn, job in zip(ordered, jobs, strict=True):
        reports[arn] = job if isinstance(job, Unavailable) else _fetched(api, job, give_up)
        keep_each(api, "last_accessed", {arn: reports[arn]})
    return reports


def without_last_accessed(evidence: RoleEvidence) -> RoleEvidence:
    """Say of a role that the tier does not ask when it last used what."""
    role = evidence.role
    if not isinstance(role, Role):
        return evidence
    why = Unavailable(
        reason=Reason.NOT_COLLECTED,
        operation=GENERATE_LAST_ACCESSED.label,
        note=f"not collected: needs --tier {GENERATE_LAST_ACCESSED.tier.value}",
    )
    return msgspec.structs.replace(evidence, role=msgspec.structs.replace(role, last_accessed=why))


@whole(GENERATE_LAST_ACCESSED)
def _ordered(api: Api, arn: str) -> str | Unavailable:
    answer = definite(
        api.call(GENERATE_LAST_ACCESSED, api.regions[0], Arn=arn, Granularity="ACTION_LEVEL"),
        GENERATE_LAST_ACCESSED,
    )
    return answer if isinstance(answer, Unavailable) else str(answer["JobId"])


@whole(GET_LAST_ACCESSED)
def _fetched(api: Api, job: str, give_up: float) -> LastAccessed | Unavailable:
    pause = 1.0
    while True:
        answer = _page(api, job)
        if isinstance(answer, Unavailable):
            return answer
        if answer["JobStatus"] != "IN_PROGRESS":
            break
        if api.clock() + pause > give_up:
            return _lost(Reason.TIMEOUT, f"the report was not ready after {DEADLINE_S:.0f} s")
        (api.pause or time.sleep)(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    if answer["JobStatus"] != "COMPLETED":
        return _lost(
            Reason.API_ERROR, "IAM could not make the report", str(answer.get("Error", {}).get("Code", ""))
        )
    return _whole(api, job, answer)


def _whole(api: Api, job: str, first: Json) -> LastAccessed | Unavailable:
    rows: list[Json] = []
    page, seen = first, set[str]()
    while True:
        # Only while the report is being made it is without the list.
        if "ServicesLastAccessed" not in page:
            return _lost(Reason.MALFORMED_RESPONSE, "an answer without ServicesLastAccessed")
        rows.extend(page["ServicesLastAccessed"])
        if not page.get("IsTruncated"):
            break
        marker = str(page.get("Marker", ""))
        if not marker or marker in seen:
            return _lost(Reason.MALFORMED_RESPONSE, "a page token that is missing or repeats")
        seen.add(marker)
        answer = _page(api, job, Marker=marker)
        if isinstance(answer, Unavailable):
            return answer
        page = answer
    return LastAccessed(
        generated_at=first.get("JobCompletionDate") or first["JobCreationDate"],
        services=tuple(_service(row) for row in rows),
    )


def _page(api: Api, job: str, **marker: str) -> Json | Unavailable:
    return definite(
        api.call(GET_LAST_ACCESSED, api.regions[0], JobId=job, MaxItems=MOST_SERVICES, **marker),
        GET_LAST_ACCESSED,
    )


def _service(row: Json) -> ServiceUse:
    return ServiceUse(
        service=str(row["ServiceNamespace"]),
        last_used=row.get("LastAuthenticated"),
        tracked_actions=tuple(
            (str(action["ActionName"]), action.get("LastAccessedTime"))
            for action in row.get("TrackedActionsLastAccessed", ())
        ),
    )


def _lost(reason: Reason, note: str, code: str = "") -> Unavailable:
    return Unavailable(reason=reason, operation=GET_LAST_ACCESSED.label, code=code, note=note)
