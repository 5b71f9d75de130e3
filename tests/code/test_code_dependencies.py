"""Dependencies, their bill of materials, and their known vulnerabilities."""
# ruff: noqa: E501 - a row of a table is one line

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from auditor.code import analyse_layer
from auditor.code.osv import OsvError, load_osv, matched
from auditor.code.releases import released
from auditor.code.sbom import cyclonedx, purl
from auditor.code.versions import version_key
from auditor.model import Dependency, PackageFacts, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]

GEMFILE_LOCK = """\
PATH
  remote: engine
  specs:
    engine (0.1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.16.2-x86_64-linux)
      racc (~> 1.4)
    rack (2.2.3)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  rack (= 2.2.3)

BUNDLED WITH
   2.5.6
"""
MANIFESTS: list[tuple[str, dict[str, str], list[tuple[str, str, str]]]] = [
    ("dist-info", {"requests-2.31.0.dist-info/METADATA": "Name: requests", "requests-2.31.0.dist-info/RECORD": ""}, [("PyPI", "requests", "2.31.0")]),
    ("layer folder", {"python/lib/python3.12/site-packages/PyYAML-6.0.dist-info/METADATA": ""}, [("PyPI", "pyyaml", "6.0")]),
    ("egg-info", {"six-1.16.0-py3.9.egg-info/PKG-INFO": ""}, [("PyPI", "six", "1.16.0")]),
    ("metadata alone", {"thing.dist-info/METADATA": "Metadata-Version: 2.1\nName: Thing_One\nVersion: 1.2\n"}, [("PyPI", "thing-one", "1.2")]),
    ("node package", {"node_modules/@a/b/package.json": '{"name": "@a/b", "version": "1.0.0"}', "node_modules/@a/b/lib/package.json": '{"version": "9"}'}, [("npm", "@a/b", "1.0.0")]),
    ("nested node package", {"nodejs/node_modules/a/node_modules/b/package.json": '{"name": "b", "version": "2.0.0"}'}, [("npm", "b", "2.0.0")]),
    ("lock in node_modules", {"node_modules/.package-lock.json": '{"packages": {"node_modules/a": {"version": "1.0.0"}, "node_modules/d": {"version": "3.0.0", "dev": true}}}', "node_modules/a/package.json": "{}"}, [("npm", "a", "1.0.0")]),
    ("lock of a bundle", {"package-lock.json": '{"packages": {"": {"version": "1"}, "node_modules/a": {"version": "1.0.0"}}}'}, [("npm", "a", "1.0.0")]),
    ("old lock", {"package-lock.json": '{"dependencies": {"a": {"version": "1.0.0"}, "b": {"version": "2.0.0", "dev": true}}}'}, [("npm", "a", "1.0.0")]),
    ("broken manifests", {"node_modules/a/package.json": "{", "node_modules/b/package.json": '{"version": 3}', "x.deps.json": "[]"}, []),
    ("jars", {"lib/jackson-core-2.15.2.jar": "", "lib/own.jar": ""}, [("Maven", "jackson-core", "2.15.2")]),
    ("pom", {"META-INF/maven/com.x/core/pom.properties": "groupId=com.x\nartifactId=core\nversion=1.1\n"}, [("Maven", "com.x:core", "1.1")]),
    ("deps.json", {"App.deps.json": '{"libraries": {"App/1.0": {"type": "project"}, "Newtonsoft.Json/13.0.1": {"type": "package"}}}'}, [("NuGet", "Newtonsoft.Json", "13.0.1")]),
    ("gems", {"vendor/bundle/ruby/3.3.0/specifications/rack-2.2.3.gemspec": ""}, [("RubyGems", "rack", "2.2.3")]),
    ("gem of a platform", {"ruby/gems/3.3.0/specifications/nokogiri-1.16.2-x86_64-linux-gnu.gemspec": ""}, [("RubyGems", "nokogiri", "1.16.2")]),
    ("lock of gems", {"Gemfile.lock": GEMFILE_LOCK}, [("RubyGems", "nokogiri", "1.16.2"), ("RubyGems", "rack", "2.2.3")]),
    ("lock of gems from Windows", {"Gemfile.lock": GEMFILE_LOCK.replace("\n", "\r\n")}, [("RubyGems", "nokogiri", "1.16.2"), ("RubyGems", "rack", "2.2.3")]),
    ("lock beside installed gems", {"Gemfile.lock": GEMFILE_LOCK, "vendor/bundle/ruby/3.3.0/specifications/rack-2.2.3.gemspec": ""}, [("RubyGems", "rack", "2.2.3")]),
    ("pom in a jar's folder", {"lib/core.jar": "", "META-INF/maven/com.x/core/pom.properties": "#by Maven\r\nversion=1.1\r\ngroupId=com.x\r\nartifactId=core\r\n", "lib/core-1.1.jar": ""}, [("Maven", "com.x:core", "1.1")]),
    ("nested too deep", {"App.deps.json": '{"x":' * 100_000, "node_modules/a/package.json": '{"x":' * 40_000}, []),
    ("hostile name", {"node_modules/x/package.json": json.dumps({"name": "=cmd()<b>", "version": "1"})}, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected"), [row[1:] for row in MANIFESTS], ids=[row[0] for row in MANIFESTS]
)
def test_manifests(zipped: Zipped, files: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    facts = analyse_layer(zipped(files), deadline=lambda: False)
    assert isinstance(facts, PackageFacts)
    assert [(found.ecosystem, found.name, found.version) for found in facts.dependencies] == expected


RELEASES = [
    ("PyPI", "boto3", "1.34.162", "2024-08"), ("PyPI", "boto3", "1.17.5", "2021-07"), ("PyPI", "boto3", "1.44.5", "2026-11"),
    ("PyPI", "boto3", "1.99.0", "2026-11"), ("PyPI", "botocore", "1.29.3", "2023-07"), ("PyPI", "botocore", "1.35.0", "2025-01"),
    ("PyPI", "boto3", "1", ""), ("PyPI", "requests", "2.31.0", ""), ("npm", "@aws-sdk/client-s3", "3.300.0", "2024-11"),
    ("npm", "@aws-sdk/client-s3", "3.1170.0", "2026-11"), ("npm", "@aws-sdk/client-s3", "2.1.0", ""), ("npm", "lodash", "4.1.0", ""),
]  # fmt: skip


@pytest.mark.parametrize(("ecosystem", "name", "version", "month"), RELEASES)
def test_months_by_which_sdks_had_come_out(ecosystem: str, name: str, version: str, month: str) -> None:
    assert released(ecosystem, name, version) == month


PURLS = [
    (Dependency(name="@aws-sdk/client-s3", version="3.1.0", ecosystem="npm"), "pkg:npm/%40aws-sdk/client-s3@3.1.0"),
    (Dependency(name="requests", version="2.31.0", ecosystem="PyPI"), "pkg:pypi/requests@2.31.0"),
    (Dependency(name="com.x:core", version="1.1", ecosystem="Maven"), "pkg:maven/com.x/core@1.1"),
    (Dependency(name="rack", version="", ecosystem="RubyGems"), "pkg:gem/rack"),
    (Dependency(name="x", version="1+local", ecosystem="PyPI"), "pkg:pypi/x@1%2Blocal"),
    (Dependency(name="github.com/BurntSushi/toml", version="v1.3.2", ecosystem="Go"), "pkg:golang/github.com/burntsushi/toml@v1.3.2"),
    (Dependency(name="stdlib", version="1.22.3", ecosystem="Go"), "pkg:golang/stdlib@1.22.3"),
    (Dependency(name="serde_json", version="1.0.117", ecosystem="crates.io"), "pkg:cargo/serde_json@1.0.117"),
    (Dependency(name="x", version="1", ecosystem="Conan"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("dependency", "expected"), PURLS)
def test_package_urls(dependency: Dependency, expected: str) -> None:
    assert purl(dependency) == expected


def test_bill_of_materials() -> None:
    listed = [
        Dependency(name="requests", version="2.31.0", ecosystem="PyPI", vulnerabilities=("CVE-2024-35195",)),
        Dependency(name="@a/b", version="1.0.0", ecosystem="npm"),
    ]
    document = cyclonedx(listed, name="orders", version="7", tool_version="0.1.0")
    assert document == cyclonedx(reversed(listed), name="orders", version="7", tool_version="0.1.0")
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    components = json.loads(json.dumps(document))["components"]
    assert components == [
        {"type": "library", "name": "requests", "version": "2.31.0", "bom-ref": "pkg:pypi/requests@2.31.0", "purl": "pkg:pypi/requests@2.31.0"},
        {"type": "library", "name": "b", "group": "@a", "version": "1.0.0", "bom-ref": "pkg:npm/%40a/b@1.0.0", "purl": "pkg:npm/%40a/b@1.0.0"},
    ]  # fmt: skip
    assert document["vulnerabilities"] == [
        {"id": "CVE-2024-35195", "source": {"name": "OSV"}, "affects": [{"ref": "pkg:pypi/requests@2.31.0"}]}
    ]


def _record(name: str, ecosystem: str, events: list[dict[str, str]], **more: object) -> dict[str, object]:
    affected = {
        "package": {"name": name, "ecosystem": ecosystem},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": "GHSA-x", "aliases": ["CVE-2024-1"], "affected": [affected | more]}


RANGES: list[tuple[str, list[dict[str, str]], dict[str, bool]]] = [
    ("fixed", [{"introduced": "0"}, {"fixed": "2.0.0"}], {"1.9.9": True, "2.0.0": False, "0.0.1": True}),
    ("introduced later", [{"introduced": "1.0.0"}, {"fixed": "1.5.0"}], {"0.9.0": False, "1.0.0": True, "1.4.9": True, "1.5.0": False}),
    ("last affected", [{"introduced": "0"}, {"last_affected": "1.5.0"}], {"1.5.0": True, "1.5.1": False}),
    ("never fixed", [{"introduced": "1.0.0"}], {"99.0.0": True, "0.1.0": False}),
    ("twice", [{"introduced": "1.0.0"}, {"fixed": "1.2.0"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}], {"1.1.0": True, "1.5.0": False, "2.0.5": True, "2.1.0": False}),
    ("unordered events", [{"fixed": "2.1.0"}, {"introduced": "2.0.0"}], {"2.0.5": True, "2.1.0": False}),
]  # fmt: skip


@pytest.mark.parametrize("ecosystem", ["PyPI", "npm", "Go", "crates.io"])
@pytest.mark.parametrize(("events", "expected"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES])
def test_ranges(
    tmp_path: Path, ecosystem: str, events: list[dict[str, str]], expected: dict[str, bool]
) -> None:
    (tmp_path / "x.json").write_text(json.dumps(_record("thing", ecosystem, events)))
    database = load_osv(tmp_path)
    for version, affected in expected.items():
        found = database.vulnerabilities(Dependency(name="thing", version=version, ecosystem=ecosystem))
        assert found == (("CVE-2024-1",) if affected else ()), version


def test_database_of_zips_and_what_it_does_not_know(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(_record("My_Thing", "PyPI", [], versions=["1.0"])))
        archive.writestr(
            "b.json",
            json.dumps({**_record("gone", "PyPI", [{"introduced": "0"}]), "withdrawn": "2024-01-01"}),
        )
        archive.writestr("c.json", "not json")
    database = load_osv(tmp_path)
    thing = Dependency(name="my-thing", version="1.0.0", ecosystem="PyPI")
    assert database.vulnerabilities(thing) == ("CVE-2024-1",)
    assert database.vulnerabilities(Dependency(name="gone", version="1", ecosystem="PyPI")) == ()
    for unknown in (
        Dependency(name="a", version="1", ecosystem="npm"),
        Dependency(name="a", version="?", ecosystem="PyPI"),
    ):
        assert isinstance(database.vulnerabilities(unknown), Unavailable)
    assert isinstance(matched([thing], None)[0].vulnerabilities, Unavailable)
    assert matched([thing], database)[0].vulnerabilities == ("CVE-2024-1",)


def test_a_folder_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OsvError):
        load_osv(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(OsvError):
        load_osv(tmp_path)


VERSIONS = st.from_regex(
    r"\A(?:[0-2]!)?[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}(?:(?:a|b|rc)[0-9])?(?:\.post[0-9])?(?:\.dev[0-9])?(?:\+[a-c1-3](?:\.[a-c1-3])?)?\Z"
)


@given(one=VERSIONS, other=VERSIONS)
def test_python_versions_are_ordered_as_packaging_does(one: str, other: str) -> None:
    mine, theirs = version_key("PyPI", one), version_key("PyPI", other)
    assert mine is not None
    assert theirs is not None
    assert (mine < theirs, mine == theirs) == (Version(one) < Version(other), Version(one) == Version(other))


SEMANTIC = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2",
    "1.10.0",
    "2.0.0",
]


def test_semantic_versions_are_ordered_as_their_specification_says() -> None:
    keys = [version_key("npm", version) for version in SEMANTIC]
    assert None not in keys
    assert keys == sorted(key for key in keys if key is not None)
    assert version_key("npm", "1.0.0+build") == version_key("npm", "1.0.0")
    assert version_key("npm", "latest") is None
