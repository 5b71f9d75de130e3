"""What a scan is asked to do, and the account it is asked of."""

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from auditor.collect.failures import SERVER_ERROR, THROTTLED, CollectError, denial, error_code
from auditor.collect.functions import Selection
from auditor.collect.guard import guard
from auditor.collect.models import lighten
from auditor.collect.operations import Tier, declared
from auditor.collect.pace import DEFAULT_PACE
from auditor.collect.session import CALLER_IDENTITY, REGIONS, Api
from auditor.model import Caller, DeniedBy, Record, Unavailable

ALL_REGIONS = "all"
# Where global services are asked if nobody names a region.
ANY_REGION = "us-east-1"
SESSION_NAME = "lambda-auditor"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NamedAccount(Record, frozen=True, kw_only=True):
    """An account that the owner names: the role to assume in it ("": one of the request's name), the external
    id that it asks for, and the regions to scan (none: the request's).
    """

    account: str
    role_arn: str = ""
    external_id: str = ""
    regions: tuple[str, ...] = ()


class ScanRequest(Record, frozen=True, kw_only=True):
    """What to scan and how.

    `regions` may be empty (the session's own) or `all`. `pace` is the share of AWS's request quotas to use,
    None the default. `functions`, `excluded_functions` (patterns as shells have them) and `tags` narrow the
    scan. `window_days` is the length of the measured window. `accounts` are the accounts to scan in place of
    the caller's own, `organization` means every active one of the organisation, or of `units` of it alone,
    `skipped_accounts` neither;
    `account_role` is the name of the role to assume in those of which no role is named. `cost_explorer`
    allows the one request that Cost Explorer takes a price for. `resume` is a folder where a scan leaves
    what it was told, so that the next one asks only for the rest. `excluded_regions` are left out of any
    others. `session_name`, `session_duration_s`, `mfa_serial` and `mfa_code` go with the assumption of a
    role; a code is good for one, so that its credentials are not renewed.
    """

    regions: tuple[str, ...] = ()
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    tier: Tier = Tier.STANDARD
    pace: float | None = None
    functions: tuple[str, ...] = ()
    excluded_functions: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    window_days: int = 14
    accounts: tuple[NamedAccount, ...] = ()
    organization: bool = False
    units: tuple[str, ...] = ()
    skipped_accounts: tuple[str, ...] = ()
    account_role: str = ""
    cost_explorer: bool = False
    resume: str = ""
    excluded_regions: tuple[str, ...] = ()
    session_name: str = SESSION_NAME
    session_duration_s: int | None = None
    mfa_serial: str = ""
    mfa_code: str = ""

    @property
    def selection(self) -> Selection:
        """The functions that the scan is about."""
        return Selection(names=self.functions, excluded=self.excluded_functions, tags=self.tags)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The accounts that the scan is not about in sentences, for the report."""
        units = f"Of the organisation, only accounts under {', '.join(self.units)} were scanned"
        skipped = f"Left out by --skip-account: {', '.join(self.skipped_accounts)}"
        return (*((units,) if self.units else ()), *((skipped,) if self.skipped_accounts else ()))

    @property
    def filters(self) -> tuple[str, ...]:
        """The selection in words, for the report."""
        return (
            *(f"function {pattern}" for pattern in self.functions),
            *(f"not function {pattern}" for pattern in self.excluded_functions),
            *(f"tag {key}={value}" for key, value in self.tags),
        )


def open_account(
    request: ScanRequest,
    session: boto3.Session | None = None,
    pause: Callable[[float], object] | None = None,
    region: str = "",
) -> tuple[Api, Caller]:
    """Return the way to ask one account, guarded, and who is asking. `pause` waits in place of the clock;
    `region` is asked where neither the request nor the session names one.

    Raises `CollectError` with the remedy where there are no credentials, no region, or the role cannot be
    assumed.
    """
    try:
        base = session or boto3.Session(profile_name=request.profile or None)
        guard(base, {operation.key for operation in declared()})
        lighten(base)
        assumed = _assume(base, request) if request.role_arn else base
        caller = _caller(assumed, request)
        api = Api(
            session=assumed,
            account=caller.account,
            partition=caller.partition,
            endpoint_url=request.endpoint_url,
            pace=_pace(request),
            tier=request.tier,
            pause=pause,
        )
        api.regions = _regions(api, request, assumed.region_name or region)
    except ClientError as error:
        told = f"({error_code(error)} on {error.operation_name})"
        if _is_passing(error):
            raise CollectError(f"AWS could not say who asks {told}; try again in a while") from None
        cause = denial(error)
        if cause not in {None, DeniedBy.NO_GRANT}:
            raise CollectError(
                f"the credentials are good, but {cause.value} denies the call {told}; "
                "ask whoever owns that policy, for no grant to the caller lifts it"
            ) from None
        raise CollectError(
            f"AWS refused the credentials {told}; check the profile, the role and its external id"
        ) from None
    except (EndpointConnectionError, HTTPClientError) as error:
        raise CollectError(
            f"{_words(error)}; check the network, the region's name and --endpoint-url"
        ) from None
    except (ResponseParserError, KeyError):  # botocore's word for an answer in HTML
        raise CollectError(
            "the answer to who is asking is not built as AWS does; check --endpoint-url and the proxy"
        ) from None
    except BotoCoreError as error:
        raise CollectError(f"{_words(error)}; set a profile with --profile, or the AWS_* variables") from None
    return api, caller


def _is_passing(error: ClientError) -> bool:
    """Whether an error is of AWS's own or of too many requests, and says nothing of the credentials."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in THROTTLED or status >= SERVER_ERROR


