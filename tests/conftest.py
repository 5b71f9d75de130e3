"""What holds in every test run: no planted secret in a file, log line, printed text or exception."""

from collections.abc import Generator, Iterator

import pytest
from click.testing import CliRunner
from hypothesis import settings

from tests.canaries import leaks, leaks_of_folder

# A busy machine fails no property.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the history of test runs out of the developer's own data folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(autouse=True, scope="module")
def no_planted_secret_in_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Search all files that a module left behind, in archives and in packed islands too."""
    yield
    assert leaks_of_folder(tmp_path_factory.getbasetemp()) == []


@pytest.fixture(autouse=True, scope="session")
def no_planted_secret_on_the_terminal() -> Iterator[None]:
    """Search what each command prints and raises."""
    invoke = CliRunner.invoke

    def searched(*args: object, **options: object) -> object:
        result = invoke(*args, **options)  # type: ignore[arg-type]
        assert leaks(result.output_bytes + repr(result.exception).encode()) == []
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CliRunner, "invoke", searched)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose log or output holds a planted secret."""
    report = yield
    said = "\n".join(text for title, text in report.sections)
    found = leaks(said.encode("utf-8", "surrogatepass")) if report.passed else []
    if found:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} ({call.when}) logs or prints {len(found)} planted secrets"
    return report
