"""Dependencies as a CycloneDX bill of materials."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from auditor.model import Dependency, Unavailable

SPEC_VERSION = "1.6"
# Package URL types by OSV's names of ecosystems:
# https://github.com/package-url/purl-spec/blob/main/purl-types-index.json
_TYPES = {
    "PyPI": "pypi",
    "npm": "npm",
    "Maven": "maven",
    "NuGet": "nuget",
    "RubyGems": "gem",
    "Go": "golang",
    "crates.io": "cargo",
}

Json = Mapping[str, object]


def purl(dependency: Dependency) -> str:
    """The package URL of a dependency, "" for an ecosystem that has none.

    >>> purl(Dependency(name="@aws-sdk/client-s3", version="3.1.0", ecosystem="npm"))
    'pkg:npm/%40aws-sdk/client-s3@3.1.0'
    """
    kind = _TYPES.get(dependency.ecosystem)
    if kind is None:
        return ""
    separator = ":" if kind == "maven" else "/"
    # Go's are lower case: https://github.com/package-url/purl-spec/blob/main/types-doc/golang-definition.md
    name = dependency.name.lower() if kind == "golang" else dependency.name
    path = "/".join(quote(part, safe="") for part in name.split(separator))
    version = f"@{quote(dependency.version, safe='')}" if dependency.version else ""
    return f"pkg:{kind}/{path}{version}"


def cyclonedx(
    dependencies: Iterable[Dependency],
    *,
    name: str,
    version: str = "",
    tool_version: str = "",
    whole: bool = True,
) -> Json:
    """A CycloneDX 1.6 document, ready for a JSON encoder: `name` and `version` are of the function or layer.

    `whole` is whether all that the subject depends on is listed; the document says so. It carries no serial
    number and no time, so that equal dependencies give equal documents. Known vulnerabilities go into
    `vulnerabilities`. https://cyclonedx.org/docs/1.6/json/
    """
    ordered = sorted(dependencies, key=lambda found: (found.ecosystem, found.name, found.version))
    # Names of modules of Go that differ in case alone have one package URL, and a reference stands but once.
    listed = tuple({_reference(found): found for found in ordered}.values())
    document: dict[str, object] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "tools": {"components": [_component("application", "lambda-auditor", tool_version)]},
            "component": {**_component("application", name, version), "bom-ref": "subject"},
        },
        "components": [_library(found) for found in listed],
        "dependencies": [{"ref": "subject", "dependsOn": sorted({_reference(found) for found in listed})}],
        "compositions": [{"aggregate": "complete" if whole else "incomplete", "dependencies": ["subject"]}],
    }
    vulnerabilities = _vulnerabilities(listed)
    return {**document, "vulnerabilities": vulnerabilities} if vulnerabilities else document


def _component(kind: str, name: str, version: str) -> dict[str, object]:
    return {"type": kind, "name": name, **({"version": version} if version else {})}


def _library(dependency: Dependency) -> dict[str, object]:
    group, _, name = dependency.name.rpartition(":" if dependency.ecosystem == "Maven" else "/")
    component = _component("library", name, dependency.version)
    grouped = {"group": group} if group else {}
    url = purl(dependency)
    return {**component, **grouped, "bom-ref": _reference(dependency), **({"purl": url} if url else {})}


def _reference(dependency: Dependency) -> str:
    return purl(dependency) or f"{dependency.ecosystem}/{dependency.name}@{dependency.version}"


def _vulnerabilities(dependencies: Iterable[Dependency]) -> list[dict[str, object]]:
    affected: dict[str, list[str]] = {}
    for found in dependencies:
        if not isinstance(found.vulnerabilities, Unavailable):
            for identifier in found.vulnerabilities:
                affected.setdefault(identifier, []).append(_reference(found))
    return [
        {
            "id": identifier,
            "source": {"name": "OSV"},
            "affects": [{"ref": reference} for reference in references],
        }
        for identifier, references in sorted(affected.items())
    ]
