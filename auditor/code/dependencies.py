"""Third-party packages and their versions, as manifests in a package tell."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from auditor.code.archive import Archive
from auditor.code.ownership import Ownership
from auditor.code.releases import released
from auditor.model import Dependency

_MANIFEST_BYTES = 2 * 1024 * 1024
_LOCK_BYTES = 8 * 1024 * 1024
_PACKAGE_JSON_BYTES = 256 * 1024
MOST_MANIFESTS = 5_000
_NODE_PACKAGE = re.compile(r"(?:^|/)node_modules/(?P<name>(?:@[^/]+/)?[^/@.][^/]*)/package\.json$")
_JAR = re.compile(r"(?:^|/)(?P<name>[A-Za-z][\w.+-]*?)-(?P<version>\d[\w.+-]*?)\.jar$")
_GEM = re.compile(r"/specifications/(?P<name>[\w.-]+?)-(?P<version>\d[\w.]*?)(?:-[\w-]+)?\.gemspec$")
_VERSION = re.compile(r"[\w.+!-]{1,64}")
_NAME = re.compile(r"[@\w][\w./@:+~-]{0,200}")
# Under GEM and "specs:", four spaces deep: https://bundler.io/guides/rationale.html
_GEMS = re.compile(r"^GEM\r?\n(?:(?: .*)?\r?\n)+", re.MULTILINE)
_LOCKED_GEM = re.compile(r"^ {4}(?P<name>[\w.-]+) \((?P<version>\d[\w.]*)(?:-[\w.-]+)?\)\r?$", re.MULTILINE)


class _Manifest(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Locked(msgspec.Struct):
    version: str = ""
    name: str = ""
    dev: bool = False
    link: bool = False
    dependencies: dict[str, "_Locked"] = {}


class _Lock(msgspec.Struct):
    packages: dict[str, _Locked] = {}
    dependencies: dict[str, _Locked] = {}


class _Library(msgspec.Struct):
    type: str = ""


class _Deps(msgspec.Struct):
    libraries: dict[str, _Library] = {}


def declared(archive: Archive, ownership: Ownership) -> frozenset[tuple[str, str, str]]:
    """(ecosystem, name, version) of the third-party packages that manifests and names of members tell of."""
    return frozenset(
        (
            *_python(archive, ownership),
            *_node(archive),
            *_java(archive),
            *_dotnet(archive),
            *_ruby(archive),
        )
    )


def dependencies(found: Iterable[tuple[str, str, str]]) -> tuple[Dependency, ...]:
    """Packages by (ecosystem, name, version) as records, sorted; those with a hostile name are left out."""
    return tuple(
        Dependency(
            name=name, version=version, ecosystem=ecosystem, released=released(ecosystem, name, version)
        )
        for ecosystem, name, version in sorted(set(found))
        if _NAME.fullmatch(name) and (not version or _VERSION.fullmatch(version))
    )


def _python(archive: Archive, ownership: Ownership) -> Iterator[tuple[str, str, str]]:
    for name, version, folder in ownership.distributions:
        metadata = f"{folder}/METADATA" if f"{folder}/METADATA" in archive else f"{folder}/PKG-INFO"
        if not version and metadata in archive:
            yield "PyPI", *_metadata(archive, metadata, name)
        else:
            yield "PyPI", normalised(name), version


def _metadata(archive: Archive, path: str, name: str) -> tuple[str, str]:
    text = archive.head(path, _PACKAGE_JSON_BYTES).decode("utf-8", "replace")
    fields = dict(re.findall(r"^(Name|Version): (\S+)\s*$", text, re.MULTILINE))
    return normalised(fields.get("Name", name)), fields.get("Version", "")


def normalised(name: str) -> str:
    """A Python distribution's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _node(archive: Archive) -> Iterator[tuple[str, str, str]]:
    locks = [name for name in archive.names if name.endswith("node_modules/.package-lock.json")]
    if locks:
        for lock in locks:
            yield from _locked(archive, lock)
        return
    manifests = [name for name in archive.names if _NODE_PACKAGE.search(name)]
    for name in manifests[:MOST_MANIFESTS]:
        data = archive.read(name, _PACKAGE_JSON_BYTES)
        try:
            manifest = msgspec.json.decode(data or b"{}", type=_Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if manifest.version:
            match = _NODE_PACKAGE.search(name)
            yield "npm", manifest.name or (match["name"] if match else ""), manifest.version
    if not manifests and "package-lock.json" in archive:
        yield from _locked(archive, "package-lock.json")


def _locked(archive: Archive, path: str) -> Iterator[tuple[str, str, str]]:
    data = archive.read(path, _LOCK_BYTES)
    try:
        lock = msgspec.json.decode(data or b"{}", type=_Lock)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    for key, entry in lock.packages.items():
        if key and entry.version and not entry.dev and not entry.link:
            yield "npm", entry.name or key.rpartition("node_modules/")[2], entry.version
    if not lock.packages:
        for name, entry in lock.dependencies.items():
            if entry.version and not entry.dev:
                yield "npm", name, entry.version


def _java(archive: Archive) -> Iterator[tuple[str, str, str]]:
    described: set[str] = set()
    for name in archive.names:
        if name.endswith("/pom.properties") and "META-INF/maven/" in name:
            text = archive.head(name, _PACKAGE_JSON_BYTES).decode("utf-8", "replace")
            fields = dict(re.findall(r"^(groupId|artifactId|version)=(\S+)\s*$", text, re.MULTILINE))
            if "artifactId" in fields and "version" in fields:
                described.add(fields["artifactId"])
                yield (
                    "Maven",
                    f"{fields.get('groupId', '')}:{fields['artifactId']}".lstrip(":"),
                    fields["version"],
                )
    for name in archive.names:
        jar = _JAR.search(name)
        if jar and jar["name"] not in described:
            yield "Maven", jar["name"], jar["version"]


def _dotnet(archive: Archive) -> Iterator[tuple[str, str, str]]:
    for path in (name for name in archive.names if name.endswith(".deps.json")):
        data = archive.read(path, _MANIFEST_BYTES)
        try:
            deps = msgspec.json.decode(data or b"{}", type=_Deps)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        for key, library in deps.libraries.items():
            name, _, version = key.partition("/")
            if library.type == "package":
                yield "NuGet", name, version


def _ruby(archive: Archive) -> Iterator[tuple[str, str, str]]:
    """Installed gems by their specifications; without any, what the lock file says: a layer may hold them."""
    installed = [gem for gem in map(_GEM.search, archive.names) if gem]
    locks = () if installed else (name for name in archive.names if _is_gem_lock(name))
    for gem in installed:
        yield "RubyGems", gem["name"], gem["version"]
    for lock in locks:
        text = archive.head(lock, _MANIFEST_BYTES).decode("utf-8", "replace")
        for section in _GEMS.finditer(text):
            for gem in _LOCKED_GEM.finditer(section[0]):
                yield "RubyGems", gem["name"], gem["version"]


def _is_gem_lock(name: str) -> bool:
    return name.rpartition("/")[2] in {"Gemfile.lock", "gems.locked"}
