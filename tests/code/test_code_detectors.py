"""What each detector says of good and bad handlers, in both languages."""
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


ERRORS: list[Row] = [
    ("pass", PY, _py("try:\n  work(event)\nexcept Exception:\n  pass"), "swallowed-in-handler broad-except", "handled bare-except"),
    ("bare pass", PY, _py("try:\n  work(event)\nexcept:\n  pass"), "swallowed-in-handler bare-except", "handled"),
    ("ellipsis", PY, _py("try:\n  work(event)\nexcept Exception:\n  ..."), "swallowed-in-handler", "handled"),
    ("continue in the batch loop", PY, _py("for r in event['Records']:\n  try:\n    work(r)\n  except Exception:\n    continue"), "swallowed-in-handler", "handled"),
    ("narrow pass", PY, _py("try:\n  work(event)\nexcept KeyError:\n  pass"), "ignored-error", "swallowed-in-handler swallowed handled"),
    ("python 2 and 3.14 syntax", PY, _py("try:\n  work(event)\nexcept KeyError, ValueError:\n  pass"), "ignored-error", "swallowed-in-handler bare-except"),
    ("logged", PY, _py("try:\n  work(event)\nexcept Exception:\n  logger.exception('x')\n  raise"), "handled", "swallowed-in-handler catch-all-success"),
    ("failure kept", PY, _py("bad = []\nfor r in event['Records']:\n  try:\n    work(r)\n  except Exception:\n    bad.append(r['messageId'])\nreturn {'batchItemFailures': bad}"), "handled batch-item-failures record-handled records-loop", "swallowed-in-handler catch-all-success"),
    ("500", PY, _py("try:\n  work(event)\nexcept Exception:\n  logger.exception('x')\n  return {'statusCode': 500, 'body': 'no'}"), "catch-all-status status-code", "catch-all-success"),
    ("success in spite of all", PY, _py("try:\n  work(event)\nexcept Exception as error:\n  print(error)\n  return {'statusCode': 200}"), "catch-all-success handled", "catch-all-status"),
    ("logged and gone on", PY, _py("try:\n  work(event)\nexcept Exception as error:\n  print(error)"), "catch-all-success handled", "swallowed-in-handler"),
    ("no try at all", PY, _py("return work(event)"), "", "swallowed-in-handler swallowed catch-all-success bare-except"),
    ("helper swallows", PY, _py("work(event)", "def work(e):\n  try:\n    go(e)\n  except Exception:\n    pass"), "swallowed", "swallowed-in-handler"),
    ("dead helper", PY, _py("return 1", "def work(e):\n  try:\n    go(e)\n  except Exception:\n    pass"), "", "swallowed swallowed-in-handler"),
    ("record logged and passed over", PY, _py("for r in event['Records']:\n  try:\n    work(r)\n  except Exception as e:\n    print('failed', e)\n    continue"), "catch-all-success handled record-handled", "swallowed-in-handler"),
    ("item of another loop", PY, _py("for r in load():\n  try:\n    work(r)\n  except Exception as e:\n    print('failed', e)"), "handled", "catch-all-success"),
    ("record logged in js", JS, _js("for (const r of event.Records) { try { await work(r); } catch (e) { console.log('failed', e); } }"), "catch-all-success handled record-handled", "swallowed-in-handler"),
    ("told to cloudformation", PY, _py("try:\n  work(event)\nexcept Exception as e:\n  print(e)\n  send(event, context, 'FAILED', {})"), "handled", "catch-all-success"),
    ("own error answer", PY, _py("try:\n  work(event)\nexcept Exception as e:\n  return error_response(e)"), "handled", "catch-all-success"),
    ("builder answers 500", PY, _py("try:\n  work(event)\nexcept Exception as e:\n  return answer(500, 'no')", "def answer(code, text):\n  return {'statusCode': code, 'body': text}"), "catch-all-status", "catch-all-success"),
    ("answer in a name", PY, _py("try:\n  work(event)\nexcept Exception as e:\n  response = {'statusCode': 500}\n  return response"), "catch-all-status", "catch-all-success"),
    ("status set for later", PY, _py("status = 200\ntry:\n  work(event)\nexcept Exception as e:\n  status = 500\nreturn {'statusCode': status}"), "handled", "catch-all-success"),
    ("error field", PY, _py("try:\n  work(event)\nexcept Exception as e:\n  return {'error': 'no'}"), "handled", "catch-all-success"),
    ("a detail's catch-all", PY, _py("try:\n  a = int(event['a'])\nexcept Exception as e:\n  print(e)\none(); two(); three(); four()"), "handled", "catch-all-success"),
    ("callback with the error", JS, "exports.handler = (event, context, callback) => { try { work(event); } catch (e) { callback(e); } };", "handled", "catch-all-success"),
    ("the error itself as answer", JS, _js("try { return await work(event); } catch (err) { console.log(err); return err; }"), "catch-all-success", "catch-all-status"),
    ("own decorator handles", PY, "def safe(f):\n  def inner(event, context):\n    try:\n      return f(event, context)\n    except ValueError:\n      return {'statusCode': 400, 'body': ''}\n  return inner\n@safe\ndef handler(event, context): return work(event)", "handled status-code", "swallowed"),
    ("own wrapper handles", JS, "const safe = (f) => async (event) => { try { return await f(event); } catch (e) { return { statusCode: 400, body: '' }; } };\nexports.handler = safe(async (event) => work(event));", "handled status-code", "swallowed"),
    ("mended", PY, _py("try:\n  s.get_group()\nexcept Exception as e:\n  print(e)\n  s.create_group()"), "handled", "catch-all-success"),
    ("exits", PY, _py("try:\n  work(event)\nexcept Exception:\n  sys.exit(1)", "import sys"), "handled", "swallowed-in-handler catch-all-success"),
    ("empty catch", JS, _js("try { await work(event); } catch (e) {}"), "swallowed-in-handler", "handled"),
    ("a text that may be no json", JS, _js("let body = event.body; try { body = JSON.parse(event.body); } catch (e) {}\nreturn work(body);"), "ignored-error", "swallowed-in-handler swallowed handled"),
    ("a text and a call", JS, _js("try { await work(JSON.parse(event.body)); } catch (e) {}"), "swallowed-in-handler", "ignored-error"),
    ("a text that may be no number", PY, _py("try:\n  n = int(event['n'])\nexcept Exception:\n  pass"), "ignored-error broad-except", "swallowed-in-handler"),
    ("empty catch without a name", JS, _js("try { await work(event); } catch { /* never mind */ }"), "swallowed-in-handler", "handled"),
    ("catch in a loop", JS, _js("for (const r of event.Records) { try { await work(r); } catch (e) { continue; } }"), "swallowed-in-handler records-loop record-handled", "handled"),
    ("rethrown", JS, _js("try { await work(event); } catch (e) { console.error(e); throw e; }"), "handled", "swallowed-in-handler catch-all-success"),
    ("500 in js", JS, _js("try { await work(event); } catch (e) { console.error(e); return { statusCode: 500, body: '' }; }"), "catch-all-status", "catch-all-success"),
    ("200 in js", JS, _js("try { await work(event); } catch (e) { console.error(e); }\nreturn { statusCode: 200 };"), "catch-all-success", "catch-all-status"),
    ("empty promise catch", JS, _js("await work(event).catch(() => {});"), "swallowed", "swallowed-in-handler"),
    ("promise catch logs", JS, _js("await work(event).catch((e) => { console.error(e); });"), "handled", "swallowed"),
    ("promise catch answers", JS, _js("return work(event).catch((e) => ({ statusCode: 502 }));"), "handled", "swallowed"),
    ("middy's error handler", JS, "const middy = require('@middy/core');\nconst httpErrorHandler = require('@middy/http-error-handler');\nexports.handler = middy(async (event) => work(event)).use(httpErrorHandler());", "error-middleware", "swallowed"),
    ("failures of a batch", JS, _js("const batchItemFailures = [];\nfor (const r of event.Records) { try { await work(r); } catch (e) { batchItemFailures.push({ itemIdentifier: r.messageId }); } }\nreturn { batchItemFailures };"), "batch-item-failures handled record-handled", "swallowed-in-handler catch-all-success"),
]  # fmt: skip

