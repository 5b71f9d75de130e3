"""Zip archives from strangers, read member by member under caps; nothing is written, run or believed."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from typing import BinaryIO

from auditor.model import Reason, Unavailable

MOST_ENTRIES = 100_000
LARGEST_DIRECTORY_BYTES = 32 * 1024 * 1024
LARGEST_MEMBER_BYTES = 2 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024
# End of central directory, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3.16.
_END_SIGNATURE = b"PK\x05\x06"
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY_SIGNATURE = b"PK\x01\x02"
_LONGEST_COMMENT = 65_535
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"^[A-Za-z]:")

_BUFFER_BYTES = 16 * 1024

# A zip as its bytes, or as a seekable file: opened for reading in binary, or a `RangeReader`.
Source = bytes | BinaryIO | io.RawIOBase

_BROKEN = (
    zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
        ValueError,
    IndexError, OverflowError, MemoryError, RecursionError, OSError,
)  # fmt: skip


class PackageError(Exception):
    """A package that cannot be read, or only at a cost that is not paid. The text is one sentence without
    content.
    """

    def __init__(self, reason: Reason, note: str) -> None:
        super().__init__(note)
        self.reason = reason

    def unavailable(self, operation: str) -> Unavailable:
        """The evidence that is missing for it; `operation` gave the package."""
        return Unavailable(reason=self.reason, operation=operation, note=str(self))


class Archive:
    """An open zip. `names` are the regular members in order; links and names that leave the folder are set
    apart.

    `entries` counts all entries, `unzipped_bytes` adds up the sizes that the directory declares, which may
    lie: what `read` gives is counted as it comes out. `spent` is the sum of that in bytes.
    """

    def __init__(self, source: zipfile.ZipFile, deadline: Callable[[], bool]) -> None:
        self._source = source
        self._deadline = deadline
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.links: list[str] = []
        self.strays: list[str] = []
        self.encrypted = 0
        self.entries = 0
        self.unzipped_bytes = 0
        self.spent = 0
        for member in source.infolist():
            self._sort(member)

    def _sort(self, member: zipfile.ZipInfo) -> None:
        self.entries += 1
        if member.is_dir():
            return
        self.unzipped_bytes += member.file_size
        if stat.S_ISLNK(member.external_attr >> 16):
            self.links.append(member.filename)
        elif leaves_folder(member.orig_filename) or leaves_folder(member.filename):
            self.strays.append(member.filename)
        else:
            self.encrypted += bool(member.flag_bits & _ENCRYPTED)
            self._members[member.filename] = member

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the regular members."""
        return tuple(self._members)

    def __contains__(self, name: str) -> bool:
        """Whether there is a regular member of this path."""
        return name in self._members

    def size(self, name: str) -> int:
        """Declared size of a member in bytes."""
        return self._members[name].file_size

    def check_time(self) -> None:
        """Raise `PackageError` where the time for this package is over."""
        if self._deadline():
            raise PackageError(Reason.TIMEOUT, f"no time left after {self.spent:,} bytes of the package")

    def read(self, name: str, most: int = LARGEST_MEMBER_BYTES) -> bytes | None:
        """The content of a member, None where it is longer than `most` bytes.

        Raises `PackageError` where the member is broken or encrypted, or time or the total of 64 MiB is used
        up.
        """
        data = self.head(name, most + 1)
        return None if len(data) > most else data

    def head(self, name: str, most: int) -> bytes:
        """The first bytes of a member, at most `most`; its checksum is verified where that is all of it."""
        self.check_time()
        if self.spent >= MOST_BYTES:
            raise PackageError(Reason.PACKAGE_TOO_LARGE, f"more than {MOST_BYTES // 2**20} MiB to read")
        member = self._members[name]
        if member.flag_bits & _ENCRYPTED:
            raise PackageError(Reason.PACKAGE_UNREADABLE, "the package has encrypted members")
        with _readable(), self._source.open(member) as opened:
            data = opened.read(most)
        self.spent += len(data)
        if len(data) < most and len(data) != member.file_size:
            raise PackageError(Reason.PACKAGE_UNREADABLE, "a member of the package is not as long as it says")
        return data


def leaves_folder(name: str) -> bool:
    """Whether a member's name is absolute, climbs with `..`, or has a backslash or a NUL."""
    return (
        name.startswith("/")
        or "\\" in name
        or "\x00" in name
        or ".." in name.split("/")
        or bool(_DRIVE.match(name))
    )


@contextmanager
def open_archive(source: Source, deadline: Callable[[], bool]) -> Iterator[Archive]:
    """Open a zip.

    Raises `PackageError` where it is no zip, has more than 100,000 entries, or a directory above 32 MiB.
    """
    with _binary(source) as file:
        with _readable():
            entries = _entries_at_most(file)
        if entries > MOST_ENTRIES:
            raise PackageError(Reason.PACKAGE_TOO_LARGE, f"{entries:,} entries; {MOST_ENTRIES:,} are read")
        with _readable():
            opened = zipfile.ZipFile(file)
        with opened:
            yield Archive(opened, deadline)


@contextmanager
def _binary(source: Source) -> Iterator[BinaryIO]:
    """A binary file over a source, which stays open where it was one."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, io.RawIOBase):
        buffered = io.BufferedReader(source, _BUFFER_BYTES)
        try:
            yield buffered
        finally:
            buffered.detach()
    else:
        yield source


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        kind = type(error).__name__
        raise PackageError(Reason.PACKAGE_UNREADABLE, f"the zip cannot be read: {kind}") from None


def _entries_at_most(file: BinaryIO) -> int:
    """Count the entries before `zipfile` makes an object of each; the count in the trailer may lie."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(max(start, size - 4 * 1024))
    tail = _all(file)
    if _END_SIGNATURE not in tail:
        file.seek(start)
        tail = _all(file)
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile("no end of central directory")
    end = size - len(tail) + at
    length = _END.unpack_from(tail, at)[5]
    length, end = _zip64(file, end) or (length, end)
    if length > end:
        raise zipfile.BadZipFile("a directory longer than the file")
    if length > LARGEST_DIRECTORY_BYTES:
        raise PackageError(Reason.PACKAGE_TOO_LARGE, f"a zip directory of {length:,} bytes")
    file.seek(max(0, end - length))
    return file.read(length).count(_ENTRY_SIGNATURE)


def _all(file: BinaryIO) -> bytes:
    return b"".join(iter(lambda: file.read(64 * 1024), b""))


def _zip64(file: BinaryIO, end: int) -> tuple[int, int] | None:
    if end < _END64_LOCATOR.size:
        return None
    file.seek(end - _END64_LOCATOR.size)
    locator = file.read(_END64_LOCATOR.size)
    if not locator.startswith(b"PK\x06\x07"):
        return None
    start = end - _END64_LOCATOR.size - _END64.size
    file.seek(max(0, start))
    record = file.read(_END64.size)
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        return None
    return _END64.unpack(record)[8], start
