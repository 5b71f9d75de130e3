"""Policy documents, in every shape that AWS accepts or returns, as tuples of statements."""

import json
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from urllib.parse import unquote

from auditor.iam.patterns import REDACTED
from auditor.model import Condition, Principal, Statement
from auditor.secrets import redact

# Condition keys whose value is itself what lets a caller in: a shared password in all but name.
CREDENTIAL_KEYS = frozenset({"sts:externalid", "lambda:eventsourcetoken", "aws:referer"})

_PRINCIPAL_KINDS = {
    "aws": "AWS",
    "service": "Service",
    "federated": "Federated",
    "canonicaluser": "CanonicalUser",
    "*": "*",
}
_EFFECTS = {"allow": "Allow", "deny": "Deny"}


class PolicyError(ValueError):
    """A document that is no policy. The message names the place and what is wrong, never a value."""


def parse_document(document: str | Mapping[str, object]) -> tuple[Statement, ...]:
    """Parse a policy document into its statements, numbered from 1 in the order written.

    Takes the decoded JSON object, its text, or the percent-encoded text that IAM's API returns (RFC 3986).
    A single statement may stand without a list, and so may every value. Bool and number condition values
    become text. Element names are read without regard to case. The values of credential-like condition keys
    (`sts:ExternalId`, `lambda:EventSourceToken`, `aws:Referer`) become `***`, and so does any other condition
    value that holds a secret; a bare `*` stays, since it hides nothing. Raises `PolicyError` for anything
    else.

    Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    decoded = _decode(document) if isinstance(document, str) else document
    if not isinstance(decoded, Mapping):
        raise PolicyError("a policy document is a JSON object")
    elements = _elements(decoded, "the document")
    if "statement" not in elements:
        raise PolicyError("the document has no Statement")
    listed = elements["statement"]
    statements = listed if isinstance(listed, list | tuple) else [listed]
    return tuple(_statement(index, statement) for index, statement in enumerate(statements, start=1))


def _decode(text: str) -> object:
    bare = text.strip().removeprefix("\ufeff").strip()
    # A document always starts with a brace; percent-encoding is the only other form that AWS returns.
    if not bare.startswith("{"):
        bare = unquote(bare)
    try:
        decoded: object = json.loads(bare, object_pairs_hook=_object)
    except PolicyError:
        raise
    except (ValueError, RecursionError):
        # `from None`: the decoder's exception carries the whole document.
        raise PolicyError("the document is not JSON") from None
    return decoded


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    decoded = dict(pairs)
    if len(decoded) != len(pairs):
        raise PolicyError("the document has an element twice")
    return decoded


def _elements(mapping: Mapping[str, object], where: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in mapping.items():
        folded = str(name).lower()
        if folded in found:
            raise PolicyError(f"{where} has an element twice")
        found[folded] = value
    return found


def _statement(index: int, statement: object) -> Statement:
    where = f"statement {index}"
    if not isinstance(statement, Mapping):
        raise PolicyError(f"{where} is not a JSON object")
    elements = _elements(statement, where)
    _refuse_contradictions(elements, where)
    return Statement(
        index=index,
        effect=_effect(elements, where),
        sid=redact(str(elements.get("sid") or "")),
        actions=_texts(elements.get("action", ()), f"Action of {where}"),
        not_actions=_negated(elements, "notaction", f"NotAction of {where}"),
        resources=_texts(elements.get("resource", ()), f"Resource of {where}"),
        not_resources=_negated(elements, "notresource", f"NotResource of {where}"),
        principals=_principals(elements.get("principal", {}), f"Principal of {where}"),
        not_principals=_principals(elements.get("notprincipal", {}), f"NotPrincipal of {where}"),
        conditions=_conditions(elements.get("condition", {}), f"Condition of {where}"),
    )


def _refuse_contradictions(elements: Mapping[str, object], where: str) -> None:
    for name in ("action", "resource", "principal"):
        if name in elements and f"not{name}" in elements:
            raise PolicyError(f"{where} has both {name.title()} and Not{name.title()}")
    if "action" not in elements and "notaction" not in elements:
        raise PolicyError(f"{where} has neither Action nor NotAction")
    if "notprincipal" in elements and not elements["notprincipal"]:
        raise PolicyError(f"NotPrincipal of {where} is empty")


def _effect(elements: Mapping[str, object], where: str) -> str:
    effect = elements.get("effect")
    if not isinstance(effect, str) or effect.lower() not in _EFFECTS:
        raise PolicyError(f"Effect of {where} is neither Allow nor Deny")
    return _EFFECTS[effect.lower()]


def _negated(elements: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    values = _texts(elements.get(name, ()), where)
    if name in elements and not values:
        # "Everything but nothing" has no tuple that says so, and AWS does not say what it grants.
        raise PolicyError(f"{where} is empty")
    return values


def _texts(value: object, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (intern(value),)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(intern(str(one)) for one in value)
    raise PolicyError(f"{where} is neither text nor a list of texts")


def _principals(value: object, where: str) -> tuple[Principal, ...]:
    if isinstance(value, str):
        if value != "*":
            raise PolicyError(f"{where} is text other than *")
        return (Principal(kind="*", value="*"),)
    if not isinstance(value, Mapping):
        raise PolicyError(f"{where} is neither * nor an object")
    principals: list[Principal] = []
    for kind, named in value.items():
        known_kind = _PRINCIPAL_KINDS.get(str(kind).lower())
        if known_kind is None:
            raise PolicyError(f"{where} has a kind that IAM does not know")
        principals += (_principal(known_kind, text) for text in _texts(named, where))
    return tuple(principals)


@lru_cache(maxsize=1024)
def _principal(kind: str, value: str) -> Principal:
    """Return a principal, the few services that most policies name as one record each."""
    return Principal(kind=kind, value=value)


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{where} is not an object")
    conditions: list[Condition] = []
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"{where} has an operator without keys")
        conditions += (_condition(str(operator), str(key), held, where) for key, held in keys.items())
    return tuple(conditions)


def _condition(operator: str, key: str, value: object, where: str) -> Condition:
    listed = value if isinstance(value, list | tuple) else [value]
    values = tuple(_condition_value(one, where) for one in listed)
    if key.lower() in CREDENTIAL_KEYS and operator.lower() != "null":
        values = tuple(one if one == "*" else REDACTED for one in values)
    values = tuple(intern(one) if redact(one) == one else REDACTED for one in values)
    return Condition(operator=intern(operator), key=intern(key), values=values)


def _condition_value(value: object, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise PolicyError(f"{where} has a value that is neither text, number nor bool")
