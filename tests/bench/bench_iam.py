"""Policies per second over all AWS managed policies, and what is said of cases that tools get wrong.

Run it from the repository: `python -m tests.bench.bench_iam` for ours alone, with `--peer` to see
cloudsplaining beside it, from a virtual environment that is made for the run and thrown away.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from auditor.iam import (
    Privileges,
    actions,
    administrator,
    assumable_roles,
    escalation_paths,
    negations,
    parse_document,
    partial_wildcards,
    passable_roles,
    privileges,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    unscoped_resources,
)
from auditor.model import ControlLevel, Policy, PolicyKind, Role
from auditor.verdict import Severity

LIMIT_S = 5.0
CLOUDSPLAINING = "cloudsplaining==0.9.1"
AS_OF = date(2026, 1, 1)
ROLE = "arn:aws:iam::123456789012:role/fn"
FINDERS: tuple[Callable[[Privileges], tuple[object, ...]], ...] = (
    administrator,
    assumable_roles,
    escalation_paths,
    negations,
    partial_wildcards,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    unscoped_resources,
)

Document = Mapping[str, object]


def statement(action: object, resource: object = "*", effect: str = "Allow", **more: object) -> Document:
    """One statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


LAMBDA = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
WHERE = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
ECS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
CASES: dict[str, list[Document]] = {
    "Action *": [statement("*")],
    "Action *:*": [statement("*:*")],
    "IAM:* in upper case": [statement("IAM:*")],
    "s3:GetObjec?": [statement("s3:GetObjec?")],
    "path under a region condition": [statement(LAMBDA, Condition=WHERE)],
    "path, role passed to another service": [statement("iam:PassRole", Condition=ECS), statement(LAMBDA[1:])],
    "path over role/*": [statement("iam:PassRole", "arn:aws:iam::*:role/*"), statement(LAMBDA[1:])],
    "path over one role": [
        statement("iam:PassRole", "arn:aws:iam::123456789012:role/a"),
        statement(LAMBDA[1:]),
    ],
    "path, denied": [statement(LAMBDA), statement("iam:PassRole", effect="Deny")],
    "kms:Decrypt on *": [statement("kms:Decrypt")],
    "every secret by ARN": [
        statement("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:123456789012:secret:*")
    ],
    "layer into any function": [statement("lambda:UpdateFunctionConfiguration")],
    "log writing on *": [statement(["logs:CreateLogStream", "logs:PutLogEvents"])],
    "network interfaces on *": [statement(["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces"])],
    "one action denied in another statement": [statement("iam:*"), statement("iam:*", effect="Deny")],
    "path, denied outside one region": [
        statement(LAMBDA),
        statement("*", effect="Deny", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    ],
    "NotAction on one bucket": [
        {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::b/*"}
    ],
    "NotResource": [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"}],
    "policies of AWS, which nobody can change": [
        statement("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*")
    ],
    "for credentials of years ago": [
        statement("iam:*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}})
    ],
    "tagged queues": [
        statement("sqs:SendMessage", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})
    ],
    "an action that was retired": [statement(["codestar:CreateProject", "iam:PassRole"])],
    "policy and role in a pair on one role": [
        statement(["iam:PutRolePolicy", "sts:AssumeRole"], "arn:aws:iam::123456789012:role/a")
    ],
    "MFA condition": [statement("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
}

PEER = """
import json, sys, time
from cloudsplaining.scan.policy_document import PolicyDocument
given = json.load(sys.stdin)
def judged(document):
    policy = PolicyDocument(document)
    return {
        "escalation": [one["type"] for one in policy.allows_privilege_escalation],
        "data": list(policy.allows_data_exfiltration_actions),
        "exposure": list(policy.permissions_management_without_constraints),
        "credentials": list(policy.credentials_exposure),
        "service wildcard": list(policy.service_wildcard),
        "infrastructure": list(policy.infrastructure_modification),
    }
said = {name: [kind for kind, found in judged(one).items() if found] for name, one in given["cases"].items()}
start = time.process_time()
for one in given["policies"]:
    judged(one)
json.dump({"said": said, "seconds": time.process_time() - start}, sys.stdout)
"""


def document(statements: list[Document]) -> Document:
    """A policy document of some statements."""
    return {"Version": "2012-10-17", "Statement": statements}


def judged(written: Document, controls: tuple[ControlLevel, ...] = ()) -> Privileges:
    """Privileges of a role with one policy."""
    policy = Policy(name="p", kind=PolicyKind.CUSTOMER_MANAGED, statements=parse_document(written))
    role = Role(arn=ROLE, name="fn", policies=(policy,), boundary=None)
    return privileges(role, as_of=AS_OF, controls=controls)


def _levels() -> tuple[ControlLevel, ...]:
    """An organisation that is five levels deep, the lowest of which denies what leaves it."""
    everything = parse_document(document([statement("*")]))
    guard = parse_document(
        document(
            [
                statement("*"),
                statement(["organizations:Leave*", "account:*"], effect="Deny"),
                {
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*", "organizations:*", "support:*"],
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
                },
            ]
        )
    )
    return tuple(
        ControlLevel(
            target=str(depth),
            policies=(Policy(name="scp", kind=PolicyKind.SERVICE_CONTROL, statements=statements),),
        )
        for depth, statements in enumerate((everything, everything, everything, everything, guard))
    )


def said(written: Document) -> list[str]:
    """Names of what is found from medium severity on."""
    judgement = judged(written)
    names = []
    for find in FINDERS:
        found = find(judgement)
        if any(getattr(one, "severity", Severity.INFO).rank <= Severity.MEDIUM.rank for one in found):
            names.append(find.__name__.replace("_", " "))
    return names


@contextmanager
def peer() -> Iterator[str]:
    """The interpreter of a virtual environment with cloudsplaining, for as long as it is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-qqq", CLOUDSPLAINING], check=True)
        yield python


def peers(python: str, policies: list[Document]) -> tuple[dict[str, list[str]], float]:
    """What cloudsplaining says of the cases, and its seconds for the policies."""
    given = {"cases": {name: document(case) for name, case in CASES.items()}, "policies": policies}
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    return answer["said"], answer["seconds"]


def told() -> Iterator[str]:
    """Figures and cases, line by line."""
    policies: list[Document] = [one["Document"] for one in json.loads(aws_managed_policies_data).values()]
    count = len(policies)
    loaded = spent(actions.universe)
    judgements: list[Privileges] = []
    evaluated = spent(lambda: judgements.extend(map(judged, policies)))
    found = spent(lambda: [find(judgement) for judgement in judgements for find in FINDERS])
    beneath = spent(lambda: [judged(policy, _levels()) for policy in policies])
    yield f"action data: {len(actions.universe()):,} actions in {loaded:.2f} s"
    rate = count / evaluated
    yield f"evaluation: {count:,} policies in {evaluated:.2f} s of {LIMIT_S:.0f} s, {rate:,.0f} a second"
    yield f"under five levels of service control policies: {beneath:.2f} s, {count / beneath:,.0f} a second"
    rate = count / (evaluated + found)
    yield f"findings: {len(FINDERS)} kinds in {found:.2f} s, {rate:,.0f} a second in all"
    theirs: dict[str, list[str]] = {}
    if "--peer" in sys.argv:
        with peer() as python:
            theirs, seconds = peers(python, policies)
        yield f"{CLOUDSPLAINING}: {seconds:.2f} s, {count / seconds:,.0f} a second"
    for name, case in CASES.items():
        yield f"\n{name}\n  ours: {', '.join(said(document(case))) or 'nothing'}"
        if theirs:
            yield f"  cloudsplaining: {', '.join(theirs[name]) or 'nothing'}"


def spent(call: Callable[[], object]) -> float:
    """Processor seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in told())