RESPONSES: list[Row] = [
    ("codes", PY, _py("if not event: return {'statusCode': 404, 'body': ''}\nreturn {'statusCode': 200, 'body': ''}"), "status-code", "status-missing body-not-string"),
    ("no code", PY, _py("return {'message': 'x'}"), "status-missing", "status-code"),
    ("body object", PY, _py("return {'statusCode': 200, 'body': {'a': 1}}"), "body-not-string status-code", "status-missing"),
    ("body text", PY, _py("return {'statusCode': 200, 'body': json.dumps({})}"), "status-code", "body-not-string"),
    ("status enum", PY, _py("return {'statusCode': HTTPStatus.BAD_REQUEST, 'body': ''}", "from http import HTTPStatus"), "status-code", "status-missing"),
    ("helper answers", PY, _py("return answer(event)", "def answer(code):\n  return {'statusCode': code, 'body': ''}"), "", "status-missing body-not-string status-code"),
    ("helper's argument is the code", PY, _py("return answer(404)", "def answer(code=200):\n  return {'statusCode': code, 'body': ''}"), "status-code", "status-missing"),
    ("js helper's argument is the code", JS, _js("return answer({}, 404);", "const answer = (body, code) => ({ statusCode: code, body: JSON.stringify(body) });"), "status-code", "status-missing"),
    ("nothing returned", PY, _py("work(event)"), "", "status-missing status-code"),
    ("powertools error", PY, _py("raise NotFoundError('x')", "from aws_lambda_powertools.event_handler.exceptions import NotFoundError"), "http-error-raised", "status-missing"),
    ("spread", PY, _py("return {**base, 'body': 1}"), "", "status-missing body-not-string"),
    ("js code", JS, _js("return { statusCode: 201, body: JSON.stringify({}) };"), "status-code", "status-missing body-not-string"),
    ("js no code", JS, _js("return { ok: true };"), "status-missing", "status-code"),
    ("js body object", JS, _js("return { statusCode: 200, body: { a: 1 } };"), "body-not-string", "status-missing"),
    ("js concise arrow", JS, "exports.handler = async (event) => ({ statusCode: 204 });", "status-code", "status-missing"),
    ("js authorizer", JS, _js("return { isAuthorized: true };"), "", "status-missing"),
    ("js status of a name", JS, _js("const statusCode = 418; return { statusCode, body: '' };"), "", "status-missing"),
    ("js batch answer", JS, _js("return { batchItemFailures: [] };"), "batch-item-failures", "status-missing"),
]  # fmt: skip

