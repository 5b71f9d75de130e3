"""An unfinished scan leaves what it read, and the next one does not ask again."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from auditor.collect import CollectError, ScanRequest, collect
from auditor.demo import DEMO_NOW, DEMO_SECRETS, Fault, FaultKind, demo_session
from auditor.model import Inventory


def run(folder: Path, *faults: Fault) -> tuple[Inventory, Counter[str]]:
    session = demo_session(faults=faults, check=False)
    return collect(ScanRequest(resume=str(folder)), session=session, now=DEMO_NOW), session.calls


def test_a_second_run_asks_no_function_again_and_says_the_same(tmp_path: Path) -> None:
    first, asked = run(tmp_path)
    second, again = run(tmp_path)
    assert second.accounts == first.accounts
    assert asked["lambda:GetPolicy"] > 40
    # The demo account refuses the policy of one function.
    assert again["lambda:GetPolicy"] == 1
    assert again["lambda:GetFunction"] == 1


def test_a_run_goes_on_where_credentials_expired(tmp_path: Path) -> None:
    whole, asked = run(tmp_path / "whole")
    broken, before = run(tmp_path / "two", Fault(operation="lambda:*", kind=FaultKind.EXPIRED, after=130))
    assert broken.scan.interrupted
    found, after = run(tmp_path / "two")
    assert not found.scan.interrupted
    assert found.accounts == whole.accounts
    assert after["lambda:GetPolicy"] < asked["lambda:GetPolicy"]
    assert before["lambda:GetPolicy"] + after["lambda:GetPolicy"] <= asked["lambda:GetPolicy"] + 15


def test_what_is_kept_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    run(tmp_path)
    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert not [secret for secret in DEMO_SECRETS if secret in text]
    assert file.stat().st_mode & 0o077 == 0


def test_a_function_that_was_deployed_since_is_asked_again(tmp_path: Path) -> None:
    run(tmp_path)
    (file,) = tmp_path.iterdir()
    rows = [msgspec.json.decode(line) for line in file.read_bytes().splitlines() if line]
    rows[0]["code_sha256"] = "another"
    file.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
    _, again = run(tmp_path)
    assert again["lambda:GetFunction"] == 2


def test_a_torn_line_is_asked_again(tmp_path: Path) -> None:
    run(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    _, again = run(tmp_path)
    assert again["lambda:GetFunction"] == 2


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectError, match="cannot be used to resume from"):
        run(tmp_path / "file" / "folder")
