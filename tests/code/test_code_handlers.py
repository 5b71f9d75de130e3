"""Handler strings to functions: folders, wrappers, exports of every form; bundles and source maps."""
# ruff: noqa: E501 - a row of a table is one line

import json
from collections.abc import Callable, Mapping

import pytest

from auditor.model import CodeFacts, Located, Unavailable

PY = "def handler(event, context):\n    return 1\n"
JS = "exports.handler = async (event) => 1;\n"
Files = dict[str, str]

PYTHON: list[tuple[str, Files, str, dict[str, str], str]] = [
    ("at the root", {"app.py": PY}, "app.handler", {}, "handler app.py:1"),
    ("in a folder", {"src/app.py": PY}, "src/app.handler", {}, "handler src/app.py:1"),
    ("in a package", {"src/app.py": PY, "src/__init__.py": ""}, "src.app.handler", {}, "handler src/app.py:1"),
    ("package itself", {"app/__init__.py": PY}, "app.handler", {}, "handler app/__init__.py:1"),
    ("imported", {"app.py": "from lib.core import handler", "lib/core.py": "\n" + PY}, "app.handler", {}, "handler lib/core.py:2"),
    ("imported relatively", {"a/app.py": "from .core import run as handler", "a/core.py": "def run(e, c): pass"}, "a/app.handler", {}, "handler a/core.py:1"),
    ("assigned", {"app.py": "def run(e, c): pass\nhandler = run"}, "app.handler", {}, "handler app.py:1"),
    ("wrapped", {"app.py": "def run(e, c): pass\nhandler = sentry(trace(run))"}, "app.handler", {}, "handler app.py:1"),
    ("lambda", {"app.py": "handler = lambda event, context: 1"}, "app.handler", {}, "handler app.py:1"),
    ("adapter", {"app.py": "from mangum import Mangum\nhandler = Mangum(app)"}, "app.handler", {}, "handler-object app.py:2"),
    ("datadog", {"app.py": PY}, "datadog_lambda.handler.handler", {"DD_LAMBDA_HANDLER": "app.handler"}, "handler-behind-wrapper app.py:1"),
    ("new relic", {"app.py": PY}, "newrelic_lambda_wrapper.handler", {"NEW_RELIC_LAMBDA_HANDLER": "app.handler"}, "handler-behind-wrapper app.py:1"),
    ("lumigo", {"app.py": PY}, "/opt/python/lumigo_tracer._handler", {"LUMIGO_ORIGINAL_HANDLER": "app.handler"}, "handler-behind-wrapper app.py:1"),
    ("wrapper without setting", {"app.py": PY}, "datadog_lambda.handler.handler", {}, "unavailable"),
    ("web adapter", {"run.sh": "exec uvicorn app:app"}, "run.sh", {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}, "handler-script run.sh:1"),
    ("no file", {"app.py": PY}, "main.handler", {}, "none"),
    ("no function", {"app.py": "def other(e, c): pass"}, "app.handler", {}, "none"),
    ("no dot", {"app.py": PY}, "app", {}, "none"),
    ("starred", {"app.py": "from core import *", "core.py": PY}, "app.handler", {}, "handler-object app.py:1"),
    ("compiled", {"app.cpython-313-aarch64-linux-gnu.so": "x"}, "app.handler", {}, "unavailable"),
    ("method of an instance", {"app.py": "class A:\n  def run(self, event, context): pass\nhandler = A().run"}, "app.handler", {}, "handler app.py:2"),
]  # fmt: skip


def _said(found: CodeFacts) -> str:
    if isinstance(found.handler, Unavailable):
        return "unavailable"
    return (
        f"{found.handler.kind} {found.handler.file}:{found.handler.line}"
        if isinstance(found.handler, Located)
        else "none"
    )


@pytest.mark.parametrize(
    ("files", "handler", "settings", "expected"), [row[1:] for row in PYTHON], ids=[row[0] for row in PYTHON]
)
def test_python_handlers(
    facts_of: Callable[..., CodeFacts], files: Files, handler: str, settings: Mapping[str, str], expected: str
) -> None:
    found = facts_of(files, handler=handler, settings=settings)
    assert _said(found) == expected
    assert isinstance(found.facts, Unavailable) == (
        expected in {"none", "unavailable"} or "script" in expected
    )