LOGGING: list[Row] = [
    ("powertools", PY, _py("logger.info('x')", "from aws_lambda_powertools import Logger\nlogger = Logger()"), "structured-logger", "print stdlib-logging"),
    ("powertools decorator", PY, "from aws_lambda_powertools import Logger\nlogger = Logger()\n@logger.inject_lambda_context(log_event=True)\ndef handler(event, context): logger.info('x')", "structured-logger request-id logs-event", "print"),
    ("powertools imported only", PY, _py("print('x')", "from aws_lambda_powertools import Logger"), "print", "structured-logger"),
    ("structlog", PY, _py("log.info('x')", "import structlog\nlog = structlog.get_logger()"), "structured-logger", "print"),
    ("json formatter", PY, _py("log.info('x')", "import logging\nfrom pythonjsonlogger import jsonlogger\nlog = logging.getLogger()\nh = logging.StreamHandler()\nh.setFormatter(jsonlogger.JsonFormatter())"), "structured-logger stdlib-logging", "print"),
    ("own json formatter", PY, _py("log.info('x')", "import json, logging\nclass F(logging.Formatter):\n  def format(self, r):\n    return json.dumps({'m': r.msg})\nlog = logging.getLogger()"), "structured-logger", "print"),
    ("json formatter by its name", PY, _py("log.info('x')", "import logging.config\nlogging.config.dictConfig({'formatters': {'f': {'()': 'pythonjsonlogger.jsonlogger.JsonFormatter'}}})\nlog = logging.getLogger()"), "structured-logger stdlib-logging", "print"),
    ("loguru", PY, _py("logger.info('x')", "from loguru import logger\nimport sys\nlogger.add(sys.stdout, serialize=True)"), "structured-logger", "print"),
    ("loguru plain", PY, _py("logger.info('x')", "from loguru import logger\nimport sys\nlogger.add(sys.stdout)"), "", "structured-logger"),
    ("print", PY, _py("print('x')"), "print", "structured-logger structured-print"),
    ("printed json", PY, _py("print(json.dumps({'m': 'x', 'id': context.aws_request_id}))"), "structured-print request-id", "print"),
    ("stdlib", PY, _py("log.info('x')", "import logging\nlog = logging.getLogger(__name__)\nlog.setLevel('INFO')"), "stdlib-logging log-level-set", "print structured-logger root-logging-without-level"),
    ("root logger without level", PY, _py("logging.info('x')", "import logging"), "root-logging root-logging-without-level", "log-level-set"),
    ("root logger with level", PY, _py("logging.info('x')", "import logging\nlogging.basicConfig(level=logging.INFO)"), "root-logging log-level-set", "root-logging-without-level"),
    ("handler appended", PY, _py("log.addHandler(h)", "import logging\nlog = logging.getLogger()"), "log-handler-added-in-handler", ""),
    ("whole event printed", PY, _py("print(event)"), "logs-event print", ""),
    ("whole event as json", PY, _py("logger.info('event %s', json.dumps(event))", "import logging\nlogger = logging.getLogger()"), "logs-event", "print"),
    ("whole event in f-string", PY, _py("logger.info(f'event: {event}')", "import logging\nlogger = logging.getLogger()"), "logs-event", ""),
    ("part of the event", PY, _py("print(event['id'], len(event), event.get('x'))"), "print", "logs-event"),
    ("the event's name in a text", PY, _py("print('event')"), "print", "logs-event"),
    ("another function's event", PY, _py("show(event['x'])", "def show(event):\n  print(event)"), "print", "logs-event"),
    ("console", JS, _js("console.log('x');"), "console-logging", "structured-logger logs-event"),
    ("console json", JS, _js("console.log(JSON.stringify({ message: 'x', requestId: context.awsRequestId }));"), "structured-print request-id", "logs-event"),
    ("console event", JS, _js("console.log('event', JSON.stringify(event, null, 2));"), "logs-event console-logging", "structured-print"),
    ("console template", JS, _js("console.info(`event ${JSON.stringify(event)}`);"), "logs-event", "structured-print"),
    ("console part", JS, _js("console.log('key', event.Records[0].s3.object.key);"), "console-logging", "logs-event"),
    ("js powertools", JS, _js("logger.addContext(context); logger.info('x');", "const { Logger } = require('@aws-lambda-powertools/logger');\nconst logger = new Logger();"), "structured-logger request-id", "console-logging"),
    ("pino", JS, _js("log.info('x');", "const pino = require('pino');\nconst log = pino();"), "structured-logger", "console-logging"),
    ("pino esm", JS, "import pino from 'pino';\nconst log = pino({});\nexport const handler = async (event) => { log.info('x'); };", "structured-logger", "console-logging"),
    ("winston", JS, _js("log.info('x');", "const winston = require('winston');\nconst log = winston.createLogger({ format: winston.format.json() });"), "structured-logger", "console-logging"),
    ("winston simple", JS, _js("log.info('x');", "const winston = require('winston');\nconst log = winston.createLogger({ format: winston.format.simple() });"), "", "structured-logger"),
    ("middy logs the event", JS, "const middy = require('@middy/core');\nconst { Logger } = require('@aws-lambda-powertools/logger');\nconst { injectLambdaContext } = require('@aws-lambda-powertools/logger/middleware');\nconst logger = new Logger();\nexports.handler = middy(async (event) => {}).use(injectLambdaContext(logger, { logEvent: true }));", "logs-event request-id structured-logger", ""),
]  # fmt: skip

