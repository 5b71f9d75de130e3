"""Whether a failed attempt is worth another one, and after how long."""

import random
from typing import Any

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from auditor.collect.failures import SERVER_ERROR, THROTTLED, TOO_MANY

# Attempts of one call, the first one counted. A service that throttles will answer in the end; one that does
# not answer at all costs half a minute each time.
THROTTLED_ATTEMPTS = 8
SERVER_ERROR_ATTEMPTS = 4
CONNECTION_ATTEMPTS = 3
TIMEOUT_ATTEMPTS = 2
# Codes of failures that pass by themselves.
PASSING = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure"})
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 8.0


def is_throttle(response: Any) -> bool:  # noqa: ANN401 - botocore's pair of HTTP response and parsed answer
    """Whether an answer says that requests come too fast."""
    return response is not None and (
        response[0].status_code == TOO_MANY or str(response[1].get("Error", {}).get("Code", "")) in THROTTLED
    )


def attempts_worth(response: Any, error: Exception | None) -> int:  # noqa: ANN401 - as above
    """Return how many attempts a failure of this kind is worth in all; 1 for none but the first."""
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError | EndpointConnectionError):
        return TIMEOUT_ATTEMPTS
    if error is not None:
        return CONNECTION_ATTEMPTS
    if response is None:
        return 1
    if is_throttle(response):
        return THROTTLED_ATTEMPTS
    code = str(response[1].get("Error", {}).get("Code", ""))
    if response[0].status_code >= SERVER_ERROR or code in PASSING:
        return SERVER_ERROR_ATTEMPTS
    return 1


def delay_s(attempt: int, chance: random.Random) -> float:
    """Return seconds to wait after an attempt (1 for the first): doubling, half of it by chance."""
    whole = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (attempt - 1))
    return whole / 2 + chance.uniform(0, whole / 2)
