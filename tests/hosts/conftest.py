"""Emulators that the tests of a session share."""

from collections.abc import Iterator

import pytest

from tests.hosts import emulators


@pytest.fixture(scope="session")
def moto_host() -> Iterator[str]:
    with emulators.moto() as host:
        yield host.endpoint


@pytest.fixture(scope="session")
def ministack_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.delenv("AWS_PROFILE", raising=False)
        yield