TELEMETRY: list[Row] = [
    ("powertools metrics", PY, _py("metrics.add_metric(name='x', unit='Count', value=1)", "from aws_lambda_powertools import Metrics\nmetrics = Metrics(namespace='x')"), "custom-metrics", "put-metric-data"),
    ("emf by hand", PY, _py("print(json.dumps({'_aws': {'CloudWatchMetrics': []}, 'n': 1}))"), "custom-metrics structured-print", "put-metric-data"),
    ("emf library", PY, _py("pass", "from aws_embedded_metrics import metric_scope\nscope = metric_scope(print)"), "custom-metrics", ""),
    ("api", PY, _py("cw.put_metric_data(Namespace='x')", "import boto3\ncw = boto3.client('cloudwatch')"), "put-metric-data", "custom-metrics"),
    ("none", PY, _py("return 1"), "", "custom-metrics put-metric-data tracing"),
    ("tracer", PY, "from aws_lambda_powertools import Tracer\ntracer = Tracer()\n@tracer.capture_lambda_handler\ndef handler(event, context): pass", "tracing", "custom-metrics"),
    ("xray", PY, _py("pass", "from aws_xray_sdk.core import patch_all\npatch_all()"), "tracing", ""),
    ("js powertools", JS, _js("metrics.addMetric('x', 'Count', 1);", "const { Metrics } = require('@aws-lambda-powertools/metrics');\nconst metrics = new Metrics();"), "custom-metrics", "put-metric-data"),
    ("js emf", JS, _js("console.log(JSON.stringify({ _aws: { CloudWatchMetrics: [] } }));"), "custom-metrics", "put-metric-data"),
    ("js api", JS, _js("await cw.send(new PutMetricDataCommand({}));", "const { PutMetricDataCommand } = require('@aws-sdk/client-cloudwatch');"), "put-metric-data", "custom-metrics"),
    ("js xray", JS, _js("return 1;", "const AWSXRay = require('aws-xray-sdk-core');\nconst https = AWSXRay.captureHTTPs(require('https'));"), "tracing", ""),
    ("powertools decorator", PY, "from aws_lambda_powertools import Metrics\nmetrics = Metrics()\n@metrics.log_metrics\ndef handler(event, context): pass", "custom-metrics", "put-metric-data"),
    ("js client of the whole sdk", JS, _js("await cw.putMetricData({}).promise();", "const AWS = require('aws-sdk');\nconst cw = new AWS.CloudWatch();"), "put-metric-data", "custom-metrics"),
    ("js none", JS, _js("return 1;"), "", "custom-metrics put-metric-data tracing"),
    ("js embedded metrics", JS, "const { metricScope } = require('aws-embedded-metrics');\nexports.handler = metricScope((metrics) => async (event) => { metrics.putMetric('x', 1); });", "custom-metrics", "put-metric-data"),
    ("js tracer", JS, _js("return 1;", "const { Tracer } = require('@aws-lambda-powertools/tracer');\nconst tracer = new Tracer();"), "tracing", ""),
]  # fmt: skip

