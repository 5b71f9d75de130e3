"""iam: roles and policies, whole and piece by piece."""

import json
from typing import Any
from urllib.parse import quote

from auditor.demo.account import World
from auditor.demo.answers.functions import hash_of
from auditor.demo.errors import AwsError
from auditor.demo.specs import HOME, RoleSpec

Json = dict[str, Any]
_LAMBDA_MAY_ASSUME = [{"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
_AWS = "arn:aws:iam::aws:policy/"


def _document(statements: list[Json]) -> str:
    """Write a policy document URL-encoded, as IAM's query protocol carries it."""
    written = [{"Effect": "Allow", **statement} for statement in statements]
    return quote(json.dumps({"Version": "2012-10-17", "Statement": written}))


def _inline(world: World, role: RoleSpec) -> dict[str, list[Json]]:
    inline = dict(role.inline)
    if role.logs:
        groups = [f"arn:aws:logs:*:{world.id}:log-group:{group}:*" for group in role.logs]
        inline["logs"] = [{"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": groups}]
    return inline


def policy_arn(world: World, name: str) -> str:
    """ARN of an attached policy, written by its short name."""
    if name in world.policies:
        return f"arn:aws:iam::{world.id}:policy/{name}"
    path = "service-role/" if name in world.presets["service_role_policies"] else ""
    return f"{_AWS}{path}{name}"


def _statements(world: World, arn: str) -> list[Json]:
    name = arn.rsplit("/", 1)[1]
    known = world.aws_policies if arn.startswith(_AWS) else world.policies
    if name not in known:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", status=404)
    return known[name]


def _identifier(prefix: str, name: str) -> str:
    return (prefix + f"{hash_of(name):X}" + "DEMODEMODEMODEMO")[:21]


def _role(world: World, role: RoleSpec) -> Json:
    described: Json = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": _identifier("AROA", role.name),
        "Arn": role.arn,
        "CreateDate": world.date(role.age),
        "AssumeRolePolicyDocument": _document(_LAMBDA_MAY_ASSUME if role.trust is None else role.trust),
    }
    if role.boundary:
        arn = policy_arn(world, role.boundary)
        described["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn,
        }
    used = {"LastUsedDate": world.date(role.used), "Region": "eu-west-1"} if role.used else {}
    described["RoleLastUsed"] = used
    return described


def _find(world: World, params: Json) -> RoleSpec:
    role = world.roles.get(params["RoleName"])
    if role is None:
        raise AwsError(
            "NoSuchEntity", f"The role with name {params['RoleName']} cannot be found.", status=404
        )
    return role


def _attached(world: World, role: RoleSpec) -> list[Json]:
    return [{"PolicyName": name, "PolicyArn": policy_arn(world, name)} for name in role.attached]


def _authorization_details(world: World, _: str, params: Json) -> Json:
    kinds = set(params.get("Filter") or ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"])
    roles = [_detail(world, role) for role in world.roles.values()] if "Role" in kinds else []
    names = [*world.policies] if "LocalManagedPolicy" in kinds else []
    names += [*world.aws_policies] if "AWSManagedPolicy" in kinds else []
    return {
        "UserDetailList": _people(world, "users") if "User" in kinds else [],
        "GroupDetailList": _people(world, "groups") if "Group" in kinds else [],
        "RoleDetailList": roles,
        "Policies": [_managed(world, policy_arn(world, name), with_document=True) for name in names],
        "IsTruncated": False,
    }


def _people(world: World, table: str) -> list[Json]:
    """Describe users or groups, whose rows have their inline policies and the short names of managed ones."""
    kind = {"users": "User", "groups": "Group"}[table]
    found = []
    for row in world.rows(table, HOME):
        described: Json = {
            "Path": "/",
            f"{kind}Name": row["name"],
            f"{kind}Id": _identifier("AIDA", row["name"]),
            "Arn": f"arn:aws:iam::{world.id}:{kind.lower()}/{row['name']}",
            "CreateDate": world.date("@-700d"),
            "AttachedManagedPolicies": [
                {"PolicyName": name, "PolicyArn": policy_arn(world, name)} for name in row.get("attached", [])
            ],
        }
        if kind == "User":
            described["GroupList"] = row.get("groups", [])
        if "inline" in row:
            described[f"{kind}PolicyList"] = [
                {"PolicyName": name, "PolicyDocument": _document(rows)}
                for name, rows in row["inline"].items()
            ]
        found.append(described)
    return found


def _detail(world: World, role: RoleSpec) -> Json:
    detail = _role(world, role)
    return {
        **detail,
        "InstanceProfileList": [],
        "RolePolicyList": [
            {"PolicyName": name, "PolicyDocument": _document(rows)}
            for name, rows in _inline(world, role).items()
        ],
        "AttachedManagedPolicies": _attached(world, role),
        "Tags": [],
    }


def _managed(world: World, arn: str, *, with_document: bool) -> Json:
    name = arn.rsplit("/", 1)[1]
    described: Json = {
        "PolicyName": name,
        "PolicyId": _identifier("ANPA", name),
        "Arn": arn,
        "Path": "/service-role/" if "/service-role/" in arn else "/",
        "DefaultVersionId": "v2",
        "AttachmentCount": sum(name in role.attached for role in world.roles.values()),
        "PermissionsBoundaryUsageCount": sum(role.boundary == name for role in world.roles.values()),
        "IsAttachable": True,
        "CreateDate": world.date("@-900d"),
        "UpdateDate": world.date("@-300d"),
    }
    if with_document:
        described["PolicyVersionList"] = [_version(world, arn, "v2"), _version(world, arn, "v1")]
    return described


def _version(world: World, arn: str, version: str) -> Json:
    """Describe a version; `v1` is an old one that allows all, so a reader has to take the default."""
    statements = _statements(world, arn) if version == "v2" else [{"Action": "*", "Resource": "*"}]
    return {
        "Document": _document(statements),
        "VersionId": version,
        "IsDefaultVersion": version == "v2",
        "CreateDate": world.date("@-300d" if version == "v2" else "@-900d"),
    }


def _get_role(world: World, _: str, params: Json) -> Json:
    return {"Role": _role(world, _find(world, params))}


def _list_role_policies(world: World, _: str, params: Json) -> Json:
    return {"PolicyNames": [*_inline(world, _find(world, params))], "IsTruncated": False}


def _get_role_policy(world: World, _: str, params: Json) -> Json:
    role = _find(world, params)
    inline = _inline(world, role)
    name = params["PolicyName"]
    if name not in inline:
        raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", status=404)
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": _document(inline[name])}


def _list_attached(world: World, _: str, params: Json) -> Json:
    return {"AttachedPolicies": _attached(world, _find(world, params)), "IsTruncated": False}


def _get_policy(world: World, _: str, params: Json) -> Json:
    _statements(world, params["PolicyArn"])
    return {"Policy": _managed(world, params["PolicyArn"], with_document=False)}


def _get_policy_version(world: World, _: str, params: Json) -> Json:
    return {"PolicyVersion": _version(world, params["PolicyArn"], params["VersionId"])}


def _aliases(world: World, _: str, __: Json) -> Json:
    return {"AccountAliases": [world.alias] if world.alias else [], "IsTruncated": False}


def _generate(world: World, _: str, params: Json) -> Json:
    name = params["Arn"].rsplit("/", 1)[1]
    _find(world, {"RoleName": name})
    return {"JobId": _job(name)}


def _job(name: str) -> str:
    number = f"{hash_of(name):016x}"
    return f"{number[:8]}-{number[8:12]}-4000-8000-{number[:12]}"


def _last_accessed(world: World, _: str, params: Json) -> Json:
    wanted = params["JobId"]
    role = next((role for role in world.roles.values() if _job(role.name) == wanted), None)
    if role is None:
        raise AwsError("NoSuchEntity", "The job was not found.", status=404)
    return {
        "JobStatus": "COMPLETED",
        "JobType": "ACTION_LEVEL",
        "JobCreationDate": world.now,
        "JobCompletionDate": world.now,
        "IsTruncated": False,
        "ServicesLastAccessed": [_service(world, role, name) for name in role.accessed],
    }


def _service(world: World, role: RoleSpec, name: str) -> Json:
    used = role.accessed[name]
    row: Json = {
        "ServiceName": world.presets["service_names"].get(name, name),
        "ServiceNamespace": name,
        "TotalAuthenticatedEntities": 1 if used else 0,
    }
    if used:
        row |= {"LastAuthenticated": world.date(used), "LastAuthenticatedEntity": role.arn}
        row |= {"LastAuthenticatedRegion": "eu-west-1"}
    if name in role.actions:
        row["TrackedActionsLastAccessed"] = [
            {
                "ActionName": action,
                **({"LastAccessedTime": world.date(at), "LastAccessedEntity": role.arn} if at else {}),
            }
            for action, at in role.actions[name].items()
        ]
    return row


HANDLERS = {
    "iam:GetAccountAuthorizationDetails": _authorization_details,
    "iam:GetRole": _get_role,
    "iam:ListRolePolicies": _list_role_policies,
    "iam:GetRolePolicy": _get_role_policy,
    "iam:ListAttachedRolePolicies": _list_attached,
    "iam:GetPolicy": _get_policy,
    "iam:GetPolicyVersion": _get_policy_version,
    "iam:ListAccountAliases": _aliases,
    "iam:GenerateServiceLastAccessedDetails": _generate,
    "iam:GetServiceLastAccessedDetails": _last_accessed,
}
