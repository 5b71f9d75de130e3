"""Packages and layers hold code that runs, and nothing else."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted, parts_of, places, surest, where, without_package
from auditor.model import Dependency, LayerUse, Located, PackageFacts, Reason
from auditor.served import mounted

ITEM = ChecklistItem.CONFIGURATION
# Members that tell more than a program needs, by their names: settings, credentials, state of other systems.
SENSITIVE = frozenset({"env-file", "credentials-file", "infrastructure-state"})
HISTORY = (".git", ".svn", ".hg")
UNNEEDED = frozenset(
    {
        "version-control",
        "development-file",
        "nested-archive",
        "type-stubs",
        "key-file",
        "test-file",
        "symlink",
    }
    | {"dev-dependency"}
)
UNLOADABLE = frozenset({"wrong-architecture", "wrong-abi"})
GRAVE = ("CRITICAL", "HIGH")


def _sure(secrets: tuple[Located, ...]) -> tuple[Located, ...]:
    return tuple(fact for fact in secrets if fact.confidence != "low")


@check(item=ITEM, severity=Severity.CRITICAL, codes=("SEC-02",), effort="Move to Secrets Manager, rotate")
def secret_in_package(function: Function) -> Verdict:
    """A secret stands in the deployment package.

    ## Why it matters
    Whoever may read the function's code, its repository or its build has the secret, and it stays in every
    published version. A secret that was deployed counts as known: rotate it.

    ## How to fix
    Keep it in Secrets Manager, read it at run time with a cache, and rotate the value that was deployed:
    `aws secretsmanager create-secret --region REGION --name SECRET_NAME --secret-string file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html
    - https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    package: PackageFacts = known(known(function.code).package)
    secrets = known(package.secrets)
    sure = _sure(secrets)
    files = f"{package.own_files} own files of {package.files}"
    if sure:
        said = f"{counted(len(sure), 'secret', 'secrets')} in {files}: {where(sure)}"
        return failed(said, details=places(sure), confidence=surest(sure))
    if secrets:
        said = (
            f"{counted(len(secrets), 'value', 'values')} in {files} "
            f"may be secret: {where(secrets)} (a heuristic)"
        )
        return warned(said, details=places(secrets), confidence=Confidence.LOW)
    return passed(f"{files} read, no secret seen")


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-03",), effort="Move to Secrets Manager, rotate")
def secret_in_layer(function: Function, region: Region, reference: Reference) -> Verdict:
    """A layer holds secrets or configuration.

    ## Why it matters
    A layer is shared: every function that mounts it, and every account that may, reads what it holds. A layer
    version cannot be changed, only deleted, and functions that mount it keep it.

    ## How to fix
    Move the value to Secrets Manager or Parameter Store, rotate it, publish the layer without it, and delete
    the old version:
    `aws lambda delete-layer-version --region REGION --layer-name LAYER --version-number VERSION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    - https://docs.aws.amazon.com/lambda/latest/dg/deleting-layers.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    layers = known(mounted(function, region))
    own = [layer for layer in layers if not _is_published(layer, reference)]
    if not own:
        return not_applicable(
            f"{counted(len(layers), 'layer', 'layers')} mounted, none but those of known publishers"
        )
    packages = [(layer, _package_of(layer, region)) for layer in own]
    read = [(layer, package) for layer, package in packages if isinstance(package, PackageFacts)]
    found = tuple(
        (layer, fact)
        for layer, package in read
        if not isinstance(package.secrets, Unavailable)
        for fact in _sure(package.secrets)
    )
    if found:
        said = (
            f"{counted(len(found), 'secret', 'secrets')} in "
            f"{len({layer.arn for layer, _ in found})} of {len(own)} layers"
        )
        return failed(said, details=_in_layers(found), confidence=surest(tuple(fact for _, fact in found)))
    for _, package in packages:
        known(known(package).secrets)
    doubtful = tuple(
        (layer, fact)
        for layer, package in read
        for fact in (*known(package.secrets), *(one for one in package.unwanted if one.kind in SENSITIVE))
    )
    if doubtful:
        said = f"Files or values of layers that look like settings or secrets: {len(doubtful)} (a heuristic)"
        return warned(said, details=_in_layers(doubtful), confidence=Confidence.LOW)
    return passed(f"{counted(len(own), 'layer', 'layers')} read, no secret and no file of settings seen")


