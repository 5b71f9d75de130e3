"""What invokes functions, and where events go when they fail."""

from datetime import datetime

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable
from auditor.model.role import Statement


class EventSourceMapping(Record, frozen=True, kw_only=True):
    """An event source mapping. `kind` is `sqs`, `kinesis`, `dynamodb`, `kafka`, `mq` or `documentdb`.

    -1 in `max_retries` and `max_record_age_s` means "without end", as AWS has it.
    """

    uuid: str
    function_arn: str
    source_arn: str
    kind: str
    state: str
    batch_size: int = 0
    batching_window_s: int = 0
    max_retries: int | None = None
    max_record_age_s: int | None = None
    bisect: bool = False
    parallelization: int = 1
    on_failure_arn: str = ""
    partial_batch: bool = False
    max_concurrency: int | None = None
    min_pollers: int | None = None
    max_pollers: int | None = None
    starting_position: str = ""
    tumbling_window_s: int = 0
    filtered: bool = False
    last_result: str = ""
    state_reason: str = ""
    last_modified: datetime | None = None

    @property
    def is_stream(self) -> bool:
        """Whether records are read in order from shards or partitions."""
        return self.kind in {"kinesis", "dynamodb", "kafka", "documentdb"}


class QueueRedrive(Record, frozen=True, kw_only=True):
    """The redrive policy of a queue or subscription."""

    dead_letter_arn: str
    max_receive_count: int = 0


class Queue(Record, frozen=True, kw_only=True):
    """An SQS queue. Times in seconds, depth in messages."""

    arn: str
    url: str = ""
    visibility_s: int = 30
    retention_s: int = 345_600
    delay_s: int = 0
    visible: int = 0
    in_flight: int = 0
    encrypted: bool | Unavailable = True
    kms_key_id: str = ""
    redrive: QueueRedrive | None = None
    policy: tuple[Statement, ...] = ()
    fifo: bool = False


class Subscription(Record, frozen=True, kw_only=True):
    """An SNS subscription; `confirmed` is whether it has a real ARN."""

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    confirmed: bool
    redrive: QueueRedrive | None | Unavailable = NOT_COLLECTED


class Topic(Record, frozen=True, kw_only=True):
    """An SNS topic."""

    arn: str
    kms_key_id: str | Unavailable = NOT_COLLECTED
    policy: tuple[Statement, ...] | Unavailable = NOT_COLLECTED
    subscriptions: tuple[Subscription, ...] | Unavailable = NOT_COLLECTED


class Stream(Record, frozen=True, kw_only=True):
    """A Kinesis stream or DynamoDB stream; `retention_h` in hours, `shards` open ones."""

    arn: str
    retention_h: int
    shards: int = 0
    status: str = "ACTIVE"


class EventRule(Record, frozen=True, kw_only=True):
    """An EventBridge rule and one of its function targets. `dead_letter_arn` is "" where the target has
    none.
    """

    arn: str
    name: str
    bus: str
    enabled: bool
    function_arn: str
    dead_letter_arn: str = ""
    schedule: str = ""
    max_retries: int | None = None
    max_age_s: int | None = None


class Schedule(Record, frozen=True, kw_only=True):
    """An EventBridge Scheduler schedule that invokes a function."""

    arn: str
    name: str
    enabled: bool
    function_arn: str
    expression: str = ""
    dead_letter_arn: str = ""
    max_retries: int | None = None


class ApiIntegration(Record, frozen=True, kw_only=True):
    """A route of API Gateway (REST, HTTP, WebSocket) or AppSync that invokes a function.

    `authorization` is `NONE` where anyone may call. `timeout_ms` is the integration's own timeout.
    """

    api_id: str
    api_name: str
    kind: str
    route: str
    function_arn: str
    authorization: str
    timeout_ms: int
    api_key_required: bool = False
    private: bool = False
    api_policy: bool = False


class UrlOrigin(Record, frozen=True, kw_only=True):
    """A function URL behind CloudFront: the host of the URL, whether CloudFront signs its requests (origin
    access control), and the seconds that it waits for an answer.
    """

    domain: str
    signed: bool
    read_timeout_s: int


class Distribution(Record, frozen=True, kw_only=True):
    """A CloudFront distribution that runs functions, as (ARN of the version, event), or has their URLs as
    origins. `firewall` is whether a web ACL stands before it.
    """

    arn: str
    domain: str
    enabled: bool
    functions: tuple[tuple[str, str], ...] = ()
    origins: tuple[UrlOrigin, ...] = ()
    firewall: bool = False


class TargetGroup(Record, frozen=True, kw_only=True):
    """An Application Load Balancer target group of type lambda and the load balancers before it."""

    arn: str
    function_arn: str
    internet_facing: bool
    idle_timeout_s: int = 60
    authenticated: bool = False


class WorkflowTask(Record, frozen=True, kw_only=True):
    """A task of a Step Functions state machine that invokes a function and waits for it.

    `function_arn` has its qualifier and is "" where only the input of an execution tells it. `timeout_s` is
    how long the task waits, `execution_s` how long the execution around it may take, None for any time.
    """

    machine_arn: str
    state: str
    function_arn: str
    timeout_s: int | Unavailable
    execution_s: int | None = None

    @property
    def machine(self) -> str:
        """Name of the state machine."""
        return self.machine_arn.rsplit(":", 1)[-1]
