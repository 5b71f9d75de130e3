"""Classification of names and values: a secret, perhaps one, or not one, without telling the value."""

from auditor.secrets.evidence import Judged
from auditor.secrets.files import credential_file, looks_like_config_file, scan_text
from auditor.secrets.judge import classify
from auditor.secrets.text import DOUBT, MASK, Hit, classify_line, redact
from auditor.secrets.variables import variable

__all__ = [
    "DOUBT",
    "MASK",
    "Hit",
    "Judged",
    "classify",
    "classify_line",
    "credential_file",
    "looks_like_config_file",
    "redact",
    "scan_text",
    "variable",
]
