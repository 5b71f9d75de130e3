"""Answers that the YAML file gives verbatim, chosen by region and parameters."""

from fnmatch import fnmatchcase
from typing import Any

from auditor.demo.account import World
from auditor.demo.errors import AwsError

Json = dict[str, Any]


def canned(world: World, operation: str, region: str, params: Json) -> Json | None:
    """Return the first answer whose region and `when` fit, None where the file does not know the operation.

    Raises `AwsError` where the fitting row is an error, and a not-found error where no row fits.
    """
    rows = world.answers.get(operation)
    if rows is None:
        return None
    for row in rows:
        if fnmatchcase(region, row.region) and _fits(row.when, params):
            if row.error:
                raise AwsError(row.error, row.message or "The request was refused.", status=row.status)
            return dict(row.answer)
    raise AwsError("ResourceNotFoundException", "The resource that you requested does not exist.", status=404)


def _fits(when: dict[str, str], params: Json) -> bool:
    for name, glob in when.items():
        value = params.get(name)
        values = value if isinstance(value, list) else [value]
        if not any(item is not None and fnmatchcase(str(item), glob) for item in values):
            return False
    return True
