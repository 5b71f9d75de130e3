"""What the emulators do otherwise than AWS, as far as the small account shows it: the one list of it."""

UNAVAILABLE = "unavailable"

# Names, hashes and states that every host makes up itself.
MADE_BY_HOST = frozenset(
    {
        "Alarm.state",
        "Caller.arn",
        "EventSourceMapping.last_result",
        "EventSourceMapping.state_reason",
        "EventSourceMapping.uuid",
        "Function.code_sha256",
        "Function.code_size_bytes",
        "FunctionUrl.url",
        "PublishedVersion.code_sha256",
        "PublishedVersion.code_size_bytes",
        "Queue.url",
        "Region.code_size_bytes",
        "Subscription.arn",
    }
)

NO_OPERATION = "does not implement the operation"
# By host (moto 5.2.5, ministack 1.5.33) and fact. All but those of NO_OPERATION are wrong answers.
FAULTS = {
    "moto": {
        "Function.dead_letter_arn": "CreateFunction drops DeadLetterConfig",
        "Function.logging": "CreateFunction drops LoggingConfig",
        "Function.log_usage": "follows from the log group that LoggingConfig would name",
        "Function.policies": "GetPolicy answers with the statements of all qualifiers whichever is asked",
        "Function.urls": NO_OPERATION,
        "Function.provisioned": NO_OPERATION,
        "Function.code_signing": NO_OPERATION,
        "Region.concurrency_limit": NO_OPERATION,
        "Region.unreserved_concurrency": NO_OPERATION,
        "Region.code_size_limit_bytes": NO_OPERATION,
        "Region.topics": "CreateTopic grants its owner more than AWS's default policy does",
        "Region.log_forwarding": NO_OPERATION,
        "Region.log_masking": NO_OPERATION,
        "Services.compute_optimizer": NO_OPERATION,
        "Services.compute_optimizer_findings": NO_OPERATION,
        "Services.web_functions": NO_OPERATION,
        "Services.web_endpoints": NO_OPERATION,
        "Services.sampling_rules": NO_OPERATION,
        "Account.anomaly_monitors": NO_OPERATION,
    },
    "ministack": {
        "Function.policies": "GetPolicy without a qualifier answers with the statements of aliases too",
        "Function.provisioned": "ListProvisionedConcurrencyConfigs answers for one qualifier, or not found",
        "Function.code_signing": "ListCodeSigningConfigs answers without its list",
        "Region.concurrency_limit": "GetAccountSettings tells the threads of the machine as the limit",
        "Region.unreserved_concurrency": "as the limit",
        "Region.queues": "GetQueueAttributes leaves SqsManagedSseEnabled out",
        "Region.topics": "CreateTopic grants SNS:Receive, which AWS's default policy does not",
        "Region.log_forwarding": NO_OPERATION,
        "Region.log_masking": NO_OPERATION,
        "Services.guardduty_lambda": NO_OPERATION,
        "Services.compute_optimizer": NO_OPERATION,
        "Services.compute_optimizer_findings": NO_OPERATION,
        "Services.web_functions": NO_OPERATION,
        "Services.web_endpoints": NO_OPERATION,
        "Services.sampling_rules": NO_OPERATION,
        "Services.pipelines": NO_OPERATION,
        "Services.all_at_once_deployments": NO_OPERATION,
        "Account.anomaly_monitors": NO_OPERATION,
        "Account.organization": "every account is the management account of an organisation",
    },
}
