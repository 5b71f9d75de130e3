"""No free text that AWS passes through reaches a snapshot with the secret that stands in it."""

import hashlib
import json
import re
from typing import Any

from botocore.model import OperationModel, Shape

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, demo_session
from auditor.snapshot import encode

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