TIMEOUTS: list[Row] = [
    ("requests without", PY, _py("requests.get('https://example.com')", "import requests"), "http-no-timeout", "http-timeout"),
    ("requests with", PY, _py("requests.get('https://example.com', timeout=3)", "import requests"), "http-timeout", "http-no-timeout"),
    ("requests none", PY, _py("requests.post(URL, timeout=None)", "import requests"), "http-no-timeout", "http-timeout"),
    ("requests tuple", PY, _py("requests.get(URL, timeout=(3, 10))", "import requests"), "http-timeout", "http-no-timeout"),
    ("session without", PY, _py("s.get(URL)", "import requests\ns = requests.Session()"), "http-no-timeout", "http-timeout"),
    ("keyword arguments", PY, _py("requests.get(URL, **options)", "import requests"), "http-timeout-unknown", "http-no-timeout"),
    ("urlopen without", PY, _py("urlopen(URL)", "from urllib.request import urlopen"), "http-no-timeout", "http-timeout"),
    ("urlopen positional", PY, _py("urllib.request.urlopen(URL, None, 5)", "import urllib.request"), "http-timeout", "http-no-timeout"),
    ("pool without", PY, _py("http.request('GET', URL)", "import urllib3\nhttp = urllib3.PoolManager()"), "http-no-timeout", "http-timeout"),
    ("pool with", PY, _py("http.request('GET', URL)", "import urllib3\nhttp = urllib3.PoolManager(timeout=2.0)"), "http-timeout", "http-no-timeout"),
    ("httpx", PY, _py("httpx.get(URL)", "import httpx"), "http-default-timeout", "http-no-timeout"),
    ("a dict's get", PY, _py("requests = {}\nrequests.get('x')"), "", "http-no-timeout"),
    ("boto config", PY, _py("pass", "import boto3\nfrom botocore.config import Config\nc = boto3.client('s3', config=Config(read_timeout=5, retries={'max_attempts': 2}))"), "sdk-timeout sdk-retries", "http-no-timeout"),
    ("httpx client that waits for ever", PY, _py("c.get(URL)", "import httpx\nc = httpx.Client(timeout=None)"), "http-no-timeout", "http-default-timeout"),
    ("httpx client", PY, _py("c.get(URL)", "import httpx\nc = httpx.Client()"), "http-default-timeout", "http-no-timeout"),
    ("fetch without", JS, _js("await fetch('https://example.com');"), "http-no-timeout", "http-timeout"),
    ("fetch with signal", JS, _js("await fetch('https://example.com', { signal: AbortSignal.timeout(3000) });"), "http-timeout", "http-no-timeout"),
    ("axios without", JS, _js("await axios.get('https://example.com');", "const axios = require('axios');"), "http-no-timeout", "http-timeout"),
    ("axios with", JS, _js("await axios.get('https://example.com', { timeout: 3000 });", "const axios = require('axios');"), "http-timeout", "http-no-timeout"),
    ("axios instance", JS, _js("await api.get('/x');", "import axios from 'axios';\nconst api = axios.create({ timeout: 2000 });"), "http-timeout", "http-no-timeout"),
    ("axios unknown", JS, _js("await axios.get(url, options);", "import axios from 'axios';"), "http-timeout-unknown", "http-no-timeout"),
    ("node https", JS, _js("https.request({ host: 'x' }, cb);", "const https = require('https');"), "http-no-timeout", "http-timeout"),
    ("v3 attempts", JS, _js("return 1;", "const { S3Client } = require('@aws-sdk/client-s3');\nconst c = new S3Client({ maxAttempts: 2, requestHandler: { requestTimeout: 3000 } });"), "sdk-retries sdk-timeout", ""),
]  # fmt: skip

