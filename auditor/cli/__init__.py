"""The command line: parse, call the pipeline, print."""

from auditor.cli.group import main

__all__ = ["main"]
