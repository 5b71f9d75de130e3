"""One region: bulk listings first, then what they leave open, its questions beside each other."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from auditor.collect.account import collect_quota_default
from auditor.collect.alarms import DESCRIBE_ALARMS, collect_alarms
from auditor.collect.balancers import DESCRIBE_TARGET_GROUPS, collect_target_groups
from auditor.collect.changes import LOOKUP_EVENTS, collect_changes
from auditor.collect.concurrency import account_settings
from auditor.collect.events import (
    LIST_RULES,
    LIST_SCHEDULES,
    LIST_SUBSCRIPTIONS,
    collect_rules,
    collect_schedules,
    collect_subscriptions,
)
from auditor.collect.function_stage import (
    Groups,
    Mappings,
    ask_each,
    ask_first,
    completed,
    with_logs,
)
from auditor.collect.functions import Selection, list_functions, with_details
from auditor.collect.graphql import LIST_APIS, collect_graphql
from auditor.collect.instances import collect_providers, provider_networks
from auditor.collect.integrations import GET_REST_APIS, collect_integrations
from auditor.collect.layers import layers
from auditor.collect.log_policies import (
    DESCRIBE_ACCOUNT_POLICIES,
    collect_log_forwarding,
    collect_log_masking,
)
from auditor.collect.logs import (
    DESCRIBE_LOG_GROUPS,
    DESCRIBE_METRIC_FILTERS,
    collect_log_groups,
    collect_metric_filters,
)
from auditor.collect.logs import collect_subscriptions as log_subscriptions
from auditor.collect.metrics import GET_METRIC_DATA, Window
from auditor.collect.names import Names
from auditor.collect.network import DESCRIBE_SUBNETS, Network, collect_network
from auditor.collect.packages import with_layer_packages
from auditor.collect.progress import Steps
from auditor.collect.queues import GET_QUEUE_ATTRIBUTES, Messaging, collect_messaging
from auditor.collect.services import collect_services
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.collect.usage import collect_log_usage, collect_peak_concurrency
from auditor.collect.web_functions import LIST_WEB_FUNCTIONS
from auditor.collect.workflows import LIST_STATE_MACHINES, Workflows, collect_workflows
from auditor.model import (
    Alarm,
    ApiIntegration,
    CapacityProvider,
    Function,
    Record,
    Region,
    ServiceStatus,
    Unavailable,
)
from auditor.model.invocation import lets_in

# Threads for questions that are asked once a region: most of their time is spent waiting in line.
BULK_THREADS = 12

Task = Callable[[], Any]


class Listing(NamedTuple):
    """The functions of a region as its bulk listing has them."""

    region: str
    functions: tuple[Function, ...] | Unavailable

    @property
    def found(self) -> tuple[Function, ...]:
        """The functions, none where they could not be listed."""
        return () if isinstance(self.functions, Unavailable) else self.functions

    @property
    def missing(self) -> Unavailable | None:
        """Why they could not be listed, None where they could."""
        return self.functions if isinstance(self.functions, Unavailable) else None


def list_region(  # noqa: PLR0913, PLR0917 - what it tells of goes to three others
    api: Api,
    region: str,
    selection: Selection,
    steps: Steps,
    names: Names,
    seen: Callable[[str], object] = lambda _: None,
) -> Listing:
    """List the functions of a region, narrowed to those that the scan is about. Where names alone narrow it,
    each is told to `seen` as soon as it comes.
    """
    early = (seen,) if not selection.tags else ()
    found = list_functions(api, region, selection, names, *early)
    if isinstance(found, Unavailable) or not selection.tags:
        steps.more(0 if isinstance(found, Unavailable) else len(found))
        return Listing(region, found)
    detailed = api.map(lambda function: with_details(api, region, function), found)
    chosen = tuple(one for one in detailed if one is not None and selection.takes_tags(one))
    steps.more(len(chosen))
    return Listing(region, chosen)


def collect_region(api: Api, listing: Listing, window: Window, steps: Steps) -> Region:
    """Collect everything about the functions of one region.

    What fails is `Unavailable` in its own field, and a listing that failed is so in `functions`.
    """
    region, unlisted = listing.region, listing.missing
    mappings, functions, answers = _asked(api, region, listing.found, window, steps)
    # Thousands of functions are not held twice: from here on each step lets go of what it replaces.
    del listing
    settings = answers.pop("settings")
    log_usage = answers.pop("log_usage")
    named = _named(functions, mappings, answers["alarms"])
    late = _late(api, region, functions, named, answers["log_groups"])
    late["functions"] = partial(completed, api, region, functions, mappings, window)
    del functions
    if unlisted is not None:
        # What only functions point to cannot be known where the functions are not.
        unknown = {*late, "network", "layers", "capacity_providers", "changes"} - {"log_groups"}
        answers |= dict.fromkeys(unknown, unlisted)
    else:
        answers |= _together(api, late)
    late.clear()
    messaging: Messaging | Unavailable = answers.pop("messaging")
    network: Network | Unavailable = answers.pop("network")
    workflows: Workflows | Unavailable = answers.pop("workflows")
    if isinstance(answers["functions"], tuple):
        logged = with_logs(api, region, answers.pop("functions"), log_usage, answers["log_groups"], window)
        answers["functions"] = logged
        answers["layers"] = with_layer_packages(api, region, answers["layers"], logged)
    return Region(
        account=api.account,
        name=region,
        partition=api.partition,
        mappings=mappings,
        concurrency_quota_default=collect_quota_default(api, region, settings["concurrency_limit"]),
        **settings,
        **answers,
        **_fields(messaging, Messaging),
        **_fields(network, Network),
        **_fields(workflows, Workflows),
    )


def _asked(
    api: Api, region: str, listed: tuple[Function, ...], window: Window, steps: Steps
) -> tuple[Mappings, tuple[Function, ...], dict[str, Any]]:
    """Ask about each function, and beside that what a region is asked as a whole."""
    providers = collect_providers(api, region, listed)
    with ThreadPoolExecutor(BULK_THREADS, thread_name_prefix=region) as pool:
        tasks = _bulk(api, region, listed, providers, window)
        bulk = {name: pool.submit(task) for name, task in tasks.items()}
        first = ask_first(api, region, listed, window)
        functions = ask_each(api, region, listed, first.around, steps)
        answers = {name: future.result() for name, future in bulk.items()}
    return first.mappings, functions, {**answers, "capacity_providers": providers}


def _together(api: Api, tasks: Mapping[str, Task]) -> dict[str, Any]:
    return dict(zip(tasks, api.map(lambda task: task(), tasks.values()), strict=True))


def _fields(found: Record | Unavailable, kind: type[Record]) -> dict[str, Any]:
    """Return the fields of a record, or its reason for each that may carry one."""
    if isinstance(found, Unavailable):
        return {name: found for name in kind.__struct_fields__ if not name.startswith("unread_")}
    return {name: getattr(found, name) for name in kind.__struct_fields__}


def _bulk(
    api: Api,
    region: str,
    listed: tuple[Function, ...],
    providers: tuple[CapacityProvider, ...],
    window: Window,
) -> dict[str, Task]:
    """Name the questions that depend on the listing, and on capacity providers, alone."""
    attached = [function.vpc for function in listed if function.vpc is not None]
    attached += provider_networks(providers)
    used = {use for function in listed for use in function.layers}
    return {
        "settings": lambda: account_settings(api, region),
        "alarms": lambda: whole(DESCRIBE_ALARMS)(collect_alarms)(api, region),
        "log_groups": lambda: whole(DESCRIBE_LOG_GROUPS)(collect_log_groups)(api, region),
        "metric_filters": lambda: whole(DESCRIBE_METRIC_FILTERS)(collect_metric_filters)(api, region),
        "log_forwarding": lambda: whole(DESCRIBE_ACCOUNT_POLICIES)(collect_log_forwarding)(api, region),
        "log_masking": lambda: whole(DESCRIBE_ACCOUNT_POLICIES)(collect_log_masking)(api, region),
        "peak_concurrency": lambda: whole(GET_METRIC_DATA)(collect_peak_concurrency)(api, region, window),
        "log_usage": lambda: whole(GET_METRIC_DATA)(collect_log_usage)(api, region, _groups(listed), window),
        "network": lambda: whole(DESCRIBE_SUBNETS)(collect_network)(api, region, attached),
        "layers": lambda: layers(api, region, used),
        "services": lambda: _services(api, region, listed),
        "changes": lambda: whole(LOOKUP_EVENTS)(collect_changes)(api, region, listed, window),
        "schedules": lambda: whole(LIST_SCHEDULES)(collect_schedules)(api, region),
        "workflows": lambda: whole(LIST_STATE_MACHINES)(collect_workflows)(api, region, listed),
    }


def _services(api: Api, region: str, listed: tuple[Function, ...]) -> ServiceStatus:
    found = whole(LIST_WEB_FUNCTIONS)(collect_services)(api, region, listed)
    return ServiceStatus(**_fields(found, ServiceStatus)) if isinstance(found, Unavailable) else found


def _late(
    api: Api, region: str, functions: tuple[Function, ...], named: set[str], groups: Groups
) -> dict[str, Task]:
    """Name the questions that depend on resource-based policies and on what functions point to."""
    return {
        "messaging": lambda: whole(GET_QUEUE_ATTRIBUTES)(collect_messaging)(api, named),
        "log_groups": lambda: whole(DESCRIBE_LOG_GROUPS)(log_subscriptions)(
            api, region, groups, _groups(_fed_by_logs(functions))
        ),
        "rules": lambda: whole(LIST_RULES)(collect_rules)(api, region, functions),
        "subscriptions": lambda: whole(LIST_SUBSCRIPTIONS)(collect_subscriptions)(api, region, functions),
        "integrations": lambda: _integrations(api, region, functions),
        "target_groups": lambda: whole(DESCRIBE_TARGET_GROUPS)(collect_target_groups)(api, region, functions),
    }


def _fed_by_logs(functions: Iterable[Function]) -> list[Function]:
    """Functions that CloudWatch Logs may invoke; of those whose policy was not read no check can tell."""
    return [function for function in functions if lets_in(function, "logs") is True]


def _integrations(
    api: Api, region: str, functions: tuple[Function, ...]
) -> tuple[ApiIntegration, ...] | Unavailable:
    """Read the APIs of all kinds before functions; those of one kind alone would leave callers out."""
    found: list[ApiIntegration] = []
    for several in (
        whole(GET_REST_APIS)(collect_integrations)(api, region, functions),
        whole(LIST_APIS)(collect_graphql)(api, region) if functions else (),
    ):
        if isinstance(several, Unavailable):
            return several
        found.extend(several)
    return tuple(found)


def _groups(functions: Iterable[Function]) -> set[str]:
    return {group for function in functions if isinstance(group := function.log_group, str)}


def _named(
    functions: Iterable[Function],
    mapped: Mappings,
    alarms: tuple[Alarm, ...] | Unavailable,
) -> set[str]:
    """Return the ARNs of sources, destinations and dead-letter targets, and those that alarms tell."""
    arns: set[str] = set()
    for function in functions:
        if isinstance(function.dead_letter_arn, str):
            arns.add(function.dead_letter_arn)
        for config in () if isinstance(function.async_configs, Unavailable) else function.async_configs:
            arns |= {config.on_failure_arn, config.on_success_arn}
    for mapping in () if isinstance(mapped, Unavailable) else mapped:
        arns |= {mapping.source_arn, mapping.on_failure_arn}
    for alarm in () if isinstance(alarms, Unavailable) else alarms:
        arns |= set(alarm.alarm_actions)
    return arns - {""}
