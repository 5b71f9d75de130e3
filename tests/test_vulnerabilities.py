"""Known vulnerabilities reach every package that was read: of functions, of versions in use, of layers."""

import json
from pathlib import Path

import msgspec
import pytest

from auditor.code import OsvDatabase, load_osv
from auditor.model import Dependency, Function, Inventory, LayerVersion, PackageFacts, Unavailable
from auditor.testing import (
    healthy_account,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_version,
    inventory_of,
)
from auditor.vulnerabilities import with_vulnerabilities

OLD = Dependency(name="requests", version="2.19.0", ecosystem="PyPI")


@pytest.fixture
def database(tmp_path: Path) -> OsvDatabase:
    affected = {"package": {"name": "requests", "ecosystem": "PyPI"}, "versions": ["2.19.0"]}
    (tmp_path / "x.json").write_text(json.dumps({"id": "CVE-2018-18074", "affected": [affected]}))
    return load_osv(tmp_path)


def inventory() -> Inventory:
    package = PackageFacts(files=1, unzipped_bytes=1, own_files=1, dependencies=(OLD,))
    version = healthy_version(code=healthy_code(package=package), code_sha256="other")
    function = healthy_function(code=healthy_code(package=package), versions=(version,))
    layer = LayerVersion(arn=version.layers[0].arn, package=package)
    region = msgspec.structs.replace(healthy_region(function), layers=(layer,))
    return inventory_of(healthy_account(region))


def found_in(judged: Inventory) -> list[tuple[str, ...] | Unavailable]:
    """The vulnerabilities of `requests` in the function, in its version, and in the layer."""
    region = judged.accounts[0].regions[0]
    assert isinstance(region.functions, tuple)
    assert isinstance(region.layers, tuple)
    function: Function = region.functions[0]
    assert isinstance(function.versions, tuple)
    codes = [function.code, function.versions[0].code]
    packages = [one if isinstance(one, Unavailable) else one.package for one in codes]
    packages.append(region.layers[0].package)
    return [one.dependencies[0].vulnerabilities for one in packages if isinstance(one, PackageFacts)]


def test_every_package_is_looked_up(database: OsvDatabase) -> None:
    assert found_in(with_vulnerabilities(inventory(), database)) == [("CVE-2018-18074",)] * 3


def test_without_a_database_nothing_is_known() -> None:
    found = found_in(with_vulnerabilities(inventory(), None))
    assert [isinstance(one, Unavailable) and one.operation for one in found] == ["osv-db"] * 3
