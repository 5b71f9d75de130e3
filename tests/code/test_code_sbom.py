"""Bills of materials against the schema that CycloneDX publishes."""

import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from auditor.code.sbom import cyclonedx
from auditor.model import NOT_COLLECTED, Dependency

ECOSYSTEMS = ("PyPI", "npm", "Maven", "NuGet", "RubyGems", "Go", "crates.io", "Conan")
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)

names = st.one_of(
    st.text(min_size=1, max_size=20),
    st.sampled_from(
        ["@aws-sdk/client-s3", "com.x:core", "golang.org/x/net", "Golang.org/x/net", "git.sr.ht/~a/b"]
    ),
)
dependencies = st.builds(
    Dependency,
    name=names,
    version=st.one_of(
        st.just(""), st.text(max_size=12), st.sampled_from(["1.0.0", "v0.0.0-2024+incompatible"])
    ),
    ecosystem=st.sampled_from(ECOSYSTEMS),
    vulnerabilities=st.sampled_from([NOT_COLLECTED, (), ("CVE-2024-1",), ("CVE-2024-1", "GO-2024-2")]),
)


@given(
    listed=st.lists(dependencies, max_size=6),
    name=st.text(max_size=8),
    version=st.text(max_size=8),
    whole=st.booleans(),
)
def test_every_bill_of_materials_is_valid(
    listed: list[Dependency], name: str, version: str, *, whole: bool
) -> None:
    made = cyclonedx(listed, name=name, version=version, tool_version="0.1.0", whole=whole)
    document = json.loads(json.dumps(made))
    assert document["compositions"][0]["aggregate"] == ("complete" if whole else "incomplete")
    assert VALIDATOR.validate_str(json.dumps(document)) is None
    known = [one["bom-ref"] for one in (document["metadata"]["component"], *document["components"])]
    assert len(known) == len(set(known))
    affected = [one["ref"] for found in document.get("vulnerabilities", ()) for one in found["affects"]]
    assert {*affected, *document["dependencies"][0]["dependsOn"]} <= set(known)


def test_the_schema_refuses_what_is_not_a_bill_of_materials() -> None:
    document = {**cyclonedx((), name="orders"), "components": [{"type": "thing"}]}
    assert VALIDATOR.validate_str(json.dumps(document)) is not None