RETRIES: list[Row] = [
    ("exponential without jitter", PY, _py("for i in range(3):\n  try:\n    return work()\n  except Exception as e:\n    time.sleep(2 ** i)", "import time"), "retry-without-jitter sleep", "retry-with-jitter"),
    ("jitter", PY, _py("for i in range(3):\n  try:\n    return work()\n  except ValueError as e:\n    time.sleep(2 ** i + random.random())", "import time, random"), "retry-with-jitter sleep", "retry-without-jitter"),
    ("jitter in a name", PY, _py("for i in range(3):\n  try:\n    return work()\n  except ValueError as e:\n    pause = random.uniform(0, 2 ** i)\n    time.sleep(pause)", "import time, random"), "retry-with-jitter", "retry-without-jitter"),
    ("sleep alone", PY, _py("time.sleep(5)", "import time"), "sleep", "retry-without-jitter"),
    ("polling", PY, _py("while True:\n  time.sleep(1)\n  if done(): break", "import time"), "sleep", "retry-without-jitter"),
    ("tenacity", PY, _py("work()", "from tenacity import retry, stop_after_attempt\n@retry(stop=stop_after_attempt(3))\ndef work(): pass"), "retry-library", "retry-without-jitter"),
    ("no retry", PY, _py("return 1"), "", "sleep retry-library retry-without-jitter"),
    ("js without jitter", JS, _js("for (let i = 0; i < 3; i++) { try { return await work(); } catch (e) { await sleep(2 ** i * 100); } }", "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"), "retry-without-jitter", "retry-with-jitter"),
    ("js jitter", JS, _js("for (let i = 0; i < 3; i++) { try { return await work(); } catch (e) { await sleep(Math.random() * 2 ** i * 100); } }", "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"), "retry-with-jitter", "retry-without-jitter"),
    ("js library", JS, _js("return retry(work);", "const retry = require('async-retry');"), "retry-library", "retry-without-jitter"),
    ("backoff", PY, _py("work()", "import backoff\n@backoff.on_exception(backoff.expo, ValueError)\ndef work(): pass"), "retry-library", "retry-without-jitter"),
    ("js sleep alone", JS, _js("await sleep(100);", "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"), "sleep", "retry-without-jitter"),
    ("js polling", JS, _js("while (!(await done())) { await sleep(100); }", "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"), "sleep", "retry-without-jitter"),
    ("js timers", JS, "import { setTimeout } from 'node:timers/promises';\nexport const handler = async (event) => { for (let i = 0; i < 3; i++) { try { return await work(); } catch (e) { await setTimeout(500); } } };", "retry-without-jitter sleep", "retry-with-jitter"),
    ("js no retry", JS, _js("return 1;"), "", "sleep retry-library retry-without-jitter"),
    ("js other library", JS, _js("return pRetry(work);", "const pRetry = require('p-retry');"), "retry-library", "retry-without-jitter"),
]  # fmt: skip

