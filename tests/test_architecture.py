"""The structure: who may import whom, which library lives in which room, and a package list that is true."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Layers from the bottom up: a module may import its own layer's room and any lower layer.
LAYERS = (
    {"model", "yaml_text"},
    {"verdict", "iam", "secrets"},
    {"code", "reference"},
    # What checks and report derive from the model: one question each, asked by several checks.
    {
        "cost",
        "served",
        "queries",
        "callers",
        "alarm_coverage",
        "sizing",
        "placeholders",
        "deployed",
        "destinations",
        "code_in_use",
        "timeout_chain",
        "advice",
        "log_routes",
        "authors",
    },
    {"catalogue"},
    {"settings"},
    {"rulesets", "settings_form", "scaffold", "suggestion"},
    {"evaluate", "mute", "score", "frameworks", "report"},
    {"connections", "function_report", "suggested_policies"},
    {"compose", "testing", "vulnerabilities", "selection"},
    {"docs", "history", "runtime_dates"},
    {"pipeline", "render", "collect", "snapshot", "demo", "gate"},
    {"publish", "bucket_rules"},
    {"deploy"},
    {"cli", "handler", "organization", "__main__"},
)
DERIVED = {
    "cost",
    "served",
    "queries",
    "callers",
    "alarm_coverage",
    "sizing",
    "deployed",
    "destinations",
    "code_in_use",
    "timeout_chain",
    "advice",
    "log_routes",
    "authors",
}
# Rooms that may look up or sideways beyond their layer, and why.
GRANTED = {
    ("report", "verdict"),
    ("score", "report"),  # a score is told in the report's own parts
    ("frameworks", "report"),
}
AT_AWS = {
    "auditor/collect",
    "auditor/demo",
    "auditor/handler.py",
    "auditor/publish.py",
    "auditor/bucket_rules.py",
}
CONFINED = {
    "boto3": AT_AWS,
    "botocore": AT_AWS | {"auditor/history/bucket.py"},
    "click": {"auditor/cli/"},
    "jinja2": {"auditor/render"},
    "yaml": {"auditor/demo", "auditor/yaml_text.py"},
}


def sources() -> list[Path]:
    return sorted((ROOT / "auditor").rglob("*.py")) + sorted((ROOT / "checks").glob("*.py"))


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "auditor" and len(parts) > 1 else None


def layer(name: str) -> int:
    found = [index for index, rooms in enumerate(LAYERS) if name in rooms]
    assert found, f"auditor/{name} stands in no layer: place it"
    return found[0]


def rooms_of(file: Path) -> str:
    parts = file.relative_to(ROOT / "auditor").with_suffix("").parts
    return parts[0]


@pytest.mark.parametrize(
    "file",
    [file for file in sources() if file.is_relative_to(ROOT / "auditor") and file.name != "__init__.py"],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_imports_point_one_way(file: Path) -> None:
    own = rooms_of(file)
    existing = {path.stem for path in (ROOT / "auditor").iterdir()}
    for module in imports(file):
        other = room(module)
        if other is None or other == own or other not in existing or (own, other) in GRANTED:
            continue
        assert layer(other) <= layer(own), f"auditor/{own} imports auditor/{other}, which stands above it"


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(file: Path) -> None:
    place = str(file.relative_to(ROOT))
    for module in imports(file):
        allowed = CONFINED.get(module.split(".")[0])
        assert allowed is None or any(place.startswith(folder) for folder in allowed), (
            f"{place} imports {module}"
        )


@pytest.mark.parametrize("file", sorted((ROOT / "checks").glob("*.py")), ids=lambda file: file.stem)
def test_checks_import_public_names_only(file: Path) -> None:
    rooms = {room(module) for module in imports(file)} - {None}
    names = {name for name in rooms if name in {path.stem for path in (ROOT / "auditor").iterdir()}}
    assert names <= {"model", "iam", "code", "secrets", "reference", *DERIVED}


def test_the_package_list_is_the_tree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = set(project["tool"]["setuptools"]["packages"])
    tree = {".".join(file.parent.relative_to(ROOT).parts) for file in (ROOT / "auditor").rglob("__init__.py")}
    assert listed == tree | {"auditor.checks", "auditor.report_templates"}


def test_package_data_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]
    folders = {"auditor.checks": ROOT / "checks", "auditor.report_templates": ROOT / "report_templates"}
    for package in project["tool"]["setuptools"]["packages"]:
        folder = folders.get(package, ROOT.joinpath(*package.split(".")))
        data = [
            file
            for file in folder.rglob("*")
            if file.is_file()
            and file.suffix in {".yaml", ".json", ".j2", ".css", ".js", ".txt", ".zip"}
            and not any(
                (parent / "__init__.py").exists()
                for parent in file.parents
                if parent != folder and parent.is_relative_to(folder)
            )
        ]
        for file in data:
            fits = any(file.relative_to(folder).match(pattern) for pattern in patterns.get(package, ()))
            assert fits, f"{file.relative_to(ROOT)} is not among the package data of {package}"
