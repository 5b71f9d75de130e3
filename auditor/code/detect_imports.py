"""What is imported: heavy, unused, missing or outdated modules, and work that is done while loading."""

import re
import sys
from collections.abc import Iterator

from auditor.code.sdk import made_client
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import MODULE_SCOPE, Import, Module
from auditor.code.words import words
from auditor.model import Located

# Modules that take hundreds of milliseconds to import at 1 GB of memory, or more than 20 MB unzipped.
_HEAVY_PYTHON = words(
    "pandas numpy scipy torch torchvision tensorflow keras sklearn transformers matplotlib cv2 pyarrow "
    "seaborn plotly sympy nltk spacy gensim xgboost lightgbm catboost jax onnxruntime polars dask pyspark "
    "geopandas networkx statsmodels numba skimage moviepy langchain llama_index openpyxl awswrangler "
    "great_expectations mlflow datasets sentence_transformers diffusers"
)
_HEAVY_NODE = words(
    "aws-sdk puppeteer puppeteer-core playwright sharp canvas typescript webpack googleapis firebase-admin "
    "moment-timezone @tensorflow/tfjs-node @tensorflow/tfjs jsdom pdfjs-dist exceljs lodash-full typeorm "
    "sequelize"
)
_PROVIDED_PYTHON = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six",
    "awslambdaric", "lambda_runtime_client",
                              "bootstrap", "snapshot_restore_py", "simplejson",
                              "runtime_client"})  # fmt: skip
_PROVIDED_NODE = ("@aws-sdk/", "@smithy/", "aws-lambda")
_NODE_BUILTINS = words(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns "
    "domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring "
    "readline repl stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi "
    "worker_threads zlib sqlite sea"
)
_VERBS = "get|post|put|patch|delete|head|options|request|send"
_NETWORK = re.compile(
    rf"^(?:requests\.(?:(?:sessions\.)?[Ss]ession\(\)\.)?(?:{_VERBS})|httpx\.(?:Client\(\)\.)?(?:{_VERBS}|stream)|"
    rf"urllib\.request\.urlopen|urllib3\.PoolManager\(\)\.request|fetch|node-fetch|"
    rf"(?:axios|got)(?:\.(?:{_VERBS}))?)$"
)
_FIRST_NODE_WITHOUT_V2 = 18


def imports(subject: Subject) -> Iterator[Located]:
    """`heavy-import`, `unused-import`, `star-import`, `lazy-import`, `outside-import`, `vendored-botocore`,
    `sdk-v2…`.
    """
    for path, module in subject.modules():
        for entry in module.imports:
            yield from _of_entry(subject, path, module, entry)


def _of_entry(subject: Subject, path: str, module: Module, entry: Import) -> Iterator[Located]:
    own = subject.program.imported_paths(path, entry)
    top = top_module(entry.module, subject.language)
    if entry.symbol == "*" and module.language == "python":
        yield fact("star-import", path, entry.line, entry.module or "." * entry.level)
    if own or not top or entry.level:
        return
    yield from _weight(path, module, entry, top)
    if entry.module.startswith("botocore.vendored"):
        yield fact("vendored-botocore", path, entry.line, entry.module)
    if module.language == "javascript" and top == "aws-sdk":
        yield from _second_version(subject, path, entry)
    # Line 0: a name that a bundler put beside the own code.
    if entry.line and not subject.bundled and not _present(subject, top):
        yield fact("outside-import", path, entry.line, top, "medium")


def _weight(path: str, module: Module, entry: Import, top: str) -> Iterator[Located]:
    heavy = _HEAVY_PYTHON if module.language == "python" else _HEAVY_NODE
    # One client of the JavaScript SDK is a small part of it.
    if top not in heavy or entry.module.startswith("aws-sdk/clients/"):
        return
    if entry.place.scope != MODULE_SCOPE:
        yield fact("lazy-import", path, entry.line, top)
    elif entry.local and entry.line:
        yield fact("heavy-import", path, entry.line, top, "medium")
        if entry.local not in module.used and entry.symbol != "*":
            yield fact("unused-import", path, entry.line, top)


def top_module(module: str, language: str) -> str:
    """The package that an import loads: `a.b` → `a`, `@scope/name/lib` → `@scope/name`, `node:fs` → `fs`."""
    if language == "python":
        return module.partition(".")[0]
    if module.startswith((".", "/")):
        return ""
    parts = module.removeprefix("node:").split("/")
    return "/".join(parts[:2]) if module.startswith("@") else parts[0]


def _second_version(subject: Subject, path: str, entry: Import) -> Iterator[Located]:
    """Version 2 of the JavaScript SDK: gone from runtimes since Node.js 18, and loaded as a whole unless by
    client.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
    """
    yield fact("sdk-v2", path, entry.line, entry.module)
    number = re.match(r"nodejs(\d+)", subject.runtime)
    if number and int(number[1]) >= _FIRST_NODE_WITHOUT_V2 and not _shipped(subject, "aws-sdk"):
        yield fact("sdk-v2-missing", path, entry.line, subject.runtime)


def _shipped(subject: Subject, package: str) -> bool:
    return f"node_modules/{package}/package.json" in subject.members


def _present(subject: Subject, top: str) -> bool:
    if subject.language == "javascript":
        return top in _NODE_BUILTINS or top.startswith(_PROVIDED_NODE) or top in subject.node_packages
    if (
        top in sys.stdlib_module_names
        or top in _PROVIDED_PYTHON
        or top in {"__future__", "imp", "distutils", "cgi"}
    ):
        return True
    return top in subject.python_tops


def loading(subject: Subject) -> Iterator[Located]:
    """`load-time-call`: AWS operations and HTTP requests while modules load, in every cold start."""
    for path, site, when in subject.calls():
        if when is not When.LOADING:
            continue
        called = subject.operations(path, site)
        if called and made_client(subject.program.origin(path, site.place.scope, site.value)) is None:
            yield fact("load-time-call", path, site.line, ":".join(called[0]), "medium")
        elif _NETWORK.match(subject.origin(path, site)):
            yield fact("load-time-call", path, site.line, subject.origin(path, site), "medium")
