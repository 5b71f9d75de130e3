"""Members that do not belong into a deployment package, told from their names."""

import re
from collections.abc import Iterable

from auditor.code.archive import Archive
from auditor.code.ownership import Ownership
from auditor.code.words import words
from auditor.model import Located
from auditor.secrets import credential_file

MOST_OF_A_KIND = 20
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|spec|cypress|e2e)/|(?:^|/)(?:test_[^/]+|[^/]+_test|conftest)\.py$|"
    r"\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)(?:jest|vitest|karma|playwright|"
    r"cypress)\.config\.[cm]?[jt]s(?:on)?$|(?:^|/)(?:pytest\.ini|tox\.ini|\.coveragerc|\.mocharc\.\w+)$|"
    r"(?:^|/)\.pytest_cache/|(?:^|/)(?:coverage|htmlcov)/"
)
_DEV_DEPENDENCIES = words(
    "typescript jest ts-jest mocha chai eslint prettier webpack webpack-cli esbuild rollup vite vitest nyc "
    "sinon ts-node nodemon serverless aws-cdk aws-cdk-lib @babel/core @babel/preset-env babel-jest husky "
    "lint-staged @vitest/runner cypress playwright aws-sdk-client-mock serverless-offline @types/node "
    "@types/aws-lambda @types/jest tslint gulp grunt parcel cdk karma jasmine supertest nock"
)
_DEV_DISTRIBUTIONS = words(
    "pytest moto black flake8 mypy pylint ruff coverage tox pip setuptools wheel ipython jupyter notebook "
    "isort bandit pre-commit pytest-cov pytest-mock hypothesis aws-sam-cli boto3-stubs botocore-stubs "
    "localstack virtualenv pipenv poetry twine build autopep8 yapf"
)
_BUNDLED_SDK = frozenset({"boto3", "botocore"})
_KINDS = (
    ("version-control", re.compile(r"(?:^|/)\.(?:git|svn|hg)/|(?:^|/)\.git(?:ignore|attributes|modules)$")),
    ("env-file", re.compile(r"(?:^|/)(?:\.env(?:\.(?!example|sample|template|dist)[\w.-]+)?|[\w-]+\.env)$")),
    ("infrastructure-state",
    re.compile(r"(?:^|/)(?:\.terraform/|[^/]*\.tfstate(?:\.backup)?$|terraform\.tfvars$|[^/]*\.auto\.tfvars$|"
               r"cdk\.out/|\.aws-sam/|\.serverless/)")),
    ("development-file", re.compile(r"(?:^|/)(?:\.vscode/|\.idea/|\.github/|\.gitlab-ci\.yml$|\.circleci/|"
                                    r"Dockerfile$|docker-compose[\w.-]*\.ya?ml$|Makefile$|\.DS_Store$|"
                                    r"Thumbs\.db$|tsconfig[\w.-]*\.json$|\.eslintrc|\.prettierrc|"
                                    r"\.editorconfig$|samconfig\.toml$|serverless\.ya?ml$|template\.ya?ml$|"
                                    r"\.npmrc$|\.pypirc$|\.nvmrc$|Pipfile$|poetry\.lock$|yarn\.lock$|"
                                    r"pnpm-lock\.yaml$|requirements-dev\.txt$|\.pre-commit-config\.yaml$)|"
                                    r"\.(?:swp|orig|bak|log)$")),
    ("nested-archive", re.compile(r"\.(?:zip|tar|tgz|tar\.gz|tar\.bz2|7z|rar|whl|egg)$")),
    ("type-stubs", re.compile(r"(?:^|/)(?:mypy_boto3_[\w]+|[\w-]+-stubs)/|(?:^|/)node_modules/@types/")),
)  # fmt: skip
_PYTHON_PATH = re.compile(
    r"^python/(?:lib/python3\.\d+/site-packages/)?(?!site-packages/|lib/|dist-packages/)"
)
_NODE_PATH = re.compile(r"^nodejs/(?:node\d+/)?node_modules/|^nodejs/")

_NAMED_KINDS = words("env-file credentials-file key-file bundled-sdk dev-dependency nested-archive")
_PLAIN = frozenset(
    {
        "bin", "class", "cjs", "css", "dll", "dylib", "gif", "gz", "html", "ico", "jar", "jpeg", "jpg", "js",
        "mjs",
        "mo", "node", "pdf", "png", "po", "py", "pyc", "pyd", "pyi", "pyo", "so", "svg", "ts", "ttf", "tsx",
        "wasm",
        "webp", "woff", "woff2", "zip",
    }
)  # fmt: skip