LAMBDA_PY = "import boto3, os\nfn = boto3.client('lambda')"
LAMBDA_JS = "const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');\nconst fn = new LambdaClient({});"
INVOCATIONS: list[Row] = [
    ("default", PY, _py("fn.invoke(FunctionName='x')", LAMBDA_PY), "sync-invoke", "async-invoke self-invoke"),
    ("request response", PY, _py("fn.invoke(FunctionName='x', InvocationType='RequestResponse')", LAMBDA_PY), "sync-invoke", "async-invoke"),
    ("event", PY, _py("fn.invoke(FunctionName='x', InvocationType='Event')", LAMBDA_PY), "async-invoke", "sync-invoke"),
    ("type in a variable", PY, _py("fn.invoke(FunctionName='x', InvocationType=event['t'])", LAMBDA_PY), "invoke-of-unknown-type", "sync-invoke async-invoke"),
    ("itself", PY, _py("fn.invoke(FunctionName=context.function_name, InvocationType='Event')", LAMBDA_PY), "self-invoke async-invoke", "sync-invoke"),
    ("itself by the environment", PY, _py("fn.invoke(FunctionName=os.environ['AWS_LAMBDA_FUNCTION_NAME'], InvocationType='Event')", LAMBDA_PY), "self-invoke", "sync-invoke"),
    ("another invoke", PY, _py("chain.invoke(event)"), "", "sync-invoke async-invoke self-invoke"),
    ("js sync", JS, _js("await fn.send(new InvokeCommand({ FunctionName: 'x' }));", LAMBDA_JS), "sync-invoke", "async-invoke"),
    ("js event", JS, _js("await fn.send(new InvokeCommand({ FunctionName: 'x', InvocationType: 'Event' }));", LAMBDA_JS), "async-invoke", "sync-invoke"),
    ("js itself", JS, _js("await fn.send(new InvokeCommand({ FunctionName: context.functionName, InvocationType: 'Event' }));", LAMBDA_JS), "self-invoke", "sync-invoke"),
    ("js v2", JS, _js("await fn.invoke({ FunctionName: 'x', InvocationType: 'RequestResponse' }).promise();", "const AWS = require('aws-sdk');\nconst fn = new AWS.Lambda();"), "sync-invoke", "async-invoke"),
    ("alias of the session", PY, _py("fn.invoke(FunctionName=N)", "import boto3\nsession = boto3.session.Session()\nfn = session.client('lambda')"), "sync-invoke", "async-invoke"),
    ("js itself by the environment", JS, _js("await fn.send(new InvokeCommand({ FunctionName: process.env.AWS_LAMBDA_FUNCTION_NAME, InvocationType: 'Event' }));", LAMBDA_JS), "self-invoke async-invoke", "sync-invoke"),
    ("js aggregated client", JS, _js("await fn.invoke({ FunctionName: 'x' });", "const { Lambda } = require('@aws-sdk/client-lambda');\nconst fn = new Lambda({});"), "sync-invoke", "async-invoke"),
    ("js another invoke", JS, _js("await chain.invoke({ FunctionName: 'x' });"), "", "sync-invoke async-invoke self-invoke"),
    ("js other command", JS, _js("await fn.send(new GetFunctionCommand({ FunctionName: 'x' }));", "const { LambdaClient, GetFunctionCommand } = require('@aws-sdk/client-lambda');\nconst fn = new LambdaClient({});"), "", "sync-invoke async-invoke"),
]  # fmt: skip

