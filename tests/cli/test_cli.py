"""The command line: exit codes, bad input in one sentence, files whole, hostile text harmless."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auditor.cli import main
from auditor.cli.terminal import Painter, safe, wants_colour
from auditor.demo import DEMO_SECRETS


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Scan the demo account once, with every format that needs no extra."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, CliRunner().invoke(main, ["scan", "--demo", "-o", str(folder), "-f", "csv", "-f", "sarif"])


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_a_scan_leaves_its_files(scanned: tuple[Path, Result]) -> None:
    folder, result = scanned
    assert result.exit_code == 1, result.output
    names = {file.name for file in folder.iterdir()}
    assert {"report.html", "report.json", "snapshot.json", "findings.csv", "report.sarif"} <= names
    assert not [name for name in names if name.startswith(".")]


def test_the_summary_says_what_matters(scanned: tuple[Path, Result]) -> None:
    _, result = scanned
    for word in ("proven", "coverage", "Fixes worth most", "Not seen", "report.html"):
        assert word in result.output


def test_report_json_has_what_is_promised(scanned: tuple[Path, Result]) -> None:
    report = json.loads((scanned[0] / "report.json").read_bytes())
    assert {"score", "coverage", "functions", "findings"} <= set(report)
    promised = {
        "check",
        "resource",
        "function",
        "region",
        "account",
        "status",
        "muted",
        "severity",
        "confidence",
        "item",
        "message",
        "details",
        "reason",
        "points",
    }
    assert all(promised <= set(finding) for finding in report["findings"])
    unknown = [finding for finding in report["findings"] if finding["status"] == "UNKNOWN"]
    assert all(finding["reason"]["operation"] for finding in unknown)


def test_no_planted_secret_is_in_any_output(scanned: tuple[Path, Result]) -> None:
    folder, result = scanned
    outputs = {file.name: file.read_bytes() for file in folder.iterdir()} | {
        "terminal": result.output.encode()
    }
    for name, data in outputs.items():
        for secret in DEMO_SECRETS:
            assert secret.encode() not in data, f"{name} holds a planted secret"


def test_the_same_snapshot_gives_the_same_bytes(scanned: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = scanned
    for name in ("one", "two"):
        run("render", str(folder / "snapshot.json"), "-q", "-o", str(tmp_path / name))
    for file in ("report.html", "report.json"):
        first = (tmp_path / "one" / file).read_bytes()
        assert first == (tmp_path / "two" / file).read_bytes() == (folder / file).read_bytes()


def test_a_report_that_is_rendered_again_stays_the_same(scanned: tuple[Path, Result], tmp_path: Path) -> None:
    run("render", str(scanned[0] / "report.json"), "-q", "-o", str(tmp_path))
    for file in ("report.html", "report.json"):
        assert (tmp_path / file).read_bytes() == (scanned[0] / file).read_bytes()


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Scan some functions of the demo account twice, a week apart, with a history of its own."""
    folder = tmp_path_factory.mktemp("history")
    for day in ("2026-11-30", "2026-12-07"):
        words = ("--now", day, "--history", str(folder / "h.sqlite3"), "-o", str(folder / day))
        run("scan", "--demo", "-q", "--region", "eu-west-1", "--function", "order-*", *words)
    return folder, folder / "2026-12-07"


def test_a_demo_scan_is_always_the_same_and_leaves_no_history(
    scanned: tuple[Path, Result], again: tuple[Path, Path], tmp_path: Path
) -> None:
    run("scan", "--demo", "-q", "-o", str(tmp_path))
    for file in ("report.html", "report.json", "snapshot.json"):
        assert (tmp_path / file).read_bytes() == (scanned[0] / file).read_bytes()
    assert "no run yet" in run("history").output
    assert again


def test_a_scan_with_a_history_tells_what_became_of_the_run_before(again: tuple[Path, Path]) -> None:
    folder, last = again
    report = json.loads((last / "report.json").read_bytes())
    assert report["history"]["since"] == "2026-11-30T00:00:00Z"
    assert len(report["history"]["trend"]) == 1
    assert b"Since 30 November" in (last / "report.html").read_bytes()
    listed = json.loads(run("history", "--history", str(folder / "h.sqlite3"), "--json").output)
    assert [one["at"][:10] for one in listed] == ["2026-11-30", "2026-12-07"]


