"""No secret leaves the tool: no planted one by any format, and none in a free text that AWS passes on."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from botocore.model import OperationModel, Shape
from click.testing import CliRunner

from auditor.cli import main
from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, demo_session
from auditor.snapshot import encode
from tests.canaries import CANARIES, leaks_of_folder

# What people or services write in their own words. The rest is names, ids and grammar.
FREE = re.compile(
    r"(?:description|reason|message|comment|title|text|result|endpoint|routekey|^input$)$", re.IGNORECASE
)


class Planter:
    """Plants a token of its own in each free text of each answer, and in each policy."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def __call__(self, *, parsed: dict[str, Any], model: OperationModel, **_: object) -> None:
        if "Error" in parsed:
            parsed["Error"]["Message"] = self.token(f"{model.name} error")
        elif model.output_shape is not None:
            self.plant(parsed, model.output_shape, model.name)

    def token(self, place: str) -> str:
        token = "gh" + "p_" + hashlib.sha256(place.encode()).hexdigest()[:36]
        self.places[token] = place
        return token

    def plant(self, value: Any, shape: Shape, place: str) -> Any:
        match shape.type_name, value:
            case "structure", dict():
                for name, member in shape.members.items():  # type: ignore[attr-defined]
                    free = member.type_name == "string" and not member.enum and FREE.search(name)
                    if free:
                        value[name] = f"{value.get(name, '')} {self.token(f'{place}.{name}')}"
                    elif name in value:
                        value[name] = self.plant(value[name], member, f"{place}.{name}")
            case "list", list():
                return [self.plant(one, shape.member, place) for one in value]  # type: ignore[attr-defined]
            case "map", dict():
                return {key: self.plant(one, shape.value, place) for key, one in value.items()}  # type: ignore[attr-defined]
            case "string", dict():
                return json.loads(self.policy(json.dumps(value), place))
            case "string", str():
                return self.policy(value, place) if value.startswith("{") else value
        return value

    def policy(self, text: str, place: str) -> str:
        document = json.loads(text)
        for statement in document.get("Statement", ()):
            statement["Sid"] = self.token(f"{place} Sid")
            conditions = statement.setdefault("Condition", {})
            conditions.setdefault("StringNotEquals", {})["aws:UserAgent"] = self.token(f"{place} condition")
        return json.dumps(document)


def test_free_texts_lose_their_secrets() -> None:
    planter = Planter()
    session = demo_session(check=False)
    session.events.register_last("after-call", planter)
    text = encode(collect(ScanRequest(tier=Tier.DEEP), session=session, now=DEMO_NOW)).decode()
    assert len(planter.places) >= 60
    assert [place for token, place in planter.places.items() if token in text] == []


def test_no_format_and_no_command_tells_a_planted_secret(tmp_path: Path) -> None:
    snapshot, report, evidence = (
        str(tmp_path / name) for name in ("snapshot.json", "report.json", "evidence.zip")
    )
    results = [
        CliRunner().invoke(main, words)
        for words in (
            ["scan", "--demo", "--tier", "deep", "-o", str(tmp_path), "-f", "xlsx"],
            ["suggest-policy", "payment-webhook", snapshot],
            ["diff", report, report],
            ["pack", report, snapshot, "-o", evidence],
        )
    ]
    assert {result.exit_code for result in results} <= {0, 1, 3}, [result.output[-200:] for result in results]
    (tmp_path / "terminal.txt").write_text("\n".join(result.output for result in results))
    packed = zipfile.ZipFile(evidence).namelist()
    assert len(CANARIES) >= 24
    assert {"report.html", "report.asff.json", "report.ocsf.json"} <= {Path(name).name for name in packed}
    assert leaks_of_folder(tmp_path) == []
