"""Container images of functions, as their registry knows them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from auditor.collect.answers import definite
from auditor.collect.operations import Operation
from auditor.collect.session import Api
from auditor.model import Function, ImageFacts, Reason, Unavailable

DESCRIBE_REPOSITORIES = Operation(
    service="ecr",
    name="DescribeRepositories",
    actions=("ecr:DescribeRepositories",),
    requires=("repositories",),
    absent=("RepositoryNotFoundException",),
)
DESCRIBE_IMAGES = Operation(
    service="ecr",
    name="DescribeImages",
    actions=("ecr:DescribeImages",),
    requires=("imageDetails",),
    absent=("RepositoryNotFoundException", "ImageNotFoundException"),
)
OPERATIONS = (DESCRIBE_REPOSITORIES, DESCRIBE_IMAGES)

# Values of `imageTagMutability` under which no tag can be moved; exclusions let some be.
LOCKED = frozenset({"IMMUTABLE"})
# `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:7` or `…/shop/api@sha256:…`
IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(?:@(?P<digest>sha256:\w+)|:(?P<tag>[\w.-]+))?"
)

Json = Mapping[str, Any]


class _Place(NamedTuple):
    """Where an image is; `image` names it as `DescribeImages` wants it."""

    account: str
    region: str
    repository: str
    image: tuple[tuple[str, str], ...]


def with_images(api: Api, functions: Iterable[Function]) -> tuple[Function, ...]:
    """Put what ECR knows into the image of each function that has one; repositories are asked once."""
    several = tuple(functions)
    places = {
        function.arn: place
        for function in several
        if isinstance(function.image, ImageFacts) and (place := _place(function.image)) is not None
    }
    repositories = sorted({(place.account, place.region, place.repository) for place in places.values()})
    read = dict(zip(repositories, api.map(lambda key: _repository(api, *key), repositories), strict=True))

    def filled(function: Function) -> Function:
        place = places.get(function.arn)
        if place is None or not isinstance(function.image, ImageFacts):
            return function
        repository = read[place.account, place.region, place.repository]
        return msgspec.structs.replace(function, image=_image(api, function.image, place, repository))

    return tuple(api.map(filled, several))


def _place(image: ImageFacts) -> _Place | None:
    found = IMAGE_URI.match(image.resolved_uri) or IMAGE_URI.match(image.uri)
    if found is None:
        return None
    digest, tag = found["digest"], found["tag"] or "latest"
    named = (("imageDigest", digest),) if digest else (("imageTag", tag),)
    return _Place(found["account"], found["region"], found["repository"], named)


def _repository(api: Api, account: str, region: str, name: str) -> Json | Unavailable:
    if account != api.account:
        return Unavailable(
            reason=Reason.OTHER_ACCOUNT,
            operation=DESCRIBE_REPOSITORIES.label,
            note=f"the repository belongs to account {account}",
        )
    answer = definite(api.call(DESCRIBE_REPOSITORIES, region, repositoryNames=[name]), DESCRIBE_REPOSITORIES)
    if isinstance(answer, Unavailable):
        return answer
    rows = answer["repositories"]
    return rows[0] if rows else _nothing(DESCRIBE_REPOSITORIES, "the repository is not in the answer")


def _image(api: Api, image: ImageFacts, place: _Place, repository: Json | Unavailable) -> ImageFacts:
    if isinstance(repository, Unavailable):
        return msgspec.structs.replace(
            image,
            pushed_at=repository,
            scan_on_push=repository,
            immutable_tags=repository,
            scan_findings=repository,
        )
    detail = _detail(api, place)
    return msgspec.structs.replace(
        image,
        scan_on_push=bool(repository.get("imageScanningConfiguration", {}).get("scanOnPush", False)),
        immutable_tags=repository.get("imageTagMutability") in LOCKED,
        pushed_at=detail if isinstance(detail, Unavailable) else detail.get("imagePushedAt"),
        scan_findings=detail if isinstance(detail, Unavailable) else _findings(detail),
    )


def _detail(api: Api, place: _Place) -> Json | Unavailable:
    answer = definite(
        api.call(
            DESCRIBE_IMAGES, place.region, repositoryName=place.repository, imageIds=[dict(place.image)]
        ),
        DESCRIBE_IMAGES,
    )
    if isinstance(answer, Unavailable):
        return answer
    rows = answer["imageDetails"]
    return rows[0] if rows else _nothing(DESCRIBE_IMAGES, "the image is not in the answer")


def _findings(detail: Json) -> tuple[tuple[str, int], ...] | Unavailable:
    summary = detail.get("imageScanFindingsSummary")
    if summary is None:
        return _nothing(DESCRIBE_IMAGES, "the image was never scanned")
    return tuple(sorted(summary.get("findingSeverityCounts", {}).items()))


def _nothing(operation: Operation, note: str) -> Unavailable:
    return Unavailable(reason=Reason.NO_DATA, operation=operation.label, note=note)
