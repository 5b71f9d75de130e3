"""Functions are tested, and reach production by a pipeline rather than by hand."""

from auditor import (
    Attestations,
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    manual,
    not_applicable,
    passed,
    warned,
)
from auditor.authors import changed_by
from auditor.deployed import counted
from auditor.model import Tag
from auditor.served import LATEST, in_traffic, qualifier_of, served

ITEM = ChecklistItem.TESTS
# Tags that tools for infrastructure as code leave, by prefix of the key:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
TOOLS = {
    "aws:cloudformation:": "CloudFormation",
    "lambda:createdBy": "SAM",
    "aws:cdk:": "CDK",
    "terraform": "Terraform",
    "pulumi": "Pulumi",
    "STAGE": "Serverless Framework",
}
VALUES = {
    "terraform": "Terraform",
    "cdk": "CDK",
    "sam": "SAM",
    "serverless": "Serverless Framework",
    "pulumi": "Pulumi",
}
STACK = "aws:cloudformation:stack-name"
LOGICAL_ID = "aws:cloudformation:logical-id"
BARE = frozenset({"", LATEST})
SOURCE_KEYS = ("git", "commit", "revision", "repository", "repo", "build", "pipeline")
REPORT_KEYS = ("test-report", "test_report", "tests", "coverage")


def _tags(function: Function) -> tuple[Tag, ...]:
    return known(function.tags)


def _tool(tags: tuple[Tag, ...]) -> str:
    for tag in tags:
        for prefix, tool in TOOLS.items():
            if tag.key.startswith(prefix) or tag.key.lower().startswith(prefix):
                return tool
    managed = next(
        (tag.value.lower() for tag in tags if tag.key.lower() in {"managed-by", "managedby", "managed_by"}),
        "",
    )
    return next((tool for word, tool in VALUES.items() if word in managed), "")


@check(
    item=ITEM,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    codes=("OPS-18",),
    effort="One template",
)
def managed_by_hand(function: Function, region: Region, reference: Reference) -> Verdict:
    """No sign of infrastructure as code.

    ## Why it matters
    What was clicked together cannot be reviewed, tested or built again. A heuristic: looks for the tags
    that CloudFormation, SAM, CDK, Terraform, Pulumi and the Serverless Framework leave.

    ## How to fix
    Bring the function into a template; CloudFormation can import it as it is:
    `aws cloudformation create-change-set --region REGION --stack-name STACK --change-set-name import --change-set-type IMPORT --resources-to-import file://resources.json --template-body file://template.yaml`

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica is managed at its master")
    tags = _tags(function)
    tool = _tool(tags)
    if tool:
        return passed(f"Tags of {tool}")
    none = f"None of {counted(len(tags), 'tag', 'tags')} names a tool for infrastructure as code"
    changes = region.changes_of(function)
    last = () if isinstance(changes, Unavailable) else changes[:1]
    return failed("; ".join([none, *(changed_by(one, reference) for one in last)]))


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("OPS-18",), effort="One template"
)
def stack_drifted(function: Function, region: Region) -> Verdict:
    """Stack of the function has drifted or failed.

    ## Why it matters
    The function no longer is what its template says: the next deployment may undo a change that somebody
    made by hand.

    ## How to fix
    `aws cloudformation describe-stack-resource-drifts --region REGION --stack-name STACK`

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
    """
    name = next((tag.value for tag in _tags(function) if tag.key == STACK), "")
    if not name:
        return not_applicable("No CloudFormation stack manages the function")
    stack = next((found for found in known(region.services.stacks) if found.name == name), None)
    if stack is None:
        return failed(f"The stack {name} that its tags name does not exist")
    if stack.drift == "DRIFTED":
        return failed(f"The stack {name} has drifted from its template")
    if "FAILED" in stack.status or "ROLLBACK" in stack.status:
        return warned(f"The stack {name} is in {stack.status}")
    return passed(f"The stack {name} is in {stack.status}, drift {stack.drift}")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-19",), effort="Code change")
def tests_not_attested(
    function: Function, region: Region, reference: Reference, attestations: Attestations
) -> Verdict:
    """Nobody vouches for unit and integration tests.

    ## Why it matters
    Tests cannot be seen from an account. A person says that they exist, where, and until when that holds;
    the report shows what evidence of delivery there is beside it.

    ## How to fix
    Add the function to the attestation file, with who, when, a link to the test report, and an end.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/testing-guide.html
    """
    found = attestations.of(ITEM.value, function)
    live = [one for one in found if one.expires >= reference.as_of]
    if live:
        one = live[0]
        return passed(
            f"Attested by {one.who} on {one.when}, until {one.expires}",
            details=(Detail(subject="evidence", text=one.evidence),),
        )
    expired = f"The attestation of {found[0].who} expired on {found[0].expires}" if found else "Not attested"
    return manual(expired, details=_signs(function, region))


def _signs(function: Function, region: Region) -> tuple[Detail, ...]:
    """Return what of tests and delivery can be seen: a hint for whoever attests."""
    tags = () if isinstance(function.tags, Unavailable) else function.tags
    pipelines = () if isinstance(region.services.pipelines, Unavailable) else region.services.pipelines
    aliases = () if isinstance(function.aliases, Unavailable) else function.aliases
    return (
        *(
            Detail(subject=tag.key, text=tag.value, at="tag")
            for tag in tags
            if tag.key.lower().startswith((*SOURCE_KEYS, *REPORT_KEYS)) or tag.key == STACK
        ),
        *(
            Detail(subject=name, text="a pipeline of its name", at="CodePipeline")
            for name in pipelines
            if _speaks_of(name, function)
        ),
        *(
            Detail(subject=one.name, text=f"{weight:.0%} of the traffic on version {version}", at="alias")
            for one in aliases
            for version, weight in one.extra_weights
        ),
    )


def _speaks_of(name: str, function: Function) -> bool:
    """Whether the words of a name stand together in the function's name, or the other way round."""
    theirs, own = f"-{_words(name)}-", f"-{_words(function.name)}-"
    return theirs in own or own in theirs


