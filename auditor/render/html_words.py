"""Numbers, dates and counts as the HTML report writes them."""

from datetime import date, datetime

from auditor.model import Reason
from auditor.report import Cap, CostReport
from auditor.verdict import Finding, Severity, Status

MINUS = "−"
THIN = "\u202f"
SOON_DAYS = 190
"""Days before the end of support from which a runtime counts as ending soon: the notice AWS gives is 180
days.
"""

SEVERITY_WORDS = {severity: severity.value.capitalize() for severity in Severity}
STATUS_WORDS = {
    Status.FAIL: "Fail",
    Status.WARN: "Warn",
    Status.UNKNOWN: "Unknown",
    Status.PASS: "Pass",
    Status.NOT_APPLICABLE: "Not applicable",
    Status.MANUAL: "Manual",
}

COST_PARTS = (
    ("m1", "Compute"),
    ("m2", "Provisioned concurrency and snapshots"),
    ("m3", "Logs"),
    ("m4", "Requests"),
    ("m5", "Ephemeral storage"),
)
"""Parts of a function's cost: the shade of their bar and their name, in the order of `cost_parts`."""


def points(value: float, *, sign: str = MINUS) -> str:
    """Write points with their sign and one decimal, with two where one would show 0.0: `−7.1`, `+0.04`,
    `0`.
    """
    if value == 0:
        return "0"
    shown = f"{abs(value):.1f}"
    if shown == "0.0":
        shown = f"{abs(value):.2f}"
    if shown == "0.00":
        return "<0.01"
    return f"{sign}{shown}"


def number(value: float) -> str:
    """Write a whole number with thousands separated by commas."""
    return f"{value:,.0f}"


def counted(value: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: `1 function`, `1,386 functions`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def dollars(value: float) -> str:
    """Write US dollars with cents; `under $0.01` for less than one."""
    if 0 < value < 0.01:  # noqa: PLR2004 - one cent
        return "under $0.01"
    return f"${value:,.2f}"


def cost_parts(found: CostReport | None) -> tuple[float, ...]:
    """Return the dollars of each of `COST_PARTS`; logs are ingestion and storage, what is kept
    warm is environments and snapshots.
    """
    if found is None:
        return (0.0,) * len(COST_PARTS)
    logs = found.log_ingestion_usd + found.log_storage_usd
    warm = found.provisioned_usd + found.snapstart_usd
    return (found.compute_usd, warm, logs, found.requests_usd, found.ephemeral_usd)


def mostly(found: CostReport | None) -> str:
    """Name the largest part of a cost with its share: `Logs 88 %`; empty where nothing is spent."""
    parts = cost_parts(found)
    largest = max(range(len(parts)), key=lambda place: parts[place])
    return f"{COST_PARTS[largest][1]} {share(parts[largest], sum(parts))}" if sum(parts) else ""


def share(part: float, whole: float) -> str:
    """Write a share in words: `88 %`, `under 1 %`."""
    found = 100 * part / whole if whole else 0.0
    return "under 1 %" if 0 < found < 1 else f"{found:.0f} %"


def day(value: date) -> str:
    """Write a date: `23 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def day_and_month(value: date) -> str:
    """Write a date of the running year: `23 November`."""
    return f"{value.day} {value:%B}"


def moment(value: datetime) -> str:
    """Write a time in UTC: `23 Nov 2026, 06:00 UTC`."""
    return f"{day(value)}, {value:%H:%M} UTC"


def span(seconds: float) -> str:
    """Write a length of time: `48 s`, `1 min 48 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {left} s"
    return f"{left} s"


def support(days_left: int | None) -> tuple[str, str]:
    """Say how long a runtime is supported, and the tone of the chip: `("158 d left", "soon")`."""
    if days_left is None:
        return "no date", ""
    if days_left < 0:
        return f"ended {-days_left:,} d ago", "bad"
    return f"{days_left:,} d left", "soon" if days_left < SOON_DAYS else ""


def percent(part: float, whole: float) -> str:
    """Write a share for an SVG attribute: `12.5%`, `0%` of nothing."""
    share = 100 * part / whole if whole else 0.0
    return f"{round(share, 2):g}%"


def listed(words: tuple[str, ...], most: int) -> str:
    """Join words with commas; beyond `most` say how many more there are."""
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[:most])} and {len(words) - most:,} more"


def place_name(finding: Finding) -> str:
    """Name what a finding without a function is about: a region, an account, or the resource itself."""
    return finding.region or (f"account {finding.account}" if finding.account else finding.resource)


def reason_words(reason: str) -> str:
    """Write a reason code in words: `access denied`."""
    return reason.replace("_", " ").lower()


def tightest(caps: tuple[Cap, ...]) -> Cap | None:
    """Return the lowest of the ceilings, or None without any."""
    return min(caps, key=lambda cap: cap.ceiling, default=None)


DENIED = Reason.ACCESS_DENIED.value
