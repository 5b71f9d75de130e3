"""The embedded demo account: a web shop behind real boto3 clients, without network or credentials."""

from auditor.demo.faults import Fault, FaultKind, Faults
from auditor.demo.secrets import DEMO_SECRETS
from auditor.demo.session import DEMO_NOW, DEMO_REGIONS, DemoSession, demo_session

__all__ = [
    "DEMO_NOW",
    "DEMO_REGIONS",
    "DEMO_SECRETS",
    "DemoSession",
    "Fault",
    "FaultKind",
    "Faults",
    "demo_session",
]
