"""What went wrong with a call, in the model's closed list of reasons. Error texts are never kept: they may
quote values.
"""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from auditor.collect.operations import Operation
from auditor.model import Reason, Unavailable

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedException",
        "ForbiddenException",
        "NotAuthorized",
        "KMSAccessDeniedException",
    }
)
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "TransactionInProgressException",
        "BandwidthLimitExceeded",
        "429",
    }
)
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "ExpiredTokenError"}
)
REGION_OFF = frozenset(
    {
        "OptInRequired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "AuthFailure",
        "SubscriptionRequiredException",
    }
)
UNSUPPORTED = frozenset(
    {
        "UnknownOperationException",
        "UnknownOperation",
        "InvalidAction",
        "NotImplemented",
        "NotYetImplemented",
        "UnsupportedOperation",
        "UnsupportedOperationException",
        "404",
        "501",
    }
)


class CollectError(Exception):
    """A scan that cannot begin or go on; the text is one sentence with the remedy."""


class CredentialsExpiredError(CollectError):
    """The credentials ran out during the scan; what was seen so far is kept."""


def error_code(error: ClientError) -> str:
    """Return AWS's error code, or the HTTP status where the answer carries none."""
    response = error.response
    code = str(response.get("Error", {}).get("Code", "") or "")
    return code or str(response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))


def unavailable(
    operation: Operation, error: ClientError | BotoCoreError | ResponseParserError
) -> Unavailable:
    """Return why a call has no answer. Raises `CredentialsExpiredError` where no further call can have one."""
    if isinstance(error, ClientError):
        code = error_code(error)
        if code in EXPIRED:
            raise CredentialsExpiredError(
                "the credentials expired during the scan; refresh them and scan again"
            )
        return Unavailable(reason=_reason(code), operation=operation.label, code=code, note=_note(code))
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        raise CollectError(
            "no AWS credentials were found; set a profile with --profile, or the AWS_* variables"
        )
    return Unavailable(
        reason=_transport_reason(error),
        operation=operation.label,
        code=type(error).__name__,
        note="the answer could not be read" if _is_malformed(error) else "no answer came",
    )


def _reason(code: str) -> Reason:
    for codes, reason in (
        (DENIED, Reason.ACCESS_DENIED),
        (THROTTLED, Reason.THROTTLED),
        (REGION_OFF, Reason.REGION_DISABLED),
        (UNSUPPORTED, Reason.NOT_SUPPORTED),
    ):
        if code in codes:
            return reason
    return Reason.ACCESS_DENIED if "AccessDenied" in code else Reason.API_ERROR


def _note(code: str) -> str:
    return {
        Reason.ACCESS_DENIED: "access denied",
        Reason.THROTTLED: "throttled to the end",
        Reason.REGION_DISABLED: "the region or service is not enabled for the account",
        Reason.NOT_SUPPORTED: "the endpoint does not offer the operation",
    }.get(_reason(code), "the call failed")


def _is_malformed(error: Exception) -> bool:
    return isinstance(error, ResponseParserError)


def _transport_reason(error: Exception) -> Reason:
    if _is_malformed(error):
        return Reason.MALFORMED_RESPONSE
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError | EndpointConnectionError):
        return Reason.TIMEOUT
    return Reason.API_ERROR
