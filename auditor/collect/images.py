"""Container images of functions, as their registry knows them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from auditor.collect.answers import definite
from auditor.collect.kept import keep_each, kept, recall_each
from auditor.collect.operations import Operation, each
from auditor.collect.session import Absent, Api
from auditor.model import Function, ImageFacts, Reason, Unavailable

DESCRIBE_REPOSITORIES = Operation(
    service="ecr",
    name="DescribeRepositories",
    actions=("ecr:DescribeRepositories",),
    requires=(
        "repositories",
        *each(
            "repositories[]",
            "imageTagMutability imageScanningConfiguration imageScanningConfiguration.scanOnPush",
        ),
    ),
    absent=("RepositoryNotFoundException",),
)
DESCRIBE_IMAGES = Operation(
    service="ecr",
    name="DescribeImages",
    actions=("ecr:DescribeImages",),
    requires=(
        "imageDetails",
        *each("imageDetails[]", "imageDigest imagePushedAt"),
        "imageDetails[].imageScanFindingsSummary.findingSeverityCounts",
    ),
    absent=("RepositoryNotFoundException", "ImageNotFoundException"),
)
OPERATIONS = (DESCRIBE_REPOSITORIES, DESCRIBE_IMAGES)

# Values of `imageTagMutability` under which no tag can be moved; exclusions let some be.
LOCKED = frozenset({"IMMUTABLE"})
# Names of one request: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
IMAGES_A_CALL = 100
DIGEST, TAG = "imageDigest", "imageTag"
# `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:7` or `…/shop/api@sha256:…`
IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(?:@(?P<digest>sha256:\w+)|:(?P<tag>[\w.-]+))?"
)

Json = Mapping[str, Any]


class _Repository(NamedTuple):
    """Where an image is kept."""

    account: str
    region: str
    name: str


class _Named(NamedTuple):
    """An image of a repository by the member of its details that names it: its digest, or one of its tags."""

    member: str
    value: str

    def is_in(self, detail: Json) -> bool:
        """Whether details of an image are this one's."""
        if self.member == DIGEST:
            return bool(detail["imageDigest"] == self.value)
        return self.value in detail.get("imageTags", ())


class _Place(NamedTuple):
    """Where an image is, and its name there."""

    repository: _Repository
    image: _Named


class _Rules(NamedTuple):
    """How a repository treats its images."""

    scan_on_push: bool
    immutable_tags: bool


class _Detail(NamedTuple):
    """What a repository says of an image."""

    pushed_at: datetime | None
    scan_findings: tuple[tuple[str, int], ...] | Unavailable


Details = Mapping[_Named, _Detail | Unavailable]


def with_images(api: Api, functions: Iterable[Function]) -> tuple[Function, ...]:
    """Put what ECR knows into the image of each function that has one. Repositories and images are asked
    once, however many functions run them.
    """
    several = tuple(functions)
    places = {
        function.arn: place
        for function in several
        if isinstance(function.image, ImageFacts) and (place := _place(function.image)) is not None
    }
    wanted: dict[_Repository, set[_Named]] = {}
    for place in places.values():
        wanted.setdefault(place.repository, set()).add(place.image)
    read = dict(zip(wanted, api.map(lambda one: _read(api, one, sorted(wanted[one])), wanted), strict=True))

    def filled(function: Function) -> Function:
        place = places.get(function.arn)
        if place is None or not isinstance(function.image, ImageFacts):
            return function
        repository, details = read[place.repository]
        image = (
            _unread(function.image, repository)
            if isinstance(repository, Unavailable)
            else _image(function.image, repository, details[place.image])
        )
        return msgspec.structs.replace(function, image=image)

    return tuple(filled(function) for function in several)


def _place(image: ImageFacts) -> _Place | None:
    found = IMAGE_URI.match(image.resolved_uri) or IMAGE_URI.match(image.uri)
    if found is None:
        return None
    digest = found["digest"]
    named = _Named(DIGEST, digest) if digest else _Named(TAG, found["tag"] or "latest")
    return _Place(_Repository(found["account"], found["region"], found["repository"]), named)


def _read(api: Api, place: _Repository, images: Sequence[_Named]) -> tuple[_Rules | Unavailable, Details]:
    """Read a repository and, where it can be read, the details of its images."""
    repository = _repository(api, place)
    if isinstance(repository, Unavailable):
        return repository, {}
    details: dict[_Named, _Detail | Unavailable] = recall_each(api, _Detail, "images", images, place)
    missing = [image for image in images if image not in details]
    for start in range(0, len(missing), IMAGES_A_CALL):
        found = _details(api, place, missing[start : start + IMAGES_A_CALL])
        keep_each(api, "images", found, place)
        details.update(found)
    return repository, details


@kept
def _repository(api: Api, place: _Repository) -> _Rules | Unavailable:
    if place.account != api.account:
        return Unavailable(
            reason=Reason.OTHER_ACCOUNT,
            operation=DESCRIBE_REPOSITORIES.label,
            note=f"the repository belongs to account {place.account}",
        )
    answer = definite(
        api.call(DESCRIBE_REPOSITORIES, place.region, repositoryNames=[place.name]), DESCRIBE_REPOSITORIES
    )
    if isinstance(answer, Unavailable):
        return answer
    rows = answer["repositories"]
    if not rows:
        return _nothing(DESCRIBE_REPOSITORIES, "the repository is not in the answer")
    return _Rules(
        scan_on_push=bool(rows[0]["imageScanningConfiguration"]["scanOnPush"]),
        immutable_tags=rows[0]["imageTagMutability"] in LOCKED,
    )


def _details(api: Api, place: _Repository, images: Sequence[_Named]) -> Details:
    answer = api.call(
        DESCRIBE_IMAGES,
        place.region,
        repositoryName=place.name,
        imageIds=[{image.member: image.value} for image in images],
    )
    if isinstance(answer, Absent) and len(images) > 1:
        # One that is gone takes the answer about all of them with it.
        return {image: _details(api, place, [image])[image] for image in images}
    found = definite(answer, DESCRIBE_IMAGES)
    if isinstance(found, Unavailable):
        return dict.fromkeys(images, found)
    rows = found["imageDetails"]
    missing = _nothing(DESCRIBE_IMAGES, "the image is not in the answer")
    return {image: next((_detail(row) for row in rows if image.is_in(row)), missing) for image in images}


def _detail(row: Json) -> _Detail:
    return _Detail(row["imagePushedAt"], _findings(row))


def _unread(image: ImageFacts, why: Unavailable) -> ImageFacts:
    return msgspec.structs.replace(
        image, pushed_at=why, scan_on_push=why, immutable_tags=why, scan_findings=why
    )


def _image(image: ImageFacts, repository: _Rules, detail: _Detail | Unavailable) -> ImageFacts:
    return msgspec.structs.replace(
        image,
        scan_on_push=repository.scan_on_push,
        immutable_tags=repository.immutable_tags,
        pushed_at=detail if isinstance(detail, Unavailable) else detail.pushed_at,
        scan_findings=detail if isinstance(detail, Unavailable) else detail.scan_findings,
    )


def _findings(detail: Json) -> tuple[tuple[str, int], ...] | Unavailable:
    summary = detail.get("imageScanFindingsSummary")
    if summary is None:
        return _nothing(DESCRIBE_IMAGES, "the image was never scanned")
    return tuple(sorted(summary["findingSeverityCounts"].items()))


def _nothing(operation: Operation, note: str) -> Unavailable:
    return Unavailable(reason=Reason.NO_DATA, operation=operation.label, note=note)
