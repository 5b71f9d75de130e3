"""Configuration: one table a check."""

from typing import Any

import pytest

from auditor.model import Alias, Function, Located, Reason, SecretVerdict, Tag, Unavailable, Variable
from auditor.testing import (
    ARN,
    Case,
    case,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="kms:Decrypt", code="AccessDeniedException")
NO_VERSIONS = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:ListVersionsByFunction", code="AccessDenied"
)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1111"
SECRET = Variable(
    name="STRIPE_API_KEY",
    verdict=SecretVerdict.FAIL,
    kind="Stripe live key",
    length_bucket="20-39",
    public_prefix="sk_live_",
)
SUSPECT = Variable(name="SEED", verdict=SecretVerdict.WARN, kind="random value")
PLAIN = Variable(name="TABLE_NAME", verdict=SecretVerdict.CLEAR, size_bytes=16)
CIPHER = Variable(name="DB_PASSWORD", verdict=SecretVerdict.CLEAR, encrypted=True)
WRITTEN = healthy_code(facts=(Located(kind="hard-coded-queue", file="app.py", line=7),))


def holding(*variables: Variable, **changes: Any) -> Function:
    """The healthy function with these variables in $LATEST."""
    return healthy_function(environment=variables, **changes)


def keys(**changes: Any) -> dict[str, Any]:
    """A region in which KMS says something of keys."""
    return {"region": healthy_region(services=healthy_services(**changes))}


TABLES = {
    "secret-in-environment": (
        case(
            "in $LATEST",
            "FAIL",
            function=holding(PLAIN, SECRET),
            says="1 variable holds a secret: STRIPE_API_KEY",
        ),
        case(
            "only in the version behind the alias",
            "FAIL",
            function=holding(PLAIN, versions=(healthy_version(environment=(SECRET,)),)),
        ),
        case(
            "in a version that nothing points to",
            "PASS",
            function=holding(
                PLAIN,
                versions=(healthy_version(), healthy_version(version="3", environment=(SECRET,))),
            ),
        ),
        case(
            "in a version with a share of the traffic",
            "FAIL",
            function=holding(
                PLAIN,
                aliases=(Alias(name="live", version="12", extra_weights=(("3", 0.1),)),),
                versions=(healthy_version(), healthy_version(version="3", environment=(SECRET,))),
            ),
        ),
        case("in $LATEST, versions denied", "FAIL", function=holding(SECRET, versions=NO_VERSIONS)),
        case("perhaps one", "WARN", function=holding(SUSPECT), says="may hold"),
        case("a harmless one", "PASS", function=holding(PLAIN), says="1 variable in 2 configurations"),
        case("none", "PASS"),
        case("a replica at the edge", "NOT_APPLICABLE", function=healthy_function(edge_master_arn=ARN)),
        case("the key refuses", "UNKNOWN", function=healthy_function(environment=DENIED), says="kms:Decrypt"),
        case("versions denied", "UNKNOWN", function=holding(PLAIN, versions=NO_VERSIONS)),
        case(
            "the key refuses for the version",
            "UNKNOWN",
            function=holding(PLAIN, versions=(healthy_version(environment=DENIED),)),
        ),
    ),
    "environment-not-under-own-key": (
        case("a sensitive one", "FAIL", function=holding(PLAIN, SUSPECT), says="1 of 2 variables"),
        case("a harmless one", "WARN", function=holding(PLAIN)),
        case("required", "FAIL", function=holding(PLAIN), thresholds={"required": True}, says="require"),
        case("under a key", "PASS", function=holding(PLAIN, SECRET, kms_key_arn=KEY)),
        case("no variables", "NOT_APPLICABLE"),
        case("no variables, with a key", "NOT_APPLICABLE", function=healthy_function(kms_key_arn=KEY)),
        case("the key refuses", "UNKNOWN", function=healthy_function(environment=DENIED)),
    ),
    "environment-key-unhealthy": (
        case(
            "to be deleted",
            "FAIL",
            function=holding(PLAIN, kms_key_arn=KEY),
            **keys(disabled_keys=((KEY, "PendingDeletion"),)),
            says="key/1111 is PendingDeletion",
        ),
        case("not rotated", "WARN", function=holding(PLAIN, kms_key_arn=KEY), **keys(unrotated_keys=(KEY,))),
        case(
            "open to everybody",
            "FAIL",
            function=holding(PLAIN, kms_key_arn=KEY),
            says="open to everybody",
            **keys(open_keys=(KEY,)),
        ),
        case(
            "policy unread",
            "UNKNOWN",
            function=holding(PLAIN, kms_key_arn=KEY),
            **keys(open_keys=DENIED),
        ),
        case("well", "PASS", function=holding(PLAIN, kms_key_arn=KEY)),
        case("no key", "NOT_APPLICABLE"),
        case("denied", "UNKNOWN", function=holding(PLAIN, kms_key_arn=KEY), **keys(disabled_keys=DENIED)),
        case(
            "rotation denied",
            "UNKNOWN",
            function=holding(PLAIN, kms_key_arn=KEY),
            **keys(unrotated_keys=DENIED),
        ),
    ),
    "sensitive-variable-unencrypted": (
        case("in plain text", "FAIL", function=holding(SECRET), thresholds={"names": ("STRIPE_API_KEY",)}),
        case("a ciphertext", "PASS", function=holding(CIPHER), thresholds={"names": ("DB_PASSWORD",)}),
        case("none named", "NOT_APPLICABLE", function=holding(SECRET)),
        case("the key refuses", "UNKNOWN", function=healthy_function(environment=DENIED)),
    ),
    "environment-nearly-full": (
        case(
            "3.9 KB",
            "FAIL",
            function=holding(Variable(name="BIG", verdict=SecretVerdict.CLEAR, size_bytes=3_900)),
            says="3900 of 4096 bytes (95%)",
        ),
        case("16 bytes", "PASS", function=holding(PLAIN)),
        case("none", "NOT_APPLICABLE"),
        case("the key refuses", "UNKNOWN", function=healthy_function(environment=DENIED)),
    ),
    "configuration-only-in-code": (
        case("a queue in the code", "WARN", function=healthy_function(code=WRITTEN), says="1 address"),
        case("a variable", "PASS", function=holding(PLAIN, code=WRITTEN)),
        case("nothing to configure", "PASS"),
        case("code not read", "UNKNOWN", function=healthy_function(code=DENIED)),
    ),
    "tenants-share-environments": (
        case(
            "a tag speaks of tenants", "WARN", function=healthy_function(tags=(Tag(key="tenant", value="a"),))
        ),
        case(
            "isolated",
            "PASS",
            function=healthy_function(tags=(Tag(key="tenant", value="a"),), tenant_isolation="PER_TENANT"),
        ),
        case("no word of tenants", "NOT_APPLICABLE"),
        case("tags denied", "UNKNOWN", function=healthy_function(tags=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
