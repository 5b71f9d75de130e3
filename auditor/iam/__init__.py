"""The policy language: what a role may do, who may reach a function, and the policy that would be enough.

Everything here is pure: records of `auditor.model` in, records out, the day passed as `as_of`.

Parse: `parse_document(text or mapping)` gives the statements of any legal document or raises `PolicyError`.

Judge a role once, then ask:

- `judged = privileges(role, as_of=day, controls=levels)`: all policies together, after Deny, boundary and
  the service control policies of each level
- `judged.allows("sqs:SendMessage", arn)`: bool, or `Unavailable` where an unread policy may turn it
- `judged.of("s3:GetObject")`: its `Grant`s with policy, statement, breadth (0 to 3) and narrowing
- `judged.broad("s3:GetObject")`: those that reach every resource of a type, not pinned by a condition
- `judged.services`: number of granted actions by service
- `judged.unread`, `judged.boundary_unread`, `judged.control_unread`: what the answer lacks

Findings about privileges, each a tuple, worst first. Each raises `EvidenceMissingError` where nothing was
found and a policy was not read, or where the boundary was not, so that a check needs no care of its own:

- `administrator`, `escalation_paths`, `passable_roles`, `assumable_roles`
- `service_wildcards`, `partial_wildcards`, `negations`, `unscoped_resources`
- `readable_secrets`, `readable_data`, `resource_exposure`, `returned_credentials`

About a role and its function:

- `broad_managed_policies(role, judged)`, `boundary_absent(role)`
- `trust_wider_than_lambda(role, …)`, `lambda_may_assume(role)`
- `missing_actions(judged, configuration_needs(function, mappings))`, `log_needs(function)`
- `unused(judged, last_accessed, created_at=…)`, `analysed(judged, unused_access)`

About the functions of an account:

- `hands(identities, function_arns, as_of=day)`: who may change and invoke how many of them

Resource-based policies, and what they expose:

- `openings(policy, Circle(account=…, trusted_accounts=…, organization_ids=…))`: each principal let in
- `url_exposures(urls, policies)`, `public_layer(policy, circle)`
- `blast_radius(judged)`, `weighed(severity, radius)`

The policy that would be enough, judged by all of the above once more:

- `suggest_policy(judged, known_use(function, role, mappings, shared=…))`
"""

from auditor.iam.administrator import administrator
from auditor.iam.conditions import Caller, Narrowing
from auditor.iam.escalation import Escalation, escalation_paths
from auditor.iam.evaluate import privileges
from auditor.iam.exposure import (
    BlastRadius,
    UrlExposure,
    blast_radius,
    public_layer,
    unknown_radius,
    url_exposures,
    weighed,
)
from auditor.iam.hands import Hand, hands
from auditor.iam.known_use import known_use
from auditor.iam.managed import boundary_absent, broad_managed_policies
from auditor.iam.needs import Need, configuration_needs, log_needs, missing_actions
from auditor.iam.overreach import Overreach
from auditor.iam.parse import PolicyError, parse_document
from auditor.iam.privileges import Grant, Missing, Privileges, Rule
from auditor.iam.reach import (
    assumable_roles,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
)
from auditor.iam.resource_policy import Circle, Opened, Opening, openings
from auditor.iam.suggest import Kept, KnownUse, Suggestion, suggest_policy
from auditor.iam.trust import Truster, lambda_may_assume, trust_wider_than_lambda
from auditor.iam.unused import Unused, analysed, unused
from auditor.iam.wildcards import negations, partial_wildcards, service_wildcards, unscoped_resources

__all__ = [
    "BlastRadius",
    "Caller",
    "Circle",
    "Escalation",
    "Grant",
    "Hand",
    "Kept",
    "KnownUse",
    "Missing",
    "Narrowing",
    "Need",
    "Opened",
    "Opening",
    "Overreach",
    "PolicyError",
    "Privileges",
    "Rule",
    "Suggestion",
    "Truster",
    "Unused",
    "UrlExposure",
    "administrator",
    "analysed",
    "assumable_roles",
    "blast_radius",
    "boundary_absent",
    "broad_managed_policies",
    "configuration_needs",
    "escalation_paths",
    "hands",
    "known_use",
    "lambda_may_assume",
    "log_needs",
    "missing_actions",
    "negations",
    "openings",
    "parse_document",
    "partial_wildcards",
    "passable_roles",
    "privileges",
    "public_layer",
    "readable_data",
    "readable_secrets",
    "resource_exposure",
    "returned_credentials",
    "service_wildcards",
    "suggest_policy",
    "trust_wider_than_lambda",
    "unknown_radius",
    "unscoped_resources",
    "unused",
    "url_exposures",
    "weighed",
]
