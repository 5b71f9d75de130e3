"""The read-only guard: no operation leaves this program that no collector declares."""

from collections.abc import Collection

import boto3
from botocore.model import OperationModel

# What botocore itself calls to obtain the credentials of a profile (assumed role, web identity, single
# sign-on, console login); none of it touches a resource of the account.
# https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
CREDENTIAL_OPERATIONS = frozenset(
    {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("signin", "CreateOAuth2Token"),
    }
)


class UndeclaredOperationError(Exception):
    """An operation that no collector declares was about to be sent; it was not."""


def guard(session: boto3.Session, allowed: Collection[tuple[str, str]]) -> None:
    """Refuse, for every client that is made of a session from now on, each operation outside `allowed`.

    The hook runs before parameters are even serialised, so nothing is sent. Raises
    `UndeclaredOperationError` there. A second call changes nothing.
    """
    permitted = frozenset(allowed) | CREDENTIAL_OPERATIONS

    def refuse(model: OperationModel, **_: object) -> None:
        if (model.service_model.service_name, model.name) not in permitted:
            asked = f"{model.service_model.service_name}:{model.name}"
            raise UndeclaredOperationError(f"{asked} is not among the operations that the auditor declares")

    session.events.register_first("provide-client-params", refuse, unique_id="auditor-read-only-guard")
