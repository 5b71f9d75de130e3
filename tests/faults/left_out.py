"""Members that AWS leaves out, and what it means: the one list of them, with the pages that say so.

Every member that a scan reads is here, or AWS always sends it, and then its operation requires it.
"""

API = "https://docs.aws.amazon.com"
MANAGED = "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig"

# By operation: the page, and by path the meaning.
LEFT_OUT: dict[str, tuple[str, dict[str, str]]] = {
    "accessanalyzer:GetFindingV2": (
        f"{API}/access-analyzer/latest/APIReference/API_UnusedPermissionDetails.html",
        {
            "findingDetails[].unusedPermissionDetails": "a finding of another kind",
            "findingDetails[].unusedPermissionDetails.actions": "the whole service is unused",
            "findingDetails[].unusedPermissionDetails.lastAccessed": "never",
        },
    ),
    "apigateway:GetResources": (
        f"{API}/apigateway/latest/api/API_Resource.html",
        {
            "items[].resourceMethods": "a resource without methods",
            "items[].resourceMethods{}.methodIntegration": "a method that is not set up",
        },
    ),
    "apigateway:GetRestApis": (
        f"{API}/apigateway/latest/api/API_RestApi.html",
        {"items[].policy": "no resource policy"},
    ),
    "apigatewayv2:GetIntegrations": (
        f"{API}/apigatewayv2/latest/api-reference/apis-apiid-integrations.html",
        {"Items[].IntegrationSubtype": "no integration with an AWS service by its subtype"},
    ),
    "apigatewayv2:GetRoutes": (
        f"{API}/apigatewayv2/latest/api-reference/apis-apiid-routes.html",
        {"Items[].Target": "a route without an integration"},
    ),
    "appsync:ListGraphqlApis": (
        f"{API}/appsync/latest/APIReference/API_GraphqlApi.html",
        {
            "graphqlApis[].additionalAuthenticationProviders": "one way to authenticate",
            "graphqlApis[].visibility": "GLOBAL",
        },
    ),
    "cloudfront:ListDistributions": (
        f"{API}/cloudfront/latest/APIReference/API_DistributionSummary.html",
        {"DistributionList.Items[].Origins.Items[].OriginAccessControlId": "requests are not signed"},
    ),
    "cloudtrail:GetEventSelectors": (
        f"{API}/awscloudtrail/latest/APIReference/API_GetEventSelectors.html",
        {
            "EventSelectors": "advanced selectors instead",
            **dict.fromkeys(
                (
                    f"AdvancedEventSelectors[].FieldSelectors[].{name}"
                    for name in (
                        "Equals",
                        "StartsWith",
                        "EndsWith",
                        "NotEquals",
                        "NotStartsWith",
                        "NotEndsWith",
                    )
                ),
                "compared in another way",
            ),
        },
    ),
    "cloudtrail:LookupEvents": (
        f"{API}/awscloudtrail/latest/APIReference/API_Event.html",
        {
            "Events[].Resources": "an event of no resource, of which the record itself tells the function",
            "Events[].Resources[].ResourceName": "as above",
            "Events[].Resources[].ResourceType": "as above",
        },
    ),
    "cloudwatch:DescribeAlarms": (
        f"{API}/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html",
        {
            "MetricAlarms[].AlarmRule": "no composite alarm",
            "MetricAlarms[].DatapointsToAlarm": "all of the evaluation periods",
            "MetricAlarms[].EvaluationCriteria": "no alarm on PromQL",
            "MetricAlarms[].ExtendedStatistic": "a plain statistic",
            "MetricAlarms[].Metrics": "an alarm on one metric",
            "MetricAlarms[].Metrics[].MetricStat": "an expression",
            "MetricAlarms[].Metrics[].Period": "the period of the metrics in it",
            "MetricAlarms[].Metrics[].ReturnData": "true",
            "MetricAlarms[].StateTransitionedTimestamp": "the state is as old as its update",
            "MetricAlarms[].StateUpdatedTimestamp": "not evaluated yet",
            "MetricAlarms[].ThresholdMetricId": "a fixed threshold",
            "MetricAlarms[].TreatMissingData": "missing",
            **dict.fromkeys(
                (
                    f"CompositeAlarms[].{name}"
                    for name in (
                        "ComparisonOperator",
                        "DatapointsToAlarm",
                        "EvaluationPeriods",
                        "StateTransitionedTimestamp",
                        "StateUpdatedTimestamp",
                        "Threshold",
                        "TreatMissingData",
                    )
                ),
                "a composite alarm has none",
            ),
        },
    ),
    "cloudwatch:GetMetricData": (
        f"{API}/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
        {
            "Messages": "nothing to say",
            "MetricDataResults[].Messages": "nothing to say",
        },
    ),
    "dynamodbstreams:DescribeStream": (
        f"{API}/amazondynamodb/latest/APIReference/API_streams_SequenceNumberRange.html",
        {
            "StreamDescription.LastEvaluatedShardId": "the last page",
            "StreamDescription.Shards[].SequenceNumberRange.EndingSequenceNumber": "an open shard",
        },
    ),
    "ec2:DescribeRouteTables": (
        f"{API}/AWSEC2/latest/APIReference/API_Route.html",
        {
            "RouteTables[].Associations[].SubnetId": "the association of the VPC, or of a gateway",
            "RouteTables[].Routes[].DestinationCidrBlock": "a route of IPv6, or of a prefix list",
            **dict.fromkeys(
                (
                    f"RouteTables[].Routes[].{name}"
                    for name in (
                        "CarrierGatewayId",
                        "CoreNetworkArn",
                        "EgressOnlyInternetGatewayId",
                        "GatewayId",
                        "InstanceId",
                        "LocalGatewayId",
                        "NatGatewayId",
                        "NetworkInterfaceId",
                        "OdbNetworkArn",
                        "TransitGatewayId",
                        "VpcPeeringConnectionId",
                    )
                ),
                "leads to something else",
            ),
        },
    ),
    "ecr:DescribeImages": (
        f"{API}/AmazonECR/latest/APIReference/API_ImageDetail.html",
        {"imageDetails[].imageScanFindingsSummary": "never scanned"},
    ),
    "elbv2:DescribeRules": (
        f"{API}/elasticloadbalancing/latest/APIReference/API_Action.html",
        {"Rules[].Actions[].ForwardConfig": "an action of another kind, or one that names one group"},
    ),
    "events:ListRules": (
        f"{API}/eventbridge/latest/APIReference/API_Rule.html",
        {
            "Rules[].EventPattern": "a schedule",
            "Rules[].ScheduleExpression": "a pattern",
        },
    ),
    "events:ListTargetsByRule": (
        f"{API}/eventbridge/latest/APIReference/API_Target.html",
        {
            "Targets[].DeadLetterConfig": "no dead-letter queue",
            "Targets[].DeadLetterConfig.Arn": "no dead-letter queue",
            "Targets[].RetryPolicy": "185 times within 24 hours",
            "Targets[].RetryPolicy.MaximumEventAgeInSeconds": "24 hours",
            "Targets[].RetryPolicy.MaximumRetryAttempts": "185 times",
        },
    ),
    "health:DescribeAffectedEntities": (
        f"{API}/health/latest/APIReference/API_AffectedEntity.html",
        {"entities[].statusCode": "UNKNOWN"},
    ),
    "health:DescribeEvents": (
        f"{API}/health/latest/APIReference/API_Event.html",
        {"events[].startTime": "not set yet"},
    ),
    "iam:GetAccountAuthorizationDetails": (
        f"{API}/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html",
        {
            "GroupDetailList[].GroupPolicyList": "no inline policy",
            "RoleDetailList[].CreateDate": "told to nobody",
            "RoleDetailList[].PermissionsBoundary": "no boundary",
            "RoleDetailList[].RoleLastUsed": "never used",
            "RoleDetailList[].RoleLastUsed.LastUsedDate": "never used",
            "UserDetailList[].PermissionsBoundary": "no boundary",
            "UserDetailList[].UserPolicyList": "no inline policy",
        },
    ),
    "iam:GetServiceLastAccessedDetails": (
        f"{API}/IAM/latest/APIReference/API_ServiceLastAccessed.html",
        {
            "ServicesLastAccessed[].LastAuthenticated": "never, in the tracking period",
            "ServicesLastAccessed[].TrackedActionsLastAccessed": "a service whose actions are not tracked",
            "ServicesLastAccessed[].TrackedActionsLastAccessed[].LastAccessedTime": "never",
        },
    ),
    "lambda:GetFunction": (
        f"{API}/lambda/latest/api/API_GetFunction.html",
        {
            "Code.ImageUri": "no container image",
            "Code.Location": "a container image",
            "Code.ResolvedImageUri": "no container image",
            "Concurrency": "nothing is reserved",
            "Configuration.LastUpdateStatusReasonCode": "the update succeeded",
            "Configuration.StateReason": "the function is active",
            "Configuration.StateReasonCode": "the function is active",
            "Tags": "no tag",
            "TagsError": "the tags were read",
        },
    ),
    "lambda:GetFunctionScalingConfig": (
        f"{API}/lambda/latest/api/API_GetFunctionScalingConfig.html",
        {
            "AppliedFunctionScalingConfig": "what is asked for is not applied yet",
            "AppliedFunctionScalingConfig.MaxExecutionEnvironments": "no limit of its own",
            "AppliedFunctionScalingConfig.MinExecutionEnvironments": "no limit of its own",
        },
    ),
    "lambda:GetLayerVersionByArn": (
        f"{API}/lambda/latest/api/API_GetLayerVersionByArn.html",
        {"CompatibleRuntimes": "none were named", "Description": "none"},
    ),
    "lambda:GetRuntimeManagementConfig": (
        f"{API}/lambda/latest/api/API_GetRuntimeManagementConfig.html",
        {"RuntimeVersionArn": "no version is pinned"},
    ),
    "lambda:ListAliases": (
        f"{API}/lambda/latest/api/API_AliasConfiguration.html",
        {
            "Aliases[].Description": "none",
            "Aliases[].RoutingConfig": "all traffic to one version",
            "Aliases[].RoutingConfig.AdditionalVersionWeights": "all traffic to one version",
        },
    ),
    "lambda:ListEventSourceMappings": (
        f"{API}/lambda/latest/api/API_EventSourceMappingConfiguration.html",
        {
            "EventSourceMappings[].DestinationConfig": "no destination",
            "EventSourceMappings[].DestinationConfig.OnFailure": "no destination",
            "EventSourceMappings[].DestinationConfig.OnFailure.Destination": "no destination",
            "EventSourceMappings[].FilterCriteria": "no filter",
            "EventSourceMappings[].FunctionResponseTypes": "whole batches",
            "EventSourceMappings[].LastModified": "told to nobody",
            "EventSourceMappings[].LastProcessingResult": "nothing was processed yet",
            "EventSourceMappings[].MaximumBatchingWindowInSeconds": "no window",
            "EventSourceMappings[].ProvisionedPollerConfig": "pollers on demand",
            "EventSourceMappings[].ScalingConfig": "no maximum concurrency",
            "EventSourceMappings[].ScalingConfig.MaximumConcurrency": "no maximum concurrency",
            "EventSourceMappings[].SelfManagedEventSource": "a source with an ARN",
            "EventSourceMappings[].StateTransitionReason": "told to nobody",
            "EventSourceMappings[].TumblingWindowInSeconds": "no window",
        },
    ),
    "lambda:ListFunctionEventInvokeConfigs": (
        f"{API}/lambda/latest/api/API_FunctionEventInvokeConfig.html",
        {
            f"FunctionEventInvokeConfigs[].{name}": meaning
            for name, meaning in (
                ("DestinationConfig", "no destination"),
                ("DestinationConfig.OnFailure", "no destination"),
                ("DestinationConfig.OnFailure.Destination", "no destination"),
                ("DestinationConfig.OnSuccess", "no destination"),
                ("DestinationConfig.OnSuccess.Destination", "no destination"),
                ("MaximumEventAgeInSeconds", "6 hours"),
                ("MaximumRetryAttempts", "twice"),
            )
        },
    ),
    "lambda:ListFunctionUrlConfigs": (
        f"{API}/lambda/latest/api/API_FunctionUrlConfig.html",
        {
            "FunctionUrlConfigs[].Cors": "no CORS",
            "FunctionUrlConfigs[].Cors.AllowCredentials": "false",
            "FunctionUrlConfigs[].Cors.AllowHeaders": "none",
            "FunctionUrlConfigs[].Cors.AllowMethods": "none",
            "FunctionUrlConfigs[].Cors.AllowOrigins": "none",
            "FunctionUrlConfigs[].InvokeMode": "BUFFERED",
        },
    ),
    "lambda:ListFunctions": (
        f"{API}/lambda/latest/api/API_FunctionConfiguration.html",
        {
            f"Functions[].{name}": meaning
            for name, meaning in (
                ("CapacityProviderConfig", "no Managed Instances"),
                (f"{MANAGED}.PerExecutionEnvironmentMaxConcurrency", "the default of the runtime"),
                ("DeadLetterConfig", "no dead-letter queue"),
                ("Description", "none"),
                ("DurableConfig", "not durable"),
                ("DurableConfig.ExecutionTimeout", "the default"),
                ("DurableConfig.RetentionPeriodInDays", "the default"),
                ("Environment", "no variable"),
                ("Environment.Error", "the variables were decrypted"),
                ("FileSystemConfigs", "no file system"),
                ("KMSKeyArn", "the key that AWS manages"),
                ("Layers", "no layer"),
                ("LoggingConfig.ApplicationLogLevel", "text, which is not filtered"),
                ("LoggingConfig.SystemLogLevel", "text, which is not filtered"),
                ("MasterArn", "no replica at the edge"),
                ("RuntimeConfig", "no runtime of one's own"),
                ("SigningProfileVersionArn", "not signed"),
                ("SnapStart", "not spoken of"),
                ("TenancyConfig", "no isolation of tenants"),
                ("VpcConfig", "outside of a VPC"),
            )
        },
    ),
    "lambda:ListProvisionedConcurrencyConfigs": (
        f"{API}/lambda/latest/api/API_ProvisionedConcurrencyConfigListItem.html",
        {"ProvisionedConcurrencyConfigs[].StatusReason": "it did not fail"},
    ),
    "logs:DescribeAccountPolicies": (
        f"{API}/AmazonCloudWatchLogs/latest/APIReference/API_AccountPolicy.html",
        {
            "accountPolicies[].scope": "ALL",
            "accountPolicies[].selectionCriteria": "every log group",
        },
    ),
    "logs:DescribeLogGroups": (
        f"{API}/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html",
        {
            "logGroups[].kmsKeyId": "the key of the service",
            "logGroups[].logGroupClass": "STANDARD",
            "logGroups[].retentionInDays": "for ever",
            "logGroups[].retentionPolicyName": "no policy",
        },
    ),
    "logs:DescribeSubscriptionFilters": (
        f"{API}/AmazonCloudWatchLogs/latest/APIReference/API_SubscriptionFilter.html",
        {"subscriptionFilters[].filterPattern": "every event"},
    ),
    "logs:GetQueryResults": (
        f"{API}/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html",
        {"statistics": "not counted, which costs its price in the report alone"},
    ),
    "scheduler:GetSchedule": (
        f"{API}/scheduler/latest/APIReference/API_Target.html",
        {
            "Target.DeadLetterConfig": "no dead-letter queue",
            "Target.DeadLetterConfig.Arn": "no dead-letter queue",
            "Target.RetryPolicy": "185 times within 24 hours",
            "Target.RetryPolicy.MaximumRetryAttempts": "185 times",
        },
    ),
    "sns:GetSubscriptionAttributes": (
        f"{API}/sns/latest/api/API_GetSubscriptionAttributes.html",
        {"Attributes.RedrivePolicy": "no dead-letter queue"},
    ),
    "sns:GetTopicAttributes": (
        f"{API}/sns/latest/api/API_GetTopicAttributes.html",
        {"Attributes.KmsMasterKeyId": "not encrypted by a key of KMS"},
    ),
    "sns:ListSubscriptions": (
        f"{API}/sns/latest/api/API_Subscription.html",
        {"Subscriptions[].Endpoint": "told to nobody"},
    ),
    "sns:ListSubscriptionsByTopic": (
        f"{API}/sns/latest/api/API_Subscription.html",
        {"Subscriptions[].Endpoint": "told to nobody"},
    ),
    "sqs:GetQueueAttributes": (
        f"{API}/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html",
        {
            "Attributes.KmsMasterKeyId": "not encrypted by a key of KMS",
            "Attributes.Policy": "no policy",
            "Attributes.RedrivePolicy": "no dead-letter queue",
        },
    ),
    "trustedadvisor:ListRecommendationResources": (
        f"{API}/trustedadvisor/latest/APIReference/API_RecommendationResourceSummary.html",
        {"recommendationResourceSummaries[].exclusionStatus": "included"},
    ),
    "trustedadvisor:ListRecommendations": (
        f"{API}/trustedadvisor/latest/APIReference/API_RecommendationSummary.html",
        {
            "recommendationSummaries[].awsServices": "told by the check",
            "recommendationSummaries[].checkArn": "no check of Trusted Advisor's own",
        },
    ),
    "xray:GetSamplingRules": (
        f"{API}/xray/latest/api/API_SamplingRule.html",
        {"SamplingRuleRecords[].SamplingRule.SamplingRateBoost": "no boost"},
    ),
}

