"""What a role may do and has not done, by IAM's last-accessed data and by Access Analyzer."""

from datetime import UTC, date, datetime, timedelta

from auditor.iam.privileges import Privileges
from auditor.model import LastAccessed, Record, ServiceUse, UnusedAccess


class Unused(Record, frozen=True, kw_only=True):
    """The use of a role's granted services over a window of days, which `since` begins.

    `services` are granted and not used in the window, `actions` granted, tracked one by one by IAM, and not
    used, though their service was. `granted` and `used` count services.
    """

    granted: int
    used: int
    services: tuple[str, ...]
    actions: tuple[str, ...]
    window_days: int
    since: date

    @property
    def share_used(self) -> float:
        """Share of granted services that were used, 0 to 1."""
        return self.used / self.granted if self.granted else 1.0


def unused(
    privileges: Privileges, accessed: LastAccessed, *, created_at: datetime | None, window_days: int = 90
) -> Unused | None:
    """What of the granted services and tracked actions was not used in the window, None where the role is
    younger.

    IAM's data reach back 400 days, lag by up to four hours, count denied attempts as use, and track single
    actions of some services only: an action that is not tracked is never called unused here.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
    """
    begins = _utc(accessed.generated_at) - timedelta(days=window_days)
    if created_at is not None and _utc(created_at) > begins:
        return None
    listed = {use.service.lower(): use for use in accessed.services}
    granted = [service for service in sorted(privileges.services) if service in listed]
    idle = tuple(service for service in granted if not _used(listed[service], begins))
    return Unused(
        granted=len(granted),
        used=len(granted) - len(idle),
        services=idle,
        actions=tuple(
            action
            for service in granted
            if service not in idle
            for action in _idle_actions(privileges, listed[service], begins)
        ),
        window_days=window_days,
        since=begins.date(),
    )


def analysed(privileges: Privileges, access: UnusedAccess) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The granted services, and single actions of others, that Access Analyzer found unused.

    It looks at identity policies alone: what a boundary or service control policy takes away is left out
    here.
    """
    services = {one.service.lower() for one in access.permissions if not one.actions}
    actions = tuple(
        granted[0].action
        for one in access.permissions
        for name in one.actions
        if one.service.lower() not in services and (granted := privileges.of(_full(one.service, name)))
    )
    return tuple(sorted(services & set(privileges.services))), actions


def _used(use: ServiceUse, begins: datetime) -> bool:
    moments = (use.last_used, *(moment for _, moment in use.tracked_actions))
    return any(moment is not None and _utc(moment) >= begins for moment in moments)


def _idle_actions(privileges: Privileges, use: ServiceUse, begins: datetime) -> tuple[str, ...]:
    return tuple(
        granted[0].action
        for name, moment in use.tracked_actions
        if (moment is None or _utc(moment) < begins) and (granted := privileges.of(_full(use.service, name)))
    )


def _full(service: str, action: str) -> str:
    return action if ":" in action else f"{service}:{action}"


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
