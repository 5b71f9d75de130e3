"""What detectors say of imports, configuration, events and state, in both languages."""
# ruff: noqa: E501 - a row of a table is one line

from collections.abc import Callable

import pytest

PY, JS = "python", "javascript"
Row = tuple[str, str, str, str, str]


def _py(body: str, head: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{head}\ndef handler(event, context):\n{lines}\n"


def _js(body: str, head: str = "") -> str:
    return f"{head}\nexports.handler = async (event, context) => {{\n{body}\n}};\n"


IMPORTS: list[Row] = [
    ("heavy used", PY, _py("pd.DataFrame()", "import pandas as pd"), "heavy-import", "unused-import lazy-import"),
    ("heavy unused", PY, _py("return 1", "import pandas as pd"), "heavy-import unused-import", "lazy-import"),
    ("heavy inside", PY, _py("import pandas as pd\nreturn pd.DataFrame()"), "lazy-import", "heavy-import unused-import"),
    ("heavy from", PY, _py("return DataFrame()", "from pandas import DataFrame"), "heavy-import", "unused-import"),
    ("star", PY, _py("return 1", "from os.path import *"), "star-import", "heavy-import"),
    ("light", PY, _py("return json.dumps(1)", "import json, os"), "", "heavy-import unused-import outside-import"),
    ("runtime's sdk", PY, _py("return boto3", "import boto3\nfrom botocore.config import Config"), "", "outside-import heavy-import"),
    ("from a layer", PY, _py("return shared", "import shared"), "outside-import", "heavy-import"),
    ("vendored requests", PY, _py("requests.get(URL, timeout=1)", "from botocore.vendored import requests"), "vendored-botocore", "outside-import"),
    ("node builtin", JS, _js("return fs;", "const fs = require('node:fs');"), "", "outside-import heavy-import sdk-v2"),
    ("v2", JS, _js("return AWS;", "const AWS = require('aws-sdk');"), "sdk-v2 sdk-v2-missing heavy-import", "lazy-import"),
    ("v3", JS, _js("return S3Client;", "const { S3Client } = require('@aws-sdk/client-s3');"), "", "sdk-v2 outside-import heavy-import"),
    ("from a node layer", JS, _js("return x;", "const x = require('shared-things');"), "outside-import", "sdk-v2"),
    ("heavy in js, inside", JS, _js("const p = require('puppeteer');"), "lazy-import", "heavy-import"),
    ("js unused", JS, _js("return 1;", "const puppeteer = require('puppeteer');"), "heavy-import unused-import", "lazy-import"),
    ("js one client of version 2", JS, _js("return S3;", "const S3 = require('aws-sdk/clients/s3');"), "sdk-v2 sdk-v2-missing", "heavy-import"),
    ("js own file", JS, _js("return 1;", "const own = require('./own');"), "", "outside-import heavy-import"),
]  # fmt: skip

LOADING: list[Row] = [
    ("parameter while loading", PY, _py("return P", "import boto3\nP = boto3.client('ssm').get_parameter(Name='/x')"), "load-time-call", ""),
    ("request while loading", PY, _py("return P", "import requests\nP = requests.get('https://example.com', timeout=2)"), "load-time-call", ""),
    ("helper while loading", PY, _py("return P", "import boto3\ns = boto3.client('ssm')\ndef load():\n  return s.get_parameter(Name='/x')\nP = load()"), "load-time-call", ""),
    ("client only", PY, _py("return s", "import boto3\ns = boto3.client('ssm')\nt = boto3.resource('dynamodb').Table(NAME)"), "client-at-module", "load-time-call"),
    ("in the handler", PY, _py("s.get_parameter(Name='/x')", "import boto3\ns = boto3.client('ssm')"), "", "load-time-call"),
    ("js while loading", JS, _js("return p;", "const { SSMClient, GetParameterCommand } = require('@aws-sdk/client-ssm');\nconst c = new SSMClient({});\nconst p = c.send(new GetParameterCommand({ Name: '/x' }));"), "load-time-call", ""),
    ("js request while loading", JS, _js("return p;", "const p = fetch('https://example.com');"), "load-time-call", ""),
    ("session only", PY, _py("http.get(URL, timeout=3)", "import requests\nhttp = requests.Session()"), "http-timeout", "load-time-call"),
    ("session while loading", PY, _py("return P", "import requests\nP = requests.Session().get(URL, timeout=3)"), "load-time-call", ""),
    ("js instance only", JS, _js("await api.get('/x');", "const axios = require('axios');\nconst api = axios.create({ timeout: 100 });"), "http-timeout", "load-time-call"),
    ("js client only", JS, _js("return c;", "const { SSMClient } = require('@aws-sdk/client-ssm');\nconst c = new SSMClient({});"), "client-at-module", "load-time-call"),
    ("environment while loading", PY, _py("return T", "import os\nT = os.environ['T']"), "environment-read", "load-time-call"),
    ("js helper while loading", JS, _js("return p;", "const { SSMClient, GetParameterCommand } = require('@aws-sdk/client-ssm');\nconst c = new SSMClient({});\nconst load = () => c.send(new GetParameterCommand({ Name: '/x' }));\nconst p = load();"), "load-time-call", ""),
    ("js in the handler", JS, _js("await fetch('https://example.com');"), "http-no-timeout", "load-time-call"),
    ("js top-level await", JS, "import { SSMClient, GetParameterCommand } from '@aws-sdk/client-ssm';\nconst c = new SSMClient({});\nconst p = await c.send(new GetParameterCommand({ Name: '/x' }));\nexport const handler = async (event) => p;", "load-time-call", ""),
    ("js environment while loading", JS, _js("return t;", "const t = process.env.T;"), "environment-read", "load-time-call"),
]  # fmt: skip

ACCOUNT = "402113339876"
HARD_CODED: list[Row] = [
    ("arn", PY, _py("return T", f"T = 'arn:aws:sns:eu-west-1:{ACCOUNT}:alerts'"), "hard-coded-account", ""),
    ("arn as default", PY, _py("return T", f"import os\nT = os.environ.get('T', 'arn:aws:sns:eu-west-1:{ACCOUNT}:alerts')"), "environment-read", "hard-coded-account"),
    ("example account", PY, _py("return T", "T = 'arn:aws:sns:eu-west-1:123456789012:alerts'"), "", "hard-coded-account"),
    ("arn in a docstring", PY, _py(f'"""Like arn:aws:sns:eu-west-1:{ACCOUNT}:x."""\nreturn 1'), "", "hard-coded-account"),
    ("managed policy", PY, _py("return T", "T = 'arn:aws:iam::aws:policy/ReadOnlyAccess'"), "", "hard-coded-account"),
    ("built arn", PY, _py("return f'arn:aws:sns:{region}:{account}:x'"), "", "hard-coded-account"),
    ("queue", PY, _py(f"q.send_message(QueueUrl='https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs')", "import boto3\nq = boto3.client('sqs')"), "hard-coded-queue", "hard-coded-account"),
    ("api", PY, _py("return U", "U = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod'"), "hard-coded-api", ""),
    ("database", PY, _py("return H", "H = 'shop.cluster-cabcdefghijk.eu-west-1.rds.amazonaws.com'"), "hard-coded-database", ""),
    ("address", PY, _py("return H", "H = 'http://10.0.3.17:8080/'"), "hard-coded-address", ""),
    ("version number", PY, _py("return H", "H = '10.0.3'"), "", "hard-coded-address"),
    ("network", PY, _py("return H", "H = '10.0.0.0/8'"), "", "hard-coded-address"),
    ("region", PY, _py("return c", "import boto3\nc = boto3.client('s3', region_name='eu-west-1')"), "hard-coded-region", ""),
    ("table", PY, _py("t.get_item()", "import boto3\nt = boto3.resource('dynamodb').Table('orders')"), "hard-coded-resource", ""),
    ("table of the environment", PY, _py("t.get_item()", "import boto3, os\nt = boto3.resource('dynamodb').Table(os.environ['TABLE'])"), "environment-read", "hard-coded-resource"),
    ("parameter store", PY, _py("s.get_parameter(Name='/x')", "import boto3\ns = boto3.client('ssm')"), "configuration-source", ""),
    ("powertools parameters", PY, _py("parameters.get_secret('x')", "from aws_lambda_powertools.utilities import parameters"), "configuration-source", ""),
    ("js arn", JS, _js(f"const t = 'arn:aws:sns:eu-west-1:{ACCOUNT}:alerts';"), "hard-coded-account", ""),
    ("js default", JS, _js(f"const t = process.env.TOPIC || 'arn:aws:sns:eu-west-1:{ACCOUNT}:alerts';"), "environment-read", "hard-coded-account"),
    ("js queue", JS, _js(f"const q = `https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs`;"), "hard-coded-queue", ""),
    ("js bucket", JS, _js("await s.send(new GetObjectCommand({ Bucket: 'orders-prod', Key: 'x' }));", "const { GetObjectCommand } = require('@aws-sdk/client-s3');"), "hard-coded-resource", ""),
    ("js bucket of the environment", JS, _js("await s.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: 'x' }));", "const { GetObjectCommand } = require('@aws-sdk/client-s3');"), "environment-read", "hard-coded-resource"),
    ("js region", JS, _js("return c;", "const { S3Client } = require('@aws-sdk/client-s3');\nconst c = new S3Client({ region: 'eu-west-1' });"), "hard-coded-region", ""),
    ("js logged", JS, _js(f"console.log('like arn:aws:sns:eu-west-1:{ACCOUNT}:x');"), "", "hard-coded-account"),
    ("js database", JS, _js("return h;", "const h = 'shop.cluster-cabcdefghijk.eu-west-1.rds.amazonaws.com';"), "hard-coded-database", ""),
    ("js example account", JS, _js("const t = 'arn:aws:sns:eu-west-1:123456789012:alerts';"), "", "hard-coded-account"),
]  # fmt: skip

ROUTING: list[Row] = [
    ("if chain", PY, _py("if event['action'] == 'a': return 1\nelif event['action'] == 'b': return 2\nelif event['action'] == 'c': return 3"), "router", "web-framework"),
    ("get chain", PY, _py("method = event.get('httpMethod')\nif method == 'GET': return 1\nif method == 'POST': return 2\nif method == 'PUT': return 3"), "router", ""),
    ("match", PY, _py("match event['path']:\n  case '/a': return 1\n  case '/b': return 2\n  case '/c': return 3"), "router", ""),
    ("two branches", PY, _py("if event['action'] == 'a': return 1\nelif event['action'] == 'b': return 2"), "", "router"),
    ("other conditions", PY, _py("if event['total'] > 1: return 1\nif event['total'] > 2: return 2\nif event['total'] > 3: return 3"), "", "router"),
    ("powertools resolver", PY, "from aws_lambda_powertools.event_handler import APIGatewayRestResolver\napp = APIGatewayRestResolver()\n@app.get('/x')\ndef x(): return boto()\ndef handler(event, context): return app.resolve(event, context)", "web-framework", "router"),
    ("fastapi", PY, "from fastapi import FastAPI\nfrom mangum import Mangum\napp = FastAPI()\n@app.get('/x')\ndef x():\n  print('x')\nhandler = Mangum(app)", "web-framework print", "router"),
    ("sources", PY, _py("if event['Records'][0]['eventSource'] == 'aws:sqs': return 1"), "event-source", "router"),
    ("js switch", JS, _js("switch (event.httpMethod) { case 'GET': return 1; case 'POST': return 2; case 'PUT': return 3; }"), "router", "web-framework"),
    ("js ifs", JS, _js("const { path } = event;\nif (event.path === '/a') return 1;\nif (event.path === '/b') return 2;\nif (event.path === '/c') return 3;"), "router", ""),
    ("js express", JS, "const express = require('express');\nconst serverless = require('serverless-http');\nconst app = express();\napp.get('/x', (req, res) => { console.log('x'); });\nmodule.exports.handler = serverless(app);", "web-framework console-logging", "router"),
    ("js other switch", JS, _js("switch (typeof event) { case 'string': return 1; case 'number': return 2; case 'object': return 3; }"), "", "router"),
    ("js resolver", JS, "const { Router } = require('@aws-lambda-powertools/event-handler/rest');\nconst app = new Router();\napp.get('/x', async () => ({ ok: true }));\nexports.handler = async (event, context) => app.resolve(event, context);", "web-framework", "router"),
    ("js two branches", JS, _js("if (event.path === '/a') return 1;\nif (event.path === '/b') return 2;"), "", "router"),
    ("js other conditions", JS, _js("if (event.total > 1) return 1;\nif (event.total > 2) return 2;\nif (event.total > 3) return 3;"), "", "router"),
    ("js sources", JS, _js("if (event.Records[0].eventSource === 'aws:sqs') return 1;"), "event-source", "router"),
]  # fmt: skip

VALIDATION: list[Row] = [
    ("subscript", PY, _py("return event['id']"), "event-subscript", "input-validated"),
    ("in a try", PY, _py("try:\n  return event['id']\nexcept KeyError:\n  return {'statusCode': 400}"), "", "event-subscript"),
    ("jsonschema", PY, _py("validate(event, SCHEMA)\nreturn event['id']", "from jsonschema import validate"), "input-validated event-subscript", ""),
    ("pydantic", PY, _py("return Order(**event)", "from pydantic import BaseModel\nclass Order(BaseModel):\n  id: str"), "input-validated", ""),
    ("powertools", PY, "from aws_lambda_powertools.utilities.validation import validator\n@validator(inbound_schema=S)\ndef handler(event, context): return event['id']", "input-validated", ""),
    ("condition", PY, _py("if 'id' not in event: raise ValueError('id')\nreturn event['id']"), "input-validated", ""),
    ("get", PY, _py("name = event.get('id')\nif not name: return {'statusCode': 400}"), "input-validated", "event-subscript"),
    ("routing is no validation", PY, _py("if event['type'] == 'a': return 1"), "event-subscript", "input-validated"),
    ("isinstance", PY, _py("if not isinstance(event, dict): raise TypeError"), "input-validated", ""),
    ("none", PY, _py("return 1"), "", "input-validated event-subscript"),
    ("js member", JS, _js("return event.id;"), "event-subscript", "input-validated"),
    ("zod", JS, _js("const order = Order.parse(event);", "const { z } = require('zod');\nconst Order = z.object({ id: z.string() });"), "input-validated", ""),
    ("ajv", JS, _js("check(event);", "const Ajv = require('ajv');\nconst check = new Ajv().compile(schema);"), "input-validated", ""),
    ("js condition", JS, _js("if (!event.id) return { statusCode: 400 };"), "input-validated", ""),
    ("middy validator", JS, "const middy = require('@middy/core');\nconst validator = require('@middy/validator');\nexports.handler = middy(async (event) => 1).use(validator({}));", "input-validated", ""),
    ("js subscript", JS, _js("return event['id'];"), "event-subscript", "input-validated"),
    ("js in a try", JS, _js("try { return event.id; } catch (e) { throw e; }"), "", "event-subscript"),
    ("js none", JS, _js("return 1;"), "", "input-validated event-subscript"),
]  # fmt: skip

IDEMPOTENCY: list[Row] = [
    ("powertools", PY, "from aws_lambda_powertools.utilities.idempotency import idempotent, DynamoDBPersistenceLayer\nlayer = DynamoDBPersistenceLayer(table_name=T)\n@idempotent(persistence_store=layer)\ndef handler(event, context): pass", "idempotency", "write"),
    ("conditional write", PY, _py("t.put_item(Item={}, ConditionExpression='attribute_not_exists(id)')", "import boto3\nt = boto3.resource('dynamodb').Table(T)"), "conditional-write write", "idempotency"),
    ("plain write", PY, _py("t.put_item(Item={})", "import boto3\nt = boto3.resource('dynamodb').Table(T)"), "write", "conditional-write idempotency"),
    ("read", PY, _py("t.get_item(Key={})", "import boto3\nt = boto3.resource('dynamodb').Table(T)"), "", "write idempotency"),
    ("token", PY, _py("s.charge(amount=1, idempotency_key=event['id'])"), "idempotency-token", "write"),
    ("fifo", PY, _py("q.send_message(QueueUrl=U, MessageDeduplicationId=event['id'])", "import boto3\nq = boto3.client('sqs')"), "idempotency-token write", ""),
    ("js powertools", JS, "const { makeIdempotent } = require('@aws-lambda-powertools/idempotency');\nexports.handler = makeIdempotent(async (event) => 1, {});", "idempotency", "write"),
    ("js conditional", JS, _js("await d.send(new PutCommand({ Item: {}, ConditionExpression: 'attribute_not_exists(id)' }));", "const { PutCommand } = require('@aws-sdk/lib-dynamodb');"), "conditional-write write", ""),
    ("js plain", JS, _js("await d.send(new PutCommand({ Item: {} }));", "const { PutCommand } = require('@aws-sdk/lib-dynamodb');"), "write", "conditional-write"),
    ("conditional update", PY, _py("t.update_item(Key={}, ConditionExpression='version = :v')", "import boto3\nt = boto3.resource('dynamodb').Table(T)"), "conditional-write write", "idempotency"),
    ("start by name", PY, _py("s.start_query_execution(QueryString=Q, ClientRequestToken=event['id'])", "import boto3\ns = boto3.client('athena')"), "idempotency-token write", ""),
    ("js read", JS, _js("await d.send(new GetCommand({ Key: {} }));", "const { GetCommand } = require('@aws-sdk/lib-dynamodb');"), "", "write idempotency"),
    ("js fifo", JS, _js("await q.send(new SendMessageCommand({ MessageDeduplicationId: event.id }));", "const { SendMessageCommand } = require('@aws-sdk/client-sqs');"), "idempotency-token write", ""),
    ("js payment", JS, _js("await stripe.charges.create({ amount: 1 }, { idempotencyKey: event.id });"), "idempotency-token", "write"),
    ("js object that must not exist", JS, _js("await s.send(new PutObjectCommand({ Key: event.id, IfNoneMatch: '*' }));", "const { PutObjectCommand } = require('@aws-sdk/client-s3');"), "conditional-write write", "idempotency"),
    ("js none", JS, _js("return 1;"), "", "write idempotency conditional-write"),
]  # fmt: skip

STATE: list[Row] = [
    ("appended", PY, _py("seen.append(event)", "seen = []"), "mutable-global", "global-cache"),
    ("stored", PY, _py("totals[event['id']] = 1", "totals = {}"), "mutable-global", ""),
    ("a cache", PY, _py("cache[event['id']] = 1", "cache = {}"), "global-cache", "mutable-global"),
    ("local", PY, _py("seen = []\nseen.append(1)", "seen = []"), "", "mutable-global"),
    ("constant", PY, _py("return LIMITS['a']", "LIMITS = {'a': 1}"), "", "mutable-global"),
    ("cleared", PY, _py("seen.clear()\nseen.append(1)", "seen = []"), "", "mutable-global"),
    ("filled while loading", PY, _py("return seen", "seen = []\nseen.append(1)"), "", "mutable-global"),
    ("secret for ever", PY, _py("secret()", "import boto3\nfrom functools import lru_cache\ns = boto3.client('secretsmanager')\n@lru_cache(maxsize=1)\ndef secret():\n  return s.get_secret_value(SecretId='x')"), "cached-secret", ""),
    ("secret with ttl", PY, _py("secret()", "import boto3\nfrom cachetools import cached, TTLCache\ns = boto3.client('secretsmanager')\ndef secret():\n  return s.get_secret_value(SecretId='x')"), "", "cached-secret"),
    ("async python", PY, "async def handler(event, context): return 1", "async-handler", ""),
    ("js pushed", JS, _js("seen.push(event);", "const seen = [];"), "mutable-global", ""),
    ("js map", JS, _js("totals.set(event.id, 1);", "const totals = new Map();"), "mutable-global", ""),
    ("js local", JS, _js("const seen = []; seen.push(1);"), "", "mutable-global"),
    ("callback", JS, "exports.handler = (event, context, callback) => callback(null, 1);", "callback-handler", "callback-handler-unsupported"),
    ("promise", JS, "exports.handler = async (event) => 1;", "", "callback-handler"),
    ("js a cache", JS, _js("cache[event.id] = 1;", "const cache = {};"), "global-cache", "mutable-global"),
    ("js constant", JS, _js("return LIMITS.a;", "const LIMITS = { a: 1 };"), "", "mutable-global"),
    ("js filled while loading", JS, _js("return seen;", "const seen = [];\nseen.push(1);"), "", "mutable-global"),
]  # fmt: skip

TABLES = {
    "imports": IMPORTS, "loading": LOADING, "hard-coded": HARD_CODED, "routing": ROUTING, "validation": VALIDATION,
    "idempotency": IDEMPOTENCY, "state": STATE,
}  # fmt: skip
ROWS = [(f"{table}: {row[0]}", *row[1:]) for table, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(
    ("language", "source", "has", "lacks"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_facts_of_a_module(
    kinds: Callable[[str, str], frozenset[str]], language: str, source: str, has: str, lacks: str
) -> None:
    found = kinds(language, source)
    assert set(has.split()) <= found
    assert not set(lacks.split()) & found


@pytest.mark.parametrize("language", [PY, JS])
@pytest.mark.parametrize("name", TABLES)
def test_every_detector_has_eight_rows_in_each_language(name: str, language: str) -> None:
    assert sum(row[1] == language for row in TABLES[name]) >= 8