def _words(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "-")


@check(item=ITEM, severity=Severity.LOW, confidence=Confidence.LOW, codes=("OPS-19",), effort="One template")
def delivery_untraceable(function: Function, region: Region) -> Verdict:
    """Nothing tells which build is running.

    ## Why it matters
    When it breaks, the first question is what changed. A heuristic: looks for a source tag (commit,
    repository, build), a pipeline of the same name, or a stack.

    ## How to fix
    `aws lambda tag-resource --region REGION --resource arn:aws:lambda:REGION:ACCOUNT:function:NAME --tags commit=SHA,repository=URL`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
    """
    tags = _tags(function)
    sources = [tag.key for tag in tags if tag.key.lower().startswith(SOURCE_KEYS)]
    if sources:
        return passed(f"Tagged with {', '.join(sources)}")
    stack = next((tag.value for tag in tags if tag.key == STACK), "")
    if stack:
        return passed(f"Deployed by the stack {stack}")
    pipelines = [name for name in known(region.services.pipelines) if _speaks_of(name, function)]
    if pipelines:
        return passed(f"A pipeline of its name: {pipelines[0]}")
    return warned(
        f"None of {counted(len(tags), 'tag', 'tags')} names a source, and no stack or pipeline does"
    )


@check(
    item=ITEM,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    codes=("REL-31",),
    effort="Release and test",
)
def traffic_on_latest(function: Function, region: Region) -> Verdict:
    """Callers reach $LATEST rather than a version.

    ## Why it matters
    Every deployment is live at once for everybody, and there is no version to go back to.

    ## How to fix
    Publish a version, point an alias at it, and let callers use the alias:
    `aws lambda publish-version --region REGION --function-name NAME`
    `aws lambda create-alias --region REGION --function-name NAME --name live --function-version VERSION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica is a version")
    reached = in_traffic(known(served(function, region)))
    if known(function.usage).invocations == 0:
        return not_applicable("The function did not run in the window")
    if not any(one.version == LATEST for one in reached):
        return passed(f"Callers use {', '.join(one.label for one in reached)}")
    ways = _ways_to_latest(function, region)
    aliases, versions = len(known(function.aliases)), len(known(function.versions))
    said = f"{counted(aliases, 'alias', 'aliases')} and {counted(versions, 'published version', 'published versions')}"
    if not ways:
        return warned(f"{said}, none of them used: callers reach $LATEST")
    return warned(
        f"{counted(len(ways), 'trigger points', 'triggers point')} to $LATEST; {said}", details=ways
    )


def _ways_to_latest(function: Function, region: Region) -> tuple[Detail, ...]:
    """Triggers and permissions that name the unqualified function."""
    mappings = known(region.mappings_of(function))
    urls = () if isinstance(function.urls, Unavailable) else function.urls
    return (
        *(
            Detail(subject=one.source_arn.split(":", 5)[-1], text=f"{one.kind} mapping")
            for one in mappings
            if qualifier_of(one.function_arn) in BARE
        ),
        *(
            Detail(subject=statement.sid or f"statement {statement.index}", text="permission")
            for policy in known(function.policies)
            if policy.qualifier in BARE
            for statement in policy.statements
        ),
        *(Detail(subject="function URL", text=one.auth_type) for one in urls if one.qualifier in BARE),
    )


@check(item=ITEM, severity=Severity.LOW, codes=("REL-31", "REL-32"), effort="One setting")
def traffic_shifted_at_once(function: Function, region: Region) -> Verdict:
    """New versions take all traffic at once, or a shift is stuck.

    ## Why it matters
    A canary shows a bad version to a tenth of the callers for some minutes; all at once shows it to
    everybody.

    ## How to fix
    Use a canary or linear deployment preference:
    `aws deploy update-deployment-group --region REGION --application-name APPLICATION --current-deployment-group-name GROUP --deployment-config-name CodeDeployDefault.LambdaCanary10Percent5Minutes`

    ## References
    - https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    """
    aliases = known(function.aliases)
    if not aliases:
        return not_applicable("The function has no alias")
    split = [alias for alias in aliases if alias.extra_weights]
    groups = known(region.services.all_at_once_deployments)
    mine = [group for application, group in groups if _deploys(application, group, function)]
    if mine:
        return failed(f"The deployment group {mine[0]} shifts all traffic at once")
    if split:
        shares = ", ".join(f"{weight:.0%} to version {version}" for version, weight in split[0].extra_weights)
        return warned(f"The alias {split[0].name} is in the middle of a shift: {shares}")
    return passed(f"{counted(len(aliases), 'alias', 'aliases')}, none shifted all at once by CodeDeploy")


def _deploys(application: str, group: str, function: Function) -> bool:
    """Whether a deployment group is that of a function: by its name, or as SAM names those of a stack."""
    if _speaks_of(application, function) or _speaks_of(group, function):
        return True
    stack = {tag.key: tag.value for tag in known(function.tags)}
    made = f"{stack.get(STACK, '')}-{stack.get(LOGICAL_ID, '')}DeploymentGroup"
    return STACK in stack and LOGICAL_ID in stack and group.startswith(made)
