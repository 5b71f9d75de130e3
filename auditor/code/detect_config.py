"""Configuration written into code, and configuration read from where it belongs."""

import re
from collections.abc import Iterator

from auditor.code.bound import given
from auditor.code.sdk import made_client
from auditor.code.subject import Subject, fact
from auditor.code.syntax import Kind, Literal, Role, Value, dotted
from auditor.code.words import words
from auditor.model import Located

_ARN = re.compile(r"arn:aws[a-z-]{0,12}:(?P<service>[a-z0-9-]{1,40}):[a-z0-9-]{0,25}:(?P<account>\d{12}):")
_QUEUE = re.compile(
    r"https?://(?:sqs\.[a-z0-9-]{1,25}|[a-z0-9-]{1,25}\.queue)\.amazonaws\.com(?:\.cn)?/(?P<account>\d{12})/"
)
_API = re.compile(
    r"\b[a-z0-9]{8,12}\.execute-api\.[a-z0-9-]{1,25}\.amazonaws\.com|\b[a-z0-9]{20,"
    r"40}\.lambda-url\.[a-z0-9-]{1,25}\.on\.aws|\b[a-z0-9]{20,30}\.appsync-api\."
)
_DATABASE = re.compile(
    r"\.(?:rds|cache|docdb|neptune|redshift|memorydb|es|aoss)\.[a-z0-9-]{0,25}\.?(?:amazonaws\.com)|"
    r"\.[a-z0-9]{4,20}\.(?:rds|cache|docdb)\.amazonaws\.com"
)
_PRIVATE = re.compile(
    r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])(?!/\d)"
)
_REGION = re.compile(
    r"^(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?-(?:central|north|south|east|west|northeast|"
    r"southeast|northwest|southwest)-\d$"
)
_HOST = re.compile(
    r"^(?:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:internal|local|corp|intra|lan)(?::\d+)?(?:/|$)"
)
_EXAMPLE_ACCOUNTS = frozenset(
    {
        "123456789012",
        "000000000000",
        "111111111111",
        "111122223333",
        "012345678901",
        "999999999999",
        "444455556666",
        "123456789123",
    }
)
# Layers that AWS and vendors publish for everybody stand in code as examples and defaults.
_PUBLIC = re.compile(r":layer:|:aws:policy/|arn:aws[a-z-]*:iam::aws:")
_RESOURCES = words(
    "TableName Bucket QueueUrl QueueName TopicArn StreamName FunctionName SecretId StateMachineArn "
    "stateMachineArn EventBusName DeliveryStreamName UserPoolId KeyId ClusterName DBInstanceIdentifier "
    "Table"
)
# Services whose API has one endpoint in a partition: https://docs.aws.amazon.com/general/latest/gr/rande.html
_GLOBAL = words(
    "iam organizations cloudfront route53 route53domains health support ce cur pricing budgets shield "
    "globalaccelerator ecr-public savingsplans cost-optimization-hub account trustedadvisor waf"
)
_SOURCES = frozenset(
    {("ssm", "GetParameter"), ("ssm", "GetParameters"), ("ssm", "GetParametersByPath"), ("secretsmanager",
    "GetSecretValue"),
     ("secretsmanager", "BatchGetSecretValue"), ("appconfig", "GetLatestConfiguration"), ("appconfig",
     "GetConfiguration")}
)  # fmt: skip
_PARAMETERS = re.compile(
    r"^(?:aws_lambda_powertools\.utilities(?:\.parameters)?(?:\.\w+)*\.(?:get_parameter\w*|get_secret|"
    r"get_app_config|set_\w+)"
    r"|@aws-lambda-powertools/parameters/\w+\.\w+|@middy/(?:ssm|secrets-manager|appconfig)(?:\.default)?|"
    r"aws_secretsmanager_caching\.\w+)$"
)
_SKIPPED = frozenset({Role.DOCSTRING, Role.LOGGED, Role.ENVIRONMENT_DEFAULT, Role.KEY, Role.IMPORTED})


