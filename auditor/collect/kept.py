"""Functions that an earlier, unfinished run has read, so that the next one does not ask about them again.

The file holds what a snapshot holds: facts, and no secret value.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import msgspec

from auditor.collect.failures import CollectError
from auditor.collect.operations import Tier
from auditor.model import Function, Reason, Unavailable

# Two answers about one function belong together while nothing was deployed in between.
UNCHANGED = ("code_sha256", "last_modified", "memory_mb", "timeout_s", "role_arn", "environment", "layers")
# What is asked of each function. One that was refused or lost is asked again by the next run.
ASKED = (
    "tags",
    "reserved_concurrency",
    "state",
    "policies",
    "urls",
    "async_configs",
    "aliases",
    "versions",
    "provisioned",
    "runtime_management",
    "recursive_loop",
    "durable_failures",
)


class Kept:
    """The functions of one region in a folder, one line of JSON each; without a folder nothing is kept.

    A line that a killed run left half-written is passed over. Raises `CollectError` where the folder cannot
    be used.
    """

    def __init__(self, folder: Path | None, account: str, region: str, tier: Tier) -> None:
        self._file = folder / f"functions-{account}-{region}-{tier.value}.jsonl" if folder else None
        self._lock = Lock()
        self._found = {} if self._file is None else {one.arn: one for one in _read(self._file)}

    def recall(self, listed: Function) -> Function | None:
        """Return what is known of a function that is still as the listing shows it."""
        found = self._found.get(listed.arn)
        if found is None or any(getattr(found, name) != getattr(listed, name) for name in UNCHANGED):
            return None
        return found

    def keep(self, function: Function) -> None:
        """Write a function of which everything was read down, in case this run does not come to its end.

        A full disk ends the keeping, not the scan.
        """
        if any(_is_lost(getattr(function, name)) for name in ASKED):
            return
        # The newline in front parts the line from one that a killed run left half-written.
        line = b"\n" + msgspec.json.encode(function)
        with self._lock:
            if self._file is None:
                return
            try:
                _append(self._file, line)
            except OSError:
                self._file = None


def _read(file: Path) -> Iterator[Function]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_bytes().splitlines() if file.exists() else []
    except OSError as error:
        raise CollectError(f"{file.parent} cannot be used to resume from: {error.strerror}") from None
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Function)
        except msgspec.MsgspecError:
            continue


def _is_lost(evidence: object) -> bool:
    return isinstance(evidence, Unavailable) and evidence.reason is not Reason.NOT_COLLECTED


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as target:
        target.write(line)
