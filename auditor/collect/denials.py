"""Which kind of policy denied a call: AWS's messages say so, and of them no more than that is kept."""

import re

from auditor.model import DeniedBy

# The clause that ends a message, behind names and ARNs that may hold any word:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
CLAUSE = re.compile(
    r"(because no|with an explicit deny in (?:an?|the)) "
    r"(identity-based policy|resource-based policy|service control policy|resource control policy"
    r"|permissions boundary|session policy|VPC endpoint policy)\b",
    re.IGNORECASE,
)
POLICIES = {
    "resource-based policy": DeniedBy.RESOURCE_POLICY,
    "service control policy": DeniedBy.SERVICE_CONTROL_POLICY,
    "resource control policy": DeniedBy.RESOURCE_CONTROL_POLICY,
    "permissions boundary": DeniedBy.PERMISSIONS_BOUNDARY,
    "session policy": DeniedBy.SESSION_POLICY,
    "vpc endpoint policy": DeniedBy.VPC_ENDPOINT_POLICY,
}


def denied_by(message: str) -> DeniedBy | None:
    """Return what denied a call by the message of its error, None where that does not say."""
    clauses = CLAUSE.findall(message)
    if not clauses:
        return None
    how, policy = (word.lower() for word in clauses[-1])
    if policy in POLICIES:
        return POLICIES[policy]
    return DeniedBy.NO_GRANT if how == "because no" else DeniedBy.EXPLICIT_DENY