# Members that AWS sends of some rows and not of others: there the reader demands them.
DEMANDED: dict[str, tuple[str, ...]] = {
    "accessanalyzer:ListAnalyzers": ("analyzers[].configuration", "analyzers[].configuration.unusedAccess"),
    "apigateway:GetResources": (
        "items[].resourceMethods{}.methodIntegration.uri",
        "items[].resourceMethods{}.methodIntegration.timeoutInMillis",
    ),
    "apigatewayv2:GetIntegrations": ("Items[].IntegrationUri", "Items[].TimeoutInMillis"),
    "appsync:ListDataSources": ("dataSources[].lambdaConfig",),
    "appsync:ListGraphqlApis": (
        "graphqlApis[].lambdaAuthorizerConfig",
        "graphqlApis[].additionalAuthenticationProviders[].lambdaAuthorizerConfig",
    ),
    "budgets:DescribeBudgets": ("Budgets",),
    "ce:GetAnomalyMonitors": ("AnomalyMonitors",),
    "cloudfront:ListDistributions": tuple(
        f"DistributionList.{name}"
        for name in (
            "Items",
            "Items[].CacheBehaviors.Quantity",
            "Items[].CacheBehaviors.Items",
            "Items[].DefaultCacheBehavior.LambdaFunctionAssociations.Quantity",
            "Items[].DefaultCacheBehavior.LambdaFunctionAssociations.Items",
            "Items[].DefaultCacheBehavior.LambdaFunctionAssociations.Items[].EventType",
            "Items[].DefaultCacheBehavior.LambdaFunctionAssociations.Items[].LambdaFunctionARN",
            "Items[].Origins.Items[].CustomOriginConfig",
            "Items[].Origins.Items[].CustomOriginConfig.OriginReadTimeout",
            "Items[].WebACLId",
        )
    ),
    "cloudtrail:GetEventSelectors": ("AdvancedEventSelectors",),
    "cloudwatch:DescribeAlarms": (
        "MetricAlarms",
        "MetricAlarms[].ComparisonOperator",
        "MetricAlarms[].Dimensions",
        "MetricAlarms[].EvaluationPeriods",
        "MetricAlarms[].MetricName",
        "MetricAlarms[].Metrics[].Expression",
        "MetricAlarms[].Metrics[].MetricStat.Metric.Dimensions",
        "MetricAlarms[].Namespace",
        "MetricAlarms[].Period",
        "MetricAlarms[].Statistic",
        "MetricAlarms[].Threshold",
        "CompositeAlarms",
    ),
    "compute-optimizer:GetLambdaFunctionRecommendations": (
        "lambdaFunctionRecommendations[].findingReasonCodes",
        "lambdaFunctionRecommendations[].memorySizeRecommendationOptions",
    ),
    "ec2:DescribeVpcEndpoints": ("VpcEndpoints[].ServiceName",),
    "elbv2:DescribeLoadBalancerAttributes": ("Attributes[].Value",),
    "elbv2:DescribeLoadBalancers": ("LoadBalancers[].Scheme",),
    "elbv2:DescribeRules": ("Rules[].Actions[].TargetGroupArn",),
    "iam:GetAccountAuthorizationDetails": (
        "GroupDetailList",
        "GroupDetailList[].GroupPolicyList[].PolicyDocument",
        "Policies",
        "Policies[].PolicyVersionList[].Document",
        "RoleDetailList",
        "RoleDetailList[].AssumeRolePolicyDocument",
        "RoleDetailList[].AttachedManagedPolicies",
        "RoleDetailList[].RolePolicyList",
        "RoleDetailList[].RolePolicyList[].PolicyDocument",
        "UserDetailList",
        "UserDetailList[].UserPolicyList[].PolicyDocument",
    ),
    "iam:GetPolicyVersion": ("PolicyVersion.Document",),
    "iam:GetServiceLastAccessedDetails": ("ServicesLastAccessed", "JobCompletionDate"),
    "iam:ListAccountAliases": ("AccountAliases",),
    "inspector2:BatchGetAccountStatus": (
        "accounts[].resourceState.lambda",
        "accounts[].resourceState.lambdaCode",
    ),
    "lambda:GetFunction": ("Configuration.LastUpdateStatus", "Configuration.State"),
    "lambda:ListEventSourceMappings": tuple(
        f"EventSourceMappings[].{name}"
        for name in (
            "BisectBatchOnFunctionError",
            "EventSourceArn",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "StartingPosition",
        )
    ),
    "lambda:ListFunctions": tuple(
        f"Functions[].{name}"
        for name in (
            "DeadLetterConfig.TargetArn",
            "Environment.Variables",
            "Environment.Error.ErrorCode",
            "Handler",
            "LoggingConfig",
            "LoggingConfig.LogFormat",
            "LoggingConfig.LogGroup",
            "Runtime",
            "TracingConfig",
            "TracingConfig.Mode",
            "VpcConfig.VpcId",
        )
    ),
    "logs:FilterLogEvents": ("events[].message",),
    "logs:GetQueryResults": ("results", "results[][].value", "statistics.bytesScanned"),
    "organizations:DescribePolicy": ("Policy.Content",),
    "sqs:GetQueueAttributes": ("Attributes.SqsManagedSseEnabled",),
}
