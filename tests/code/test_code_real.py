"""Packages as they are deployed: from PyPI with native code, from npm as folders and as bundles."""

import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path

import pytest

from auditor.code import RangeReader, analyse_package
from auditor.model import CodeFacts, Located, PackageFacts, Unavailable

ROOT = Path(__file__).parents[2]
NODE = ROOT / "requirements" / "node"
# Wheels for Lambda's Python on arm64, kept beside the environment.
WHEELS = ROOT / ".venv" / "wheels-for-lambda"
# What pip says before its last attempt to connect; an index that answers, with whatever, gives no such line.
LAST_RETRY = "Retry(total=0"
NATIVE = ("pandas==2.3.3", "numpy==2.3.4")
PYTHON = """
import boto3, pandas, requests
table = boto3.resource("dynamodb").Table("orders")
def handler(event, context):
    table.put_item(Item={"id": event["id"]})
    return requests.get("https://example.com", timeout=3).status_code
"""
SCRIPT = """
import axios from "axios";
import { S3Client, GetObjectCommand } from "@aws-sdk/client-s3";
import { Logger } from "@aws-lambda-powertools/logger";
import { quiet } from "./quiet.mjs";
const logger = new Logger();
export const handler = async (event) => {
  const s3 = new S3Client({});
  logger.info("event", { event });
  await quiet(() => axios.get("https://example.com"));
  await s3.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: event.key }));
  return { statusCode: 200, body: "" };
};
"""
QUIET = "export async function quiet(work) {\n  try { return await work(); } catch (error) {}\n}\n"
SEEN = {"client-in-handler", "structured-logger", "logs-event", "http-no-timeout", "swallowed", "status-code"}
BUNDLES: dict[str, tuple[str, ...]] = {
    "all in one": (),
    "SDK left out": ("--external:@aws-sdk/*",),
    "with a source map": ("--sourcemap",),
    "minified, with a source map": ("--minify", "--sourcemap"),
    "as a module": ("--format=esm", "--external:@aws-sdk/*"),
}


def _zipped(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _read(
    data: bytes, *, runtime: str, handler: str, architecture: str = "arm64"
) -> tuple[CodeFacts, PackageFacts, int]:
    """The facts of a package that is fetched by ranges, and the bytes that were fetched of it."""
    reader = RangeReader(len(data), lambda start, end: data[start:end])
    found = analyse_package(
        reader,
        runtime=runtime,
        handler=handler,
        architecture=architecture,
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    return found, found.package, reader.fetched_bytes


@pytest.fixture(scope="module")
def python_package() -> bytes:
    if not WHEELS.is_dir():
        target = WHEELS.with_suffix(".part")
        shutil.rmtree(target, ignore_errors=True)
        platform = ["--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64"]
        options = [
            "--quiet",
            "--retries",
            "2",
            "--timeout",
            "10",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--python-version",
            "3.13",
            *platform,
        ]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(target), *NATIVE]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode and LAST_RETRY in done.stderr:
            pytest.skip("the Python package index cannot be reached, and no wheels are kept")
        assert not done.returncode, done.stderr
        target.rename(WHEELS)
    members: dict[str, bytes] = {"app.py": PYTHON.encode()}
    for wheel in WHEELS.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            members |= {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    for name in ("boto3", "requests"):
        files = distribution(name).files or ()
        members |= {
            str(file): Path(str(file.locate())).read_bytes() for file in files if ".." not in file.parts
        }
    return _zipped(members)


def test_a_package_with_native_code_from_pypi(python_package: bytes) -> None:
    found, package, fetched = _read(python_package, runtime="python3.13", handler="app.handler")
    assert package.own_files == 1
    assert {"boto3", "numpy", "pandas", "requests"} <= {one.name for one in package.dependencies}
    assert package.wrong_binaries == ()
    assert package.secrets == ()
    assert found.calls == (("dynamodb", "PutItem", "app.py:5"),)
    assert isinstance(found.facts, tuple)
    kinds = {fact.kind for fact in found.facts}
    assert {"client-at-module", "heavy-import", "http-timeout"} <= kinds
    assert "outside-import" not in kinds
    assert fetched < len(python_package) / 10


@pytest.mark.parametrize(
    ("runtime", "architecture", "wrong"),
    [
        ("python3.12", "arm64", {("wrong-abi", "cp313")}),
        ("python3.13", "x86_64", {("wrong-architecture", "aarch64"), ("wrong-architecture", "arm64")}),
    ],
)
def test_native_code_for_something_else_is_named(
    python_package: bytes, runtime: str, architecture: str, wrong: set[tuple[str, str]]
) -> None:
    _, package, _ = _read(python_package, runtime=runtime, handler="app.handler", architecture=architecture)
    assert package.wrong_binaries
    assert {(fact.kind, fact.what) for fact in package.wrong_binaries} <= wrong


needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node")
    (folder / "index.mjs").write_text(SCRIPT)
    (folder / "quiet.mjs").write_text(QUIET)
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    return folder


@needs_npm
@pytest.mark.parametrize("options", BUNDLES.values(), ids=BUNDLES)
def test_a_bundle_tells_the_same_as_its_sources(
    sources: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    name = "index.mjs" if "--format=esm" in options else "index.js"
    command = [str(NODE / "node_modules" / ".bin" / "esbuild"), "index.mjs", "--bundle", "--platform=node"]
    out = f"--outfile={tmp_path / name}"
    subprocess.run([*command, "--log-level=error", out, *options], cwd=sources, check=True)
    found, package, _ = _read(_zipped(dict(_files(tmp_path))), runtime="nodejs22.x", handler="index.handler")
    assert isinstance(found.handler, Located)
    assert found.handler.kind == "handler"
    assert isinstance(found.calls, tuple)
    assert {call[:2] for call in found.calls} == {("s3", "GetObject")}
    assert isinstance(found.facts, tuple)
    kinds = [fact.kind for fact in found.facts]
    assert set(kinds) >= SEEN
    assert kinds.count("swallowed") == 1
    assert not {"unread-file", "partly-parsed"} & set(kinds)
    assert package.secrets == ()


@needs_npm
def test_a_minified_bundle_without_a_map_is_not_read(sources: Path, tmp_path: Path) -> None:
    command = [str(NODE / "node_modules" / ".bin" / "esbuild"), "index.mjs", "--bundle", "--platform=node"]
    subprocess.run([*command, "--minify", f"--outfile={tmp_path / 'index.js'}"], cwd=sources, check=True)
    found, _, _ = _read(_zipped(dict(_files(tmp_path))), runtime="nodejs22.x", handler="index.handler")
    assert isinstance(found.facts, Unavailable)
    assert isinstance(found.handler, Unavailable)


@needs_npm
def test_packages_of_npm_are_third_party_and_listed() -> None:
    kept = ("@aws-sdk/client-s3", "@aws-lambda-powertools/logger", "axios")
    members = {"index.mjs": SCRIPT.encode(), "quiet.mjs": QUIET.encode()}
    for name in kept:
        folder = NODE / "node_modules" / name
        members |= {f"node_modules/{name}/{path}": data for path, data in _files(folder)}
    found, package, _ = _read(_zipped(members), runtime="nodejs22.x", handler="index.handler")
    assert package.own_files == 2
    assert {one.name for one in package.dependencies} >= set(kept)
    assert isinstance(found.facts, tuple)
    assert {fact.kind for fact in found.facts} >= SEEN