def test_the_same_snapshot_history_and_moment_give_the_same_bytes(
    again: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, last = again
    before = (folder / "h.sqlite3").read_bytes()
    words = ("--now", "2026-12-07", "--history", str(folder / "h.sqlite3"), "-q", "-o", str(tmp_path))
    run("render", str(last / "snapshot.json"), *words)
    for file in ("report.html", "report.json"):
        assert (tmp_path / file).read_bytes() == (last / file).read_bytes()
    assert (folder / "h.sqlite3").read_bytes() == before, "rendering writes no history"


GATES = {
    "a high finding": ((), 1),
    "nothing gates": (("--fail-on", "none"), 0),
    "the score is too low": (("--fail-on", "none", "--min-score", "99"), 1),
    "the score suffices": (("--fail-on", "none", "--min-score", "10"), 0),
    "coverage is too low": (("--fail-on", "none", "--min-coverage", "100"), 3),
    "report only": (("--exit-zero",), 0),
    "an unknown level": (("--fail-on", "severe"), 2),
}


@pytest.mark.parametrize(("words", "code"), GATES.values(), ids=GATES)
def test_the_gate(scanned: tuple[Path, Result], tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    result = run("render", str(scanned[0] / "report.json"), "-q", "-f", "json", "-o", str(tmp_path), *words)
    assert result.exit_code == code, result.output


def bad_inputs(folder: Path) -> dict[str, tuple[str, ...]]:
    (folder / "broken.json").write_bytes(b'{"schema_version": 1, "accounts": [')
    (folder / "binary.json").write_bytes(bytes(range(256)))
    (folder / "mutes.yaml").write_text("version: 1\nmutes: [{id: 1}]\n")
    (folder / "file").write_text("")
    (folder / "accounts.txt").write_text("111111111111\n")
    (folder / "roles.txt").write_text("arn:aws:iam::111111111111:user/ada\n")
    accounts = ("scan", "--accounts", str(folder / "accounts.txt"))
    return {
        "a missing snapshot": ("render", str(folder / "none.json")),
        "a cut snapshot": ("render", str(folder / "broken.json")),
        "bytes": ("render", str(folder / "binary.json")),
        "an unusable mute file": ("scan", "--demo", "--mutes", str(folder / "mutes.yaml")),
        "a missing mute file": ("scan", "--demo", "--mutes", str(folder / "none.yaml")),
        "a day that is none": ("scan", "--demo", "--as-of", "yesterday"),
        "a tag without value": ("scan", "--demo", "--tag", "owner"),
        "a folder that is a file": ("scan", "--demo", "-o", str(folder / "file" / "x")),
        "an unknown check": ("explain", "timeout-near-limits"),
        "an unknown format": ("scan", "--demo", "-f", "pdf"),
        "an unknown option": ("scan", "--secret-key", "x"),
        "no folder of checks": ("checks", "--checks-dir", str(folder / "none")),
        "a missing file of accounts": ("scan", "--accounts", str(folder / "none.txt")),
        "a file of users": ("scan", "--accounts", str(folder / "roles.txt")),
        "an account without a role": accounts,
        "a file and an organisation": (*accounts, "--org", "--org-role", "audit"),
        "an organisation without a role": ("scan", "--org"),
        "a role without an organisation": ("scan", "--org-role", "audit"),
        "a demo of an organisation": ("scan", "--demo", "--org", "--org-role", "audit"),
        "an account to skip by name": (*accounts, "--org-role", "audit", "--skip-account", "shop"),
    }


BAD_INPUTS = (
    "a missing snapshot",
    "a cut snapshot",
    "bytes",
    "an unusable mute file",
    "a missing mute file",
    "a day that is none",
    "a tag without value",
    "a folder that is a file",
    "an unknown check",
    "an unknown format",
    "an unknown option",
    "no folder of checks",
    "a missing file of accounts",
    "a file of users",
    "an account without a role",
    "a file and an organisation",
    "an organisation without a role",
    "a role without an organisation",
    "a demo of an organisation",
    "an account to skip by name",
)


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_input_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    words = bad_inputs(tmp_path)[name]
    before = sorted(tmp_path.rglob("*"))
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) <= 4
    assert sorted(tmp_path.rglob("*")) == before, "something was left behind"


def test_a_near_name_is_offered() -> None:
    assert "timeout-near-limit" in run("explain", "timeout-near-limits").output


def test_without_credentials_a_scan_is_incomplete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    result = run("scan", "--region", "eu-west-1", "-o", str(tmp_path))
    assert result.exit_code == 3
    assert "credentials" in result.output


def test_a_scan_tells_which_permissions_it_lacked(scanned: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = scanned
    report = json.loads((folder / "report.json").read_bytes())
    denied = {row["operation"] for row in report["scan"]["operations"] if row["denied"]}
    found = run("iam-policy", "--missing", str(folder / "report.json"))
    assert found.output == run("iam-policy", "--missing", str(folder / "snapshot.json")).output
    (statement,) = json.loads(found.stdout)["Statement"]
    assert "lambda:GetPolicy" in statement["Action"]
    assert {"lambda:GetPolicy", "organizations:ListAccounts"} <= denied
    # The layer belongs to another account: what its policy denies, no grant opens.
    assert "lambda:GetLayerVersion" not in statement["Action"]
    assert "denied by a resource-based policy" in found.stderr
    assert "lambda:GetLayerVersionByArn" in found.stderr
    assert set(statement["Action"]) < set(_actions("--tier", "deep"))
    report["scan"]["operations"] = []
    (tmp_path / "report.json").write_text(json.dumps(report))
    nothing = run("iam-policy", "--missing", str(tmp_path / "report.json"))
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no operation that was denied" in nothing.stderr


def test_the_policy_may_be_split_by_tier(tmp_path: Path) -> None:
    printed = run("iam-policy", "--tier", "deep", "--split", str(tmp_path)).output.split()
    assert [Path(name).name for name in printed] == [
        "auditor-quick.json",
        "auditor-standard.json",
        "auditor-deep.json",
    ]
    parts = [json.loads(Path(name).read_bytes())["Statement"] for name in printed]
    actions = [action for (statement,) in parts for action in statement["Action"]]
    assert sorted(actions) == sorted(_actions("--tier", "deep"))


def _actions(*words: str) -> list[str]:
    policy = json.loads(run("iam-policy", *words).output)
    return [action for statement in policy["Statement"] for action in statement["Action"]]


COLOURS = {
    "a terminal": ("auto", {}, True, True),
    "a pipe": ("auto", {}, False, False),
    "NO_COLOR": ("auto", {"NO_COLOR": "1"}, True, False),
    "NO_COLOR against the flag": ("always", {"NO_COLOR": "1"}, True, True),
    "FORCE_COLOR in a pipe": ("auto", {"FORCE_COLOR": "1"}, False, True),
    "a dumb terminal": ("auto", {"TERM": "dumb"}, True, False),
    "never": ("never", {"FORCE_COLOR": "1"}, True, False),
}


@pytest.mark.parametrize(("choice", "environment", "terminal", "wanted"), COLOURS.values(), ids=COLOURS)
def test_colour(choice: str, environment: dict[str, str], *, terminal: bool, wanted: bool) -> None:
    assert wants_colour(choice, environment, is_terminal=terminal) is wanted


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "\u202eevil", "a\x07b", "\r\x1b]0;title\x07"])
def test_hostile_text_cannot_steer_a_terminal(hostile: str) -> None:
    for text in (safe(hostile), Painter(colour=False)(hostile, "red")):
        assert not any(
            ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or letter == "\u202e" for letter in text
        )


