"""How a run left every check on every resource, without a word of its findings, for later runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from auditor.report import CheckReport, Part, Report
from auditor.verdict import ChecklistItem, Confidence, Finding, Severity, Status

ABSENT = "-"
LETTER = {
    Status.PASS: "p",
    Status.FAIL: "f",
    Status.WARN: "w",
    Status.UNKNOWN: "u",
    Status.NOT_APPLICABLE: "n",
    Status.MANUAL: "m",
}
STATUS = {letter: status for status, letter in LETTER.items()}
Key = tuple[str, str, str, bool]


class Judging(Part, frozen=True, kw_only=True):
    """How a check judges: what weighs, and its thresholds as text."""

    id: str
    severity: Severity
    confidence: Confidence
    item: ChecklistItem
    thresholds: str = ""


class Row(Part, frozen=True, kw_only=True):
    """One resource. `states` has a letter for each check, in capitals where the finding was accepted.

    A region whose functions could not be listed has a row of its own for the checks of functions.
    """

    account: str
    region: str
    resource: str
    states: str
    of_function: bool = True

    @property
    def key(self) -> Key:
        """What tells the row from all others."""
        return self.account, self.region, self.resource, self.of_function


class Odd(Part, frozen=True, kw_only=True):
    """A finding whose severity or confidence differs from its check's: places of row and check."""

    row: int
    check: int
    severity: Severity
    confidence: Confidence


class Standing(Part, frozen=True, kw_only=True):
    """A run as the next one sees it. `weights` are those of functions that do not weigh 1, by ARN; `looked`
    are accounts with the regions whose functions were listed, `filtered` is whether only some functions were
    asked for.
    """

    id: str
    at: datetime
    score: int
    possible: int
    coverage: int
    score_profile: str
    accounts: tuple[str, ...]
    looked: tuple[tuple[str, str], ...]
    filtered: bool
    functions: tuple[str, ...]
    weights: dict[str, float]
    checks: tuple[Judging, ...]
    rows: tuple[Row, ...]
    odd: tuple[Odd, ...]

    def findings(self) -> Iterator[Finding]:
        """Yield the findings again, without messages."""
        return (finding for finding, _ in self.judged())

    def judged(self) -> Iterator[tuple[Finding, bool]]:
        """Yield the findings, and whether each was accepted."""
        odd = {(one.row, one.check): one for one in self.odd}
        for number, row in enumerate(self.rows):
            for place, letter in enumerate(row.states):
                if letter == ABSENT:
                    continue
                check = self.checks[place]
                judged = odd.get((number, place), check)
                finding = Finding(
                    check=check.id,
                    resource=row.resource,
                    function=row.resource if row.of_function else "",
                    region=row.region,
                    account=row.account,
                    status=STATUS[letter.lower()],
                    severity=judged.severity,
                    confidence=judged.confidence,
                    item=check.item,
                    message="",
                )
                yield finding, letter.isupper()


def standing(report: Report) -> Standing:
    """Return what later runs need of a report."""
    checks = tuple(judging(check) for check in report.checks if check.asked)
    place = {check.id: number for number, check in enumerate(checks)}
    rows, odd = _rows(report, checks, place)
    return Standing(
        id=report.scan.id,
        at=report.generated_at,
        score=report.score,
        possible=report.possible,
        coverage=report.coverage,
        score_profile=report.score_profile,
        accounts=tuple(account.id for account in report.accounts),
        looked=tuple(_looked(report)),
        filtered=bool(report.scan.filters),
        functions=tuple(function.arn for function in report.functions),
        weights={function.arn: function.weight for function in report.functions if function.weight != 1},
        checks=checks,
        rows=tuple(
            Row(account=account, region=region, resource=resource, states=states.decode(), of_function=own)
            for (account, region, resource, own), states in rows.items()
        ),
        odd=tuple(odd),
    )


def _looked(report: Report) -> Iterator[tuple[str, str]]:
    unlisted = {(found.account, found.region) for found in report.findings if found.function == "*"}
    for account in report.accounts:
        yield account.id, ""
        yield from (
            (account.id, region) for region in account.regions if (account.id, region) not in unlisted
        )


def _rows(
    report: Report, checks: tuple[Judging, ...], place: Mapping[str, int]
) -> tuple[dict[Key, bytearray], list[Odd]]:
    rows: dict[Key, bytearray] = {}
    number: dict[Key, int] = {}
    odd = []
    for finding in report.findings:
        column = place.get(finding.check)
        if column is None:
            continue
        key = (finding.account, finding.region, finding.resource, bool(finding.function))
        if key not in rows:
            number[key] = len(rows)
            rows[key] = bytearray(ABSENT.encode() * len(checks))
        letter = LETTER[finding.status]
        rows[key][column] = ord(letter.upper() if finding.muted else letter)
        check = checks[column]
        if finding.severity is not check.severity or finding.confidence is not check.confidence:
            odd.append(
                Odd(
                    row=number[key],
                    check=column,
                    severity=finding.severity,
                    confidence=finding.confidence,
                )
            )
    return rows, odd


def judging(check: CheckReport) -> Judging:
    """Return how a check judged."""
    return Judging(
        id=check.id,
        severity=check.severity,
        confidence=check.confidence,
        item=check.item,
        thresholds=", ".join(f"{name} {value}" for name, value in check.thresholds),
    )
