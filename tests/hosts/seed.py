"""Sixty functions for an emulator, through AWS's own API: good ones, and of each kind some that go wrong."""

import io
import json
import zipfile
from typing import Any

import boto3

FUNCTIONS = 60
SECRET = "hunter2-" + "planted-canary-7Qx"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def package() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    return data.getvalue()


def policy(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def seed(endpoint: str, region: str) -> None:
    """Make an account: each third function is public, each fifth holds a secret, one role may do anything.

    Tests share a host, and have each a region of it.
    """

    def client(service: str) -> Any:
        maker: Any = boto3
        return maker.client(service, region_name=region, endpoint_url=endpoint)

    iam, functions, logs, queues = client("iam"), client("lambda"), client("logs"), client("sqs")
    roles = [_role(iam, number) for number in range(10)]
    code = package()
    for number in range(FUNCTIONS):
        name = f"shop-{number:03d}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.9" if number % 4 == 0 else "python3.13",
            Role=roles[number % len(roles)],
            Handler="app.handler",
            Code={"ZipFile": code},
            Timeout=3 if number % 2 else 30,
            MemorySize=128 if number % 7 == 0 else 512,
            Environment={"Variables": {"DB_PASSWORD": SECRET} if number % 5 == 0 else {"STAGE": "prod"}},
            Tags={"owner": "shop"} if number % 6 else {},
        )
        if number % 3 == 0:
            functions.add_permission(
                FunctionName=name, StatementId="all", Action="lambda:InvokeFunction", Principal="*"
            )
        if number % 2 == 0:
            logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    url = queues.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "10"})["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="shop-002", BatchSize=10)


def _role(iam: Any, number: int) -> str:
    name = f"shop-role-{number}"
    try:
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    wide = ("*",) if number == 0 else ("dynamodb:GetItem",)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*wide))
    return arn
