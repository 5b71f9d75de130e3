"""The runtime finds the handler, and what the handler loads is there and current."""

from datetime import date

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
    Region,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import (
    READ_PACKAGE,
    counted,
    facts_of,
    nothing_seen,
    places,
    surest,
    where,
    without_package,
    without_source,
)
from auditor.model import PackageFacts, Reason, Unavailable
from auditor.served import mounted

ITEM = ChecklistItem.CONFIGURATION
# Variables that let the runtime find code outside the package's root.
SEARCH_PATHS = frozenset({"PYTHONPATH", "NODE_PATH"})
UNSUPPORTED = {
    "async-handler": "is an async def that the runtime does not await",
    "callback-handler-unsupported": "takes a callback, which Node.js 24 and later do not give",
}


@check(item=ITEM, severity=Severity.HIGH, codes=("CODE-15",), effort="One setting")
def handler_unresolvable(function: Function) -> Verdict:
    """Handler names something that is not in the package.

    ## Why it matters
    Every invocation fails before the first line of code: the runtime cannot import the module, or does not
    find the name in it.

    ## How to fix
    Name the file and the function as the package has them:
    `aws lambda update-function-configuration --region REGION --function-name NAME --handler HANDLER`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
    - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    handler = known(known(function.code).handler)
    if handler is not None:
        return passed(f"The handler {function.handler} is at {handler.file}:{handler.line}")
    elsewhere = _elsewhere(function)
    if elsewhere:
        note = f"the handler {function.handler} is not in the package; {elsewhere} may hold it"
        known(Unavailable(reason=Reason.NO_DATA, operation=READ_PACKAGE, note=note))
    return failed(f"The handler {function.handler} is not in the package, and no layer is mounted")


def _elsewhere(function: Function) -> str:
    """Where else the runtime looks for modules."""
    if function.layers:
        return counted(len(function.layers), "layer", "layers")
    if function.file_systems:
        return "a mounted file system"
    paths = [one.name for one in known(function.environment) if one.name in SEARCH_PATHS]
    return paths[0] if paths else ""


@check(item=ITEM, severity=Severity.HIGH, codes=("CODE-15",), effort="Code change")
def handler_form_unsupported(function: Function) -> Verdict:
    """Handler has a form that its runtime does not run.

    ## Why it matters
    Python's runtime does not await a coroutine: the handler's body never runs, and the answer cannot be
    serialised. Node.js 24 gives no callback: the answer is lost.

    ## How to fix
    In Python write a plain def that runs the coroutine; in Node.js write an async function that returns its
    answer.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
    - https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    found = facts_of(function, *UNSUPPORTED)
    if found:
        first = found[0]
        said = f"The handler at {first.file}:{first.line} {UNSUPPORTED[first.kind]}"
        return failed(said, details=places(found), confidence=surest(found))
    return passed(f"The handler has a form that {function.runtime} runs")


@check(
    item=ITEM,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    codes=("CODE-15",),
    effort="Release and test",
)
def layer_off_path(function: Function, region: Region) -> Verdict:
    """Layer holds code where the runtime does not look.

    ## Why it matters
    Layers are unpacked to /opt, and the runtime looks in python, python/lib/pythonX.Y/site-packages and
    nodejs/node_modules of it. Code in python/site-packages or at the root is never found.

    ## How to fix
    Build the layer with the folders that the runtime knows, and publish it:
    `aws lambda publish-layer-version --region REGION --layer-name LAYER --zip-file fileb://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    layers = known(mounted(function, region))
    if not layers:
        return not_applicable("No layer is mounted")
    seen = [(layer, region.layer(layer.arn)) for layer in layers]
    packages = [
        (layer, version if isinstance(version, Unavailable) else version.package) for layer, version in seen
    ]
    found = [
        (layer, fact)
        for layer, package in packages
        if isinstance(package, PackageFacts)
        for fact in package.unwanted
        if fact.kind == "off-path"
    ]
    if found:
        details = tuple(
            Detail(subject=layer.name, text="not on the path of the runtime", at=fact.file)
            for layer, fact in found
        )
        first = found[0]
        return failed(
            f"{counted(len(found), 'folder', 'folders')} of layers not "
            f"looked into: {first[1].file} of {first[0].name}",
            details=details,
        )
    for _, package in packages:
        known(package)
    return passed(
        f"{counted(len(layers), 'layer', 'layers')}, no folder with "
        "code seen that the runtime does not look into"
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-20",), effort="Release and test")
def old_sdk(function: Function, reference: Reference, *, oldest_months: int = 24) -> Verdict:
    """AWS SDK is out of support, old, or missing.

    ## Why it matters
    An SDK that nobody maintains gets no fixes and knows no newer API. Version 2 for JavaScript has been out
    of support since September 2025 and is not in the runtimes from Node.js 18 on; requests vendored in
    botocore are gone.

    ## How to fix
    Move to version 3 for JavaScript, import requests or urllib3 by their own names, and update the SDK that
    the package brings, or leave it to the runtime.

    ## References
    - https://docs.aws.amazon.com/sdkref/latest/guide/version-support-matrix.html
    - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    missing = facts_of(function, "sdk-v2-missing")
    vendored = facts_of(function, "vendored-botocore")
    gone = (*vendored, *(() if function.layers else missing))
    if gone:
        said = (
            f"{counted(len(gone), 'import', 'imports')} of an SDK that "
            f"neither runtime nor package has: {where(gone)}"
        )
        return failed(said, details=places(gone), confidence=surest(gone))
    ended = (*missing, *facts_of(function, "sdk-v2"))
    old = _old(known(known(function.code).package), reference.as_of, oldest_months)
    if not ended and not old:
        return nothing_seen(function, f"No SDK out of support or older than {oldest_months} months seen")
    parts = [f"version 2 of the SDK for JavaScript at {where(ended)}"] if ended else []
    parts += [f"{one.subject}, {one.text}" for one in old[:1]]
    said = "; ".join(parts)
    return warned(f"{said}; {oldest_months} months is the limit of age", details=(*places(ended), *old))


def _old(package: PackageFacts, today: date, oldest_months: int) -> tuple[Detail, ...]:
    """SDKs in the package with a release older than a number of months."""
    aged = [(one, _age_months(one.released, today)) for one in package.dependencies if one.released]
    return tuple(
        Detail(subject=f"{one.name} {one.version}", text=f"{months} months old, released {one.released}")
        for one, months in aged
        if months > oldest_months
    )


def _age_months(released: str, today: date) -> int:
    """Months from a month such as `2024-08` to a day."""
    year, month = released.split("-")[:2]
    return (today.year - int(year)) * 12 + today.month - int(month)
