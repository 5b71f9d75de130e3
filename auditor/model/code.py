"""Facts of a deployed package and of layers. No source code, no literal value."""

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable
from auditor.model.role import ResourcePolicy


class Located(Record, frozen=True, kw_only=True):
    """A fact with its place in the package. `what` is a name or identifier, never a line of source or a
    literal value.

    `kind` names the detector's case (`client-in-handler`, `swallowed`, `no-timeout` …); `confidence` is
    high, medium or low. `number` is what was measured there: seconds of a timeout, an HTTP status code, a
    count of members; None where the kind has no number.
    """

    kind: str
    file: str
    line: int
    what: str = ""
    confidence: str = "high"
    number: float | None = None


class Dependency(Record, frozen=True, kw_only=True):
    """A third-party package found in a deployment package or layer.

    `ecosystem` is `PyPI`, `npm`, `Maven`, `NuGet`, `RubyGems`, `Go` or `crates.io`; of Go, `stdlib` is the
    standard library, in the version of the toolchain. `released` is the month (`2024-08`) by which
    the version had come out, known for AWS SDKs alone, else "".
    """

    name: str
    version: str
    ecosystem: str
    released: str = ""
    vulnerabilities: tuple[str, ...] | Unavailable = NOT_COLLECTED


class PackageFacts(Record, frozen=True, kw_only=True):
    """What a listing tells: sizes in bytes, counts, members that should not be shipped, third-party
    packages.

    `executables` is what a native `bootstrap` says of itself; `packages-unread` among them tells that
    `dependencies` lacks what it was built from.
    """

    files: int
    unzipped_bytes: int
    own_files: int
    dependencies: tuple[Dependency, ...] = ()
    unwanted: tuple[Located, ...] = ()
    secrets: tuple[Located, ...] | Unavailable = NOT_COLLECTED
    wrong_binaries: tuple[Located, ...] = ()
    executables: tuple[Located, ...] = ()


class CodeFacts(Record, frozen=True, kw_only=True):
    """Facts of the code that a function runs, by detector; `language` is `python`, `javascript` or another
    runtime family.

    A detector that had no source to look at carries `Unavailable`, never an empty tuple.
    """

    language: str
    package: PackageFacts | Unavailable
    handler: Located | None | Unavailable = NOT_COLLECTED
    facts: tuple[Located, ...] | Unavailable = NOT_COLLECTED
    calls: tuple[tuple[str, str, str], ...] | Unavailable = NOT_COLLECTED
    handler_lines: int = 0
    handler_complexity: int = 0


class LayerVersion(Record, frozen=True, kw_only=True):
    """A layer version that functions use, or the newest of its layer. Sizes in bytes."""

    arn: str
    latest_version: int | Unavailable = NOT_COLLECTED
    description: str | Unavailable = ""
    compatible_runtimes: tuple[str, ...] | Unavailable = ()
    policy: ResourcePolicy | None | Unavailable = NOT_COLLECTED
    package: PackageFacts | Unavailable = NOT_COLLECTED
