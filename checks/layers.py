"""Layers come from known publishers, are current, and hold dependencies only."""

from datetime import UTC, datetime, time, timedelta

from auditor import (
    ChecklistItem,
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
from auditor.deployed import counted
from auditor.iam import Circle, public_layer
from auditor.model import LayerUse
from auditor.served import mounted

ITEM = ChecklistItem.CONFIGURATION
GRAVE = frozenset({"CRITICAL", "HIGH"})


def _exempt(function: Function) -> str:
    if function.is_image:
        return "A container image mounts no layers"
    return "Lambda@Edge mounts no layers" if function.is_edge_replica else ""


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-18",), effort="Release and test")
def layer_of_unknown_account(
    function: Function, region: Region, reference: Reference, *, trusted_accounts: tuple[str, ...] = ()
) -> Verdict:
    """Layer belongs to an account nobody knows.

    ## Why it matters
    The code of a layer runs with the function's role and reads its environment. Its owner can publish
    what they like.

    ## How to fix
    Publish the layer in an account of your own, or name its owner in the settings as trusted:
    `aws lambda get-layer-version-by-arn --region REGION --arn LAYER_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    """
    reason = _exempt(function)
    layers = () if reason else known(mounted(function, region))
    if not layers:
        return not_applicable(reason or "No layer is mounted")
    foreign = [layer for layer in layers if layer.account not in {function.account, *trusted_accounts}]
    unknown = [layer for layer in foreign if not _is_known(layer, reference)]
    names = {
        layer.account: publisher.name
        for layer in foreign
        if (publisher := reference.publishers.of(layer.account)) is not None
    }
    if unknown:
        return failed(
            f"Layers of accounts that nobody knows: {len(unknown)} of {len(layers)}, by "
            f"{', '.join(sorted({layer.account for layer in unknown}))}",
            details=tuple(Detail(subject=layer.name, text=layer.arn) for layer in unknown),
        )
    known_ones = f"; known publishers: {', '.join(sorted(set(names.values())))}" if names else ""
    said = counted(len(layers), "layer", "layers")
    return passed(f"{said}, own, trusted or of known publishers{known_ones}")


def _is_known(layer: LayerUse, reference: Reference) -> bool:
    publisher = reference.publishers.of(layer.account)
    if publisher is None:
        return False
    return not publisher.layers or any(layer.name.startswith(prefix) for prefix in publisher.layers)


@check(item=ITEM, severity=Severity.LOW, codes=("OPS-21",), effort="Release and test")
def layer_outdated(function: Function, region: Region, *, behind: int = 1) -> Verdict:
    """A newer version of a layer exists.

    ## Why it matters
    Layers carry dependencies and agents; the fixes of newer versions reach the function only when it
    mounts them.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --layers LAYER_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
    """
    reason = _exempt(function)
    layers = () if reason else known(mounted(function, region))
    if not layers:
        return not_applicable(reason or "No layer is mounted")
    seen = [(layer, known(region.layer(layer.arn)).latest_version) for layer in layers]
    old = [
        (layer, newest)
        for layer, newest in seen
        if not isinstance(newest, Unavailable) and newest - layer.version >= behind
    ]
    if old:
        layer, newest = old[0]
        return failed(
            f"{len(old)} of {counted(len(seen), 'layer', 'layers')} behind: "
            f"{layer.name} at version {layer.version} of {newest}",
            details=tuple(
                Detail(subject=one.name, text=f"version {one.version}, newest {last}") for one, last in old
            ),
        )
    for _, latest in seen:
        known(latest)
    return passed(f"{counted(len(seen), 'layer', 'layers')}, each at its newest version")


@check(item=ITEM, severity=Severity.HIGH, codes=("IAM-17",), effort="Policy work")
def layer_shared_publicly(
    function: Function,
    region: Region,
    *,
    trusted_accounts: tuple[str, ...] = (),
    organization_ids: tuple[str, ...] = (),
) -> Verdict:
    """Own layer version is shared with everybody.

    ## Why it matters
    Anyone can download the layer: its code, and whatever was packed with it by mistake.

    ## How to fix
    `aws lambda remove-layer-version-permission --region REGION --layer-name LAYER --version-number VERSION --statement-id SID`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
    """
    reason = _exempt(function)
    own = (
        [] if reason else [one for one in known(mounted(function, region)) if one.account == function.account]
    )
    if not own:
        return not_applicable(reason or "No layer of this account is mounted")
    circle = Circle(
        account=function.account, trusted_accounts=trusted_accounts, organization_ids=organization_ids
    )
    open_ones = [layer for layer in own if public_layer(known(known(region.layer(layer.arn)).policy), circle)]
    if open_ones:
        return failed(
            f"{len(open_ones)} of {counted(len(own), 'own layer', 'own layers')} shared with everybody",
            details=tuple(Detail(subject=layer.name, text=layer.arn) for layer in open_ones),
        )
    return passed(f"{counted(len(own), 'own layer', 'own layers')}, none shared with everybody")


@check(item=ITEM, severity=Severity.LOW, codes=("SEC-07",), effort="Release and test")
def code_signing_absent(function: Function, *, required: bool = False) -> Verdict:
    """Code signing is not enforced.

    ## Why it matters
    With code signing enforced, only artefacts of your own pipeline can be deployed. Most accounts do
    without; it fails only where the settings require it.

    ## How to fix
    `aws lambda put-function-code-signing-config --region REGION --function-name NAME --code-signing-config-arn CONFIG_ARN`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
    """
    if function.is_image:
        return not_applicable("Code signing does not exist for container images")
    signing = known(function.code_signing)
    if signing is not None and signing.untrusted == "Enforce":
        return passed("Untrusted artefacts are refused (Enforce)")
    said = "Untrusted artefacts are deployed with a warning" if signing else "No code signing configuration"
    return failed(said) if required else not_applicable(f"{said}; not required by the settings")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-24",), effort="Release and test")
def image_unscanned(function: Function, reference: Reference, *, stale_days: int = 180) -> Verdict:
    """Container image is unscanned, stale, or its tag can move.

    ## Why it matters
    A tag that can be moved deploys something else than was tested, and an image that nobody scans keeps
    its known holes.

    ## How to fix
    `aws ecr put-image-scanning-configuration --region REGION --repository-name REPOSITORY --image-scanning-configuration scanOnPush=true`
    `aws ecr put-image-tag-mutability --region REGION --repository-name REPOSITORY --image-tag-mutability IMMUTABLE`

    ## References
    - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
    """
    if not function.is_image:
        return not_applicable("Not a container image")
    image = known(function.image)
    if image is None:
        return not_applicable("Not a container image")
    faults = [
        text
        for bad, text in (
            (not known(image.scan_on_push), "its repository does not scan on push"),
            (not known(image.immutable_tags) and "@sha256:" not in image.uri, "its tag can be moved"),
        )
        if bad
    ]
    if faults:
        return failed(f"Image: {' and '.join(faults)}")
    grave = [
        (severity, count) for severity, count in known(image.scan_findings) if severity in GRAVE and count
    ]
    if grave:
        said = ", ".join(f"{count} {severity.lower()}" for severity, count in grave)
        return failed(f"Image: its scan has open findings, {said}", severity=Severity.HIGH)
    pushed = known(image.pushed_at)
    if pushed is None:
        return passed("The image is scanned on push and its tag cannot be moved; no date of its push")
    age = (datetime.combine(reference.as_of, time.min, UTC) - pushed) / timedelta(days=1)
    said = f"The image was pushed {age:.0f} days ago, {stale_days} are the limit"
    if age > stale_days:
        return warned(f"{said}: its packages got no update since", severity=Severity.LOW)
    return passed(f"{said}; scanned on push, and its tag cannot be moved")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-19",), effort="One setting")
def inspector_lambda_off(region: Region) -> Verdict:
    """Inspector does not scan functions.

    ## Why it matters
    Inspector tells which functions and layers hold packages with known vulnerabilities, and keeps telling
    as new ones appear.

    ## How to fix
    `aws inspector2 enable --region REGION --resource-types LAMBDA LAMBDA_CODE`

    ## References
    - https://docs.aws.amazon.com/inspector/latest/user/scanning-lambda.html
    """
    if not known(region.functions):
        return not_applicable("No functions in the region")
    if not known(region.services.inspector_lambda):
        return failed("Inspector: standard scanning of functions is off")
    if known(region.services.inspector_lambda_code):
        return passed("Inspector: standard and code scanning of functions are on")
    return warned("Inspector: standard scanning is on, code scanning is off")