def _pace(request: ScanRequest) -> float:
    """Return the share of the quotas to use: an emulator on this machine has none to share."""
    if request.pace is not None:
        return request.pace
    host = urlsplit(request.endpoint_url).hostname or ""
    return math.inf if host in LOOPBACK else DEFAULT_PACE


def _words(error: BotoCoreError) -> str:
    return str(error).rstrip(".")


def _assume(base: boto3.Session, request: ScanRequest) -> boto3.Session:
    sts = base.client(
        "sts", endpoint_url=request.endpoint_url or None, region_name=base.region_name or _first(request)
    )

    def fresh() -> Mapping[str, str]:
        given = sts.assume_role(**_assumption(request))["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    core = get_session()
    core._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]  # noqa: SLF001
        metadata=dict(fresh()), refresh_using=fresh, method="sts-assume-role"
    )
    session = boto3.Session(botocore_session=core, region_name=base.region_name or _first(request))
    guard(session, {operation.key for operation in declared()})
    lighten(session)
    return session


def _assumption(request: ScanRequest) -> dict[str, Any]:
    """Return the parameters of the assumption.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    said = {
        "ExternalId": request.external_id,
        "DurationSeconds": request.session_duration_s,
        "SerialNumber": request.mfa_serial,
        "TokenCode": request.mfa_code,
    }
    given = {name: value for name, value in said.items() if value}
    return {"RoleArn": request.role_arn, "RoleSessionName": request.session_name, **given}


def _first(request: ScanRequest) -> str:
    named = [region for region in request.regions if region != ALL_REGIONS]
    return named[0] if named else ANY_REGION


def _caller(session: boto3.Session, request: ScanRequest) -> Caller:
    region = session.region_name or _first(request)
    sts = session.client("sts", region_name=region, endpoint_url=request.endpoint_url or None)
    answer = sts.get_caller_identity()
    missing = [key for key in CALLER_IDENTITY.requires if key not in answer]
    if missing:
        raise CollectError(
            f"the answer of sts:GetCallerIdentity lacks {missing[0]}; is the endpoint an AWS one?"
        )
    return Caller(account=answer["Account"], arn=answer["Arn"], partition=answer["Arn"].split(":")[1])


def _regions(api: Api, request: ScanRequest, default: str) -> tuple[str, ...]:
    """Return the regions to ask, without those that are left out."""
    named = _named_regions(api, request, default)
    found = tuple(region for region in named if region not in request.excluded_regions)
    if not found:
        raise CollectError("every region is left out by --exclude-region; leave one in")
    return found


def _named_regions(api: Api, request: ScanRequest, default: str) -> tuple[str, ...]:
    if ALL_REGIONS in request.regions:
        answer = api.call(REGIONS, default or ANY_REGION, AllRegions=False)
        if isinstance(answer, Unavailable):
            raise CollectError(f"the enabled regions cannot be listed ({answer}); name them with --region")
        if not isinstance(answer, dict):
            raise CollectError("no region is enabled; name one with --region")
        return tuple(sorted(region["RegionName"] for region in answer["Regions"]))
    if request.regions:
        known = set(api.session.get_available_regions("lambda", partition_name=api.partition))
        strange = [region for region in request.regions if known and region not in known]
        if strange and not request.endpoint_url:
            raise CollectError(f"there is no region {strange[0]} in the partition {api.partition}")
        return tuple(dict.fromkeys(request.regions))
    if not default:
        raise CollectError("no region is set; name one with --region")
    return (default,)
