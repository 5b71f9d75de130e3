"""Where the lines of a function's log go: by subscription filters of its log group and of the account."""

from auditor.model import Function, LogFilter, LogForwarding, Reason, Record, Region, Unavailable

# Classes of log groups that take subscription filters, and those that do not:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
FORWARDED = "STANDARD"
NOT_FORWARDED = frozenset({"INFREQUENT_ACCESS", "DELIVERY"})


class Route(Record, frozen=True, kw_only=True):
    """A way that log lines take: to what, by whose filter, and whether only those that match a pattern."""

    destination_arn: str
    by: str
    filtered: bool = False


class Routes(Record, frozen=True, kw_only=True):
    """The ways that are known, and why there may be more, None where these are all."""

    known: tuple[Route, ...] = ()
    unread: Unavailable | None = None


def routes_of(function: Function, region: Region) -> Routes:
    """Return where the lines of a function go.

    Filters of the account take the lines of every log group that they do not exclude, of those with filters
    of their own as well:
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
    """
    name = function.log_group
    if isinstance(name, Unavailable):
        return Routes(unread=name)
    group = region.log_group_named(name)
    if isinstance(group, Unavailable):
        return Routes(unread=group)
    if group is not None and group.log_class != FORWARDED:
        return Routes() if group.log_class in NOT_FORWARDED else Routes(unread=_unknown(group.log_class))
    own = _own(group.subscription_filters) if group is not None else Routes()
    account = _of_account(region.log_forwarding, name)
    unread = [why for why in (own.unread, account.unread) if why is not None]
    # What failed tells more than what a lesser tier leaves out.
    return Routes(
        known=(*own.known, *account.known),
        unread=min(unread, key=lambda why: why.reason is Reason.NOT_COLLECTED, default=None),
    )


def _unknown(log_class: str) -> Unavailable:
    return Unavailable(
        reason=Reason.NOT_SUPPORTED,
        operation="logs:DescribeLogGroups",
        note=f"whether log groups of the class {log_class} take subscription filters is not known",
    )


def _own(filters: tuple[LogFilter, ...] | Unavailable) -> Routes:
    if isinstance(filters, Unavailable):
        return Routes(unread=filters)
    by = "a subscription filter of the log group"
    return Routes(
        known=tuple(
            Route(destination_arn=one.destination_arn, by=by, filtered=one.filtered) for one in filters
        )
    )


def _of_account(forwarding: tuple[LogForwarding, ...] | Unavailable, name: str) -> Routes:
    if isinstance(forwarding, Unavailable):
        return Routes(unread=forwarding)
    taking = [one for one in forwarding if isinstance(one.excluded, tuple) and name not in one.excluded]
    unread = (one.excluded for one in forwarding if isinstance(one.excluded, Unavailable))
    return Routes(
        known=tuple(
            Route(
                destination_arn=one.destination_arn,
                by=f"the account-level subscription filter {one.name}",
                filtered=one.filtered,
            )
            for one in taking
        ),
        unread=next(unread, None),
    )
