"""cloudtrail: events of the last 90 days about functions, as whoever changed them left them."""

import json
from datetime import datetime, timedelta
from typing import Any

from auditor.demo.account import World
from auditor.demo.specs import FunctionSpec

Json = dict[str, Any]
HISTORY = timedelta(days=90)
CREATED, CODE = "CreateFunction20150331", "UpdateFunctionCode20150331v2"
CONFIGURATION = "UpdateFunctionConfiguration20150331v2"
# Who deploys functions with tags of CloudFormation, and those without.
STACK, PIPELINE = "stack", "pipeline"


def _lookup_events(world: World, region: str, params: Json) -> Json:
    wanted = {one["AttributeValue"] for one in params.get("LookupAttributes", ())}
    hands = {row["function"]: row for row in world.rows("hands", region)}
    events = [
        _event(world, spec, name, when, hands.get(spec.name, {}))
        for spec in world.region_functions(region).values()
        for name, when in _changes(world, spec, hands.get(spec.name, {}))
        if not wanted or name in wanted
    ]
    return {"Events": sorted(events, key=lambda one: one["EventTime"], reverse=True)}


def _changes(world: World, spec: FunctionSpec, hand: Json) -> list[tuple[str, datetime]]:
    dated = [
        (CREATED, world.date(spec.age)),
        (CODE, world.date(spec.changed)),
        (CONFIGURATION, world.date(spec.changed)),
    ]
    dated += [(hand["event"], hand["at"])] if "event" in hand else []
    return [(name, when) for name, when in dated if world.now - when < HISTORY]


def _event(world: World, spec: FunctionSpec, name: str, when: datetime, hand: Json) -> Json:
    is_hand = "by" in hand and hand.get("event", name) == name and hand.get("at", when) == when
    usual = STACK if any(tag.startswith("aws:cloudformation:") for tag in spec.tags or {}) else PIPELINE
    identity, extra = _identity(world, hand["by"] if is_hand else usual)
    record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": when.isoformat(),
        "eventSource": "lambda.amazonaws.com",
        "eventName": name,
        "requestParameters": {
            "functionName": spec.name,
            "dryRun": False,
            "environment": {"variables": spec.env or {}},
        },
        "responseElements": {"functionName": spec.name, "functionArn": spec.arn},
        **extra,
    }
    return {
        "EventId": f"{spec.name}-{name}",
        "EventName": name,
        "EventTime": when,
        "EventSource": "lambda.amazonaws.com",
        "Username": "somebody",
        "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": spec.name}],
        "CloudTrailEvent": json.dumps(record),
    }


def _identity(world: World, by: str) -> tuple[Json, Json]:
    """The identity of an event, and what else the event says of its session."""
    role = f"arn:aws:sts::{world.id}:assumed-role"
    console = {"sessionCredentialFromConsole": "true"}
    kinds: dict[str, tuple[Json, Json]] = {
        STACK: (
            {
                "type": "AssumedRole",
                "arn": f"{role}/webshop-deploy/pipeline",
                "invokedBy": "cloudformation.amazonaws.com",
            },
            {},
        ),
        "console": ({"type": "IAMUser", "arn": f"arn:aws:iam::{world.id}:user/jo"}, console),
        "key": ({"type": "IAMUser", "arn": f"arn:aws:iam::{world.id}:user/ci"}, {}),
        "identity-center": (
            {"type": "AssumedRole", "arn": f"{role}/AWSReservedSSO_Developer_0a1b2c3d4e5f6071/sam"},
            {},
        ),
        PIPELINE: ({"type": "AssumedRole", "arn": f"{role}/github-deploy/run"}, {}),
    }
    return kinds[by]


HANDLERS = {"cloudtrail:LookupEvents": _lookup_events}
