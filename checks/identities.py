"""Who of the account may change functions, and who may invoke them."""

from auditor import (
    Account,
    ChecklistItem,
    Detail,
    Reference,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.iam import Hand, hands

SHOWN = 5


@check(item=ChecklistItem.LEAST_PRIVILEGE, severity=Severity.MEDIUM, codes=("IAM-19",), effort="Policy work")
def functions_open_to_change(account: Account, reference: Reference, *, most_roles: int = 5) -> Verdict:
    """Functions, users or many roles may change functions.

    ## Why it matters
    Whoever may replace the code of a function has all rights of its role. A fault in a function that may do so
    spreads to every other one, and the keys of a user do not expire.

    ## How to fix
    Let the deployment change functions and nobody else: name its role's functions by ARN, and take the actions
    from the execution roles and users that the details name:
    `aws iam simulate-principal-policy --policy-source-arn IDENTITY_ARN --action-names lambda:UpdateFunctionCode`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/access-control-identity-based.html
    - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
    """
    identities = known(account.identities)
    arns = [function.arn for region in account.regions for function in known(region.functions)]
    if not arns:
        return not_applicable("No functions in the regions that were read")
    found = hands(identities, arns, as_of=reference.as_of)
    changing = [hand for hand in found if hand.changes]
    running = [one for one in changing if one.identity.arn in account.functions_by_role]
    users = [
        one for one in changing if one.identity.kind == "user" and one.identity.administrator is not True
    ]
    details = tuple(_detail(one, len(arns)) for one in changing)
    if running:
        more = f", and {_named('user', users)}" if users else ""
        return failed(f"{_named('execution role', running)}{more} may change functions", details=details)
    for one in found:
        known(one.unread or one.identity.administrator)
    others = [one for one in changing if one not in users and one.identity.administrator is not True]
    if users:
        return warned(f"{_named('user', users)} may change functions", details=details)
    invoking = sum(1 for one in found if one.invokes)
    said = (
        f"{len(others)} roles may change functions, administrators not counted, at most {most_roles} wanted"
    )
    if len(others) > most_roles:
        return warned(said, details=details)
    return passed(
        f"{said}; no user and no execution role may; {invoking} identities may invoke one", details=details
    )


def _named(kind: str, several: list[Hand]) -> str:
    names = ", ".join(one.identity.name for one in several[:SHOWN])
    more = f" and {len(several) - SHOWN} more" if len(several) > SHOWN else ""
    return f"{len(several)} {kind}{'' if len(several) == 1 else 's'} ({names}{more})"


def _detail(one: Hand, functions: int) -> Detail:
    rights = "an administrator, " if one.identity.administrator is True else ""
    return Detail(
        subject=one.identity.name,
        text=f"{one.identity.kind}, {rights}may change {one.changes:,} of {functions:,} functions"
        f" and invoke {one.invokes:,}",
        at=one.grants[0].place,
    )