def test_a_filter_that_leaves_nothing_passes_no_gate(tmp_path: Path) -> None:
    result = run("scan", "--demo", "--function", "ordr-*", "-o", str(tmp_path))
    assert result.exit_code == 3
    assert "no function is left by the filters: function ordr-*" in result.output


def test_no_connection_is_told_from_missing_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    result = run("scan", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9", "-o", str(tmp_path))
    assert result.exit_code == 3
    assert "check the network, the region's name and --endpoint-url" in result.output


BILLS = {
    "read whole": ("checkout-api", 0, "complete", ""),
    "a layer that was not read": ("pdf-renderer", 3, "incomplete", "lambda:GetLayerVersion: denied by"),
    "a container image": ("price-engine", 3, "incomplete", "the package holds was not seen"),
}


@pytest.mark.parametrize(("function", "code", "aggregate", "said"), BILLS.values(), ids=BILLS)
def test_a_bill_of_materials_says_whether_it_is_whole(
    scanned: tuple[Path, Result], function: str, code: int, aggregate: str, said: str
) -> None:
    result = run("sbom", function, str(scanned[0] / "snapshot.json"))
    assert result.exit_code == code
    assert said in result.stderr
    document = json.loads(result.stdout)
    assert document["metadata"]["component"]["name"] == function
    assert [one["aggregate"] for one in document["compositions"]] == [aggregate]
