"""What a deployment is made of: the SAM template of the scheduled auditor."""

from importlib.resources import files
from itertools import chain

from auditor.collect.operations import Tier
from auditor.collect.permissions import iam_policies

# Stands in the packaged template where the declared actions go, so that there is one list of them.
PLACE = "            Statement: []  # the declared actions\n"


def sam_template(tier: Tier = Tier.STANDARD) -> str:
    """Return the SAM template, whose role may do exactly what the collectors of a tier declare."""
    lines = ["            Statement:\n"]
    for statement in chain.from_iterable(policy["Statement"] for policy in iam_policies(tier)):
        lines += [
            f"              - Sid: {statement['Sid']}\n",
            "                Effect: Allow\n",
            '                Resource: "*"\n',
            "                Action:\n",
            *(f"                  - {action}\n" for action in statement["Action"]),
        ]
    text = files("auditor.deploy").joinpath("template.yaml").read_text()
    return text.replace(PLACE, "".join(lines))
