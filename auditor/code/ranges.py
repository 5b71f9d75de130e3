"""A seekable file over byte ranges, so that a zip is read without fetching all of it."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK_BYTES = 64 * 1024
TAIL_BYTES = 256 * 1024
KEPT_BYTES = 32 * 1024 * 1024

ReadRange = Callable[[int, int], bytes]


class RangeReader(io.RawIOBase):
    """A file of `size` bytes whose content `read(start, end)` gives, `end` exclusive.

    What is fetched is aligned to blocks of 64 KiB; blocks that are missing side by side are one fetch, and
    the first read near the end takes 256 KiB, since a zip's directory stands there. At most 32 MiB of blocks
    are kept. `fetched_bytes` and `fetches` tell what it took. A fetch that gives another number of bytes than
    asked for raises `EOFError`; what `read` itself raises passes through (`PackageError` keeps its reason all
    the way to the facts).
    """

    def __init__(self, size: int, read: ReadRange) -> None:
        super().__init__()
        self._size = size
        self._read = read
        self._position = 0
        self._blocks: dict[int, bytes] = {}
        self.fetched_bytes = 0
        self.fetches = 0

    def readable(self) -> bool:
        """Tell that this file can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that this file can be sought in."""
        return True

    def tell(self) -> int:
        """Tell the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, counted from the start, the position or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the start")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer from the position on; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        data = self._range(self._position, min(self._size, self._position + len(view)))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _range(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        first, final = start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        self._fetch_missing(self._widened(first), final)
        joined = b"".join(self._blocks[block] for block in range(first, final + 1))
        self._forget(first, final)
        return joined[start - first * BLOCK_BYTES : end - first * BLOCK_BYTES]

    def _widened(self, first: int) -> int:
        tail = max(0, self._size - TAIL_BYTES) // BLOCK_BYTES
        return tail if not self._blocks and first > tail else first

    def _fetch_missing(self, first: int, final: int) -> None:
        missing = [block for block in range(first, final + 1) if block not in self._blocks]
        while missing:
            run = 1
            while run < len(missing) and missing[run] == missing[0] + run:
                run += 1
            self._fetch(missing[0], missing[0] + run)
            missing = missing[run:]

    def _fetch(self, first: int, stop: int) -> None:
        start, end = first * BLOCK_BYTES, min(self._size, stop * BLOCK_BYTES)
        data = self._read(start, end)
        if len(data) != end - start:
            raise EOFError(f"{len(data)} bytes came of {end - start}")
        self.fetches += 1
        self.fetched_bytes += len(data)
        for block in range(first, stop):
            offset = block * BLOCK_BYTES - start
            self._blocks[block] = data[offset : offset + BLOCK_BYTES]

    def _forget(self, first: int, final: int) -> None:
        while len(self._blocks) * BLOCK_BYTES > KEPT_BYTES:
            oldest = next((block for block in self._blocks if not first <= block <= final), None)
            if oldest is None:
                return
            del self._blocks[oldest]
