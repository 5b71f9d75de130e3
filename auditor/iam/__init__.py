"""The policy language: parse documents, judge what a role may do and who may reach a function."""

from auditor.iam.parse import PolicyError, parse_document

__all__ = ["PolicyError", "parse_document"]
