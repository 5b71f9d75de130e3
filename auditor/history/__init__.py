"""What earlier runs tell: comparison, trend, and where runs are kept."""

from auditor.history.compare import Comparison, compare
from auditor.history.local import HistoryError
from auditor.history.record import Run, run_of, scope_of, with_history
from auditor.history.standing import Standing, standing

__all__ = [
    "Comparison",
    "HistoryError",
    "Run",
    "Standing",
    "compare",
    "run_of",
    "scope_of",
    "standing",
    "with_history",
]
