"""Collection: an account becomes an inventory. The only room that talks to AWS."""

from auditor.collect.failures import CollectError
from auditor.collect.inventory import collect
from auditor.collect.request import NamedAccount, ScanRequest

__all__ = ["CollectError", "NamedAccount", "ScanRequest", "collect"]
