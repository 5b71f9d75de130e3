"""Every request that a scan sends fits AWS's own models: clients do not look at that themselves."""

from typing import Any

from botocore.model import OperationModel
from botocore.validate import ParamValidator

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, demo_session


def test_requests_fit_the_models() -> None:
    faults: list[str] = []
    sent = 0

    def look(params: dict[str, Any], model: OperationModel, **_: object) -> None:
        nonlocal sent
        sent += 1
        if model.input_shape is not None:
            report = ParamValidator().validate(params, model.input_shape)
            if report.has_errors():
                faults.append(f"{model.name}: {report.generate_report()}")

    session = demo_session(check=False)
    session.events.register_first("before-parameter-build", look)
    request = ScanRequest(tier=Tier.DEEP, cost_explorer=True)
    api, caller = open_account(request, session)
    collect_account(api, caller, request, DEMO_NOW, Steps(None))
    assert sent > 300
    assert faults == []


def test_the_look_itself_sees_a_wrong_parameter() -> None:
    model = demo_session().client("lambda").meta.service_model.operation_model("GetPolicy")
    assert model.input_shape is not None
    assert ParamValidator().validate({"FunctionName": 1}, model.input_shape).has_errors()
