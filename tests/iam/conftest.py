"""Roles made of policy documents, as the tables of this folder write them."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from auditor.iam import Privileges, parse_document, privileges
from auditor.model import ControlLevel, Policy, PolicyKind, Role, Unavailable

Document = Mapping[str, object]
MakeRole = Callable[..., Role]
Judge = Callable[..., Privileges]

ROLE_ARN = "arn:aws:iam::123456789012:role/fn"
AS_OF = date(2026, 11, 23)


def _policy(name: str, document: Document | Unavailable, kind: PolicyKind, arn: str = "") -> Policy:
    statements = document if isinstance(document, Unavailable) else parse_document(document)
    return Policy(name=name, kind=kind, arn=arn, statements=statements)


def _level(name: str, documents: tuple[Document | Unavailable, ...]) -> ControlLevel:
    policies = [_policy(f"{name} scp{i}", one, PolicyKind.SERVICE_CONTROL) for i, one in enumerate(documents)]
    return ControlLevel(target=name, policies=tuple(policies))


def _role(
    *documents: Document | Unavailable,
    boundary: Document | Unavailable | None = None,
    arn: str = ROLE_ARN,
    managed: Mapping[str, Document] | None = None,
) -> Role:
    own = [_policy(f"p{place}", one, PolicyKind.INLINE) for place, one in enumerate(documents, 1)]
    aws = [_policy(name, one, PolicyKind.AWS_MANAGED) for name, one in (managed or {}).items()]
    return Role(
        arn=arn,
        name=arn.rpartition("/")[2],
        policies=(*own, *aws),
        boundary=None if boundary is None else _policy("boundary", boundary, PolicyKind.CUSTOMER_MANAGED),
    )


@pytest.fixture(scope="session")
def make_role() -> MakeRole:
    """A role with one inline policy for each document (p1, p2, …)."""
    return _role


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The privileges of such a role."""

    def judged(
        *documents: Document | Unavailable,
        control: tuple[tuple[Document | Unavailable, ...], ...] = (),
        **settings: object,
    ) -> Privileges:
        levels = tuple(_level(f"level {place}", level) for place, level in enumerate(control))
        return privileges(_role(*documents, **settings), as_of=AS_OF, controls=levels)  # type: ignore[arg-type]

    return judged
