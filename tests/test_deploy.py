"""The template: clean, and its role exactly what the collectors declare."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from auditor.cli import main
from auditor.collect.operations import Tier
from auditor.collect.permissions import iam_actions


def printed() -> str:
    return CliRunner().invoke(main, ["template"]).output


def test_the_template_is_clean(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(printed())
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([str(lint), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_role_may_do_what_is_declared_and_no_more() -> None:
    part = printed().split("PolicyName: audit-read", 1)[1].split("\n  Auditor:", 1)[0]
    granted = {
        line.strip().removeprefix("- ") for line in part.splitlines() if line.startswith(" " * 18 + "- ")
    }
    assert granted == set(iam_actions(Tier.STANDARD))


def test_the_role_reads_no_object_but_the_history_and_the_rules() -> None:
    own = printed().split("PolicyName: own-resources", 1)[1].split("- PolicyName", 1)[0]
    statements = {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1] for part in own.split("- Sid:")[1:]}
    assert {sid for sid, text in statements.items() if "s3:" in text} == {
        "WriteReports",
        "ReadEarlierRuns",
        "ReadRules",
        "FindEarlierRunsAndRules",
    }
    for sid, place in (("ReadEarlierRuns", "runs/history/*"), ("ReadRules", "rules/*")):
        read = f'Action: s3:GetObject\n                Resource: !Sub "${{Reports.Arn}}/{place}"'
        assert read in statements[sid]
    found = statements["FindEarlierRunsAndRules"]
    assert 'Condition: {StringLike: {"s3:prefix": [runs/history/*, rules/*]}}' in found


def test_the_printed_policy_is_the_declared_one() -> None:
    for tier in Tier:
        result = CliRunner().invoke(main, ["iam-policy", "--tier", tier.value])
        actions = {action for one in json.loads(result.output)["Statement"] for action in one["Action"]}
        assert actions == set(iam_actions(tier))
