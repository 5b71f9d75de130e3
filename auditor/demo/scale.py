"""The demo account grown to many functions, for benchmarks."""

from collections.abc import Iterator, Mapping

import msgspec

from auditor.demo.account import World
from auditor.demo.specs import HOME, FunctionSpec


def scaled(world: World, count: int) -> World:
    """Replicate the home region's functions up to `count` in all, with numbers that differ by copy."""
    others = {region: specs for region, specs in world.functions.items() if region != HOME}
    wanted = max(1, count - sum(len(specs) for specs in others.values()))
    home = {spec.name: spec for spec in _copies(world.functions[HOME], wanted)}
    return msgspec.structs.replace(world, functions={HOME: home, **others})


def _copies(specs: Mapping[str, FunctionSpec], wanted: int) -> Iterator[FunctionSpec]:
    originals = list(specs.values())
    for index in range(wanted):
        original = originals[index % len(originals)]
        turn = index // len(originals)
        yield original if turn == 0 else _copy(original, turn)


def _copy(spec: FunctionSpec, turn: int) -> FunctionSpec:
    """Copy a function under another name; every seventh does nothing, the others do more or less."""
    factor = 0 if turn % 7 == 3 else 0.5 + (turn * 37 % 100) / 50  # noqa: PLR2004 - any spread will do
    usage = msgspec.structs.replace(
        spec.usage,
        runs=spec.usage.runs * factor,
        errors=spec.usage.errors * factor,
        log_mb=None,
        log_events=None,
    )
    name = f"{spec.name}-{turn:04d}"
    size_mb = spec.size_mb or 0.9  # declared, so that no package has to be built for each copy
    return msgspec.structs.replace(spec, name=name, usage=usage, reserved=None, size_mb=size_mb)