JAVASCRIPT: list[tuple[str, Files, str, dict[str, str], str]] = [
    ("exports", {"index.js": JS}, "index.handler", {}, "handler index.js:1"),
    ("module", {"index.mjs": "export const handler = async (event) => 1;"}, "index.handler", {}, "handler index.mjs:1"),
    ("function", {"index.mjs": "export async function handler(event) {}"}, "index.handler", {}, "handler index.mjs:1"),
    ("listed", {"index.mjs": "\nconst run = async () => 1;\nexport { run as handler };"}, "index.handler", {}, "handler index.mjs:2"),
    ("default", {"index.mjs": "export default async (event) => 1;"}, "index.default", {}, "handler index.mjs:1"),
    ("module.exports object", {"index.js": "module.exports = { handler: async () => 1 };"}, "index.handler", {}, "handler index.js:1"),
    ("module.exports name", {"index.js": "async function handler() {}\nmodule.exports = { handler };"}, "index.handler", {}, "handler index.js:1"),
    ("typescript", {"dist/index.js": "exports.handler = void 0;\nconst handler = async () => 1;\nexports.handler = handler;"}, "dist/index.handler", {}, "handler dist/index.js:2"),
    ("re-exported", {"index.mjs": "export { handler } from './lib/core.mjs';", "lib/core.mjs": "\nexport const handler = async () => 1;"}, "index.handler", {}, "handler lib/core.mjs:2"),
    ("required", {"index.js": "exports.handler = require('./core').run;", "core.js": "exports.run = async () => 1;"}, "index.handler", {}, "handler core.js:1"),
    ("middy", {"index.js": "const middy = require('@middy/core');\nconst run = async () => 1;\nexports.handler = middy(run).use(x());"}, "index.handler", {}, "handler index.js:2"),
    ("middy with a method", {"index.js": "const middy = require('@middy/core');\nexports.handler = middy().use(x()).handler(async (event) => 1);"}, "index.handler", {}, "handler index.js:2"),
    ("streamed", {"index.mjs": "export const handler = awslambda.streamifyResponse(async (event, stream) => {});"}, "index.handler", {}, "handler index.mjs:1"),
    ("express", {"index.js": "const s = require('serverless-http');\nexports.handler = s(app);"}, "index.handler", {}, "handler-object index.js:2"),
    ("nested name", {"index.js": "exports.api = { get: async () => 1 };"}, "index.api.get", {}, "handler index.js:1"),
    ("class", {"index.js": "class A { async handler(e) {} }\nconst a = new A();\nexports.handler = a.handler.bind(a);"}, "index.handler", {}, "handler index.js:1"),
    ("datadog", {"app.js": JS}, "/opt/nodejs/node_modules/datadog-lambda-js/handler.handler", {"DD_LAMBDA_HANDLER": "app.handler"}, "handler-behind-wrapper app.js:1"),
    ("new relic", {"app.js": JS}, "newrelic-lambda-wrapper.handler", {"NEW_RELIC_LAMBDA_HANDLER": "app.handler"}, "handler-behind-wrapper app.js:1"),
    ("lumigo", {"app.js": JS}, "lumigo-auto-instrument.handler", {"LUMIGO_ORIGINAL_HANDLER": "app.handler"}, "handler-behind-wrapper app.js:1"),
    ("no file", {"index.js": JS}, "main.handler", {}, "none"),
    ("all of another file", {"index.mjs": "export * from './h.mjs';", "h.mjs": "export const handler = async (e) => 1;"}, "index.handler", {}, "handler h.mjs:1"),
    ("another file as a whole", {"index.js": "module.exports = require('./dist/h');", "dist/h.js": JS}, "index.handler", {}, "handler dist/h.js:1"),
    ("another folder as a whole", {"index.js": "module.exports = require('./lib');", "lib/index.js": JS}, "index.handler", {}, "handler lib/index.js:1"),
    ("spread of another file", {"index.js": "module.exports = { ...require('./h') };", "h.js": JS}, "index.handler", {}, "handler h.js:1"),
    ("typescript's export of all", {"index.js": "__exportStar(require('./h'), exports);", "h.js": JS}, "index.handler", {}, "handler h.js:1"),
    ("package as a whole", {"index.js": "module.exports = require('@scope/app');"}, "index.handler", {}, "handler-object index.js:1"),
    ("computed name", {"index.js": "const name = 'handler'; exports[name] = async (e) => 1;"}, "index.handler", {}, "handler-object index.js:1"),
    ("defined by a call", {"index.js": "Object.defineProperty(exports, 'handler', { get: () => h });"}, "index.handler", {}, "handler-object index.js:1"),
    ("made by a call", {"index.js": "module.exports = factory();"}, "index.handler", {}, "handler-object index.js:1"),
    ("compiled without it", {"index.js": "Object.defineProperty(exports, '__esModule', { value: true });\nexports.other = 1;"}, "index.handler", {}, "none"),
    ("not in the other file", {"index.js": "module.exports = require('./h');", "h.js": "exports.other = 1;"}, "index.handler", {}, "none"),
    ("around in a circle", {"index.js": "module.exports = require('./h');", "h.js": "module.exports = require('./index');"}, "index.handler", {}, "none"),
    ("no export", {"index.js": "exports.other = 1;"}, "index.handler", {}, "none"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "handler", "settings", "expected"),
    [row[1:] for row in JAVASCRIPT],
    ids=[row[0] for row in JAVASCRIPT],
)
def test_javascript_handlers(
    facts_of: Callable[..., CodeFacts], files: Files, handler: str, settings: Mapping[str, str], expected: str
) -> None:
    found = facts_of(files, handler=handler, runtime="nodejs22.x", settings=settings)
    assert _said(found) == expected


