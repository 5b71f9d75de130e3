"""The form of a settings file: its JSON Schema, and a default file with everything in comments."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from auditor.catalogue import Check, Threshold
from auditor.settings import Settings
from auditor.verdict import ChecklistItem

Json = dict[str, Any]

HEAD = """\
# auditor.yaml: options, thresholds, severities and switches of lambda-auditor. It is found in the folder
# where a command runs or one above, or named with --config.
# Each setting stands here as a comment with its default. To set one, take the hash away from its line, from
# the line of its check and from that of its section; what is indented stays so.
# `lambda-auditor config schema` prints the JSON Schema, with which an editor completes and checks this file.

version: 1

# Options of the command line, by their long words; what the command line or LAMBDA_AUDITOR_* says comes
# first. Paths are relative to this file.
#options:
#  fail-on: high

# Thresholds that several checks have by the same name, set once for all of them.
#shared:
{shared}

# Settings for some functions: by patterns of their names, and by tags that they all carry.
# `criticality` is their weight in the score of the account, 1 where nothing is said.
#override:
#  - functions: ["checkout-*"]
#    tags: {{stage: prod}}
#    criticality: 1
#    checks:
#      timeout-near-limit:
#        thresholds:
#          margin: 0.2

# Checks, by the items of the production checklist.
#checks:
"""


def settings_schema(checks: Sequence[Check]) -> bytes:
    """Return the JSON Schema of a settings file that may speak of these checks and of no other."""
    schema: Json = msgspec.json.schema(Settings)
    definitions: Json = schema["$defs"]
    entry: Json = definitions.pop("CheckSettings")
    by_id = {check.id: _check_schema(check, entry, definitions) for check in checks}
    named: Json = {"type": "object", "properties": by_id, "additionalProperties": False, "default": {}}
    definitions["Checks"] = named
    for owner in ("Settings", "Override"):
        definitions[owner]["properties"]["checks"] = {"$ref": "#/$defs/Checks"}
    every = {found.name: found for check in checks for found in check.thresholds}
    definitions["Settings"]["properties"]["shared"] = _thresholds_schema(every.values(), definitions)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "lambda-auditor settings"}
    return msgspec.json.format(msgspec.json.encode(whole | schema), indent=1)


def default_settings(checks: Sequence[Check]) -> str:
    """Return a settings file that changes nothing and shows, as comments, everything that may be changed."""
    shared = "\n".join(f"#  {found.name}: {_written(found.default)}" for found in _alike(checks))
    parts = [HEAD.format(shared=shared)]
    for item in ChecklistItem:
        found = sorted((check for check in checks if check.item is item), key=lambda one: one.id)
        if found:
            parts += [f"\n# {item.number}. {item.title}\n", *(_check_lines(check) for check in found)]
    return "".join(parts)


def _check_lines(check: Check) -> str:
    lines = [
        f"# {check.title}",
        f"#  {check.id}:",
        "#    enabled: true",
        f"#    severity: {check.severity.value}",
    ]
    if check.thresholds:
        lines.append("#    thresholds:")
        lines += [f"#      {found.name}: {_written(found.default)}" for found in check.thresholds]
    return "\n".join(lines) + "\n"


def _written(value: object) -> str:
    # JSON is YAML, and says 0.2, true, "text" and [] without room for doubt.
    return msgspec.json.encode(value).decode()


def _check_schema(check: Check, entry: Json, definitions: Json) -> Json:
    properties = entry["properties"] | {"thresholds": _thresholds_schema(check.thresholds, definitions)}
    return {**entry, "title": check.id, "description": check.title, "properties": properties}


def _thresholds_schema(thresholds: Iterable[Threshold], definitions: Json) -> Json:
    properties = {found.name: _typed(found, definitions) for found in thresholds}
    return {"type": "object", "properties": properties, "additionalProperties": False, "default": {}}


def _typed(threshold: Threshold, definitions: Json) -> Json:
    (schema,), own = msgspec.json.schema_components([threshold.type], ref_template="#/$defs/{name}")
    definitions.update(own)
    return {**schema, "default": msgspec.to_builtins(threshold.default)}


def _alike(checks: Iterable[Check]) -> tuple[Threshold, ...]:
    """Thresholds that several checks have by one name and with one default: those to set at once."""
    every = [threshold for check in checks for threshold in check.thresholds]
    counts = Counter(found.name for found in every)
    defaults = {name: {_written(found.default) for found in every if found.name == name} for name in counts}
    found = {one.name: one for one in every if counts[one.name] > 1 and len(defaults[one.name]) == 1}
    return tuple(found[name] for name in sorted(found))
