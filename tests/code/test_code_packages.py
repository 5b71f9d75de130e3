"""What a listing tells: own and third-party members, what does not belong, binaries, secrets, layers."""
# ruff: noqa: E501 - a row of a table is one line

import struct
from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from pathlib import Path

import pytest

from auditor.code import RangeReader, analyse_layer, analyse_package
from auditor.code.archive import open_archive
from auditor.code.ownership import sort_members
from auditor.model import CodeFacts, PackageFacts, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]
HANDLER = "def handler(event, context):\n    return 1\n"

OWN: list[tuple[str, dict[str, str], set[str]]] = [
    ("record", {"app.py": "", "requests/api.py": "", "thing/x.py": "", "thing-1.0.dist-info/RECORD": "thing/x.py,sha256=a,1\n"}, {"app.py"}),
    ("record in a layer", {"python/shared.py": "", "python/thing/x.py": "", "python/thing-1.dist-info/RECORD": "thing/x.py,,\n"}, {"python/shared.py"}),
    ("record in site-packages", {"python/lib/python3.12/site-packages/a/b.py": "", "python/lib/python3.12/site-packages/a-1.dist-info/RECORD": "a/b.py,,\n", "python/own.py": ""}, {"python/own.py"}),
    ("scripts", {"app.py": "", "bin/tool": "", "bin/tool.py": ""}, {"app.py"}),
    ("well known without dist-info", {"app.py": "", "boto3/session.py": "", "six.py": "", "numpy.libs/x.so": ""}, {"app.py"}),
    ("own package of another name", {"app.py": "", "shop/orders.py": ""}, {"app.py", "shop/orders.py"}),
    ("node_modules", {"index.js": "", "lib/db.js": "", "node_modules/a/index.js": "", "lib/node_modules/b/index.js": ""}, {"index.js", "lib/db.js"}),
    ("egg-info", {"app.py": "", "thing/x.py": "", "thing-1.egg-info/top_level.txt": "thing\n"}, {"app.py"}),
    ("climbing record", {"app.py": "", "thing-1.dist-info/RECORD": "../../app.py,,\n/app.py,,\n"}, {"app.py"}),
    ("compiled", {"app.py": "", "__pycache__/app.cpython-313.pyc": ""}, {"app.py"}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "own"), [row[1:] for row in OWN], ids=[row[0] for row in OWN])
def test_own_members(zipped: Zipped, files: dict[str, str], own: set[str]) -> None:
    with open_archive(zipped(files), lambda: False) as archive:
        assert set(sort_members(archive).own) == own