def hard_coded(subject: Subject) -> Iterator[Located]:
    """`hard-coded-account`, `-queue`, `-api`, `-database`, `-address`, `-host`, `-region`, `-resource`."""
    fixed = set(_lines_of_global_clients(subject))
    for path, module in subject.modules():
        for literal in module.literals:
            if literal.role in _SKIPPED or len(literal.text) > _LONGEST:
                continue
            kind = _kind(literal)
            if kind == "hard-coded-region" and (path, literal.line) in fixed:
                continue
            if kind:
                yield fact(
                    kind,
                    path,
                    literal.line,
                    literal.name,
                    "medium" if literal.role is Role.COMPARED else "high",
                )
    yield from _resources(subject)


_LONGEST = 2048
# Lines that a call which makes a client may take up.
_CALL_LINES = 8


def _lines_of_global_clients(subject: Subject) -> Iterator[tuple[str, int]]:
    """Lines where clients of services with one region are made: that region is no setting."""
    for path, site, _ in subject.calls():
        client = made_client(subject.program.origin(path, site.place.scope, site.value))
        if client is not None and client.service in _GLOBAL:
            yield from ((path, site.line + number) for number in range(_CALL_LINES))


def _kind(literal: Literal) -> str:
    text = literal.text
    arn = _ARN.search(text)
    if arn and arn["account"] not in _EXAMPLE_ACCOUNTS and not _PUBLIC.search(text):
        return "hard-coded-account"
    queue = _QUEUE.search(text)
    if queue and queue["account"] not in _EXAMPLE_ACCOUNTS:
        return "hard-coded-queue"
    if _API.search(text):
        return "hard-coded-api"
    if _DATABASE.search(text) and "{}" not in text.split(".")[0]:
        return "hard-coded-database"
    if _PRIVATE.search(text):
        return "hard-coded-address"
    if _HOST.match(text) and literal.role is not Role.COMPARED:
        return "hard-coded-host"
    if (
        _REGION.match(text)
        and literal.role in {Role.ENTRY, Role.ASSIGNED}
        and "region" in literal.name.lower()
    ):
        return "hard-coded-region"
    return ""


def _resources(subject: Subject) -> Iterator[Located]:
    """Names of tables, buckets, queues written into SDK calls."""
    for path, site, _ in subject.calls():
        if not subject.operations(path, site):
            if not _names_resource(subject, path, site.place.scope, site.value):
                continue
            argument = site.value.argument(0)
            if argument is not None and argument.kind is Kind.STRING:
                yield fact("hard-coded-resource", path, site.line, dotted(site.value.callee), "medium")
            continue
        for label, value in given(subject.program, path, site):
            if label in _RESOURCES and value.kind is Kind.STRING and not _ARN.search(value.text):
                yield fact("hard-coded-resource", path, site.line, label, "medium")


def _names_resource(subject: Subject, path: str, scope: int, call: Value) -> bool:
    """Whether a call makes a boto3 resource by its name: `dynamodb.Table("users")`."""
    origin = subject.program.origin(path, scope, call.callee)
    return bool(
        re.match(r"^boto3(?:\.\w+(?:\(\))?)*\.resource\([\w-]*\)\.(?:Table|Bucket|Queue|Topic)$", origin)
    )


def external(subject: Subject) -> Iterator[Located]:
    """`environment-read`, `configuration-source`: configuration read from where it belongs."""
    for path, module in subject.modules():
        for access in module.accesses:
            if access.base in {"os.environ", "environ", "process.env"}:
                yield fact("environment-read", path, access.line, access.key)
    for path, site, _ in subject.calls():
        name = dotted(site.value.callee)
        if name in {"os.environ.get", "os.getenv", "environ.get", "getenv"}:
            first = site.value.argument(0)
            yield fact(
                "environment-read", path, site.line, first.text if first and first.kind is Kind.STRING else ""
            )
        for called in subject.operations(path, site):
            if called in _SOURCES:
                yield fact("configuration-source", path, site.line, ":".join(called))
        if _PARAMETERS.match(subject.origin(path, site)):
            yield fact("configuration-source", path, site.line, subject.origin(path, site))
