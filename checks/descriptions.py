"""What is written about a function tells no secret."""

from collections.abc import Iterator

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    passed,
)
from auditor.deployed import counted
from auditor.secrets import MASK


@check(
    item=ChecklistItem.CONFIGURATION,
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    codes=("SEC-01",),
    effort="Move to Secrets Manager, rotate",
)
def secret_in_description(function: Function) -> Verdict:
    """Descriptions or tags hold secrets.

    ## Why it matters
    Everybody who may list functions reads descriptions and tags; tags also stand in bills, inventories and
    events. Neither is encrypted under a key of yours, and the descriptions of published versions never
    change.

    ## How to fix
    Take the secret out, and replace it, because it has been seen:
    `aws lambda update-function-configuration --region REGION --function-name NAME --description TEXT`
    `aws lambda untag-resource --region REGION --resource FUNCTION_ARN --tag-keys KEY`
    A published version keeps its description until the version is deleted:
    `aws lambda delete-function --region REGION --function-name NAME --qualifier VERSION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
    - https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    texts = tuple(_texts(function))
    hits = tuple(
        Detail(subject=where, text="a secret stands in it, which is not kept")
        for where, text in texts
        if MASK in text
    )
    if hits:
        places = counted(len(hits), "text holds", "texts hold")
        return failed(f"{places} a secret: {', '.join(hit.subject for hit in hits)}", details=hits)
    for held in (function.tags, function.versions, function.aliases):
        known(held)
    return passed(
        f"{counted(len(texts), 'description or tag', 'descriptions and tags')}, none holds a secret"
    )


def _texts(function: Function) -> Iterator[tuple[str, str]]:
    """Every text that could be read, with where it stands."""
    yield "description", function.description
    if not isinstance(function.tags, Unavailable):
        yield from ((f"tag {tag.key}", f"{tag.key} {tag.value}") for tag in function.tags)
    if not isinstance(function.versions, Unavailable):
        yield from ((f"description of version {one.version}", one.description) for one in function.versions)
    if not isinstance(function.aliases, Unavailable):
        yield from ((f"description of alias {one.name}", one.description) for one in function.aliases)
