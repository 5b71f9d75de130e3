"""What went wrong with a call, in the model's closed list of reasons. Error texts are never kept: they may
quote values.
"""

from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
    UnknownServiceError,
)
from botocore.parsers import ResponseParserError

from auditor.collect.denials import denied_by
from auditor.collect.operations import Operation
from auditor.model import DeniedBy, Reason, Unavailable

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedException",
        "ForbiddenException",
        "Forbidden",
        "NotAuthorized",
        "NotAuthorizedException",
        "KMSAccessDeniedException",
        "403",
    }
)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and each service's common errors
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
        "EC2ThrottledException",
        "429",
    }
)
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "ExpiredTokenError"}
)
# In a region that the account has not enabled, no access key is known.
UNKNOWN_KEY = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"})
NOT_ENABLED = frozenset({"OptInRequired", "OptInRequiredException"})
UNSUPPORTED = frozenset(
    {
        "UnknownOperationException",
        "UnknownOperation",
        "UnknownAction",
        "InvalidAction",
        "NotImplemented",
        "NotYetImplemented",
        "NotImplementedException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
        "UnsupportedCommandException",
        "SubscriptionRequiredException",
        "404",
        "405",
        "501",
    }
)
# Trusted Advisor answers an account whose support plan does not open its API with the code of a refusal; only
# the text tells: https://docs.aws.amazon.com/awssupport/latest/user/get-started-with-aws-trusted-advisor-api.html
BY_PLAN = "due to support level"
SERVER_ERROR = 500
TOO_MANY = 429

Failure = ClientError | BotoCoreError | ResponseParserError
_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    NoAuthTokenError,
    TokenRetrievalError,
    SSOError,
    LoginError,
)


class CollectError(Exception):
    """A scan that cannot begin; the text is one sentence with the remedy."""


class Lost(NamedTuple):
    """Why a call has no answer; `systemic` is whether the next call of the operation would fare the same."""

    why: Unavailable
    systemic: bool


def error_code(error: ClientError) -> str:
    """Return AWS's error code, or the HTTP status where the answer carries none."""
    return str(error.response.get("Error", {}).get("Code", "") or "") or str(http_status(error))


def http_status(error: ClientError) -> int:
    """Return the HTTP status of an error."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)


def is_absence(operation: Operation, error: Failure) -> bool:
    """Whether an error is the operation's own word for "there is none". A bare 404 without an AWS error code
    says nothing about what was asked for.
    """
    if not isinstance(error, ClientError):
        return False
    code = error_code(error)
    return not code.isdigit() and code in operation.absent


def lost(operation: Operation, error: Failure) -> Lost:
    """Return why a call has no answer, by its code; by its message only what denied it."""
    if isinstance(error, ClientError):
        code = error_code(error)
        reason = Reason.NOT_SUPPORTED if _is_by_plan(error) else _reason(code)
        systemic = (
            http_status(error) >= SERVER_ERROR
            or http_status(error) == TOO_MANY
            or reason in {Reason.THROTTLED, Reason.NOT_SUPPORTED}
        )
        cause = denial(error) if reason is Reason.ACCESS_DENIED else None
    else:
        code = type(error).__name__
        reason = _transport_reason(error)
        systemic, cause = True, None
    return Lost(
        Unavailable(
            reason=reason,
            operation=operation.label,
            code=code,
            note=_words(reason, cause),
            denied_by=cause,
        ),
        systemic,
    )


def malformed(operation: Operation, what: str) -> Unavailable:
    """Return the word for an answer that is not whole; `what` names the missing part."""
    return Unavailable(
        reason=Reason.MALFORMED_RESPONSE, operation=operation.label, code="MalformedResponse", note=what
    )


NOTES = {
    Reason.ACCESS_DENIED: "access denied",
    Reason.THROTTLED: "throttled to the end",
    Reason.REGION_DISABLED: "the region or service is not enabled for the account",
    Reason.NOT_SUPPORTED: "the endpoint does not offer the operation",
    Reason.CREDENTIALS_EXPIRED: "the credentials expired during the scan",
    Reason.MALFORMED_RESPONSE: "the answer could not be read",
    Reason.TIMEOUT: "no answer came in time",
    Reason.API_ERROR: "the call failed",
}


def _words(reason: Reason, cause: DeniedBy | None) -> str:
    if cause is DeniedBy.NO_GRANT:
        return "access denied: no identity-based policy allows it"
    return f"denied by {cause.value}" if cause else NOTES[reason]


def denial(error: ClientError) -> DeniedBy | None:
    """Return what denied a call, None where it was not denied or AWS does not say."""
    return denied_by(_message(error)) if _reason(error_code(error)) is Reason.ACCESS_DENIED else None


def _is_by_plan(error: ClientError) -> bool:
    return BY_PLAN in _message(error).lower()


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _reason(code: str) -> Reason:
    for codes, reason in (
        (EXPIRED, Reason.CREDENTIALS_EXPIRED),
        (DENIED, Reason.ACCESS_DENIED),
        (THROTTLED, Reason.THROTTLED),
        (UNKNOWN_KEY | NOT_ENABLED, Reason.REGION_DISABLED),
        (UNSUPPORTED, Reason.NOT_SUPPORTED),
    ):
        if code in codes:
            return reason
    return Reason.ACCESS_DENIED if "AccessDenied" in code else Reason.API_ERROR


def _transport_reason(error: Exception) -> Reason:
    if isinstance(error, _CREDENTIALS):
        return Reason.CREDENTIALS_EXPIRED
    if isinstance(error, ResponseParserError | PaginationError):
        return Reason.MALFORMED_RESPONSE
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError | EndpointConnectionError):
        return Reason.TIMEOUT
    return Reason.NOT_SUPPORTED if isinstance(error, UnknownServiceError) else Reason.API_ERROR
