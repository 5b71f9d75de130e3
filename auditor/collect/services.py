"""The account's services around Lambda in one region, asked side by side."""

from collections.abc import Callable, Iterable
from typing import Any

from auditor.collect import delivery, images, tracing, watchers, web_functions
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import Function, ServiceStatus, Unavailable

OPERATIONS = (
    *web_functions.OPERATIONS,
    *watchers.OPERATIONS,
    *delivery.OPERATIONS,
    *images.OPERATIONS,
    *tracing.OPERATIONS,
)


def collect_services(api: Api, region: str, functions: Iterable[Function]) -> ServiceStatus:
    """Read which services of a region watch over functions, deliver them and encrypt their variables."""
    several = tuple(functions)
    keys = {function.kms_key_arn for function in several if function.kms_key_arn}
    tasks: dict[str, Callable[[], Any]] = {
        "guardduty": lambda: whole(watchers.GET_DETECTOR)(watchers.guardduty_lambda)(api, region),
        "inspector": lambda: whole(watchers.INSPECTOR_STATUS)(watchers.inspector)(api, region),
        "optimizer": lambda: whole(watchers.ENROLLMENT)(watchers.compute_optimizer)(api, region),
        "trails": lambda: whole(watchers.DESCRIBE_TRAILS)(watchers.trails)(api, region),
        "stacks": lambda: whole(delivery.LIST_STACKS)(delivery.stacks)(api, region),
        "pipelines": lambda: whole(delivery.LIST_PIPELINES)(delivery.pipelines)(api, region),
        "all_at_once": lambda: whole(delivery.READ_DEPLOYMENT_GROUPS)(delivery.all_at_once)(api, region),
        "keys": lambda: whole(delivery.DESCRIBE_KEY)(delivery.keys)(api, keys),
        "sampling": lambda: whole(tracing.GET_RULES)(tracing.sampling_rules)(api, region, several),
        "web": lambda: web_functions.web_functions(api, region),
    }
    found = dict(zip(tasks, api.map(lambda task: task(), tasks.values()), strict=True))
    standard, code = _pair(found["inspector"])
    disabled, unrotated = _pair(found["keys"])
    web, endpoints = _pair(found["web"])
    opened = whole(delivery.GET_KEY_POLICY)(delivery.open_keys)(api, keys)
    return ServiceStatus(
        guardduty_lambda=found["guardduty"],
        inspector_lambda=standard,
        inspector_lambda_code=code,
        inspector_findings=whole(watchers.LIST_FINDINGS)(watchers.inspector_findings)(api, region)
        if standard is True
        else _off(standard),
        inspector_coverage=whole(watchers.LIST_COVERAGE)(watchers.inspector_coverage)(api, region)
        if standard is True
        else _off(standard),
        compute_optimizer=found["optimizer"],
        compute_optimizer_findings=whole(watchers.RECOMMENDATIONS)(watchers.recommendations)(api, region)
        if found["optimizer"] == watchers.ENROLLED
        else _off(found["optimizer"]),
        trails=found["trails"],
        stacks=found["stacks"],
        web_functions=web,
        web_endpoints=endpoints,
        pipelines=found["pipelines"],
        all_at_once_deployments=found["all_at_once"],
        disabled_keys=disabled,
        unrotated_keys=unrotated,
        open_keys=opened,
        sampling_rules=found["sampling"],
    )


def _pair(found: tuple[Any, Any] | Unavailable) -> tuple[Any, Any]:
    return (found, found) if isinstance(found, Unavailable) else found


def _off(status: object) -> tuple[()] | Unavailable:
    """What a service that is off found: nothing; one whose state is unknown may have found something."""
    return status if isinstance(status, Unavailable) else ()
