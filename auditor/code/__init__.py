"""Deployment packages and layers to facts: bytes in, facts out, nothing written, imported or executed."""

from auditor.code.analyse import analyse_layer, analyse_package
from auditor.code.archive import PackageError
from auditor.code.ranges import RangeReader

__all__ = ["PackageError", "RangeReader", "analyse_layer", "analyse_package"]
