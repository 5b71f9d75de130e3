"""Where SDK clients and database connections are made, and which AWS operations are called."""

import re
from collections.abc import Iterator

from auditor.code.sdk import made_client
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import (
    MODULE_SCOPE,
    Kind,
    Place,
    Site,
    Value,
    dotted,
    mentioned,
    mentions,
    method_of,
    receiver_of,
)
from auditor.code.words import words
from auditor.model import Located

# Calls that open a connection to a database or cache, by origin.
_CONNECTIONS = re.compile(
    r"^(?:(?:pymysql|psycopg2?|MySQLdb|mysql\.connector|pyodbc|cx_Oracle|oracledb|pg8000(?:\.\w+)?|asyncpg|"
    r"aiomysql|pymssql"
    r"|snowflake\.connector|redshift_connector|trino\.dbapi|clickhouse_connect)\.(?:connect|Connection|"
    r"get_client|create_pool)"
    r"|psycopg_pool\.\w*ConnectionPool|psycopg2\.pool\.\w+|redis\.(?:Strict)?Redis(?:Cluster)?|"
    r"redis\.from_url"
    r"|redis\.Redis\.from_url|pymemcache\.client\.base\.Client|pymongo\.(?:mongo_client\.)?MongoClient"
    r"|motor\.motor_asyncio\.AsyncIOMotorClient|sqlalchemy(?:\.\w+)*\.create_(?:async_)?engine|"
    r"opensearchpy\.OpenSearch"
    r"|elasticsearch\.Elasticsearch|cassandra\.cluster\.Cluster|neo4j\.GraphDatabase\.driver|"
    r"kafka\.KafkaProducer"
    r"|pg\.(?:Client|Pool)|mysql2?(?:/promise)?\.create(?:Connection|Pool)|ioredis(?:\.Redis|\.Cluster)?|"
    r"redis\.createClient"
    r"|mongodb\.MongoClient(?:\.connect)?|mongoose\.(?:connect|createConnection)|"
    r"@prisma/client\.PrismaClient|knex"
    r"|sequelize\.Sequelize|sequelize|typeorm\.createConnection|typeorm\.DataSource|mssql\.connect|postgres"
    r"|@opensearch-project/opensearch\.Client|@elastic/elasticsearch\.Client|kafkajs\.Kafka|"
    r"neo4j-driver\.driver)$"
)
_CREDENTIALS = words(
    "aws_access_key_id aws_secret_access_key aws_session_token credentials accessKeyId secretAccessKey "
    "sessionToken profile_name botocore_session"
)
_REGION = ("region_name", "region", "signingRegion", "endpoint_url", "endpoint")
# boto3.client(service, region): https://boto3.amazonaws.com/v1/documentation/api/latest/reference/core/boto3.html
_REGION_POSITION = 1
_PERHAPS_NEW = frozenset({"ioredis", "sequelize", "knex", "postgres"})


def clients(subject: Subject) -> Iterator[Located]:
    """`client-in-handler`, `-in-helper`, `-cached`, `-at-module`, `-per-credentials`."""
    for path, site, when in subject.calls():
        what = _made(subject, path, site)
        if what:
            yield fact(_kind(subject, path, site, when), path, site.line, what, _confidence(site, when))


def _made(subject: Subject, path: str, site: Site) -> str:
    callee = subject.origin(path, site)
    if _CONNECTIONS.match(callee):
        return callee
    client = made_client(subject.program.origin(path, site.place.scope, site.value))
    if client is None or not _direct(subject, path, site, callee):
        return ""
    return client.service or "client"


def _direct(subject: Subject, path: str, site: Site, callee: str) -> bool:
    """Whether the call itself makes the client: a call of an own function that returns one does not."""
    if callee.startswith("own:") or subject.program.target(path, site.place.scope, site.value.callee):
        return False
    method = method_of(site.value)
    return not (method == "from" and made_client(callee)) and not method.startswith("captureAWS")


