"""How much time, memory and transfer real packages cost: built from PyPI and npm, figures and ratios.

Run it from the repository: `python -m tests.bench.bench_code`. It needs pip, npm and 500 MB of space.
"""

import gc
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path

from auditor.code import RangeReader, analyse_package
from auditor.model import CodeFacts, PackageFacts, Unavailable

PYTHON_PACKAGES = ("boto3", "requests", "pandas")
NODE_PACKAGES = ("@aws-sdk/client-s3", "@aws-sdk/client-dynamodb", "@aws-lambda-powertools/logger", "esbuild")
PYTHON_HANDLER = """
import boto3, pandas, requests
table = boto3.resource("dynamodb").Table("orders")
def handler(event, context):
    table.put_item(Item={"id": event["id"]})
    return requests.get("https://example.com", timeout=3).status_code
"""
NODE_HANDLER = """
import { S3Client, GetObjectCommand } from "@aws-sdk/client-s3";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Logger } from "@aws-lambda-powertools/logger";
const logger = new Logger();
export const handler = async (event) => {
  const s3 = new S3Client({});
  logger.info("event", { event });
  await s3.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: event.key }));
  return new DynamoDBClient({});
};
"""


def main() -> None:
    """Build the packages and print one line for each."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        line = "{:<34} {:>8} {:>9} {:>9} {:>7} {:>8} {:>8} {:>7} {}"
        print(line.format("package", "entries", "zip MB", "MB", "s", "peak MB", "read MB", "read %", "facts"))  # noqa: T201
        for name, (members, runtime, handler) in {**_python(root), **_node(root)}.items():
            print(line.format(name, *_measured(members, runtime, handler)))  # noqa: T201


def _python(root: Path) -> dict[str, tuple[Mapping[str, bytes], str, str]]:
    target = root / "python"
    options = ["--quiet", "--no-compile", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *PYTHON_PACKAGES], check=True)
    members = _members(target) | {"app.py": PYTHON_HANDLER.encode()}
    slim = {name: data for name, data in members.items() if ".dist-info/" not in name}
    return {
        "boto3 + requests + pandas": (members, "python3.13", "app.handler"),
        "the same without dist-info": (slim, "python3.13", "app.handler"),
        "the handler alone": ({"app.py": members["app.py"]}, "python3.13", "app.handler"),
    }


def _node(root: Path) -> dict[str, tuple[Mapping[str, bytes], str, str]]:
    folder = root / "node"
    folder.mkdir()
    npm = shutil.which("npm")
    if npm is None:
        return {}
    (folder / "package.json").write_text(json.dumps({"name": "bench", "version": "1.0.0"}))
    subprocess.run([npm, "install", "--silent", "--no-audit", *NODE_PACKAGES], cwd=folder, check=True)
    (folder / "index.mjs").write_text(NODE_HANDLER)
    found: dict[str, tuple[Mapping[str, bytes], str, str]] = {
        "SDK v3 in node_modules": (_members(folder), "nodejs22.x", "index.handler")
    }
    for name, options in {
        "esbuild bundle": (),
        "esbuild bundle, source map": ("--sourcemap",),
        "esbuild bundle, minified": ("--minify",),
        "esbuild, minified, source map": ("--minify", "--sourcemap"),
        "esbuild, minified, SDK outside": ("--minify", "--external:@aws-sdk/*"),
    }.items():
        out = folder / "out" / "-".join(("x", *(option.strip("-:@/*") for option in options)))
        command = ["node_modules/.bin/esbuild", "index.mjs", "--bundle", "--platform=node", "--format=cjs"]
        subprocess.run(
            [*command, "--log-level=error", f"--outfile={out / 'index.js'}", *options], cwd=folder, check=True
        )
        found[name] = (_members(out), "nodejs22.x", "index.handler")
    return found


def _members(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _measured(members: Mapping[str, bytes], runtime: str, handler: str) -> tuple[str, ...]:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    data = target.getvalue()
    gc.collect()
    reader = RangeReader(len(data), lambda start, end: data[start:end])
    seconds, found = _timed(reader, runtime, handler)
    tracemalloc.start()
    _timed(RangeReader(len(data), lambda start, end: data[start:end]), runtime, handler)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, CodeFacts), found
    assert isinstance(found.package, PackageFacts), found.package
    said = found.facts.note if isinstance(found.facts, Unavailable) else str(len(found.facts))
    return (
        f"{found.package.files:,}",
        f"{len(data) / 2**20:.1f}",
        f"{found.package.unzipped_bytes / 2**20:.1f}",
        f"{seconds:.2f}",
        f"{peak / 2**20:.1f}",
        f"{reader.fetched_bytes / 2**20:.2f}",
        f"{reader.fetched_bytes / len(data):.1%}",
        said,
    )


def _timed(reader: RangeReader, runtime: str, handler: str) -> tuple[float, CodeFacts | Unavailable]:
    start = time.process_time()
    found = analyse_package(
        reader, runtime=runtime, handler=handler, architecture="x86_64", settings={}, deadline=lambda: False
    )
    return time.process_time() - start, found


if __name__ == "__main__":
    main()
