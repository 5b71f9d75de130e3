"""Where clients are made, and which operations are called."""
# ruff: noqa: E501 - a row of a table is one line

from collections.abc import Callable

import pytest

from auditor.model import CodeFacts, Unavailable

PY, JS = "python", "javascript"

PLACES = [
    ("module", PY, "import boto3\ns3 = boto3.client('s3')\ndef handler(e, c): s3.get_object()", "client-at-module", "client-in-handler"),
    ("in handler", PY, "import boto3\ndef handler(e, c):\n  s3 = boto3.client('s3')\n  s3.get_object()", "client-in-handler", "client-at-module"),
    ("from import", PY, "from boto3 import client\ndef handler(e, c):\n  return client('s3')", "client-in-handler", "client-at-module"),
    ("alias", PY, "import boto3 as aws\ndef handler(e, c):\n  return aws.resource('dynamodb')", "client-in-handler", "client-cached"),
    ("session at module", PY, "import boto3\ns = boto3.Session()\ndb = s.resource('dynamodb')\ndef handler(e, c): pass", "client-at-module", "client-in-handler"),
    ("helper", PY, "import boto3\ndef make():\n  return boto3.client('s3')\ndef handler(e, c): make().get_object()", "client-in-helper", "client-in-handler"),
    ("lru_cache", PY, "import boto3\nfrom functools import lru_cache\n@lru_cache(maxsize=1)\ndef make():\n  return boto3.client('s3')\ndef handler(e, c): make()", "client-cached", "client-in-helper client-in-handler"),
    ("global guard", PY, "import boto3\nc0 = None\ndef handler(e, c):\n  global c0\n  if c0 is None:\n    c0 = boto3.client('s3')", "client-cached", "client-in-handler"),
    ("assumed role", PY, "import boto3\ndef handler(e, c):\n  cr = sts(e)\n  return boto3.client('s3', aws_access_key_id=cr['a'], aws_session_token=cr['b'])", "client-per-credentials", "client-in-handler"),
    ("session of a role", PY, "import boto3\ndef handler(e, c):\n  s = boto3.Session(**creds(e))\n  return s.client('s3')", "client-per-credentials", "client-in-handler"),
    ("region of the event", PY, "import boto3\ndef handler(e, c):\n  return boto3.client('ec2', region_name=e['region'])", "client-per-credentials", "client-in-handler"),
    ("database", PY, "import pymysql\ndef handler(e, c):\n  return pymysql.connect(host='x')", "client-in-handler", "client-at-module"),
    ("class at module", PY, "import boto3\nclass S:\n  def __init__(self):\n    self.s3 = boto3.client('s3')\ns = S()\ndef handler(e, c): s.s3.get_object()", "client-at-module", "client-in-helper client-in-handler"),
    ("dead code", PY, "import boto3\ndef unused():\n  return boto3.client('s3')\ndef handler(e, c): pass", "", "client-in-helper client-in-handler client-at-module"),
    ("no sdk", PY, "def handler(e, c):\n  return client('s3')", "", "client-in-handler"),
    ("v3 at module", JS, "import { S3Client } from '@aws-sdk/client-s3';\nconst s3 = new S3Client({});\nexport const handler = async (e) => {};", "client-at-module", "client-in-handler"),
    ("v3 in handler", JS, "import { S3Client } from '@aws-sdk/client-s3';\nexport const handler = async (e) => { const s3 = new S3Client({}); };", "client-in-handler", "client-at-module"),
    ("v2 in handler", JS, "const AWS = require('aws-sdk');\nexports.handler = async (e) => { const s3 = new AWS.S3(); };", "client-in-handler", "client-at-module"),
    ("v2 by client", JS, "const S3 = require('aws-sdk/clients/s3');\nexports.handler = async (e) => { const s3 = new S3(); };", "client-in-handler", "client-at-module"),
    ("lazy", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nlet s3;\nexports.handler = async (e) => { if (!s3) { s3 = new S3Client({}); } };", "client-cached", "client-in-handler"),
    ("nullish", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nlet s3;\nexports.handler = async (e) => { s3 ??= new S3Client({}); };", "client-cached", "client-in-handler"),
    ("or", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nlet s3;\nconst get = () => { s3 = s3 || new S3Client({}); return s3; };\nexports.handler = async (e) => get();", "client-cached", "client-in-helper"),
    ("kept and given back", JS, "const { MongoClient } = require('mongodb');\nlet kept = null;\nasync function open() {\n  if (kept) { return kept; }\n  const client = await MongoClient.connect(process.env.URI);\n  kept = client.db('shop');\n  return kept;\n}\nexports.handler = async (e) => (await open()).collection('a');", "client-cached", "client-in-helper"),
    ("kept and given back in Python", PY, "import pymysql\nkept = None\ndef open_it():\n  global kept\n  if kept is not None and kept.open: return kept\n  kept = pymysql.connect(host=H)\n  return kept\ndef handler(e, c): open_it()", "client-cached", "client-in-helper"),
    ("given back without being kept", JS, "const { MongoClient } = require('mongodb');\nasync function open(url) {\n  if (!url) { return null; }\n  return MongoClient.connect(url);\n}\nexports.handler = async (e) => open(process.env.URI);", "client-in-helper", "client-cached"),
    ("called object", PY, "import boto3\nclass Handler:\n  def __init__(self):\n    self.s3 = boto3.client('s3')\n  def __call__(self, event, context): print(event)\nhandler = Handler()", "client-at-module logs-event", "client-in-helper client-in-handler"),
    ("made where it is missing", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nlet kept;\nconst get = () => kept || (kept = new S3Client({}));\nexports.handler = async (e) => get();", "client-cached", "client-in-helper"),
    ("helper in js", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nfunction make() { return new S3Client({}); }\nexports.handler = async (e) => { await make().send(1); };", "client-in-helper", "client-in-handler"),
    ("credentials in js", JS, "const { S3Client } = require('@aws-sdk/client-s3');\nexports.handler = async (e) => { const c = new S3Client({ credentials: await assume(e) }); };", "client-per-credentials", "client-in-handler"),
    ("compiled typescript", JS, "const client_s3_1 = require('@aws-sdk/client-s3');\nconst handler = async (e) => { const c = new client_s3_1.S3Client({}); };\nexports.handler = handler;", "client-in-handler", "client-at-module"),
    ("pool", JS, "const { Pool } = require('pg');\nexports.handler = async (e) => { const p = new Pool(); };", "client-in-handler", "client-at-module"),
    ("document client", JS, "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\nimport { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';\nconst d = DynamoDBDocumentClient.from(new DynamoDBClient({}));\nexport const handler = async (e) => {};", "client-at-module", "client-in-handler"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "source", "has", "lacks"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_where_a_client_is_made(
    kinds: Callable[[str, str], frozenset[str]], language: str, source: str, has: str, lacks: str
) -> None:
    found = kinds(language, source)
    assert set(has.split()) <= found
    assert not set(lacks.split()) & found


CALLS = [
    ("client", PY, "import boto3\ndef handler(e, c): boto3.client('s3').put_object()", {"s3:PutObject"}),
    ("listing", PY, "import boto3\ns3 = boto3.client('s3')\ndef handler(e, c): s3.list_objects_v2(); s3.head_object()", {"s3:ListBucket", "s3:GetObject"}),
    ("paginator", PY, "import boto3\nd = boto3.client('dynamodb')\ndef handler(e, c):\n  p = d.get_paginator('query')\n  for page in p.paginate(): pass", {"dynamodb:Query"}),
    ("waiter", PY, "import boto3\ns3 = boto3.client('s3')\ndef handler(e, c): s3.get_waiter('object_exists').wait()", {"s3:GetObject"}),
    ("table", PY, "import boto3\nt = boto3.resource('dynamodb').Table('x')\ndef handler(e, c): t.update_item()", {"dynamodb:UpdateItem"}),
    ("batch writer", PY, "import boto3\nt = boto3.resource('dynamodb').Table('x')\ndef handler(e, c):\n  with t.batch_writer() as b:\n    b.put_item(Item={})", {"dynamodb:BatchWriteItem"}),
    ("bucket objects", PY, "import boto3\nb = boto3.resource('s3').Bucket('x')\ndef handler(e, c):\n  for o in b.objects.filter(Prefix='a'):\n    o.delete()", {"s3:ListBucket", "s3:DeleteObject"}),
    ("object put", PY, "import boto3\ns3 = boto3.resource('s3')\ndef handler(e, c): s3.Object('b', 'k').put(Body=b'')", {"s3:PutObject"}),
    ("meta client", PY, "import boto3\ns3 = boto3.resource('s3')\ndef handler(e, c): s3.meta.client.copy_object()", {"s3:GetObject", "s3:PutObject"}),
    ("upload", PY, "import boto3\ns3 = boto3.client('s3')\ndef handler(e, c): s3.upload_fileobj(f, 'b', 'k'); s3.download_file('b', 'k', 'f')", {"s3:PutObject", "s3:GetObject"}),
    ("presigned", PY, "import boto3\ns3 = boto3.client('s3')\ndef handler(e, c): s3.generate_presigned_url('get_object', Params={})", {"s3:GetObject"}),
    ("service in a constant", PY, "import boto3\nSERVICE = 'stepfunctions'\nsfn = boto3.client(SERVICE)\ndef handler(e, c): sfn.start_execution()", {"states:StartExecution"}),
    ("self attribute", PY, "import boto3\nclass R:\n  def __init__(self, c):\n    self.c = c\n  def go(self):\n    self.c.publish()\ndef handler(e, c): R(boto3.client('sns')).go()", {"sns:Publish"}),
    ("parameter", PY, "import boto3\ns = boto3.client('ses')\ndef mail(client):\n  client.send_email()\ndef handler(e, c): mail(s)", {"ses:SendEmail"}),
    ("transaction", PY, "import boto3\nd = boto3.client('dynamodb')\ndef handler(e, c): d.transact_write_items()", {"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}),
    ("not an operation", PY, "import boto3\nd = boto3.client('dynamodb')\ndef handler(e, c):\n  try: pass\n  except d.exceptions.X: pass\n  d.close()", set()),
    ("sqs messages", PY, "import boto3\nq = boto3.resource('sqs').Queue('u')\ndef handler(e, c):\n  for m in q.receive_messages():\n    m.delete()", {"sqs:ReceiveMessage", "sqs:DeleteMessage"}),
    ("database token", PY, "import boto3\nr = boto3.client('rds')\ndef handler(e, c): r.generate_db_auth_token()", {"rds-db:connect"}),
    ("hyphenated client", JS, "import { Route53Client, ListHostedZonesCommand } from '@aws-sdk/client-route-53';\nexport const handler = async (e) => new Route53Client({}).send(new ListHostedZonesCommand({}));", {"route53:ListHostedZones"}),
    ("commands", JS, "import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';\nconst s = new S3Client({});\nexport const handler = async (e) => { await s.send(new GetObjectCommand({})); };", {"s3:GetObject"}),
    ("document commands", JS, "import { QueryCommand, PutCommand } from '@aws-sdk/lib-dynamodb';\nexport const handler = async (e) => { await d.send(new QueryCommand({})); await d.send(new PutCommand({})); };", {"dynamodb:Query", "dynamodb:PutItem"}),
    ("aggregated client", JS, "import { SNS } from '@aws-sdk/client-sns';\nconst s = new SNS({});\nexport const handler = async (e) => { await s.publish({}); };", {"sns:Publish"}),
    ("paginate", JS, "const s3 = require('@aws-sdk/client-s3');\nexports.handler = async (e) => { for await (const p of (0, s3.paginateListObjectsV2)({}, {})) {} };", {"s3:ListBucket"}),
    ("upload library", JS, "import { Upload } from '@aws-sdk/lib-storage';\nexport const handler = async (e) => { await new Upload({}).done(); };", {"s3:PutObject"}),
    ("traced client", JS, "const AWSXRay = require('aws-xray-sdk-core');\nconst { SNS } = require('@aws-sdk/client-sns');\nconst s = AWSXRay.captureAWSv3Client(new SNS({}));\nexports.handler = async (e) => s.publish({});", {"sns:Publish"}),
    ("traced sdk", JS, "const AWSXRay = require('aws-xray-sdk');\nconst AWS = AWSXRay.captureAWS(require('aws-sdk'));\nconst s = new AWS.SNS();\nexports.handler = async (e) => s.publish({}).promise();", {"sns:Publish"}),
    ("v2 promise", JS, "const AWS = require('aws-sdk');\nconst s = new AWS.SQS();\nexports.handler = async (e) => { await s.sendMessage({}).promise(); };", {"sqs:SendMessage"}),
    ("v2 document client", JS, "const AWS = require('aws-sdk');\nconst d = new AWS.DynamoDB.DocumentClient();\nexports.handler = async (e) => { await d.get({}).promise(); await d.transactGet({}).promise(); };", {"dynamodb:GetItem"}),
    ("v2 default import", JS, "import AWS from 'aws-sdk';\nconst l = new AWS.Lambda();\nexport const handler = async (e) => l.invoke({}).promise();", {"lambda:InvokeFunction"}),
    ("renamed import", JS, "import { SendMessageCommand as Send } from '@aws-sdk/client-sqs';\nexport const handler = async (e) => { await q.send(new Send({})); };", {"sqs:SendMessage"}),
    ("eventbridge", JS, "const { EventBridgeClient, PutEventsCommand } = require('@aws-sdk/client-eventbridge');\nexports.handler = async (e) => new EventBridgeClient({}).send(new PutEventsCommand({}));", {"events:PutEvents"}),
    ("operations in a table", PY, "import boto3\ndynamo = boto3.client('dynamodb')\ndef handler(e, c):\n  table = {'PUT': lambda dynamo, x: dynamo.put_item(**x), 'GET': lambda dynamo, x: dynamo.scan(**x)}\n  return table[e['method']](dynamo, e)", {"dynamodb:PutItem", "dynamodb:Scan"}),
    ("client of a resource", PY, "import boto3\nd = boto3.resource('dynamodb')\ndef handler(e, c):\n  for p in d.meta.client.get_paginator('scan').paginate(TableName=T): pass", {"dynamodb:Scan"}),
    ("queue by its name", PY, "import boto3\ns = boto3.resource('sqs')\ndef handler(e, c): s.get_queue_by_name(QueueName=Q).send_message(MessageBody='x')", {"sqs:GetQueueUrl", "sqs:SendMessage"}),
    ("table that is waited for", PY, "import boto3\nd = boto3.resource('dynamodb')\ndef handler(e, c): d.create_table(TableName=T).wait_until_exists()", {"dynamodb:CreateTable", "dynamodb:DescribeTable"}),
    ("another library's command", JS, "import { GetCommand } from './commands';\nexport const handler = async (e) => bus.send(new GetCommand({}));", set()),
]  # fmt: skip


def test_a_client_that_a_file_exports_as_a_whole_is_followed(facts_of: Callable[..., CodeFacts]) -> None:
    files = {
        "todos/create.js": "const dynamodb = require('./dynamodb');\nexports.create = (event, context, callback) => { dynamodb.put({}, callback); };",
        "todos/dynamodb.js": "const AWS = require('aws-sdk');\nconst client = new AWS.DynamoDB.DocumentClient();\nmodule.exports = client;",
    }
    found = facts_of(files, handler="todos/create.create", runtime="nodejs16.x")
    assert found.calls == (("dynamodb", "PutItem", "todos/create.js:2"),)


@pytest.mark.parametrize(
    ("language", "source", "called"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_operations_have_the_names_that_policies_use(
    facts_of: Callable[..., CodeFacts], language: str, source: str, called: set[str]
) -> None:
    python = language == PY
    found = facts_of(
        {"app.py" if python else "app.js": source}, runtime="python3.13" if python else "nodejs22.x"
    )
    assert not isinstance(found.calls, Unavailable)
    assert {f"{service}:{action}" for service, action, _ in found.calls} == called
