"""What the deployed code of a function says of one question, and how much of it was read."""

from auditor.model import CodeFacts, Function, Located, PackageFacts, Reason, Region, Unavailable, known
from auditor.served import mounted
from auditor.verdict import Confidence, Detail, Verdict, passed

# Notes of the analysis that an own file, or a part of one, was not read.
UNREAD = frozenset({"unread-file", "partly-parsed"})
READ_PACKAGE = "lambda:GetFunction"
ORDER = ("low", "medium", "high")


def without_package(function: Function) -> str:
    """Why a function has no package of its own to look into, "" where it has one."""
    if function.is_image:
        return "A container image: its content is not read"
    return "A replica runs the package of its function in us-east-1" if function.is_edge_replica else ""


def without_source(function: Function) -> str:
    """Why no source can be expected in a function's package, "" where it can."""
    code = function.code
    facts = code.facts if isinstance(code, CodeFacts) else code
    if isinstance(facts, Unavailable) and facts.reason is Reason.UNSUPPORTED_RUNTIME:
        return f"Code of {function.runtime or 'this runtime'} is not analysed"
    return without_package(function)


def parts_of(function: Function, region: Region) -> tuple[tuple[str, PackageFacts | Unavailable], ...]:
    """The package and the layers in use, each by its name: `package`, or the layer version's ARN.

    Raises `EvidenceMissingError` where the code or the configurations in use were not read.
    """
    parts: list[tuple[str, PackageFacts | Unavailable]] = [("package", known(function.code).package)]
    for layer in known(mounted(function, region)):
        version = region.layer(layer.arn)
        parts.append((layer.arn, version if isinstance(version, Unavailable) else version.package))
    return tuple(parts)


def facts_of(function: Function, *kinds: str) -> tuple[Located, ...]:
    """Facts of these kinds; raises `EvidenceMissingError` where the code was not read."""
    return tuple(fact for fact in known(known(function.code).facts) if fact.kind in kinds)


def nothing_seen(function: Function, said: str) -> Verdict:
    """PASS for code in which nothing to blame was seen, with what limits that.

    Raises `EvidenceMissingError` where an own file was read in part or not at all: what is to blame may be
    there.
    """
    require_whole(function)
    minified = facts_of(function, "minified")
    return passed(f"{said}; {minified[0].file} is minified, which hides some" if minified else said)


def require_whole(function: Function) -> None:
    """Raise `EvidenceMissingError` unless all own files were read."""
    unread = facts_of(function, *UNREAD)
    if unread:
        why = unread[0].what.replace("_", " ").lower() or "parsed in part"
        note = f"{len(unread)} own files not fully read: {unread[0].file} ({why})"
        known(Unavailable(reason=Reason.PACKAGE_UNREADABLE, operation=READ_PACKAGE, note=note))


def imports_from_outside(function: Function) -> bool:
    """Whether the code imports modules that are not in the package, so that what they do was not seen."""
    handler = known(function.code).handler
    foreign = isinstance(handler, Located) and handler.kind == "handler-object"
    return foreign or bool(facts_of(function, "outside-import"))


def places(facts: tuple[Located, ...], text: str = "") -> tuple[Detail, ...]:
    """Where facts are, each as `file:line`, never a line of source. `text` replaces the kind's own words."""
    return tuple(
        Detail(
            subject=fact.what or fact.kind,
            text=text or fact.kind.replace("-", " "),
            at=f"{fact.file}:{fact.line}" if fact.line else fact.file,
        )
        for fact in facts
    )


def where(facts: tuple[Located, ...]) -> str:
    """The first place and how many there are: `app.py:12`, or `app.py:12 and 2 more`."""
    first = facts[0]
    more = f" and {len(facts) - 1} more" if len(facts) > 1 else ""
    return f"{first.file}:{first.line}{more}" if first.line else f"{first.file}{more}"


def surest(facts: tuple[Located, ...]) -> Confidence:
    """The confidence of the surest of some facts."""
    best = max((ORDER.index(fact.confidence) for fact in facts), default=0)
    return (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)[best]


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun, and verb if there is one: `1 call waits`, `2 calls wait`."""
    return f"{number} {one if number == 1 else many}"