BUNDLE = """var __toESM = (m) => m;
// node_modules/@aws-sdk/client-s3/dist-cjs/index.js
var require_dist_cjs7 = __commonJS({
  "node_modules/@aws-sdk/client-s3/dist-cjs/index.js"(exports) { try { x(); } catch (e) {} }
});
// node_modules/@aws-lambda-powertools/logger/lib/esm/Logger.js
var Logger = class { };
var password = "Tr0ub4dor-and-3";
// src/index.ts
var src_exports = {};
__export(src_exports, { handler: () => handler });
module.exports = __toCommonJS(src_exports);
var import_client_s3 = __toESM(require_dist_cjs7());
var logger = new Logger();
var handler = async (event) => {
  const s3 = new import_client_s3.S3Client({});
  await s3.send(new import_client_s3.GetObjectCommand({}));
};
"""


def test_a_bundle_that_marks_its_files_is_told_apart(facts_of: Callable[..., CodeFacts]) -> None:
    found = facts_of({"index.js": BUNDLE}, handler="index.handler", runtime="nodejs22.x")
    assert _said(found) == "handler index.js:15"
    assert isinstance(found.facts, tuple)
    assert found.calls == (("s3", "GetObject", "index.js:17"),)
    said = {(fact.kind, fact.line) for fact in found.facts}
    assert {("client-in-handler", 16), ("structured-logger", 14)} <= said
    assert not {kind for kind, _ in said} & {
        "swallowed",
        "swallowed-in-handler",
        "outside-import",
        "partly-parsed",
    }
    assert not isinstance(found.package, Unavailable)
    assert found.package.secrets == ()


def _source_map(**sources: str) -> str:
    names = {name.replace("__", "/").replace("_js", ".js"): text for name, text in sources.items()}
    return json.dumps(
        {
            "version": 3,
            "sources": [f"../{name}" for name in names],
            "sourcesContent": list(names.values()),
            "mappings": "",
        }
    )


MINIFIED = "var a=1;" * 20_000 + "exports.handler=async(e)=>{}"


def test_a_source_map_stands_in_for_a_minified_bundle(facts_of: Callable[..., CodeFacts]) -> None:
    sources = _source_map(
        src__index_js="import { go } from './go';\nimport { S3Client } from '@aws-sdk/client-s3';\nexport const handler = async (event) => { go(new S3Client({})); };",
        src__go_js="import { GetObjectCommand } from '@aws-sdk/client-s3';\nexport const go = (s) => s.send(new GetObjectCommand({}));",
        node_modules__x__index_js="try { x(); } catch (e) {}",
    )
    found = facts_of(
        {"index.js": MINIFIED, "index.js.map": sources}, handler="index.handler", runtime="nodejs22.x"
    )
    assert _said(found) == "handler src/index.js:3"
    assert found.calls == (("s3", "GetObject", "src/go.js:2"),)
    assert isinstance(found.facts, tuple)
    assert "client-in-handler" in {fact.kind for fact in found.facts}


@pytest.mark.parametrize(
    "sources",
    [
        "{",
        "[]",
        '{"sources": ["a.js"], "sourcesContent": [null]}',
        json.dumps({"sources": ["node_modules/a.js"], "sourcesContent": ["1"]}),
    ],
)
def test_a_large_minified_bundle_without_own_sources_is_unknown(
    facts_of: Callable[..., CodeFacts], sources: str
) -> None:
    found = facts_of(
        {"index.js": MINIFIED, "index.js.map": sources}, handler="index.handler", runtime="nodejs22.x"
    )
    assert isinstance(found.facts, Unavailable)
    assert "minified" in found.facts.note


def test_a_small_minified_file_is_read_and_said_to_be_so(facts_of: Callable[..., CodeFacts]) -> None:
    source = (
        "var e=Object.defineProperty;var r={};n(r,{handler:()=>t});module.exports=o(r);var s=require('@aws-sdk/client-s3');var t=async a=>{new s.S3Client({})};"
        + "var z=1;" * 100
    )
    found = facts_of({"index.js": source}, handler="index.handler", runtime="nodejs22.x")
    assert isinstance(found.facts, tuple)
    assert {"minified", "client-in-handler"} <= {fact.kind for fact in found.facts}


def test_lines_and_complexity_of_the_handler(facts_of: Callable[..., CodeFacts]) -> None:
    found = facts_of(
        {
            "app.py": "def handler(event, context):\n    if event and context:\n        return 1\n    for x in event:\n        pass\n"
        }
    )
    assert (found.handler_lines, found.handler_complexity) == (5, 4)
