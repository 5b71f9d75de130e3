"""Every timeout on the way of a request: who waits, how long the function may run, what it waits for."""

from collections.abc import Iterator

from auditor.callers import Waiting
from auditor.model import CodeFacts, Function, Located, Queue, Record, Region, ReportLines, Unavailable, Usage
from auditor.served import Served
from auditor.verdict import Detail, Evidence

# What the code facts say of calls without a time limit that is known.
NO_TIMEOUT = {
    "http-no-timeout": "waits without end",
    "http-default-timeout": "waits as long as its library does",
    "http-timeout-unknown": "waits as long as a value that is not in the code",
}
# Settings of an SDK client that bound the wait for an answer, not that for a connection.
ANSWERS = frozenset({"read_timeout", "requestTimeout", "socketTimeout", "timeout"})
# Attempts in the SDKs' standard mode, the first one included:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
DEFAULT_ATTEMPTS = 3


class Patience(Record, frozen=True, kw_only=True):
    """How long an SDK client may wait for one call: seconds an attempt, attempts, and where it is set."""

    seconds: float
    attempts: int
    at: str

    @property
    def total_s(self) -> float:
        """Seconds until the last attempt is given up, pauses between them left out."""
        return self.seconds * self.attempts


def chain(
    function: Function, region: Region, callers: tuple[Waiting, ...], longest: Served
) -> tuple[Detail, ...]:
    """List every timeout from the callers, over the function, to the queue behind it and the code's calls."""
    name = f"{function.name} {longest.label}"
    return (
        *(Detail(subject=one.name, text=f"waits {one.limit_text} s") for one in callers),
        Detail(subject=name, text=f"runs at most {longest.timeout_s} s"),
        *_measured(function),
        *_queues(function, region),
        *_calls(function),
    )


def picture(lines: tuple[Detail, ...]) -> Evidence:
    """Show a chain as a block, its first and least patient link marked."""
    return Evidence(
        caption="Timeouts from caller to queue",
        lines=tuple(f"{one.subject}: {one.text}" for one in lines),
        marked=(0,),
    )


def p99_s(function: Function) -> float | None:
    """Seconds of the p99 run, None where nothing ran or it could not be read."""
    p99_ms = function.usage.duration_p99_ms if isinstance(function.usage, Usage) else None
    return None if p99_ms is None or isinstance(p99_ms, Unavailable) else p99_ms / 1_000


def patience(facts: tuple[Located, ...]) -> tuple[Patience, ...]:
    """What the code sets for its SDK clients; attempts that it does not name are the SDK's own."""
    attempts = {
        (fact.file, fact.line): int(fact.number)
        for fact in facts
        if fact.kind == "sdk-retries" and fact.number is not None
    }
    return tuple(
        Patience(
            seconds=fact.number,
            attempts=attempts.get((fact.file, fact.line), DEFAULT_ATTEMPTS),
            at=f"{fact.file}:{fact.line}",
        )
        for fact in facts
        if fact.kind == "sdk-timeout" and fact.what in ANSWERS and fact.number is not None
    )


def _measured(function: Function) -> Iterator[Detail]:
    p99 = p99_s(function)
    if p99 is not None:
        yield Detail(subject="p99 run", text=f"{p99:.1f} s")
    lines = function.report_lines
    if isinstance(lines, ReportLines) and lines.init_p99_ms is not None:
        yield Detail(subject="p99 initialisation, before the run", text=f"{lines.init_p99_ms / 1_000:.1f} s")


def _queues(function: Function, region: Region) -> Iterator[Detail]:
    mappings = region.mappings_of(function)
    for mapping in () if isinstance(mappings, Unavailable) else mappings:
        queue = region.queue(mapping.source_arn) if mapping.kind == "sqs" else None
        if isinstance(queue, Queue):
            name = queue.arn.rsplit(":", 1)[-1]
            yield Detail(subject=f"queue {name}", text=f"hides a message for {queue.visibility_s} s")


def _calls(function: Function) -> Iterator[Detail]:
    """How long the code's own calls wait, as far as the package was read."""
    facts = function.code.facts if isinstance(function.code, CodeFacts) else ()
    known = () if isinstance(facts, Unavailable) else facts
    for fact in known:
        if fact.kind in NO_TIMEOUT or (fact.kind == "http-timeout" and fact.number is not None):
            waits = NO_TIMEOUT[fact.kind] if fact.number is None else f"gives up after {fact.number:g} s"
            yield Detail(subject=fact.what or "outbound call", text=waits, at=f"{fact.file}:{fact.line}")
    for one in patience(known):
        text = f"gives up after {one.total_s:g} s, {one.attempts} attempts of {one.seconds:g} s"
        yield Detail(subject="AWS SDK client", text=text, at=one.at)
