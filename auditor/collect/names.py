"""Names of the secrets and parameters of a region: a variable whose value is such a name refers, and hides
nothing.
"""

import threading
from collections.abc import Callable
from functools import cache

from auditor.collect.answers import listed
from auditor.collect.operations import Operation
from auditor.collect.session import Api
from auditor.model import Unavailable

LIST_SECRETS = Operation(
    service="secretsmanager",
    name="ListSecrets",
    actions=("secretsmanager:ListSecrets",),
    requires=("SecretList", "SecretList[].Name"),
    page_size=100,
)
DESCRIBE_PARAMETERS = Operation(
    service="ssm",
    name="DescribeParameters",
    actions=("ssm:DescribeParameters",),
    requires=("Parameters", "Parameters[].Name"),
    page_size=50,
)
OPERATIONS = (LIST_SECRETS, DESCRIBE_PARAMETERS)

LISTS = ((LIST_SECRETS, "SecretList"), (DESCRIBE_PARAMETERS, "Parameters"))

Names = Callable[[], frozenset[str]]


def no_names() -> frozenset[str]:
    """No name at all, where nothing can be asked."""
    return frozenset()


def names_of(api: Api, region: str) -> Names:
    """Return how to have the names, which are listed once, when somebody first asks for them.

    All of them are listed: to ask for one by a value would send AWS what may be a secret. A list that cannot
    be read excuses nothing, so that its values are judged by name and shape alone.
    """
    lock = threading.Lock()

    @cache
    def read() -> frozenset[str]:
        found: set[str] = set()
        for operation, items in LISTS:
            rows = listed(api.rows(operation, region, items, lambda row: str(row["Name"])))
            found.update(() if isinstance(rows, Unavailable) else rows)
        return frozenset(found)

    def names() -> frozenset[str]:
        with lock:
            return read()

    return names
