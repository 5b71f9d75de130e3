"""Web Functions: one table a check."""

from typing import Any

import pytest

from auditor.model import Reason, Region, Unavailable, WebEndpoint
from auditor.testing import Case, case, healthy_region, healthy_services, hold, row_id, rows

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:ListWebFunctions", code="AccessDeniedException"
)


def web(**changes: Any) -> Region:
    return healthy_region(services=healthy_services(**changes))


def endpoint(name: str = "shop", **changes: Any) -> WebEndpoint:
    return WebEndpoint(arn=f"arn:{name}", function="front", name=name, **changes)


CLOSED = endpoint("staff")

TABLES: dict[str, tuple[Case, ...]] = {
    "web-functions-unjudged": (
        case("two", "WARN", region=web(web_functions=2), says="2 Web Functions"),
        case("none", "PASS"),
        case("denied", "UNKNOWN", region=web(web_functions=DENIED)),
    ),
    "unauthenticated-web-function": (
        case(
            "one leaves it to the code",
            "WARN",
            region=web(web_endpoints=(CLOSED, endpoint(unasked_regions=("eu-west-1",)))),
            says="1 of 2 endpoints of Web Functions ask nobody who calls",
        ),
        case(
            "a policy for everybody",
            "FAIL",
            region=web(web_endpoints=(CLOSED, endpoint(open_policy=True))),
            says="1 of 2 endpoints of Web Functions let everybody in",
        ),
        case("all ask", "PASS", region=web(web_endpoints=(CLOSED,)), says="0 of 1 endpoint"),
        case("none", "NOT_APPLICABLE"),
        case("denied", "UNKNOWN", region=web(web_endpoints=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
