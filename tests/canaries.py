"""The planted secrets of every test run, and the search for them in whatever a run leaves behind."""

import base64
import binascii
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from auditor.demo import DEMO_SECRETS
from tests.hosts.seed import SECRET

CANARIES = (*DEMO_SECRETS, SECRET)
# The island of a large report: gzip in base64, which always begins so.
_PACKED = re.compile(rb"H4sI[A-Za-z0-9+/]{100,}={0,2}")


def leaks(data: bytes) -> list[str]:
    """The canaries in some bytes, in what is packed inside, and as JSON and base64 write them."""
    found = {one for one, form in _FORMS if form in data}
    for layer in _unpacked(data):
        found |= {one for one, form in _FORMS if form in layer}
    return sorted(found)


def leaks_of_folder(folder: Path) -> list[str]:
    """The files below a folder that hold canaries, but for those that were searched as they are now."""
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.is_symlink():
            continue
        changed = file.stat().st_mtime_ns
        if _SEEN.get(file) != changed:
            _SEEN[file] = changed
            found += [f"{file.relative_to(folder)} holds {one[:4]}…" for one in leaks(file.read_bytes())]
    return found


def _forms(canary: str) -> Iterator[bytes]:
    yield canary.encode()
    # The middle of the text in base64, as the text itself may begin at any of three places.
    for shift in range(3):
        yield base64.b64encode(b"x" * shift + canary.encode())[4:-4]


# Some tests pack bombs.
_LARGEST_MEMBER = 32 * 1024 * 1024
_FORMS = tuple((one, form) for one in CANARIES for form in _forms(one))
_SEEN: dict[Path, int] = {}


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _PACKED.finditer(data):
        try:
            yield gzip.decompress(base64.b64decode(match[0]))
        except (binascii.Error, OSError, EOFError, zlib.error):
            continue
    if data[:4] == b"PK\x03\x04":
        yield from _members(data)


def _members(data: bytes) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        for info in archive.infolist():
            with archive.open(info) as opened:
                member = opened.read(_LARGEST_MEMBER)
            yield info.filename.encode() + b"\n" + member
            yield from _unpacked(member)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError, OSError):
        return
