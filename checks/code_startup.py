"""Code prepares what invocations share before them, and keeps nothing of one for the next."""

from auditor import (
    ChecklistItem,
    Confidence,
    Function,
    Severity,
    Verdict,
    check,
    failed,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import (
    counted,
    facts_of,
    nothing_seen,
    places,
    require_whole,
    surest,
    where,
    without_source,
)

ONCE = ("client-at-module", "client-cached")
AT_IMPORT = {
    "load-time-call": "called while loading",
    "heavy-import": "heavy, loaded at every start",
    "unused-import": "heavy, and never used",
    "star-import": "imports everything",
}
WORDS = {
    "load-time-call": ("call while loading", "calls while loading"),
    "heavy-import": ("heavy import", "heavy imports"),
    "unused-import": ("unused import", "unused imports"),
    "star-import": ("star import", "star imports"),
}


@check(item=ChecklistItem.COLD_START, severity=Severity.LOW, codes=("CODE-05",), effort="Code change")
def client_in_handler(function: Function) -> Verdict:
    """Clients are made anew for every invocation.

    ## Why it matters
    A client of an SDK or database takes tens of milliseconds to make, and brings a connection and a TLS
    handshake of its own. Made outside the handler it serves all invocations of its execution environment.

    ## How to fix
    Move the client to module level, or make it at its first use and keep it. Clients with credentials of the
    request are made for each request, and are not counted.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    made = facts_of(function, "client-in-handler")
    sure = tuple(fact for fact in made if fact.confidence == "high")
    helpers = facts_of(function, "client-in-helper")
    if sure:
        said = (
            f"{counted(len(made), 'client is', 'clients are')} made in "
            f"the handler at each invocation: {where(sure)}"
        )
        return failed(said, details=places((*made, *helpers), "made at each invocation"))
    if made or helpers:
        found = (*made, *helpers)
        said = (
            f"{counted(len(found), 'client', 'clients')} may be made at "
            f"each invocation: {where(found)} (a heuristic)"
        )
        return warned(said, details=places(found), confidence=surest(found))
    once = facts_of(function, *ONCE)
    if once:
        require_whole(function)
        return passed(f"{counted(len(once), 'client', 'clients')} made once: {where(once)}")
    return nothing_seen(function, "No client seen that is made at each invocation")


@check(
    item=ChecklistItem.COLD_START,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("CODE-06",),
    effort="Code change",
)
def import_time_work(function: Function) -> Verdict:
    """Loading the code does heavy work.

    ## Why it matters
    Whatever runs while modules load is part of every cold start. A call over the network that fails there
    fails the whole start, and a heavy package costs its time even for events that do not need it.

    ## How to fix
    Import a heavy package where it is used, remove what is not used, and make calls at first use. With
    SnapStart or provisioned concurrency loading is done ahead, and early imports are right.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    found = facts_of(function, *AT_IMPORT)
    if not found:
        return nothing_seen(function, "No heavy import and no call while loading seen")
    counts = [(kind, sum(fact.kind == kind for fact in found)) for kind in AT_IMPORT]
    said = ", ".join(f"{counted(count, *WORDS[kind])}" for kind, count in counts if count)
    details = tuple(
        detail for kind, text in AT_IMPORT.items() for detail in places(facts_of(function, kind), text)
    )
    snapshot = function.snap_start is not None and function.snap_start.apply_on == "PublishedVersions"
    if snapshot:
        return passed(f"{said}, before the snapshot that SnapStart takes", details=details)
    return warned(f"{said}: {where(found)}", details=details, confidence=surest(found))


@check(
    item=ChecklistItem.CONCURRENCY,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("CODE-14",),
    effort="Code change",
)
def mutable_globals(function: Function) -> Verdict:
    """Invocations change what the next one finds.

    ## Why it matters
    An execution environment serves many invocations. A list or dictionary at module level that each of them
    fills grows until memory is used up, and hands data of one caller to the next.

    ## How to fix
    Make such containers inside the handler. Where one is a cache, give it a bound and a time to live.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    grown = facts_of(function, "mutable-global")
    if grown:
        return warned(
            f"{counted(len(grown), 'place changes', 'places change')} a container "
            f"of module level: {where(grown)} (a heuristic)",
            details=places(grown, "changed by invocations, kept for the next"),
            confidence=surest(grown),
        )
    caches = facts_of(function, "global-cache")
    said = f"No container that invocations fill seen, {counted(len(caches), 'cache', 'caches')}"
    return nothing_seen(function, said)


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("CODE-14", "SEC-06"),
    effort="Code change",
)
def secret_cached_for_ever(function: Function) -> Verdict:
    """A secret is kept until the environment ends.

    ## Why it matters
    After a rotation the old value stays in use in every execution environment that is alive, for hours where
    traffic is steady, and the calls with it fail.

    ## How to fix
    Cache with a time to live, as the parameters utility of Powertools and the AWS Parameters and Secrets
    extension do, and read again when a call is refused.

    ## References
    - https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
    - https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    kept = facts_of(function, "cached-secret")
    if kept:
        said = (
            f"{counted(len(kept), 'function keeps', 'functions keep')} a secret "
            f"without a time to live: {where(kept)} (a heuristic)"
        )
        return warned(said, details=places(kept, "kept until the environment ends"), confidence=surest(kept))
    return nothing_seen(function, "No secret seen that is kept without a time to live")
