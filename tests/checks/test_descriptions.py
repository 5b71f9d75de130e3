"""Descriptions and tags: one table a check."""

import pytest

from auditor.model import Alias, Reason, Tag, Unavailable
from auditor.secrets import MASK, redact
from auditor.testing import Case, case, healthy_function, healthy_version, hold, row_id, rows

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListTags", code="AccessDeniedException")
HELD = redact("mail password: Kx29mQz7pLw")

TABLES = {
    "secret-in-description": (
        case(
            "in the description",
            "FAIL",
            function=healthy_function(description=HELD),
            says="1 text holds a secret: description",
        ),
        case(
            "in a tag",
            "FAIL",
            function=healthy_function(tags=(Tag(key="deploy-token", value=MASK),)),
            says="tag deploy-token",
        ),
        case(
            "in that of a version",
            "FAIL",
            function=healthy_function(versions=(healthy_version(description=HELD),)),
            says="description of version 12",
        ),
        case(
            "in that of an alias",
            "FAIL",
            function=healthy_function(aliases=(Alias(name="live", version="12", description=HELD),)),
            says="description of alias live",
        ),
        case(
            "in the description, tags denied",
            "FAIL",
            function=healthy_function(description=HELD, tags=DENIED),
        ),
        case(
            "stars that mean nothing", "PASS", function=healthy_function(description="*** do not delete ***")
        ),
        case(
            "a doubt",
            "PASS",
            function=healthy_function(description=redact("Database password: rotates daily")),
        ),
        case("plain", "PASS", says="none holds a secret"),
        case("tags denied", "UNKNOWN", function=healthy_function(tags=DENIED), says="lambda:ListTags"),
        case("versions denied", "UNKNOWN", function=healthy_function(versions=DENIED)),
    ),
}


@pytest.mark.parametrize(("key", "row"), rows(TABLES), ids=row_id)
def test_table(key: str, row: Case) -> None:
    hold(key, row)
