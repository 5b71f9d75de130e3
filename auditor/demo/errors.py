"""AWS errors as the services spell them: code, HTTP status and message."""

from botocore.model import OperationModel

from auditor.model import DeniedBy

CALLER_ARN = "arn:aws:sts::{account}:assumed-role/lambda-auditor/demo"

# Where the permission is not spelt like the operation:
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_ACTIONS = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "lambda:GetLayerVersionByArn": "lambda:GetLayerVersion",
    "lambda:ListFunctionsByCodeSigningConfig": "lambda:ListFunctionsByCodeSigningConfig",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
}
_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "dynamodbstreams": "dynamodb",
    "service-quotas": "servicequotas",
    "stepfunctions": "states",
}


class AwsError(Exception):
    """An answer that is an error; the host turns it into botocore's `ClientError`."""

    def __init__(self, code: str, message: str, *, status: int = 400, shape: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.shape = shape


class UnknownOperationError(Exception):
    """The demo account has no answer for an operation: a gap of the demo, never an answer of AWS."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"the demo account does not answer {operation}; add it under auditor/demo")


def denied(model: OperationModel, operation: str, account: str, by: DeniedBy = DeniedBy.NO_GRANT) -> AwsError:
    """Error of a caller without the permission, or whom some policy denies it."""
    service, _, name = operation.partition(":")
    action = _ACTIONS.get(operation, f"{_PREFIXES.get(service, service)}:{name}")
    said = (
        f"User: {CALLER_ARN.format(account=account)} is not authorized to perform: {action} "
        f"{_clause(by, action)}"
    )
    protocol = model.service_model.resolved_protocol
    if protocol == "ec2":
        return AwsError(
            "UnauthorizedOperation", f"You are not authorized to perform this operation. {said}", status=403
        )
    if service == "sns":
        return AwsError("AuthorizationError", said, status=403)
    if protocol in {"query", "rest-xml"}:
        return AwsError("AccessDenied", said, status=403)
    return AwsError("AccessDeniedException", said, status=400 if protocol == "json" else 403)


def _clause(by: DeniedBy, action: str) -> str:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    if by is DeniedBy.NO_GRANT:
        return f"because no identity-based policy allows the {action} action"
    if by is DeniedBy.RESOURCE_POLICY:
        return f"because no resource-based policy allows the {action} action"
    return f"with {by.value}" if by is DeniedBy.EXPLICIT_DENY else f"with an explicit deny in {by.value}"


def throttled(model: OperationModel) -> AwsError:
    """Error of a caller that asks faster than the quota."""
    protocol = model.service_model.resolved_protocol
    if protocol == "ec2":
        return AwsError("RequestLimitExceeded", "Request limit exceeded.", status=503)
    if protocol == "query":
        return AwsError("Throttling", "Rate exceeded", status=400)
    if protocol in {"rest-json", "rest-xml"}:
        return AwsError("TooManyRequestsException", "Rate exceeded", status=429)
    return AwsError("ThrottlingException", "Rate exceeded", status=400)


def expired(model: OperationModel) -> AwsError:
    """Error of a caller whose session token has run out."""
    protocol = model.service_model.resolved_protocol
    if protocol == "ec2":
        return AwsError("RequestExpired", "Request has expired.", status=400)
    code = "ExpiredToken" if protocol in {"query", "rest-xml"} else "ExpiredTokenException"
    return AwsError(code, "The security token included in the request is expired", status=403)


def opt_in(model: OperationModel) -> AwsError:
    """Error of a region that the account has not enabled."""
    if model.service_model.resolved_protocol == "ec2":
        return AwsError(
            "AuthFailure", "AWS was not able to validate the provided access credentials", status=401
        )
    code = "UnrecognizedClientException"
    return AwsError(code, "The security token included in the request is invalid.", status=403)


def internal(model: OperationModel) -> AwsError:
    """Error of a service that failed on its own side."""
    named = {"lambda": "ServiceException", "iam": "ServiceFailure", "logs": "ServiceUnavailableException"}
    code = named.get(model.service_model.service_name, "InternalFailure")
    return AwsError(code, "The service encountered an internal error.", status=500)
