"""Exports held against what others validate by: SARIF's authors with GitHub's rules, and OCSF's models."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from pydantic import BaseModel

from auditor.render import ocsf, sarif
from tests.render.export_sample import HOSTILE, poisoned, small

NODE = Path(__file__).resolve().parents[2] / "requirements" / "node" / "node_modules"
VALIDATOR = NODE / "@microsoft" / f"sarif-multitool-{platform.system().lower()}" / "Sarif.Multitool"
# The validator looks up the addresses that it reads; a proxy that refuses at once spares the wait.
ALONE = {
    "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}
# Of OCSF's profile `cloud`, and of the object `compliance` in version 1.5.0: the models have none of them.
LEFT_OUT = {"cloud", "compliance.status", "compliance.status_code", "compliance.status_details"}


validated = pytest.mark.skipif(
    not VALIDATOR.exists(), reason="the SARIF validator is not installed: see tests/run.py"
)


def judged(folder: Path) -> dict[str, Any]:
    """Return the validator's run over the SARIF files of a folder, by the standard's and GitHub's rules."""
    said = folder / "said.json"
    files = [str(file) for file in sorted(folder.glob("*.sarif"))]
    rules = ("--rule-kind", "Sarif;Ghas", "--level", "Error;Warning")
    subprocess.run(
        [str(VALIDATOR), "validate", *files, *rules, "--output", str(said)],
        env={**os.environ, **ALONE},
        capture_output=True,
        check=False,
    )
    run: dict[str, Any] = json.loads(said.read_text(encoding="utf-8-sig"))["runs"][0]
    return run


@validated
def test_sarif_passes_its_own_validator_and_the_rules_of_github(tmp_path: Path) -> None:
    files = {"every": sarif.render(small(), every=True)}
    files |= {name: sarif.render(poisoned(HOSTILE[name])) for name in ("script", "surrogate")}
    for name, data in files.items():
        (tmp_path / f"{name}.sarif").write_bytes(data)
    assert [result["message"] for result in judged(tmp_path)["results"]] == []


@validated
def test_the_validator_finds_fault_with_a_result_without_a_place(tmp_path: Path) -> None:
    spoilt = json.loads(sarif.render(small()))
    del spoilt["runs"][0]["results"][0]["locations"]
    (tmp_path / "spoilt.sarif").write_text(json.dumps(spoilt))
    done = subprocess.run(
        [
            str(VALIDATOR),
            "validate",
            str(tmp_path / "spoilt.sarif"),
            "--rule-kind",
            "Ghas",
            "--level",
            "Error",
        ],
        env={**os.environ, **ALONE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "locations" in done.stdout


def strangers(event: dict[str, Any], model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield the fields of an event that the model does not know: it would pass over a slip."""
    for name, value in event.items():
        field = model.model_fields.get(name)
        if field is None:
            yield f"{path}{name}"
            continue
        inner = next((kind for kind in kinds(field.annotation) if issubclass(kind, BaseModel)), None)
        for part in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(part, dict):
                yield from strangers(part, inner, f"{path}{name}.")


def kinds(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for part in get_args(annotation):
        yield from kinds(part)


def test_ocsf_events_fit_the_models() -> None:
    events = [event for text in HOSTILE.values() for event in json.loads(ocsf.render(poisoned(text)))]
    for event in (*json.loads(ocsf.render(small())), *events):
        ComplianceFinding.model_validate(event)
        assert set(strangers(event, ComplianceFinding)) <= LEFT_OUT
