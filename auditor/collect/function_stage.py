"""The functions of one region: what has to be known first, what each is asked, and what completes them."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from auditor.collect.concurrency import scaled_targets
from auditor.collect.function_details import Surroundings, complete
from auditor.collect.images import DESCRIBE_REPOSITORIES, with_images
from auditor.collect.log_queries import START_QUERY
from auditor.collect.log_sample import FILTER_EVENTS, collect_log_samples
from auditor.collect.metrics import GET_METRIC_DATA, Window
from auditor.collect.names import names_of
from auditor.collect.packages import with_code
from auditor.collect.progress import Steps
from auditor.collect.reports import collect_report_lines
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.collect.triggers import mappings
from auditor.collect.usage import collect_usage
from auditor.collect.versions import code_signing
from auditor.model import EventSourceMapping, Function, LogGroup, LogUsage, Unavailable, Usage
from auditor.model.account import unqualified

Mappings = tuple[EventSourceMapping, ...] | Unavailable
Groups = tuple[LogGroup, ...] | Unavailable
T = TypeVar("T")
Measured = Mapping[str, Usage | Unavailable] | Unavailable


class First(NamedTuple):
    """What the questions about single functions depend on."""

    mappings: Mappings
    around: Surroundings


def ask_first(api: Api, region: str, listed: tuple[Function, ...], window: Window) -> First:
    """Ask what decides which questions are worth asking of a function.

    The functions are measured meanwhile: who is asked whether events were received waits for the metrics.
    """
    tasks: tuple[Callable[[], Any], ...] = (
        lambda: mappings(api, region),
        lambda: code_signing(api, region),
        lambda: scaled_targets(api, region),
    )
    mapped, signing, scaled = api.map(lambda task: task(), tasks)
    by_function: dict[str, list[EventSourceMapping]] = {}
    for mapping in () if isinstance(mapped, Unavailable) else mapped:
        by_function.setdefault(unqualified(mapping.function_arn), []).append(mapping)
    pool = ThreadPoolExecutor(1, thread_name_prefix="usage")
    measured = pool.submit(_measured, api, region, listed, mapped, window)
    pool.shutdown(wait=False)
    return First(
        mapped,
        Surroundings(
            tier=api.tier,
            mappings={arn: tuple(found) for arn, found in by_function.items()},
            signing=signing,
            scaled=scaled,
            trusts_listing=api.is_aws or any(function.versions for function in listed),
            usage=lambda arn: _of(measured.result(), arn),
            names=names_of(api, region),
        ),
    )


def ask_each(
    api: Api, region: str, listed: tuple[Function, ...], around: Surroundings, steps: Steps
) -> tuple[Function, ...]:
    """Ask each function what the tier asks; functions that were deleted meanwhile are left out."""

    def asked(function: Function) -> Function | None:
        found = complete(api, region, function, around)
        steps.done()
        return found

    return tuple(function for function in api.map(asked, listed) if function is not None)


def completed(
    api: Api, region: str, functions: tuple[Function, ...], mapped: Mappings, window: Window
) -> tuple[Function, ...]:
    """Add images, code, and the use of provisioned concurrency, which is measured for each qualifier."""
    pictured = whole(DESCRIBE_REPOSITORIES)(with_images)(api, functions)
    named = () if isinstance(mapped, Unavailable) else mapped
    found = with_code(api, region, functions if isinstance(pictured, Unavailable) else pictured, named)
    provisioned = [one for one in found if isinstance(one.provisioned, tuple) and one.provisioned]
    if not provisioned:
        return found
    again = _measured(api, region, provisioned, mapped, window)
    names = {one.arn for one in provisioned}
    return tuple(replace(one, usage=_of(again, one.arn)) if one.arn in names else one for one in found)


def with_logs(  # noqa: PLR0913, PLR0917 - what logs tell comes from everywhere
    api: Api,
    region: str,
    functions: Iterable[Function],
    volumes: Mapping[str, LogUsage | Unavailable] | Unavailable,
    groups: Groups,
    window: Window,
) -> tuple[Function, ...]:
    """Put into functions what their logs tell: their volume, what REPORT lines say, and the newest lines."""
    several = list(functions)
    # One after the other in its place: thousands of functions are not held twice.
    for index, function in enumerate(several):
        several[index] = replace(function, log_usage=_volume(function.log_group, volumes))
    lines = whole(START_QUERY)(collect_report_lines)(api, region, several, groups, window)
    samples = whole(FILTER_EVENTS)(collect_log_samples)(api, region, several, groups, window)
    for index, function in enumerate(several):
        several[index] = replace(
            function, report_lines=_of(lines, function.arn), log_sample=_of(samples, function.arn)
        )
    return tuple(several)


def _volume(
    group: str | Unavailable, found: Mapping[str, LogUsage | Unavailable] | Unavailable
) -> LogUsage | Unavailable:
    if isinstance(group, Unavailable):
        return group
    return found if isinstance(found, Unavailable) else found[group]


def _measured(
    api: Api, region: str, functions: Iterable[Function], mapped: Mappings, window: Window
) -> Measured:
    several = list(functions)
    return whole(GET_METRIC_DATA)(collect_usage)(api, region, several, mapped, window) if several else {}


def _of(found: Mapping[str, T | Unavailable] | Unavailable, arn: str) -> T | Unavailable:
    return found if isinstance(found, Unavailable) else found[arn]