SQS_PY = "import boto3\nsqs = boto3.client('sqs')"
TIME_LEFT: list[Row] = [
    ("asked", PY, _py("for r in event['Records']:\n  if context.get_remaining_time_in_millis() < 3000: break\n  sqs.send_message(MessageBody=r)", SQS_PY), "remaining-time batch-loop", ""),
    ("not asked", PY, _py("for r in event['Records']:\n  sqs.send_message(MessageBody=r)", SQS_PY), "batch-loop", "remaining-time"),
    ("pages", PY, _py("for page in d.get_paginator('scan').paginate():\n  d.put_item(Item=page)", "import boto3\nd = boto3.client('dynamodb')"), "batch-loop", "remaining-time"),
    ("calls a helper", PY, _py("for r in event['Records']:\n  work(r)", "def work(r): pass"), "batch-loop", "remaining-time"),
    ("pure loop", PY, _py("for x in range(3):\n  print(x)"), "", "batch-loop remaining-time"),
    ("js asked", JS, _js("for (const r of event.Records) { if (context.getRemainingTimeInMillis() < 3000) break; await work(r); }\nasync function work(r) {}"), "remaining-time batch-loop", ""),
    ("js not asked", JS, _js("for (const r of event.Records) { await work(r); }", "async function work(r) {}"), "batch-loop", "remaining-time"),
    ("js map", JS, _js("await Promise.all(event.Records.map((r) => fetch(r.url)));"), "records-loop", "remaining-time"),
    ("until nothing is left", PY, _py("while True:\n  answer = sqs.receive_message(QueueUrl=U)\n  if not answer: break", SQS_PY), "batch-loop", "remaining-time"),
    ("asked in a helper", PY, _py("work(context)", "def work(context):\n  return context.get_remaining_time_in_millis()"), "remaining-time", "batch-loop"),
    ("records without a call", PY, _py("for r in event['Records']:\n  print(r['id'])"), "", "batch-loop remaining-time"),
    ("js pages", JS, "const { DynamoDBClient, paginateScan, DeleteItemCommand } = require('@aws-sdk/client-dynamodb');\nconst client = new DynamoDBClient({});\nexports.handler = async (e) => { for await (const page of paginateScan({ client }, {})) { for (const item of page.Items) await client.send(new DeleteItemCommand({ Key: item })); } };", "batch-loop", "remaining-time"),
    ("js until nothing is left", JS, "const { S3Client, ListObjectsV2Command } = require('@aws-sdk/client-s3');\nconst s3 = new S3Client({});\nexports.handler = async (e) => { let token; do { const page = await s3.send(new ListObjectsV2Command({ ContinuationToken: token })); token = page.NextContinuationToken; } while (token); };", "batch-loop", "remaining-time"),
    ("js pure loop", JS, _js("for (let i = 0; i < 3; i++) { total += i; }"), "", "batch-loop remaining-time"),
    ("js asked in a helper", JS, _js("return late(context);", "const late = (c) => c.getRemainingTimeInMillis() < 1000;"), "remaining-time", "batch-loop"),
    ("js none", JS, _js("return 1;"), "", "batch-loop remaining-time"),
]  # fmt: skip

TABLES = {
    "errors": ERRORS, "responses": RESPONSES, "logging": LOGGING, "telemetry": TELEMETRY, "timeouts": TIMEOUTS, "retries": RETRIES,
    "invocations": INVOCATIONS, "time left": TIME_LEFT,
}  # fmt: skip
ROWS = [(f"{table}: {row[0]}", *row[1:]) for table, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(
    ("language", "source", "has", "lacks"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_facts_of_a_handler(
    kinds: Callable[[str, str], frozenset[str]], language: str, source: str, has: str, lacks: str
) -> None:
    found = kinds(language, source)
    assert set(has.split()) <= found
    assert not set(lacks.split()) & found


@pytest.mark.parametrize("language", [PY, JS])
@pytest.mark.parametrize("name", TABLES)
def test_every_detector_has_eight_rows_in_each_language(name: str, language: str) -> None:
    assert sum(row[1] == language for row in TABLES[name]) >= 8
