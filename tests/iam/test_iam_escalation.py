"""Each escalation path is found when all of it is granted, however it is split, and only then."""

from collections.abc import Callable
from pathlib import Path as File

import pytest
import yaml

from auditor.iam import Privileges, actions, escalation_paths
from auditor.iam.escalation import Path, catalogue
from auditor.iam.overreach import sensitive
from auditor.iam.patterns import matches

Judge = Callable[..., Privileges]
PATHS = [pytest.param(path, id=path.id) for path in catalogue().paths]


def _allow(action: str, **more: object) -> dict[str, object]:
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*", **more}}


def _ids(privileges: Privileges) -> set[str]:
    return {path.id for path in escalation_paths(privileges)}


def _covered(path: Path, found: set[str]) -> bool:
    """Whether a path, or a shorter one within it, was found."""
    within = {one.id for one in catalogue().paths if set(one.actions) <= set(path.actions)}
    return bool(found & within) and (path.id in found or len(within) > 1)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_split_over_policies_is_found(judge: Judge, path: Path) -> None:
    assert _covered(path, _ids(judge(*map(_allow, path.actions))))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_lacks_an_action_is_not_found(judge: Judge, path: Path) -> None:
    for left_out in path.actions:
        rest = [action for action in path.actions if action != left_out]
        assert path.id not in _ids(judge(*map(_allow, rest)))


@pytest.mark.parametrize("path", [pytest.param(one, id=one.id) for one in catalogue().paths if one.passed_to])
def test_a_path_asks_for_its_service(judge: Judge, path: Path) -> None:
    def passing(service: str) -> set[str]:
        condition = {"StringEquals": {"iam:PassedToService": service}}
        rest = [_allow(action) for action in path.actions if action != "iam:PassRole"]
        return _ids(judge(_allow("iam:PassRole", Condition=condition), *rest))

    assert _covered(path, passing(path.passed_to[0]))
    assert path.id not in passing("other.amazonaws.com")


def test_the_catalogue_is_whole() -> None:
    ids = [path.id for path in catalogue().paths]
    assert len(ids) == len(set(ids))
    assert sum(not one.startswith("x-") for one in ids) == 88
    for path in catalogue().paths:
        assert path.target in path.actions
        assert path.category in catalogue().categories
        assert path.url.startswith("https://")
        assert path.source or not path.id.startswith("x-")
        assert bool(path.passed_to) == ("iam:PassRole" in path.actions)


def test_every_listed_action_exists_or_is_told_retired() -> None:
    lists = sensitive()
    listed = {action for path in catalogue().paths for action in path.actions}
    listed |= {*lists.runtime.actions, *lists.secrets.actions, *lists.data.actions, *lists.exposure.actions}
    listed |= set(lists.credentials.actions)
    retired = {one.action for one in catalogue().retired}
    assert {action for action in listed if actions.display(action.lower()) != action} <= retired
    assert not any(actions.find(action) for action in retired)


def test_what_is_found_names_place_and_fix(judge: Judge) -> None:
    (found,) = escalation_paths(
        judge(_allow("iam:PassRole"), _allow("lambda:CreateFunction"), _allow("lambda:I*"))
    )
    assert found.id == "lambda-001"
    assert found.url == "https://pathfinding.cloud/paths/lambda-001"
    assert [(grant.action, grant.policy) for grant in found.grants] == [
        ("iam:PassRole", "p1"),
        ("lambda:CreateFunction", "p2"),
        ("lambda:InvokeFunction", "p3"),
    ]
    assert "p1, statement 1" in found.fix
    assert "iam:PassedToService lambda.amazonaws.com" in found.fix


@pytest.mark.parametrize(
    ("action", "resource", "severity"),
    [
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/*", "critical"),
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/app-*", "high"),
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/f*", "critical"),
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/other", None),
        ("iam:CreateAccessKey", "arn:aws:iam::*:user/bots/*", "high"),
        ("sts:AssumeRole", "arn:aws:iam::*:role/app-*", None),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:app-*", None),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:*", "medium"),
    ],
)
def test_a_target_by_prefix_counts_where_permissions_are_rewritten(
    judge: Judge, action: str, resource: str, severity: str | None
) -> None:
    found = escalation_paths(
        judge({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}})
    )
    assert [path.severity.value for path in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("granted", "found"),
    [
        ({"iam:AttachRolePolicy": "role/a", "sts:AssumeRole": "role/a"}, "iam-014"),
        ({"iam:PutRolePolicy": "role/a*", "sts:AssumeRole": "role/ab"}, "iam-017"),
        ({"iam:PutRolePolicy": "role/a", "iam:UpdateAssumeRolePolicy": "role/*a"}, "iam-021"),
        ({"iam:PutUserPolicy": "user/a", "iam:CreateAccessKey": "user/a"}, "iam-018"),
        ({"iam:AttachRolePolicy": "role/a", "sts:AssumeRole": "role/b"}, None),
        ({"iam:PutUserPolicy": "user/a", "iam:CreateAccessKey": "user/b"}, None),
        ({"iam:CreatePolicyVersion": "policy/a", "sts:AssumeRole": "role/a"}, None),
    ],
)
def test_a_pair_on_one_principal_counts_however_narrow(
    judge: Judge, granted: dict[str, str], found: str | None
) -> None:
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:iam::123456789012:{resource}"}
        for action, resource in granted.items()
    ]
    paths = {path.id: path.severity.value for path in escalation_paths(judge({"Statement": statements}))}
    assert paths.get(found or "", "critical") == "critical"
    assert bool(paths) is bool(found)
    denied = {"Effect": "Deny", "Action": "iam:*", "Resource": statements[0]["Resource"]}
    assert found not in _ids(judge({"Statement": [*statements, denied]}))


def test_a_longer_path_is_left_out_unless_it_is_worse(judge: Judge) -> None:
    assert _ids(judge(_allow("lambda:UpdateFunctionCode"), _allow("lambda:InvokeFunction"))) == {"lambda-003"}
    both = _ids(judge(_allow("iam:PassRole"), _allow("lambda:UpdateFunctionConfiguration")))
    assert both == {"x-lambda-config", "x-lambda-config-role"}


def test_every_key_that_pins_a_target_exists() -> None:
    everywhere = ("aws:", "lambda:sourcefunctionarn")
    data = yaml.safe_load((File(actions.__file__).parent / "conditions.yaml").read_text())
    keys = [entry["key"] for section in ("strong", "owner", "service") for entry in data[section]]
    known = {key for action in actions.universe().values() for key in action.conditions}
    asked = [key for key in keys if not key.startswith(everywhere)]
    assert [key for key in asked if not any(matches(key, one) or matches(one, key) for one in known)] == []


@pytest.mark.parametrize("name", ["escalation.yaml", "conditions.yaml", "sensitive.yaml", "sources.yaml"])
def test_every_entry_of_the_data_has_a_source(name: str) -> None:
    data = yaml.safe_load((File(actions.__file__).parent / name).read_text())

    def entries(node: object) -> list[dict[str, object]]:
        if isinstance(node, dict):
            below = [one for value in node.values() for one in entries(value)]
            return [node, *below] if {"key", "principal", "action"} & set(node) else below
        return [one for value in node for one in entries(value)] if isinstance(node, list) else []

    for entry in entries(data):
        assert str(entry["source"]).startswith("https://"), entry
