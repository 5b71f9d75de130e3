"""Who changed a function, and when."""

from datetime import datetime

from auditor.model.evidence import Record


class Change(Record, frozen=True, kw_only=True):
    """A change of a function: of its code, its creation included, or of its configuration.

    `identity` is CloudTrail's word for the kind of identity (`AssumedRole`), `who` its ARN, `service` the AWS
    service that acted for it ("" for none), and `in_console` whether its session came from the Management
    Console. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """

    function_arn: str
    is_code: bool
    at: datetime
    identity: str
    who: str
    service: str = ""
    in_console: bool = False


class ChangeHistory(Record, frozen=True, kw_only=True):
    """The last change of each kind of each function of a region, since a time before which nothing was seen.

    `is_whole` says that all of CloudTrail's event history was read, and every event named its function.
    """

    since: datetime
    is_whole: bool
    changes: tuple[Change, ...]
