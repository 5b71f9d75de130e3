"""Deployment packages and layers of the demo account: small zips built from text, served by byte range."""

import base64
import hashlib
import io
import re
import zipfile
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from auditor.demo.secrets import PLANTED

if TYPE_CHECKING:
    from auditor.demo.specs import FunctionSpec

_MEMBER = re.compile(r"^=== (\S+)\n", re.MULTILINE)
_SECRET = re.compile(r"\$\{secret:(\w+)\}")
_DATE = (2026, 6, 1, 12, 0, 0)


class Package(NamedTuple):
    """Zipped size in bytes and SHA-256 in base64, as Lambda shows them."""

    size: int
    sha256: str


def digest(data: bytes) -> bytes:
    """SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def facts(spec: "FunctionSpec", code: str | None) -> Package:
    """Size and hash of a function's package; a declared size wins, and its hash is then made up."""
    if spec.image:
        return Package(0, digest(spec.image.encode()).hex())
    return _facts(_source(spec, code), spec.name, spec.size_mb)


def layer_facts(arn: str, code: str | None) -> Package:
    """Size and hash of a layer version's package."""
    return _facts(code or "layer", arn, None)


@lru_cache(maxsize=20_000)
def _facts(code: str, name: str, size_mb: float | None) -> Package:
    if size_mb is not None:
        return Package(int(size_mb * 1_000_000), base64.b64encode(digest(f"{name}/{code}".encode())).decode())
    data = build(code, name)
    return Package(len(data), base64.b64encode(digest(data)).decode())


def _source(spec: "FunctionSpec", code: str | None) -> str:
    if code:
        return code
    family = (spec.runtime or "").rstrip("0123456789.x")
    return f"stub-{family}" if family in {"python", "nodejs", "java", "dotnet", "ruby"} else "stub-binary"


def location(spec: "FunctionSpec", code: str | None) -> str:
    """Presigned URL of a function's package, in the form that GetFunction gives."""
    size = facts(spec, code).size
    return _url(spec.region, f"snapshots/{spec.account}/{spec.name}", _source(spec, code), spec.name, size)


def layer_location(arn: str, code: str | None) -> str:
    """Presigned URL of a layer version, in the form that GetLayerVersion gives."""
    region, account, name = arn.split(":")[3], arn.split(":")[4], arn.split(":")[6]
    return _url(region, f"snapshots/{account}/{name}", code or "layer", arn, layer_facts(arn, code).size)


def _url(region: str, path: str, code: str, name: str, size: int) -> str:
    host = f"awslambda-{region}-tasks.s3.{region}.amazonaws.com"
    return f"https://{host}/{path}?versionId={quote(code)}&name={quote(name)}&size={size}&X-Amz-Expires=600"


def fetch(url: str, start: int = 0, end: int | None = None) -> bytes:
    """Bytes `start` to `end` (exclusive; None: to the end) of the package behind a URL of this account.

    A package that is declared larger than its members is padded with zeros in front, which zip readers skip.
    """
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    data = build(query["versionId"], query["name"])
    size = int(query["size"])
    padding = max(0, size - len(data))
    stop = padding + len(data) if end is None else min(end, padding + len(data))
    zeros = bytes(max(0, min(stop, padding) - start))
    return zeros + data[max(0, start - padding) : max(0, stop - padding)]


@lru_cache(maxsize=512)
def build(code: str, name: str) -> bytes:
    """Build the zip of one source text, the same bytes in every run; `{name}` is the function's name."""
    text = files("auditor.demo").joinpath("code", f"{code}.txt").read_text(encoding="utf-8")
    text = _SECRET.sub(lambda found: PLANTED[found[1]], text).replace("{name}", name)
    parts = _MEMBER.split(text)[1:]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in zip(parts[::2], parts[1::2], strict=True):
            member = zipfile.ZipInfo(path, _DATE)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, body)
    return target.getvalue()


def demo_packages() -> dict[str, bytes]:
    """Every source text as a zip, by name: small packages to test analysers with."""
    folder = files("auditor.demo").joinpath("code")
    names = sorted(
        entry.name.removesuffix(".txt") for entry in folder.iterdir() if entry.name.endswith(".txt")
    )
    return {name: build(name, name) for name in names}
