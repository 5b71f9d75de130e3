"""Known vulnerabilities of packages, from a copy of the OSV database that the owner supplies."""

import msgspec

from auditor.code import OsvDatabase, matched
from auditor.model import (
    Account,
    CodeFacts,
    Function,
    Inventory,
    LayerVersion,
    PackageFacts,
    Region,
    Unavailable,
)


def with_vulnerabilities(inventory: Inventory, database: OsvDatabase | None) -> Inventory:
    """Return an inventory whose packages carry their vulnerabilities, or that no database was given."""
    accounts = tuple(_account(account, database) for account in inventory.accounts)
    return msgspec.structs.replace(inventory, accounts=accounts)


def _account(account: Account, database: OsvDatabase | None) -> Account:
    return msgspec.structs.replace(account, regions=tuple(_region(one, database) for one in account.regions))


def _region(region: Region, database: OsvDatabase | None) -> Region:
    functions, layers = region.functions, region.layers
    return msgspec.structs.replace(
        region,
        functions=functions
        if isinstance(functions, Unavailable)
        else tuple(_function(one, database) for one in functions),
        layers=layers if isinstance(layers, Unavailable) else tuple(_layer(one, database) for one in layers),
    )


def _function(function: Function, database: OsvDatabase | None) -> Function:
    versions = function.versions
    return msgspec.structs.replace(
        function,
        code=_code(function.code, database),
        versions=versions
        if isinstance(versions, Unavailable)
        else tuple(msgspec.structs.replace(one, code=_code(one.code, database)) for one in versions),
    )


def _code(code: CodeFacts | Unavailable, database: OsvDatabase | None) -> CodeFacts | Unavailable:
    if isinstance(code, Unavailable):
        return code
    return msgspec.structs.replace(code, package=_package(code.package, database))


def _layer(layer: LayerVersion, database: OsvDatabase | None) -> LayerVersion:
    return msgspec.structs.replace(layer, package=_package(layer.package, database))


def _package(package: PackageFacts | Unavailable, database: OsvDatabase | None) -> PackageFacts | Unavailable:
    if isinstance(package, Unavailable):
        return package
    return msgspec.structs.replace(package, dependencies=matched(package.dependencies, database))