def unwanted(archive: Archive, ownership: Ownership) -> tuple[Located, ...]:
    """Members that should not be shipped. One fact stands for a folder; `number` counts the members it stands
    for.
    """
    groups: dict[tuple[str, str, str], int] = {}
    for stray in archive.strays:
        _count(groups, "traversal-name", _shown(stray), "")
    for link in archive.links:
        _count(groups, "symlink", _shown(link), "")
    for name in archive.names:
        for kind, what in _kinds(name, own=name not in ownership.vendored):
            _count(groups, kind, _group(kind, name), what)
    for name, _, folder in ownership.distributions:
        if name.lower() in _BUNDLED_SDK:
            _count(groups, "bundled-sdk", folder, name.lower())
        elif name.lower() in _DEV_DISTRIBUTIONS:
            _count(groups, "dev-dependency", folder, name.lower())
    return _facts(groups)


def _kinds(name: str, *, own: bool) -> Iterable[tuple[str, str]]:
    package = re.search(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/package\.json$", name)
    if package and package[1] in _DEV_DEPENDENCIES:
        yield "dev-dependency", package[1]
    if package and package[1] == "aws-sdk":
        yield "bundled-sdk", "aws-sdk"
    for kind, pattern in _KINDS:
        if pattern.search(name) and (own or kind in {"type-stubs", "version-control"}):
            yield kind, ""
            return
    if not own:
        return
    credentials = "" if plain_content(name) else credential_file(name)
    if credentials:
        yield "credentials-file", credentials
    elif re.search(r"\.(?:pem|key|p8|der)$", name) and "cacert" not in name and "ca-bundle" not in name:
        yield "key-file", ""
    elif _TESTS.search(name):
        yield "test-file", ""


def plain_content(name: str) -> bool:
    """Whether a member's ending says code or media: no file of credentials or settings has such a one."""
    return name.rpartition(".")[2].lower() in _PLAIN


def _group(kind: str, name: str) -> str:
    """The folder that stands for a member in the facts: many test files are one fact."""
    if kind in _NAMED_KINDS:
        return name
    if kind == "type-stubs":
        head, types, _ = name.partition("@types/")
        return f"{head}@types" if types else name.partition("/")[0]
    if kind == "version-control":
        return name.partition(".git/")[0] + ".git" if ".git/" in name else name
    head, slash, _ = name.rpartition("/")
    return head if slash else name


def _shown(name: str) -> str:
    """A hostile name with control characters made visible, at most 120 characters of it."""
    return name.encode("unicode_escape").decode("ascii")[:120]


def _count(groups: dict[tuple[str, str, str], int], kind: str, group: str, what: str) -> None:
    key = (kind, group, what)
    groups[key] = groups.get(key, 0) + 1


def _facts(groups: dict[tuple[str, str, str], int]) -> tuple[Located, ...]:
    seen: dict[str, int] = {}
    facts = []
    for (kind, group, what), count in sorted(groups.items()):
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= MOST_OF_A_KIND:
            facts.append(Located(kind=kind, file=group, line=0, what=what, number=float(count)))
    return tuple(facts)


def layer_paths(archive: Archive) -> tuple[Located, ...]:
    """`off-path`: code in a layer where the runtime does not look for it, such as `python/site-packages`.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    python = [name for name in archive.names if name.endswith(".py") and "node_modules/" not in name]
    node = [name for name in archive.names if name.endswith((".js", ".mjs", ".cjs"))]
    groups: dict[tuple[str, str, str], int] = {}
    if python and not any(_PYTHON_PATH.match(name) for name in python) and not node:
        _count(groups, "off-path", _off(python[0]), "python")
    for name in python:
        if re.match(r"^python/(?:site-packages|dist-packages|lib/site-packages)/", name):
            _count(groups, "off-path", _off(name), "python")
    if node and not any(_NODE_PATH.match(name) for name in node) and not python:
        _count(groups, "off-path", _off(node[0]), "nodejs")
    return _facts(groups)


def _off(name: str) -> str:
    folders = name.split("/")[:-1]
    return "/".join(folders[: 3 if folders[:2] == ["python", "lib"] else 2]) or name
