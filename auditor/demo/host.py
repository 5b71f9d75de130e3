"""The in-process host: finds the answer to a call, pages it, and holds it against the output shape."""

from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel

from auditor.demo.account import World
from auditor.demo.answers import HANDLERS, PRUNED
from auditor.demo.canned import canned
from auditor.demo.errors import AwsError, UnknownOperationError, denied
from auditor.demo.paging import page
from auditor.demo.shapes import prune, validate

Json = dict[str, Any]
Paginator = Callable[[str, str], Json | None]


class Host:
    """Answers calls for one account. `cap` is the most rows of a page, None for AWS's own page sizes."""

    def __init__(self, world: World, *, cap: int | None, check: bool, paginators: Paginator) -> None:
        self.world = world
        self._cap = cap
        self._check = check
        self._paginators = paginators

    def answer(self, model: OperationModel, operation: str, region: str, params: Json) -> Json:
        """Answer one call as AWS would, or raise `AwsError`; `UnknownOperationError` is a gap of the demo."""
        for rule in self.world.denied:
            if rule.concerns(operation, region, params):
                raise denied(model, operation, self.world.id, rule.by)
        whole = self._whole(operation, region, params)
        if operation in PRUNED and model.output_shape is not None:
            whole = prune(model.output_shape, whole)
        service, _, name = operation.partition(":")
        paged = page(whole, params, self._paginators(service, name), operation, self._cap)
        if self._check and model.output_shape is not None:
            validate(model.output_shape, paged, operation)
        return paged

    def _whole(self, operation: str, region: str, params: Json) -> Json:
        handler = HANDLERS.get(operation)
        if handler is not None:
            return handler(self.world, region, params)
        answer = canned(self.world, operation, region, params)
        if answer is None:
            raise UnknownOperationError(operation)
        return answer


__all__ = ["AwsError", "Host"]
