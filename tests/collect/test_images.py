"""Images in moto's registry: asked by the hundred, and each told what is its own."""

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

import boto3
import msgspec
import pytest
from moto import mock_aws

from auditor.collect.images import with_images
from auditor.collect.session import Api
from auditor.model import Function, ImageFacts, Reason, Unavailable
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop/api"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
GONE = "sha256:" + "0" * 64


@pytest.fixture
def api() -> Iterator[Api]:
    with mock_aws():
        session = boto3.Session("access", "secret", region_name=REGION)
        yield Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9)


def pushed(api: Api, count: int) -> list[str]:
    """Push images, tagged 0, 1 …; return their digests."""
    registry = api.session.client("ecr")
    registry.create_repository(repositoryName="shop/api", imageTagMutability="IMMUTABLE")
    found = []
    for number in range(count):
        manifest = json.dumps({"mediaType": MANIFEST, "layers": [], "annotations": {"n": str(number)}})
        # moto draws digests by lot, out of a hundred.
        digest = f"sha256:{sha256(manifest.encode()).hexdigest()}"
        registry.put_image(
            repositoryName="shop/api", imageManifest=manifest, imageTag=str(number), imageDigest=digest
        )
        found.append(digest)
    return found


def running(digest: str, name: str = "") -> Function:
    facts = ImageFacts(uri=f"{REPOSITORY}:any", resolved_uri=f"{REPOSITORY}@{digest}")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name or digest}"
    return msgspec.structs.replace(healthy_function(), arn=arn, package_type="Image", image=facts)


def pushed_at(function: Function) -> object:
    assert isinstance(function.image, ImageFacts)
    return function.image.pushed_at


def requests(api: Api) -> dict[str, int]:
    return {row.operation: row.requests for row in api.spending()}


def test_images_are_asked_by_the_hundred_and_once_however_many_run_them(api: Api) -> None:
    digests = pushed(api, 101)
    functions = [running(digest) for digest in digests] + [running(digests[0], "another")]
    found = with_images(api, functions)
    assert all(isinstance(pushed_at(function), datetime) for function in found)
    assert requests(api) == {"ecr:DescribeRepositories": 1, "ecr:DescribeImages": 2}


def test_an_image_that_is_gone_leaves_the_others_known(api: Api) -> None:
    first, second = pushed(api, 2)
    known, gone, also = with_images(api, [running(first), running(GONE), running(second)])
    assert isinstance(pushed_at(known), datetime)
    assert isinstance(pushed_at(also), datetime)
    lost = pushed_at(gone)
    assert isinstance(lost, Unavailable)
    assert lost.reason is Reason.NO_DATA


def test_an_image_is_known_by_its_tag_where_no_digest_is(api: Api) -> None:
    pushed(api, 3)
    facts = ImageFacts(uri=f"{REPOSITORY}:2", resolved_uri="")
    (found,) = with_images(api, [msgspec.structs.replace(running(GONE), image=facts)])
    assert isinstance(pushed_at(found), datetime)


def test_a_repository_that_is_gone_is_not_asked_about_images(api: Api) -> None:
    (found,) = with_images(api, [running(GONE)])
    assert isinstance(pushed_at(found), Unavailable)
    assert requests(api) == {"ecr:DescribeRepositories": 1}
