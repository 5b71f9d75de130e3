"""Every kind of fact that the code can emit is in the package's contract, and no literal is in any fact."""
# ruff: noqa: E501 - a row of a table is one line

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import auditor.code
from auditor.code import analyse_layer, analyse_package
from auditor.model import CodeFacts, PackageFacts

ROOT = Path(auditor.code.__file__).parent
EMITTED = re.compile(
    r"(?:fact\(\s*|kind\s*=\s*|kind=|else )\"([a-z0-9-]+)\"|(?:yield|return) \"([a-z-]+)\"|\"((?:hard-coded|wrong|handler|http|retry|sdk|client)-[a-z0-9-]+)\""
)
NOT_KINDS = {"handler-behind-wrapper", "sdk-v2", "high", "medium", "low"}


def _emitted() -> set[str]:
    found = set()
    for path in ROOT.glob("*.py"):
        if path.name.startswith(("detect_", "handlers", "sources", "binaries")):
            for match in EMITTED.finditer(path.read_text(encoding="utf-8")):
                found.add(next(group for group in match.groups() if group))
    return found - {
        "medium",
        "low",
        "high",
        "container",
        "everything",
        "python",
        "javascript",
        "condition",
        "client",
        "fetch",
    }


def test_the_contract_names_every_kind() -> None:
    documented = auditor.code.__doc__ or ""
    named = set(re.findall(r"`(-?[a-z0-9-]+)`", documented))
    named |= {f"hard-coded{name}" for name in named if name.startswith("-")}
    missing = {kind for kind in _emitted() if "-" in kind} - named
    assert not missing


def _canary(number: int) -> str:
    return f"canary{number:02d}Zq8wRt5Yp2Lm"


SECRET = "sk_" + "live_" + "51HcanaryZq8wRt5Yp2LmNx7"
PYTHON = f'''
"""Docstring {_canary(0)}."""
import boto3, os, logging, requests
PASSWORD = "{_canary(1)}"
STRIPE = "{SECRET}"
TOKEN = os.environ.get("API_TOKEN", "{_canary(2)}")
SETTINGS = {{"db_password": "{_canary(3)}", "url": "postgres://u:{_canary(4)}@db.internal/x"}}
TOPIC = "arn:aws:sns:eu-west-1:402113339876:{_canary(5)}"
table = boto3.resource("dynamodb").Table("{_canary(6)}")
def handler(event, context, key="{_canary(7)}"):
    s3 = boto3.client("s3", aws_secret_access_key="{_canary(8)}", region_name="{_canary(9)}")
    logging.info("{_canary(10)} %s", event)
    requests.get("https://x/?token={_canary(11)}")
    if event["action"] == "{_canary(12)}": raise ValueError("{_canary(13)}")
    table.put_item(Item={{"{_canary(14)}": 1}})
    return {{"statusCode": 200, "body": f"{_canary(15)}{{event}}"}}
'''
JAVASCRIPT = f"""
const {{ S3Client, GetObjectCommand }} = require("@aws-sdk/client-s3");
const password = "{_canary(1)}"; const s = new S3Client({{ region: "{_canary(2)}" }});
const config = {{ apiKey: `{_canary(3)}`, stripe: "{SECRET}" }};
exports.handler = async (event) => {{
  console.log("{_canary(4)}", event);
  await fetch("https://x/?key={_canary(5)}", {{ headers: {{ authorization: "Bearer {_canary(6)}" }} }});
  await s.send(new GetObjectCommand({{ Bucket: "{_canary(7)}", Key: "{_canary(8)}" }}));
  switch (event.action) {{ case "{_canary(9)}": break; case "b": break; case "c": break; }}
  try {{ throw new Error("{_canary(10)}"); }} catch (e) {{}}
}};
"""
CONFIG = f'{{"password": "{_canary(20)}", "nested": {{"secret": "{_canary(21)}"}}}}'


@pytest.mark.parametrize(
    ("name", "source", "runtime"), [("app.py", PYTHON, "python3.13"), ("app.js", JAVASCRIPT, "nodejs22.x")]
)
def test_no_literal_is_in_any_fact(
    zipped: Callable[..., bytes], name: str, source: str, runtime: str
) -> None:
    data = zipped(
        {name: source, "settings.json": CONFIG, ".env": f"DB_PASSWORD={_canary(22)}\n", "x.pem": _canary(23)}
    )
    found = analyse_package(
        data,
        runtime=runtime,
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    layer = analyse_layer(data, deadline=lambda: False)
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert isinstance(found.package.secrets, tuple)
    assert len(found.package.secrets) >= 4
    said = "".join((repr(found), repr(layer), msgspec.json.encode([found, layer]).decode()))
    assert "canary" not in said.lower()


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-30], lambda data: data.replace(b"canary", b"CANARY", 1)]
)
def test_no_literal_is_in_a_reason(zipped: Callable[..., bytes], spoil: Callable[[bytes], bytes]) -> None:
    data = spoil(zipped({"app.py": PYTHON}))
    found = analyse_package(
        data,
        runtime="python3.13",
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert "canary" not in repr(found).lower()