UNWANTED: list[tuple[str, str, str | None]] = [
    ("git", ".git/config", "version-control"), ("ignore file", ".gitignore", "version-control"), ("dotenv", ".env", "env-file"),
    ("dotenv of a stage", "config/.env.production", "env-file"), ("dotenv example", ".env.example", None), ("named env", "prod.env", "env-file"),
    ("tests", "tests/test_app.py", "test-file"), ("test module", "test_app.py", "test-file"), ("js test", "src/app.test.js", "test-file"),
    ("jest", "jest.config.js", "test-file"), ("contest", "contest.py", None), ("latest", "latest/app.py", None), ("attestation", "attest.py", None),
    ("private key", "id_rsa", "credentials-file"), ("pem", "certs/client.pem", "key-file"), ("ca bundle", "cacert.pem", None),
    ("aws credentials", ".aws/credentials", "credentials-file"), ("state", "terraform.tfstate", "infrastructure-state"),
    ("docker", "Dockerfile", "development-file"), ("zip", "lib.zip", "nested-archive"), ("stubs", "mypy_boto3_s3/client.pyi", "type-stubs"),
    ("types", "node_modules/@types/react/package.json", "type-stubs"), ("dev dependency", "node_modules/typescript/package.json", "dev-dependency"),
    ("node sdk", "node_modules/aws-sdk/package.json", "bundled-sdk"), ("boto3", "boto3-1.34.0.dist-info/METADATA", "bundled-sdk"),
    ("pytest", "pytest-8.0.dist-info/METADATA", "dev-dependency"), ("vendored tests", "node_modules/a/test/x.js", None),
    ("module", "app.py", None), ("data", "data/rates.json", None), ("requirements", "requirements.txt", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [row[1:] for row in UNWANTED], ids=[row[0] for row in UNWANTED])
def test_unwanted_members(zipped: Zipped, name: str, kind: str | None) -> None:
    facts = analyse_layer(zipped({name: ""}), deadline=lambda: False)
    assert isinstance(facts, PackageFacts)
    assert {fact.kind for fact in facts.unwanted} - {"off-path"} == ({kind} if kind else set())


def test_a_folder_of_tests_is_one_fact_with_a_count(zipped: Zipped) -> None:
    facts = analyse_layer(
        zipped({f"tests/test_{number}.py": "" for number in range(50)}), deadline=lambda: False
    )
    assert isinstance(facts, PackageFacts)
    tests = [fact for fact in facts.unwanted if fact.kind == "test-file"]
    assert [(fact.file, fact.number) for fact in tests] == [("tests", 50.0)]


OFF = [
    ("right", "python/shared.py", None), ("site-packages of a version", "python/lib/python3.12/site-packages/a/b.py", None),
    ("without a version", "python/site-packages/a.py", "python/site-packages"), ("at the root", "shared.py", "shared.py"),
    ("lib without a version", "python/lib/site-packages/a.py", "python/lib/site-packages"), ("node", "nodejs/node_modules/a/index.js", None),
    ("node at the root", "node_modules/a/index.js", "node_modules/a"), ("extension", "extensions/agent", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "off"), [row[1:] for row in OFF], ids=[row[0] for row in OFF])
def test_layers_whose_code_is_not_found(zipped: Zipped, name: str, off: str | None) -> None:
    facts = analyse_layer(zipped({name: "x = 1"}), deadline=lambda: False)
    assert isinstance(facts, PackageFacts)
    assert [fact.file for fact in facts.unwanted if fact.kind == "off-path"] == ([off] if off else [])


def _elf(machine: int, order: str = "<") -> bytes:
    ident = b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02") + bytes(10)
    return ident + struct.pack(f"{order}HH", 3, machine) + bytes(60)


BINARIES: list[tuple[str, str, bytes, str, str, tuple[str, str] | None]] = [
    ("tagged, right", "a.cpython-313-aarch64-linux-gnu.so", b"", "python3.13", "arm64", None),
    ("tagged, wrong machine", "a.cpython-313-x86_64-linux-gnu.so", b"", "python3.13", "arm64", ("wrong-architecture", "x86_64")),
    ("tagged, wrong python", "a.cpython-311-aarch64-linux-gnu.so", b"", "python3.13", "arm64", ("wrong-abi", "cp311")),
    ("tagged, musl", "a.cpython-313-aarch64-linux-musl.so", b"", "python3.13", "arm64", ("wrong-platform", "musl")),
    ("stable abi", "a.abi3.so", _elf(0xB7), "python3.13", "arm64", None),
    ("header, wrong machine", "x.libs/libfoo.so.1", _elf(0x3E), "python3.13", "arm64", ("wrong-architecture", "x86_64")),
    ("header, right machine", "x.libs/libfoo.so.1", _elf(0x3E), "python3.13", "x86_64", None),
    ("big end first", "libfoo.so", _elf(0x15, ">"), "python3.13", "x86_64", ("wrong-architecture", "machine 21")),
    ("windows", "a.cp313-win_amd64.pyd", b"MZ", "python3.13", "x86_64", ("wrong-platform", "pyd")),
    ("mac", "a.cpython-313-darwin.so", b"", "python3.13", "arm64", ("wrong-platform", "so")),
    ("node addon of a mac", "node_modules/a/build/a.node", b"\xcf\xfa\xed\xfe" + bytes(60), "nodejs22.x", "arm64", ("wrong-platform", "darwin")),
    ("bootstrap", "bootstrap", _elf(0x3E), "provided.al2023", "arm64", ("wrong-architecture", "x86_64")),
    ("script bootstrap", "bootstrap", b"#!/bin/sh\nexec ./run the thing\n", "provided.al2023", "arm64", None),
    ("text called so", "notes.so", b"x" * 100, "python3.13", "arm64", None),
]  # fmt: skip


@pytest.mark.parametrize("row", BINARIES, ids=[row[0] for row in BINARIES])
def test_binaries(zipped: Zipped, row: tuple[str, str, bytes, str, str, tuple[str, str] | None]) -> None:
    _, name, content, runtime, architecture, wrong = row
    facts = analyse_layer(
        zipped({name: content}), deadline=lambda: False, runtime=runtime, architectures=(architecture,)
    )
    assert isinstance(facts, PackageFacts)
    assert [(fact.kind, fact.what) for fact in facts.wrong_binaries] == ([wrong] if wrong else [])


def test_a_node_package_with_a_binary_for_each_platform_is_right(zipped: Zipped) -> None:
    files = {
        "node_modules/@img/sharp-linux-x64/a.node": _elf(0x3E),
        "node_modules/@img/sharp-linux-arm64/a.node": _elf(0xB7),
    }
    facts = analyse_layer(zipped(files), deadline=lambda: False, architectures=("arm64",))
    assert isinstance(facts, PackageFacts)
    assert facts.wrong_binaries == ()


TOKEN = "gh" + "p_" + "1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R"
SECRETS: list[tuple[str, str, str, bool]] = [
    ("assigned", "app.py", "DB_PASSWORD = 'Tr0ub4dor-and-3'", True), ("default", "app.py", "import os\nP = os.environ.get('DB_PASSWORD', 'Tr0ub4dor-and-3')", True),
    ("keyword", "app.py", "connect(password='Tr0ub4dor-and-3')", True), ("dict", "app.py", "C = {'password': 'Tr0ub4dor-and-3'}", True),
    ("from the environment", "app.py", "import os\nDB_PASSWORD = os.environ['DB_PASSWORD']", False), ("secret's name", "app.py", "SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db'", False),
    ("docstring", "app.py", "'''password = Tr0ub4dor-and-3'''", False), ("test file", "tests/test_app.py", "PASSWORD = 'Tr0ub4dor-and-3'", False),
    ("vendored", "requests/auth.py", "PASSWORD = 'Tr0ub4dor-and-3'", False), ("token format", "app.py", f"x('{TOKEN}')", True),
    ("js", "app.js", "const dbPassword = 'Tr0ub4dor-and-3';", True), ("js object", "app.js", "const c = { password: 'Tr0ub4dor-and-3' };", True),
    ("js default", "app.js", "const p = process.env.DB_PASSWORD || 'Tr0ub4dor-and-3';", True), ("js environment", "app.js", "const dbPassword = process.env.DB_PASSWORD;", False),
    ("dotenv", ".env", "DB_PASSWORD=Tr0ub4dor-and-3\n", True), ("settings", "settings.json", '{"password": "Tr0ub4dor-and-3"}', True),
    ("lock file", "package-lock.json", '{"password": "Tr0ub4dor-and-3"}', False), ("f-string", "app.py", "password = f'{a}-{b}'", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "secret"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS]
)
def test_secrets_of_members(zipped: Zipped, name: str, content: str, secret: bool) -> None:  # noqa: FBT001 - a column
    facts = analyse_layer(zipped({name: content}), deadline=lambda: False)
    assert isinstance(facts, PackageFacts)
    assert isinstance(facts.secrets, tuple)
    assert [(fact.file, fact.line > 0) for fact in facts.secrets] == ([(name, True)] if secret else [])


@pytest.mark.parametrize("name", ["requests", "click", "botocore"])
def test_installed_distributions_are_third_party_and_listed(zipped: Zipped, name: str) -> None:
    installed = distribution(name)
    files = {str(file): file.locate() for file in installed.files or () if ".." not in str(file)}
    kept = [path for path in files if not path.startswith("botocore/data/")]
    data = zipped({"app.py": HANDLER} | {path: Path(str(files[path])).read_bytes() for path in kept})
    found = analyse_package(
        data,
        runtime="python3.13",
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert found.package.own_files == 1
    assert [(listed.name, listed.version) for listed in found.package.dependencies] == [
        (name, installed.version)
    ]
    assert found.package.secrets == ()
    assert found.package.files == len(kept) + 1


def test_third_party_code_in_the_package_is_known_by_its_name(zipped: Zipped) -> None:
    """A shipped SDK is still the SDK, not own code: its clients are seen."""
    sdk = {
        "boto3/__init__.py": "def client(name): pass\n",
        "boto3-1.34.0.dist-info/RECORD": "boto3/__init__.py,,\n",
    }
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').get_object()\n"
    found = analyse_package(
        zipped({"app.py": source, **sdk}),
        runtime="python3.13",
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert found.calls == (("s3", "GetObject", "app.py:3"),)
    assert isinstance(found.facts, tuple)
    assert "outside-import" not in {fact.kind for fact in found.facts}


def test_a_distribution_with_the_handler_is_the_owners(zipped: Zipped) -> None:
    files = {
        "shop/app.py": "from shop.store import save\ndef handler(event, context):\n    save(event)\n",
        "shop/store.py": "import boto3\ns3 = boto3.client('s3')\ndef save(event):\n    s3.put_object()\n",
        "shop-1.0.dist-info/RECORD": "shop/app.py,,\nshop/store.py,,\n",
        "six-1.16.0.dist-info/RECORD": "six.py,,\n",
    }
    found = analyse_package(
        zipped(files),
        runtime="python3.13",
        handler="shop.app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert found.calls == (("s3", "PutObject", "shop/store.py:4"),)
    assert isinstance(found.package, PackageFacts)
    assert [listed.name for listed in found.package.dependencies] == ["six"]


def test_ranges_fetch_little_of_a_large_package(zipped: Zipped) -> None:
    noise = bytes((number * 7919 + number // 251) % 256 for number in range(256 * 1024))
    members: dict[str, str | bytes] = {"app.py": HANDLER}
    members |= {f"node_modules/a/{number}.bin": noise[number:] + noise[:number] for number in range(200, 260)}
    data = zipped(members)
    reads: list[tuple[int, int]] = []

    def read(start: int, end: int) -> bytes:
        reads.append((start, end))
        return data[start:end]

    reader = RangeReader(len(data), read)
    options = {"runtime": "python3.13", "handler": "app.handler", "architecture": "arm64"}
    by_range = analyse_package(reader, settings={}, deadline=lambda: False, **options)
    assert by_range == analyse_package(data, settings={}, deadline=lambda: False, **options)
    assert isinstance(by_range, CodeFacts)
    assert reader.fetched_bytes == sum(end - start for start, end in reads)
    assert reader.fetched_bytes < 0.5 * 1024 * 1024 + 2**16
    assert all(0 <= start < end <= len(data) for start, end in reads)


def test_short_ranges_make_the_package_unreadable(zipped: Zipped) -> None:
    data = zipped({"app.py": HANDLER})
    reader = RangeReader(len(data), lambda start, end: data[start : end - 1])
    found = analyse_layer(reader, deadline=lambda: False)
    assert isinstance(found, Unavailable)


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.3", "provided.al2023"])
def test_other_runtimes_have_a_listing_and_no_code(zipped: Zipped, runtime: str) -> None:
    found = analyse_package(
        zipped({"lib/a-1.0.jar": "", "application.properties": "db.password=Tr0ub4dor-and-3\n"}),
        runtime=runtime,
        handler="x",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert isinstance(found.facts, Unavailable)
    assert isinstance(found.package, PackageFacts)
    assert isinstance(found.package.secrets, tuple)
    assert [fact.file for fact in found.package.secrets] == ["application.properties"]
