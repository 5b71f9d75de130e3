"""The catalogue of checks: one module for each item of the production checklist."""
