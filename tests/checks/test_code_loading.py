"""What the runtime finds and loads: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    Dependency,
    FileSystem,
    Function,
    LayerUse,
    LayerVersion,
    Located,
    PackageFacts,
    Reason,
    Region,
    SecretVerdict,
    Unavailable,
    Variable,
)
from auditor.testing import (
    ACCOUNT,
    AS_OF,
    REGION,
    Case,
    case,
    code_cases,
    fact,
    function_with,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetLayerVersion", code="AccessDeniedException"
)
GONE = Unavailable(reason=Reason.NO_DATA, operation="lambda:GetFunction", note="the file is not there")
SHARED = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:3"
PATH = Variable(name="PYTHONPATH", verdict=SecretVerdict.CLEAR)
MOUNT = FileSystem(arn="arn:aws:elasticfilesystem:x", mount_path="/mnt/code")
UNREAD = fact("unread-file", file="old.py", line=0, what="PACKAGE_UNREADABLE")


def lost(**changes: Any) -> Function:
    code = healthy_code(handler=None, facts=GONE, calls=GONE)
    return healthy_function(**{"code": code, "layers": (), **changes})


def holding(package: PackageFacts | Unavailable) -> Region:
    return healthy_region(layers=(LayerVersion(arn=SHARED, package=package),))


def layer(*folders: str) -> Region:
    unwanted = tuple(Located(kind="off-path", file=folder, line=0, what="python") for folder in folders)
    return holding(PackageFacts(files=9, unzipped_bytes=90_000, own_files=9, unwanted=unwanted))


def mounting(*arns: str) -> Function:
    layers = tuple(LayerUse(arn=arn) for arn in arns)
    return healthy_function(layers=layers, versions=(healthy_version(layers=layers),))


def bringing(months: int, **changes: Any) -> Function:
    """A function whose package brings an SDK that was released so many months ago."""
    day = AS_OF.year * 12 + AS_OF.month - 1 - months
    sdk = Dependency(
        name="boto3", version="1.34.0", ecosystem="PyPI", released=f"{day // 12}-{day % 12 + 1:02}"
    )
    package = PackageFacts(files=40, unzipped_bytes=1, own_files=6, dependencies=(sdk,), secrets=())
    return healthy_function(code=healthy_code(package=package, **changes))


TABLES: dict[str, tuple[Case, ...]] = {
    "handler-unresolvable": (
        case("gone", "FAIL", function=lost(), says="app.handler is not in the package"),
        case("there", "PASS", says="app.py:12"),
        case(
            "a layer may hold it",
            "UNKNOWN",
            function=lost(layers=(LayerUse(arn=SHARED),)),
            says="1 layer may",
        ),
        case("a file system may hold it", "UNKNOWN", function=lost(file_systems=(MOUNT,))),
        case("another path may hold it", "UNKNOWN", function=lost(environment=(PATH,)), says="PYTHONPATH"),
        *code_cases(),
    ),
    "handler-form-unsupported": (
        case("never awaited", "FAIL", function=function_with("async-handler"), says="does not await"),
        case(
            "no callback",
            "FAIL",
            function=function_with("callback-handler-unsupported"),
            says="takes a callback",
        ),
        case("a callback that is given", "PASS", function=function_with("callback-handler")),
        *code_cases(),
    ),
    "layer-off-path": (
        case(
            "where the runtime does not look",
            "FAIL",
            function=mounting(SHARED),
            region=layer("python/site-packages"),
            says="python/site-packages of shared",
        ),
        case("where it looks", "PASS", function=mounting(SHARED), region=layer()),
        case("no layers", "NOT_APPLICABLE", function=mounting()),
        case("denied", "UNKNOWN", function=mounting(SHARED), region=holding(DENIED)),
        case("an image", "NOT_APPLICABLE", function=healthy_function(package_type="Image", layers=())),
    ),
    "old-sdk": (
        case("vendored requests", "FAIL", function=function_with("vendored-botocore")),
        case("version 2 is nowhere", "FAIL", function=function_with("sdk-v2-missing", layers=())),
        case("version 2 may be in a layer", "WARN", function=function_with("sdk-v2-missing")),
        case("version 2", "WARN", function=function_with("sdk-v2"), says="version 2"),
        case("25 months", "WARN", function=bringing(25), says="25 months old"),
        case("24 months", "PASS", function=bringing(24)),
        case("12 months are old", "WARN", function=bringing(13), thresholds={"oldest_months": 12}),
        case("none brought", "PASS"),
        case("a file was not read", "UNKNOWN", function=function_with(UNREAD)),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
