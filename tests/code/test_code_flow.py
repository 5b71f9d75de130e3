"""What names stand for: options kept in a variable, the event passed on, functions made by functions."""
# ruff: noqa: E501 - a row of a table is one line

from collections.abc import Callable

import pytest

from auditor.model import CodeFacts, Located

PY, JS = "python", "javascript"
Row = tuple[str, str, str, str, str]
LAMBDA_JS = "const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');\nconst fn = new LambdaClient({});\n"
LAMBDA_V2 = "const AWS = require('aws-sdk');\nconst fn = new AWS.Lambda();\n"
LAMBDA_PY = "import boto3\nfn = boto3.client('lambda')\n"

OPTIONS: list[Row] = [
    ("type in an object", JS, LAMBDA_V2 + "exports.handler = async (e) => { const params = { FunctionName: F, InvocationType: 'Event' }; await fn.invoke(params).promise(); };", "async-invoke", "sync-invoke"),
    ("object without a type", JS, LAMBDA_V2 + "exports.handler = async (e) => { const params = { FunctionName: F }; await fn.invoke(params).promise(); };", "sync-invoke", "async-invoke"),
    ("object at module level", JS, LAMBDA_JS + "const input = { FunctionName: F, InvocationType: 'Event' };\nexports.handler = async (e) => { await fn.send(new InvokeCommand(input)); };", "async-invoke", "sync-invoke"),
    ("type set later", JS, LAMBDA_JS + "exports.handler = async (e) => { const input = { FunctionName: F }; input.InvocationType = 'Event'; await fn.send(new InvokeCommand(input)); };", "async-invoke", "sync-invoke"),
    ("type by the enumeration", JS, LAMBDA_JS + "const { InvocationType } = require('@aws-sdk/client-lambda');\nexports.handler = async (e) => { await fn.send(new InvokeCommand({ FunctionName: F, InvocationType: InvocationType.Event })); };", "async-invoke", "sync-invoke"),
    ("object of somebody else", JS, LAMBDA_JS + "exports.handler = async (e) => run(e);\nconst run = async (input) => { await fn.send(new InvokeCommand(input)); };", "invoke-of-unknown-type", "sync-invoke async-invoke"),
    ("spread object", JS, LAMBDA_JS + "exports.handler = async (e) => { await fn.send(new InvokeCommand({ FunctionName: F, ...e.options })); };", "invoke-of-unknown-type", "sync-invoke async-invoke"),
    ("either type", JS, LAMBDA_JS + "exports.handler = async (e) => { await fn.send(new InvokeCommand({ FunctionName: F, InvocationType: e.wait ? 'RequestResponse' : 'Event' })); };", "invoke-of-unknown-type", "sync-invoke async-invoke"),
    ("older asynchronous call", JS, LAMBDA_V2 + "exports.handler = async (e) => { await fn.invokeAsync({ FunctionName: F, InvokeArgs: '{}' }).promise(); };", "async-invoke", "sync-invoke"),
    ("keyword arguments in a dictionary", PY, LAMBDA_PY + "def handler(event, context):\n    params = {'FunctionName': F, 'InvocationType': 'Event'}\n    fn.invoke(**params)", "async-invoke", "sync-invoke"),
    ("keyword arguments of somebody else", PY, LAMBDA_PY + "def handler(event, context):\n    fn.invoke(**event)", "invoke-of-unknown-type", "sync-invoke async-invoke"),
    ("constant type", PY, LAMBDA_PY + "KIND = 'Event'\ndef handler(event, context):\n    fn.invoke(FunctionName=F, InvocationType=KIND)", "async-invoke", "sync-invoke"),
    ("a name like that of the context", PY, LAMBDA_PY + "def handler(event, context): deploy(event['worker'])\ndef deploy(function_name): fn.invoke(FunctionName=function_name)", "sync-invoke", "self-invoke"),
    ("a setting like that of the context", PY, LAMBDA_PY + "def handler(event, context): fn.invoke(FunctionName=config.function_name)", "sync-invoke", "self-invoke"),
    ("the context's name, taken out", JS, LAMBDA_JS + "exports.handler = async (event, context) => { const { functionName } = context; await fn.send(new InvokeCommand({ FunctionName: functionName })); };", "sync-invoke self-invoke", ""),
    ("region of a global service", PY, "import boto3\nhealth = boto3.client('health', region_name='us-east-1')\ndef handler(event, context): return health", "client-at-module", "hard-coded-region"),
    ("timeout in an object", JS, "const axios = require('axios');\nconst options = { timeout: 2000 };\nexports.handler = async (e) => { await axios.get(URL, options); };", "http-timeout", "http-timeout-unknown http-no-timeout"),
    ("object without a timeout", JS, "const axios = require('axios');\nexports.handler = async (e) => { const options = { headers: { a: 1 } }; await axios.get(URL, options); };", "http-no-timeout", "http-timeout-unknown http-timeout"),
    ("object without a timeout for Node.js", JS, "const https = require('https');\nexports.handler = async (e) => { const options = { host: HOST }; https.request(options, done); };", "http-no-timeout", "http-timeout-unknown http-timeout"),
    ("keyword arguments with a timeout", PY, "import requests\nOPTIONS = {'timeout': 3}\ndef handler(event, context): requests.get(URL, **OPTIONS)", "http-timeout", "http-timeout-unknown http-no-timeout"),
    ("keyword arguments without a timeout", PY, "import requests\nOPTIONS = {'headers': {}}\ndef handler(event, context): requests.get(URL, **OPTIONS)", "http-no-timeout", "http-timeout-unknown http-timeout"),
    ("client options", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nconst options = { maxAttempts: 2 };\nconst s3 = new S3Client(options);\nexports.handler = async (e) => s3;", "sdk-retries", ""),
    ("table in an object", JS, "const { GetCommand } = require('@aws-sdk/lib-dynamodb');\nexports.handler = async (e) => { const params = { TableName: 'orders' }; await d.send(new GetCommand(params)); };", "hard-coded-resource", ""),
    ("condition in an object", JS, "const { PutCommand } = require('@aws-sdk/lib-dynamodb');\nexports.handler = async (e) => { const params = { Item: e, ConditionExpression: 'attribute_not_exists(id)' }; await d.send(new PutCommand(params)); };", "conditional-write write", ""),
    ("token made anew", PY, "import boto3, uuid\nq = boto3.client('sqs')\ndef handler(event, context): q.send_message(QueueUrl=U, MessageDeduplicationId=str(uuid.uuid4()))", "write", "idempotency-token"),
    ("token made anew in a name", JS, "const { SendMessageCommand } = require('@aws-sdk/client-sqs');\nconst { randomUUID } = require('crypto');\nexports.handler = async (e) => { const id = randomUUID(); await q.send(new SendMessageCommand({ MessageDeduplicationId: id })); };", "write", "idempotency-token"),
    ("token of the event", JS, "const { SendMessageCommand } = require('@aws-sdk/client-sqs');\nexports.handler = async (e) => { await q.send(new SendMessageCommand({ MessageDeduplicationId: e.id })); };", "idempotency-token", ""),
]  # fmt: skip

EVENT: list[Row] = [
    ("passed on and logged", PY, "def handler(event, context): return run(event)\ndef run(payload): print(payload)", "logs-event", ""),
    ("passed on by keyword", PY, "def handler(event, context): return run(body=event)\ndef run(context=None, body=None): print(body)", "logs-event", ""),
    ("passed on to a method", PY, "class Worker:\n    def run(self, event): print(event)\nworker = Worker()\ndef handler(event, context): worker.run(event)", "logs-event", ""),
    ("a field passed on", PY, "def handler(event, context): return run(event['id'])\ndef run(event): print(event)", "print", "logs-event"),
    ("logged by a decorator", PY, "def traced(f):\n    def inner(event, context):\n        print(event)\n        return f(event, context)\n    return inner\n@traced\ndef handler(event, context): return 1", "logs-event", ""),
    ("another function's own", PY, "def handler(event, context): return run({})\ndef run(event): print(event)", "print", "logs-event"),
    ("passed on in js", JS, "const run = async (input) => { console.log(input); };\nexports.handler = async (event) => run(event);", "logs-event", ""),
    ("logged around it in js", JS, "const logged = (f) => async (event, context) => { console.log(JSON.stringify(event)); return f(event, context); };\nexports.handler = logged(async (event) => 1);", "logs-event", ""),
    ("the event is no log line of its own", JS, "exports.handler = async (event) => { console.log(JSON.stringify(event)); };", "logs-event console-logging", "structured-print"),
    ("nor under a key", JS, "exports.handler = async (event) => { console.log(JSON.stringify({ event })); };", "logs-event", "structured-print"),
    ("nor in Python", PY, "import json\ndef handler(event, context): print(json.dumps(event))", "logs-event print", "structured-print"),
    ("checked where it is passed on", PY, "def handler(event, context):\n    check(event)\n    return event['id']\ndef check(event):\n    if 'id' not in event: raise ValueError", "input-validated", ""),
    ("checked in js where it is passed on", JS, "const check = (e) => { if (!e.id) throw new Error('id'); };\nexports.handler = async (event) => { check(event); return event.id; };", "input-validated", ""),
    ("type of an error", PY, "def handler(event, context):\n    try:\n        work(event)\n    except Exception as error:\n        if isinstance(error, KeyError): return 1\n        raise", "handled", "input-validated"),
    ("type of a field", PY, "def handler(event, context):\n    amount = event.get('amount')\n    if not isinstance(amount, int): raise TypeError", "input-validated", ""),
    ("an answer is not the event", JS, "exports.handler = async (event) => { const found = await load(event.id); if (!found.name) throw new Error('none'); };", "event-subscript", "input-validated"),
    ("another condition beside a route", PY, "def handler(event, context):\n    keep = KEEP\n    if event['type'] == 'Delete' and not keep: return 1", "event-subscript", "input-validated"),
    ("one of several types", PY, "def handler(event, context):\n    if event['RequestType'] in ['Create', 'Update']: return 1", "event-subscript", "input-validated"),
    ("none of the known types", PY, "def handler(event, context):\n    if event['RequestType'] not in ['Create', 'Update']: raise ValueError", "input-validated", ""),
    ("compared with a measurement", JS, "exports.handler = async (event) => { if (Date.now() - started > event.limit) return 1; };", "event-subscript", "input-validated"),
    ("compared with a number", JS, "exports.handler = async (event) => { if (event.count > 100) throw new Error('count'); };", "input-validated", ""),
    ("destructured and checked", JS, "exports.handler = async (event) => { const { id } = event; if (!id) return { statusCode: 400 }; };", "input-validated", ""),
    ("region of a local name", PY, "import boto3\ndef handler(event, context):\n    region = event.get('region', 'us-west-2')\n    return boto3.client('sqs', region)", "client-per-credentials", "client-in-handler"),
    ("region that signs", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nexports.handler = async (event) => { const draw = async (graph) => new S3Client({ signingRegion: graph.region }); return draw(event.graph); };", "client-per-credentials", "client-in-handler"),
]  # fmt: skip

ANSWERS: list[Row] = [
    ("callback", JS, "exports.handler = (event, context, callback) => { callback(null, { statusCode: 404, body: '' }); };", "status-code callback-handler", "status-missing"),
    ("callback with a name", JS, "exports.handler = (event, context, done) => { const response = { statusCode: 200, body: { a: 1 } }; done(null, response); };", "status-code body-not-string", "status-missing"),
    ("callback without a code", JS, "exports.handler = (event, context, callback) => { callback(null, { ok: true }); };", "status-missing", "status-code"),
    ("context", JS, "exports.handler = (event, context) => { context.succeed({ statusCode: 200, body: '' }); };", "status-code", "status-missing"),
    ("another function's callback", JS, "exports.handler = async (event) => { each(event, (item, next) => next(null, { ok: true })); };", "", "status-missing"),
    ("named body", PY, "def handler(event, context):\n    response = {'statusCode': 200, 'body': {'a': 1}}\n    return response", "status-code body-not-string", ""),
    ("body replaced later", PY, "import json\ndef handler(event, context):\n    response = {'statusCode': 200, 'body': {'a': 1}}\n    response['body'] = json.dumps(response['body'])\n    return response", "status-code", "body-not-string"),
    ("request id in a payload", JS, "const { PutObjectCommand } = require('@aws-sdk/client-s3');\nexports.handler = async (event, context) => { await s.send(new PutObjectCommand({ Metadata: { run: context.awsRequestId } })); };", "write", "request-id"),
    ("request id in a name", JS, "const name = (id) => `run-${id}`;\nexports.handler = async (event, context) => { await start(name(context.awsRequestId)); };", "", "request-id"),
    ("request id kept by the logger", PY, "import structlog\nlog = structlog.get_logger()\ndef handler(event, context): structlog.contextvars.bind_contextvars(run=context.aws_request_id)", "request-id", ""),
    ("request id in a payload of Python", PY, "import boto3\nq = boto3.client('sqs')\ndef handler(event, context): q.send_message(QueueUrl=U, MessageBody=context.aws_request_id)", "write", "request-id"),
]  # fmt: skip

ROWS = [
    (f"{table}: {row[0]}", *row[1:])
    for table, rows in (("options", OPTIONS), ("event", EVENT), ("answers", ANSWERS))
    for row in rows
]


@pytest.mark.parametrize(
    ("language", "source", "has", "lacks"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_facts_follow_names(
    kinds: Callable[[str, str], frozenset[str]], language: str, source: str, has: str, lacks: str
) -> None:
    found = kinds(language, source)
    assert set(has.split()) <= found
    assert not set(lacks.split()) & found


REQUESTS, AXIOS = "import requests\n", "const axios = require('axios');\n"
NUMBERS: list[tuple[str, str, str, str, float | None]] = [
    ("written out", PY, REQUESTS + "def handler(e, c): requests.get(U, timeout=2.5)", "http-timeout", 2.5),
    ("pair", PY, REQUESTS + "def handler(e, c): requests.get(U, timeout=(3, 27))", "http-timeout", 27),
    ("product", PY, REQUESTS + "def handler(e, c): requests.get(U, timeout=5 * 60)", "http-timeout", 300),
    ("constant", PY, REQUESTS + "LIMIT = 4\ndef handler(e, c): requests.get(U, timeout=LIMIT)", "http-timeout", 4),
    ("of the environment", PY, REQUESTS + "import os\ndef handler(e, c): requests.get(U, timeout=int(os.environ.get('T', 10)))", "http-timeout", None),
    ("of the event", PY, "import time\ndef handler(e, c): time.sleep(e.get('delay', 0))", "sleep", None),
    ("half of it constant", PY, REQUESTS + "def handler(e, c): requests.get(U, timeout=(3, e['t']))", "http-timeout", None),
    ("object of a library", PY, "import urllib3\ndef handler(e, c): urllib3.PoolManager().request('GET', U, timeout=urllib3.Timeout(connect=2, read=9))", "http-timeout", 9),
    ("attempts", PY, "import boto3\nfrom botocore.config import Config\nc = boto3.client('s3', config=Config(retries={'max_attempts': 3, 'mode': 'standard'}))\ndef handler(e, c): pass", "sdk-retries", 3),
    ("bound twice", PY, REQUESTS + "LIMIT = 4\nLIMIT = 8\ndef handler(e, c): requests.get(U, timeout=LIMIT)", "http-timeout", None),
    ("milliseconds", JS, AXIOS + "exports.handler = async (e) => axios.get(U, { timeout: 5 * 1000 });", "http-timeout", 5),
    ("milliseconds with an underscore", JS, AXIOS + "exports.handler = async (e) => axios.get(U, { timeout: 2_500 });", "http-timeout", 2.5),
    ("signal", JS, "exports.handler = async (e) => fetch(U, { signal: AbortSignal.timeout(3000) });", "http-timeout", 3),
    ("signal of somebody else", JS, "exports.handler = async (e) => fetch(U, { signal: controller.signal });", "http-timeout", None),
    ("milliseconds of the environment", JS, AXIOS + "exports.handler = async (e) => axios.get(U, { timeout: Number(process.env.T || 5000) });", "http-timeout", None),
    ("client", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nconst c = new S3Client({ requestHandler: { requestTimeout: 3_000 } });\nexports.handler = async (e) => c;", "sdk-timeout", 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "source", "kind", "number"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS]
)
def test_a_number_is_what_the_expression_stands_for_or_none(
    facts_of: Callable[..., CodeFacts], language: str, source: str, kind: str, number: float | None
) -> None:
    python = language == PY
    found = facts_of(
        {"app.py" if python else "app.js": source}, runtime="python3.13" if python else "nodejs22.x"
    )
    assert isinstance(found.facts, tuple)
    numbers = [fact.number for fact in found.facts if fact.kind == kind]
    assert numbers == [pytest.approx(number) if number is not None else None]


MADE: list[tuple[str, str, str, str]] = [
    ("metrics around it", "app.js", "const { metricScope } = require('aws-embedded-metrics');\nexports.handler = metricScope((metrics) => async (event, context) => {\n  return event.id;\n});", "app.js:2"),
    ("made by an own function", "app.js", "const make = (deps) => {\n  return async (event) => event.id;\n};\nexports.handler = make({ table: 1 });", "app.js:2"),
    ("made by one that takes a function", "app.js", "const load = async () => 1;\nconst make = (getter) => async (event) => {\n  return getter();\n};\nexports.handler = make(load);", "app.js:2"),
    ("put around it", "app.js", "const safe = (f) => async (event) => f(event);\nexports.handler = safe(async (event) => {\n  return event.id;\n});", "app.js:2"),
    ("inside a bundler's function", "app.js", "(() => {\nconst handler = async (event) => event.id;\nexports.handler = handler;\n})();", "app.js:2"),
    ("made in Python", "app.py", "def make(table):\n    def inner(event, context):\n        return event['id']\n    return inner\nhandler = make(1)", "app.py:2"),
    ("put around it in Python", "app.py", "def safe(f):\n    def inner(event, context): return f(event, context)\n    return inner\ndef run(event, context): return event['id']\nhandler = safe(run)", "app.py:4"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "source", "place"), [row[1:] for row in MADE], ids=[row[0] for row in MADE])
def test_the_handler_is_the_function_that_takes_the_event(
    facts_of: Callable[..., CodeFacts], file: str, source: str, place: str
) -> None:
    found = facts_of({file: source}, runtime="python3.13" if file.endswith(".py") else "nodejs22.x")
    assert isinstance(found.handler, Located)
    assert (found.handler.kind, f"{found.handler.file}:{found.handler.line}") == ("handler", place)
