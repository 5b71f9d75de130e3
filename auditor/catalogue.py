"""Checks as values: what makes a function a check, and how checks are found."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, get_type_hints

import auditor
from auditor.iam import BlastRadius, Privileges
from auditor.model import Account, Function, Region, Role
from auditor.reference import Attestations, Reference
from auditor.verdict import ChecklistItem, Confidence, Severity, Verdict

SUBJECTS = (Function, Region, Account, Role, Privileges)
ROLE_SUBJECTS = (Role, Privileges)
SURROUNDINGS = (Region, Account, Reference, Attestations, Role, Privileges, BlastRadius)
TITLE_LENGTH = 60
SECTIONS = ("Why it matters", "How to fix", "References")
ENTRY_POINT_GROUP = "auditor.checks"


class CatalogueError(Exception):
    """A check that cannot be loaded; the text names the file and what to mend."""


class Judge(Protocol):
    """A check's function: subject first, then surroundings, then thresholds by keyword."""

    def __call__(self, *arguments: object, **thresholds: object) -> Verdict:
        """Judge one resource."""


@dataclass(frozen=True)
class Threshold:
    """A keyword-only argument of a check: its name, type and default value."""

    name: str
    type: Any
    default: object


@dataclass(frozen=True)
class Check:
    """One check: who it judges, what it needs beside, how much it weighs, and its documentation."""

    id: str
    item: ChecklistItem
    severity: Severity
    confidence: Confidence
    codes: tuple[str, ...]
    subject: type
    needs: tuple[type, ...]
    thresholds: tuple[Threshold, ...]
    judge: Judge
    title: str
    why: str
    fix: str
    references: tuple[str, ...]
    source: str
    effort: str = ""

    @property
    def resource(self) -> type:
        """What a finding is about; a role's findings are those of each function that runs under it."""
        return Function if self.subject in ROLE_SUBJECTS else self.subject

    @property
    def judges_role(self) -> bool:
        """Whether the check looks at the execution role alone, in its account, so that it is asked once a
        role.
        """
        return self.subject in ROLE_SUBJECTS and all(
            kind in ROLE_SUBJECTS or kind in (Account, Reference) for kind in self.needs
        )

    @property
    def commands(self) -> tuple[str, ...]:
        """AWS CLI commands of the fix, with NAME, REGION, ACCOUNT and ROLE to be filled in."""
        return tuple(
            found.strip() for found in re.findall(r"`(aws [^`]+)`", self.fix.replace("\\\n", " ")) if found
        )


def check(
    *,
    item: ChecklistItem,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
    codes: tuple[str, ...] = (),
    effort: str = "",
) -> Callable[[Callable[..., Verdict]], Check]:
    """Make a check of a function.

    Its name is the id, its docstring the documentation (title, Why it matters, How to fix, References), its
    first argument what to judge (`Function`, `Region`, `Account`, or `Role` or `Privileges` for the
    execution role alone), further positional arguments the surroundings that it asks for by type (`Region`,
    `Account`, `Reference`, `Attestations`, `Role` and `Privileges` of the execution role, and `BlastRadius`,
    which says what they come to even where they could not be read), its keyword-only arguments the
    thresholds. `codes` are rows of the catalogue of practices; `effort` says in two or three words what a fix
    takes.

    Raises `CatalogueError` where signature or docstring do not have this form.
    """

    def made(function: Callable[..., Verdict]) -> Check:
        source = inspect.getsourcefile(function) or "?"
        where = f"{source}: {function.__name__}"
        subject, needs, thresholds = _signature(function, where)
        title, sections = _documentation(function, where)
        return Check(
            id=function.__name__.replace("_", "-"),
            item=item,
            severity=severity,
            confidence=confidence,
            codes=codes,
            subject=subject,
            needs=needs,
            thresholds=thresholds,
            judge=function,
            title=title,
            why=sections["Why it matters"],
            fix=sections["How to fix"],
            references=tuple(re.findall(r"https?://\S+", sections["References"])),
            source=source,
            effort=effort,
        )

    return made


def _signature(
    function: Callable[..., Verdict], where: str
) -> tuple[type, tuple[type, ...], tuple[Threshold, ...]]:
    hints = get_type_hints(function)
    if hints.get("return") is not Verdict:
        raise CatalogueError(f"{where}: a check returns a Verdict")
    parameters = list(inspect.signature(function).parameters.values())
    given = [hints.get(p.name) for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    if not given or given[0] not in SUBJECTS:
        raise CatalogueError(
            f"{where}: the first argument is a Function, Region, Account, Role or Privileges"
        )
    strange = [str(hint) for hint in given[1:] if hint not in SURROUNDINGS]
    if strange:
        allowed = ", ".join(kind.__name__ for kind in SURROUNDINGS)
        raise CatalogueError(f"{where}: a check cannot ask for {strange[0]}; it may ask for {allowed}")
    keywords = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    bare = [p.name for p in keywords if p.default is inspect.Parameter.empty or p.name not in hints]
    if bare:
        raise CatalogueError(f"{where}: threshold {bare[0]} needs a type and a default")
    thresholds = tuple(Threshold(p.name, hints[p.name], p.default) for p in keywords)
    first, *rest = (hint for hint in given if hint is not None)
    return first, tuple(rest), thresholds


def _documentation(function: Callable[..., Verdict], where: str) -> tuple[str, dict[str, str]]:
    text = inspect.cleandoc(function.__doc__ or "")
    title, *parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = {name.strip(): body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    missing = [name for name in SECTIONS if not sections.get(name)]
    if missing:
        raise CatalogueError(f"{where}: the docstring lacks the section '## {missing[0]}'")
    title = title.strip().rstrip(".")
    if not title or "\n" in title or len(title) > TITLE_LENGTH:
        raise CatalogueError(
            f"{where}: the docstring opens with a title of at most {TITLE_LENGTH} characters"
        )
    return title, sections


def load(folders: Iterable[Path] = ()) -> tuple[Check, ...]:
    """Collect the built-in checks, those of further folders, and those of installed entry points, sorted by
    id.

    Raises `CatalogueError` naming the file where a module does not import, or two checks share an id.
    """
    found: dict[str, Check] = {}
    for one in _all(folders):
        known = found.setdefault(one.id, one)
        if known is not one:
            raise CatalogueError(f"{one.source}: check {one.id} is also defined in {known.source}")
    return tuple(found[key] for key in sorted(found))


def _all(folders: Iterable[Path]) -> Iterator[Check]:
    for folder in (builtin_folder(), *folders):
        if not folder.is_dir():
            raise CatalogueError(f"{folder} is not a folder of checks")
        for file in sorted(folder.glob("*.py")):
            if file.name != "__init__.py":
                yield from _checks_of(_mount(file))
    for point in entry_points(group=ENTRY_POINT_GROUP):
        yield from _checks_of(point.load())


def builtin_folder() -> Path:
    """Folder of the built-in checks: inside the package once installed, beside it in a checkout."""
    package = Path(auditor.__file__).parent
    installed = package / "checks"
    return installed if installed.is_dir() else package.parent / "checks"


def _mount(file: Path) -> ModuleType:
    name = f"auditor_checks_{abs(hash(str(file.resolve()))):x}.{file.stem}".replace(".", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise CatalogueError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except CatalogueError:
        raise
    except Exception as error:
        raise CatalogueError(f"{file} does not import: {type(error).__name__}: {error}") from error
    return module


def _checks_of(module: ModuleType) -> Iterator[Check]:
    return (value for value in vars(module).values() if isinstance(value, Check))