def _is_published(layer: LayerUse, reference: Reference) -> bool:
    """Whether a known publisher makes the layer: its content is not the user's to judge."""
    publisher = reference.publishers.of(layer.account)
    return publisher is not None and (
        not publisher.layers or any(layer.name.startswith(prefix) for prefix in publisher.layers)
    )


def _package_of(layer: LayerUse, region: Region) -> PackageFacts | Unavailable:
    version = region.layer(layer.arn)
    return version if isinstance(version, Unavailable) else version.package


def _in_layers(found: tuple[tuple[LayerUse, Located], ...]) -> tuple[Detail, ...]:
    return tuple(
        Detail(
            subject=fact.what or fact.kind,
            text=f"{fact.kind.replace('-', ' ')} in layer {layer.name} version {layer.version}",
            at=f"{fact.file}:{fact.line}" if fact.line else fact.file,
        )
        for layer, fact in found
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-20",), effort="Release and test")
def vulnerable_dependency(function: Function, region: Region) -> Verdict:
    """A dependency has known vulnerabilities.

    ## Why it matters
    The function runs the dependency's code with its role, on input that others send. That a vulnerability is
    known does not say that this function can be reached by it.

    ## How to fix
    Update the dependency, build and deploy; for one in a layer, mount the version that holds the update:
    `aws lambda update-function-configuration --region REGION --function-name NAME --layers LAYER_ARN`

    ## References
    - https://osv.dev/
    - https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    parts = parts_of(function, region)
    dependencies = [
        (name, one)
        for name, package in parts
        if isinstance(package, PackageFacts)
        for one in package.dependencies
    ]
    found = [
        (name, one, one.vulnerabilities)
        for name, one in dependencies
        if not isinstance(one.vulnerabilities, Unavailable) and one.vulnerabilities
    ]
    if found:
        first = found[0][1]
        return failed(
            f"{len(found)} of {len(dependencies)} packages have known vulnerabilities, among them "
            f"{first.name} {first.version}",
            details=tuple(_vulnerable(name, one, ids) for name, one, ids in found),
        )
    for name, package in parts:
        known(_all_listed(name, known(package)))
    for _, one in dependencies:
        known(one.vulnerabilities)
    if not dependencies:
        return not_applicable("No third-party package was found that could be looked up")
    return passed(
        f"{counted(len(dependencies), 'package', 'packages')} in "
        f"{counted(len(parts), 'archive', 'archives')}, none with a known vulnerability"
    )


def _all_listed(name: str, package: PackageFacts) -> PackageFacts | Unavailable:
    """A package, or that an executable in it does not tell what it was built from."""
    unread = next((fact for fact in package.executables if fact.kind == "packages-unread"), None)
    if unread is None:
        return package
    operation = "lambda:GetFunction" if name == "package" else "lambda:GetLayerVersion"
    return Unavailable(reason=Reason.NO_DATA, operation=operation, note=f"{unread.file}: {unread.what}")


def _vulnerable(archive: str, one: Dependency, ids: tuple[str, ...]) -> Detail:
    return Detail(subject=f"{one.name} {one.version}", text=", ".join(ids), at=archive)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-20", "SEC-19"), effort="Release and test")
def inspector_findings_open(function: Function, region: Region) -> Verdict:
    """Inspector has open findings.

    ## Why it matters
    Inspector matched the function's dependencies or code with vulnerabilities that are known, and nobody has
    closed what it found.

    ## How to fix
    Update what the findings name, or suppress those that do not apply, with a reason:
    `aws inspector2 list-findings --region REGION --filter-criteria file://FILE`

    ## References
    - https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html
    """
    if not known(region.services.inspector_lambda):
        return not_applicable("Inspector does not scan the functions of this region")
    counts = [
        (severity, count)
        for arn, severity, count in known(region.services.inspector_findings)
        if arn == function.arn
    ]
    if not counts:
        return _not_found(function, known(region.services.inspector_coverage))
    said = ", ".join(f"{count} {severity.lower()}" for severity, count in counts)
    grave = any(severity in GRAVE for severity, _ in counts)
    return failed(f"Open findings of Inspector: {said}", severity=Severity.HIGH if grave else None)


def _not_found(function: Function, coverage: tuple[tuple[str, str, str], ...]) -> Verdict:
    """Say what it means that Inspector found nothing: it looked, or it did not."""
    if function.is_image:
        return not_applicable("Inspector scans images in their registry, not as functions")
    states = {arn: (state, reason) for arn, state, reason in coverage}
    state, reason = states.get(function.arn, ("", ""))
    if state == "ACTIVE":
        return passed("0 open findings of Inspector, which scans the function")
    why = f": {reason.lower().replace('_', ' ')}" if reason else ""
    return warned(f"0 open findings of Inspector, which does not scan the function{why}")


@check(item=ITEM, severity=Severity.HIGH, codes=("CODE-15",), effort="Release and test")
def wrong_binary(function: Function, region: Region) -> Verdict:
    """Native code is built for something else.

    ## Why it matters
    A library for another processor or another Python cannot be loaded: the import that needs it fails, at
    once or on the path that uses it.

    ## How to fix
    Build for the function's architecture and runtime (sam build --use-container, or pip with --platform and
    --only-binary), or change the architecture:
    `aws lambda update-function-code --region REGION --function-name NAME --architectures arm64 --zip-file fileb://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
    - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    parts = parts_of(function, region)
    found = tuple(
        fact for _, package in parts if isinstance(package, PackageFacts) for fact in package.wrong_binaries
    )
    broken = tuple(fact for fact in found if fact.kind in UNLOADABLE)
    runs = f"{function.architecture}, {function.runtime}"
    if broken:
        said = (
            f"{counted(len(broken), 'native file', 'native files')} "
            f"cannot be loaded on {runs}: {where(broken)}"
        )
        return failed(said, details=places(found), confidence=surest(broken))
    for _, package in parts:
        known(package)
    if found:
        said = (
            f"{counted(len(found), 'native file', 'native files')} for another "
            f"platform, of no use on {runs}: {where(found)}"
        )
        return warned(said, details=places(found), severity=Severity.LOW, confidence=surest(found))
    return passed(
        f"No native file in {counted(len(parts), 'archive', 'archives')} that cannot be loaded on {runs}"
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("CODE-11",), effort="Trim the package")
def unwanted_files(function: Function) -> Verdict:
    """Package holds files that do not run.

    ## Why it matters
    Settings, credentials and the history of a repository tell whoever may read the code more than the code
    does. Tests and development tools make every cold start and deployment heavier.

    ## How to fix
    Package from a clean folder, or leave the files out by name. See what is deployed:
    `aws lambda get-function --region REGION --function-name NAME --query Code.Location`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
    """
    unread = without_package(function)
    if unread:
        return not_applicable(unread)
    package: PackageFacts = known(known(function.code).package)
    telling = tuple(fact for fact in package.unwanted if _tells(fact))
    unneeded = tuple(fact for fact in package.unwanted if fact.kind in UNNEEDED and fact not in telling)
    found = (*telling, *unneeded)
    if not found:
        return passed(f"{package.files} files, none told by its name to be out of place")
    members = sum(int(fact.number or 1) for fact in found)
    said = f"{members} of {package.files} files are out of place by their names: {where(found)}"
    if telling:
        return failed(said, details=places(found), confidence=surest(telling))
    return warned(said, details=places(found), severity=Severity.LOW)


def _tells(fact: Located) -> bool:
    """Whether a member is harmful and not merely of no use."""
    history = fact.kind == "version-control" and fact.file.rstrip("/").endswith(HISTORY)
    return fact.kind in SENSITIVE or fact.kind == "traversal-name" or history