def _kind(subject: Subject, path: str, site: Site, when: When) -> str:
    if _per_credentials(subject, path, site):
        return "client-per-credentials"
    if when is When.LOADING:
        return "client-at-module"
    if subject.cached(path, site.place) or _kept(subject, path, site):
        return "client-cached"
    return "client-in-handler" if when is When.HANDLER else "client-in-helper"


def _confidence(site: Site, when: When) -> str:
    unconditional = not site.place.conditional and site.place.loop < 0
    return "high" if when is not When.HELPER and unconditional else "medium"


def _per_credentials(subject: Subject, path: str, site: Site) -> bool:
    """Whether the client acts for a tenant or another account or region: then it cannot be made once."""
    call: Value | None = site.value
    while call is not None and call.kind is Kind.CALL:
        labels = {label for label, _ in call.parts} | {
            label for argument in call.arguments if argument.kind is Kind.DICT for label, _ in argument.parts
        }
        if labels & _CREDENTIALS or "**" in labels or _from_event(subject, path, site, call):
            return True
        receiver = receiver_of(call)
        call = receiver if receiver.kind is Kind.CALL else _bound(subject, path, site.place, receiver)
    return False


def _from_event(subject: Subject, path: str, site: Site, call: Value) -> bool:
    scope = subject.program.indexes[path].scopes.get(site.place.scope)
    given = frozenset(scope.parameters) if scope else frozenset()
    parameters = subject.read_from(path, site.place.scope, given)
    entries = [(label, value) for label, value in call.parts if label in _REGION]
    entries += [
        (label, value)
        for argument in call.arguments
        if argument.kind is Kind.DICT
        for label, value in argument.parts
        if label in _REGION
    ]
    if method_of(call) in {"client", "resource"} and len(call.arguments) > _REGION_POSITION:
        entries.append(("region_name", call.arguments[_REGION_POSITION]))
    if any(not parameters.isdisjoint(mentioned(value)) for _, value in entries):
        return True
    loop = subject.program.indexes[path].module.loops[site.place.loop] if site.place.loop >= 0 else None
    return loop is not None and any(
        mentions(value, loop.target) for value in (*call.arguments, *(v for _, v in entries))
    )


def _bound(subject: Subject, path: str, place: Place, receiver: Value) -> Value | None:
    """The call that a receiver's name is bound to in the same function (`session = boto3.Session(…)`)."""
    index = subject.program.indexes[path]
    name = dotted(receiver)
    for number in index.chain(place.scope):
        for assignment in index.assigned.get((number, name), ()):
            if assignment.value.kind is Kind.CALL:
                return assignment.value
    return None


def _kept(subject: Subject, path: str, site: Site) -> bool:
    """Whether the client goes where the next invocation finds it: a global behind a test, `a = a || new A()`,
    `a ??= …`.
    """
    index = subject.program.indexes[path]
    for assignment in index.module.assignments:
        if assignment.line != site.line or assignment.place.scope != site.place.scope:
            continue
        if assignment.how in {"??=", "||="}:
            return True
        if assignment.value.kind is Kind.CHOICE and any(
            part.kind is Kind.NAME and part.text == assignment.target for part in assignment.value.arguments
        ):
            return True
    return _returned_early(subject, path, site.place)


def _returned_early(subject: Subject, path: str, place: Place) -> bool:
    """Whether a function gives back what it has kept, if it has: `if (db) return db; … db = client;`."""
    index = subject.program.indexes[path]
    for found in index.returns_by_scope.get(place.scope, ()):
        name = dotted(found.value)
        if not found.place.conditional or not name:
            continue
        outside = (MODULE_SCOPE, name) in index.assigned or name.startswith(("self.", "cls.", "this."))
        set_here = any(
            assignment.target == name and assignment.place.scope == place.scope
            for assignment in index.module.assignments
        )
        if outside and set_here:
            return True
    return False


def calls(subject: Subject) -> tuple[tuple[str, str, str], ...]:
    """The AWS operations that the code calls: (IAM prefix, IAM action, `file:line`), each once, in order."""
    found: dict[tuple[str, str, str], None] = {}
    for path, site, _ in subject.calls():
        for service, action in subject.operations(path, site):
            found.setdefault((service, action, f"{path}:{site.line}"))
    return tuple(found)
