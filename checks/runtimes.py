"""Runtimes get patches, and can still be updated."""

from collections.abc import Mapping
from datetime import date

from auditor import (
    Account,
    ChecklistItem,
    Detail,
    Function,
    Reference,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.advice import ENDED, ENDING, runtime_flagged
from auditor.deployed import counted
from auditor.model import Announcement, Reason
from auditor.reference import RuntimeLife
from auditor.served import Served, served

ITEM = ChecklistItem.CONFIGURATION
# What AWS Health answers without one: https://docs.aws.amazon.com/health/latest/APIReference/Welcome.html
NO_PLAN = "SubscriptionRequiredException"
MOVE = "aws lambda update-function-configuration --region REGION --function-name NAME --runtime"


def _lives(
    function: Function, region: Region, reference: Reference
) -> tuple[tuple[Served, RuntimeLife], ...]:
    """Pair each served configuration with the life of its runtime; runtimes without a known one are left
    out.
    """
    found = ((one, reference.runtimes.life(one.runtime)) for one in known(served(function, region)))
    return tuple((one, life) for one, life in found if life is not None)


def _exempt(function: Function) -> str:
    """Say why the calendar does not speak of a function, "" where it does."""
    if function.is_image:
        return "A container image brings its own runtime"
    if function.runtime == "custom" or function.custom_runtime_arn:
        return "The publisher of a customer-managed runtime sets its dates"
    return ""


def _life(runtime: str, reference: Reference) -> RuntimeLife:
    """The life of a runtime; one without a date is newer than the calendar, and not judged."""
    life = reference.runtimes.life(runtime)
    if life is None or life.deprecated is None:
        known(
            Unavailable(
                reason=Reason.NO_DATA,
                operation="runtime calendar",
                note=f"the one of {reference.runtimes.as_of} has no date for {runtime}",
            )
        )
    return life or RuntimeLife(id=runtime, family="")


def _is_dated(runtime: str, reference: Reference) -> bool:
    life = reference.runtimes.life(runtime)
    return life is not None and life.deprecated is not None


def _days(when: date, reference: Reference) -> int:
    return (when - reference.as_of).days


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-08",), effort="Release and test")
def runtime_deprecated(function: Function, region: Region, account: Account, reference: Reference) -> Verdict:
    """Runtime is past its deprecation date.

    ## Why it matters
    A deprecated runtime gets no security patches any more, and support cases about it are closed. The calendar of
    runtimes decides; of a runtime that it has no date for, what Trusted Advisor flags.

    ## How to fix
    Move to the successor, and let every alias point to a version on it:
    `aws lambda update-function-configuration --region REGION --function-name NAME --runtime SUCCESSOR`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy
    """
    reason = _exempt(function)
    lives = () if function.is_image else _lives(function, region, reference)
    ended = tuple(
        (one, life) for one, life in lives if life.deprecated and _days(life.deprecated, reference) <= 0
    )
    if not ended:
        if reason:
            return not_applicable(reason)
        flagged = runtime_flagged(function, account, reference, ENDED)
        if flagged and not _is_dated(function.runtime, reference):
            return failed(f"{function.runtime} has no date in the calendar; {flagged}")
        for served_one in known(served(function, region)):
            _life(served_one.runtime, reference)
        when = _life(function.runtime, reference).deprecated or reference.as_of
        left = _days(when, reference)
        said = f"{function.runtime} is supported until {when}, {left} days from {reference.as_of}"
        return passed("; ".join([said, flagged] if flagged else [said]))
    one, life = ended[0]
    when = life.deprecated or reference.as_of
    return failed(
        f"{life.id} of {one.label} ended {when}, {-_days(when, reference)} days before {reference.as_of}",
        details=tuple(
            Detail(subject=found.label, text=f"{of.id} ended {of.deprecated}, successor {of.successor}")
            for found, of in ended
        ),
        commands=(f"{MOVE} {life.successor}",) if life.successor else (),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-09",), effort="Release and test")
def runtime_ends_soon(  # noqa: PLR0913 - thresholds by name
    function: Function,
    region: Region,
    account: Account,
    reference: Reference,
    *,
    days: int = 180,
    late_days: int = 90,
) -> Verdict:
    """Runtime will be deprecated soon.

    ## Why it matters
    A new runtime takes tests of every dependency. Half a year is a comfortable time for that, three
    months is not.

    ## How to fix
    Plan the move to the successor now:
    `aws lambda update-function-configuration --region REGION --function-name NAME --runtime SUCCESSOR`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy
    """
    reason = _exempt(function)
    if reason:
        return not_applicable(reason)
    flagged = runtime_flagged(function, account, reference, ENDING)
    if flagged and not _is_dated(function.runtime, reference):
        return warned(f"{function.runtime} has no date in the calendar; {flagged}")
    _life(function.runtime, reference)
    left = [
        (_days(life.deprecated, reference), one, life)
        for one, life in _lives(function, region, reference)
        if life.deprecated and _days(life.deprecated, reference) > 0
    ]
    if not left:
        return not_applicable("The runtime has ended already")
    least, one, life = min(left, key=lambda found: found[0])
    said = f"{life.id} of {one.label} is supported for {least} more days, until {life.deprecated}"
    if least > days:
        return passed(f"{said}; {days} are wanted")
    return (
        failed(f"{said}; {late_days} are the least")
        if least <= late_days
        else warned(f"{said}; {days} are wanted")
    )


@check(item=ITEM, severity=Severity.CRITICAL, codes=("SEC-10",), effort="Release and test")
def runtime_update_blocked(function: Function, reference: Reference) -> Verdict:
    """Function can no longer be updated on its runtime.

    ## Why it matters
    Lambda refuses new code and new configuration for this runtime: not even a hotfix can be deployed
    without a migration.

    ## How to fix
    Deploy the function on the successor:
    `aws lambda update-function-configuration --region REGION --function-name NAME --runtime SUCCESSOR`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy
    """
    reason = _exempt(function)
    if reason:
        return not_applicable(reason)
    life = _life(function.runtime, reference)
    if life.update_blocked is None:
        return not_applicable(f"No date is known on which updates of {life.id} end")
    left = _days(life.update_blocked, reference)
    if left <= 0:
        return failed(f"Updates on {life.id} are refused since {life.update_blocked}, {-left} days")
    return passed(f"Updates on {life.id} are possible for {left} more days, until {life.update_blocked}")


@check(item=ITEM, severity=Severity.INFO, codes=("SEC-11",), effort="Release and test")
def newer_runtime_available(function: Function, reference: Reference) -> Verdict:
    """Newer runtime of the family is available.

    ## Why it matters
    Newer runtimes are faster and supported for longer.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --runtime SUCCESSOR`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    reason = _exempt(function)
    if reason:
        return not_applicable(reason)
    life = _life(function.runtime, reference)
    until = life.deprecated or reference.as_of
    newer = [
        (other.deprecated, other.id)
        for other in reference.runtimes.runtimes
        if other.family == life.family and other.deprecated and other.deprecated > until
    ]
    if newer:
        until, best = max(newer)
        return failed(f"{best} is supported until {until}, {life.id} until {life.deprecated}")
    return passed(f"{life.id} is among the longest supported of its family, until {life.deprecated}")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-12",), effort="One setting")
def runtime_patches_pinned(function: Function) -> Verdict:
    """Runtime patches are held back.

    ## Why it matters
    With manual or on-update runtime management, security patches of the runtime wait until somebody acts.

    ## How to fix
    `aws lambda put-runtime-management-config --region REGION --function-name NAME --update-runtime-on Auto`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-configure.html
    """
    if function.is_image:
        return not_applicable("A container image brings its own runtime")
    modes = known(function.runtime_management)
    if not modes:
        return not_applicable("Runtime management is not offered for this function")
    held = [mode for mode in modes if mode.update_on != "Auto"]
    if not held:
        return passed("Runtime patches are applied automatically")
    pinned = next((mode for mode in held if mode.update_on == "Manual"), None)
    if pinned is not None:
        on = f" on {pinned.qualifier}" if pinned.qualifier else ""
        return failed(
            f"Runtime updates{on} are Manual, pinned to {pinned.runtime_version_arn.rsplit('::', 1)[-1]}"
        )
    return warned("Runtime patches wait for the next deployment (FunctionUpdate)")


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-13",), effort="Release and test")
def foreign_custom_runtime(function: Function, *, trusted_accounts: tuple[str, ...] = ()) -> Verdict:
    """Customer-managed runtime of another account.

    ## Why it matters
    The publisher's code runs with the function's role, and its updates reach the function.

    ## How to fix
    Publish the runtime in an account of your own, or name the publisher in the settings as trusted.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    if function.runtime == "custom" and not function.custom_runtime_arn:
        known(
            Unavailable(
                reason=Reason.MALFORMED_RESPONSE,
                operation="lambda:ListFunctions",
                note="the runtime is customer-managed, and no RuntimeConfig tells whose",
            )
        )
    if not function.custom_runtime_arn:
        return not_applicable("The runtime is one of AWS's")
    account = function.custom_runtime_arn.split(":")[4]
    if account == function.account or account in trusted_accounts:
        return passed(f"The runtime belongs to {account}, which is trusted")
    return failed(f"The runtime belongs to {account}, which is not among the trusted accounts")


@check(item=ITEM, severity=Severity.INFO, codes=("SEC-09",), effort="Release and test")
def change_announced(account: Account, reference: Reference) -> Verdict:
    """AWS has announced a change that affects functions.

    ## Why it matters
    AWS tells the account itself which of its functions a change will touch, as the end of a runtime does, and
    from which day on. It closes the event once nothing of the account is affected any more.

    ## How to fix
    Read what AWS says, and act on the functions that it names before the day:
    `aws health describe-event-details --region us-east-1 --event-arns ARN`

    ## References
    - https://docs.aws.amazon.com/health/latest/ug/aws-health-planned-lifecycle-events.html
    """
    announced = account.announcements
    if isinstance(announced, Unavailable) and announced.code == NO_PLAN:
        return not_applicable("AWS Health answers only with a Business support plan or higher")
    rows = sorted(known(announced), key=lambda one: (_day(one) or date.max, one.region, one.arn))
    if not rows:
        return passed("0 changes are announced")
    first = rows[0]
    names = {one.arn: one.name for region in account.regions for one in _functions(region)}
    return warned(
        f"{counted(len(rows), 'change is', 'changes are')} announced, the first {first.event} in {first.region}"
        f"{_when(first, reference)}{_whom(first, names, most=3)}",
        details=tuple(
            Detail(
                subject=one.arn,
                text=f"{one.event} in {one.region}{_when(one, reference)}{_whom(one, names, most=20)}",
            )
            for one in rows
        ),
    )


def _functions(region: Region) -> tuple[Function, ...]:
    return () if isinstance(region.functions, Unavailable) else region.functions


def _whom(one: Announcement, names: Mapping[str, str], *, most: int) -> str:
    """Say which functions a change concerns, those of the scan by their names."""
    concerned = one.concerned
    if isinstance(concerned, Unavailable):
        return f"; which functions it concerns is not known: {concerned}"
    functions = [arn for arn in concerned if ":function:" in arn]
    if not functions:
        strange = (
            f", but {counted(len(concerned), 'thing that is none', 'things that are none')}"
            if concerned
            else ""
        )
        return f"; AWS names no function that it still concerns{strange}"
    ours = sorted(names[arn] for arn in functions if arn in names)
    others = len(functions) - len(ours)
    said = [", ".join(ours[:most])] if ours else []
    said += [f"{len(ours) - most:,} more"] if len(ours) > most else []
    said += [f"{others:,} outside this scan"] if others else []
    return f"; it concerns {counted(len(functions), 'function', 'functions')}: {' and '.join(said)}"


def _day(one: Announcement) -> date | None:
    return one.starts_at.date() if one.starts_at else None


def _when(one: Announcement, reference: Reference) -> str:
    day = _day(one)
    if day is None:
        return ""
    left = _days(day, reference)
    return f" from {day} on, in {left} days" if left > 0 else f" since {day}, {-left} days"
