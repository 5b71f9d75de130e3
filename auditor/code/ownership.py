"""Which members of a package are the owner's code and which came from elsewhere."""

import csv
import posixpath
import re
from collections.abc import Iterable

from auditor.code.archive import Archive
from auditor.code.words import words
from auditor.model import Record

_RECORD_BYTES = 2 * 1024 * 1024
_DIST = re.compile(r"^(?P<root>.*?)(?P<name>[^/]+)\.(?P<kind>dist-info|egg-info)(?:/|$)")
_ROOT = re.compile(
    r"^(?:python/(?:lib/python3\.\d+/site-packages/)?|nodejs/|lib/python3\.\d+/site-packages/)?"
)
# Top-level modules of packages that are often shipped without their dist-info, to make a package smaller.
_KNOWN = words(
    "aiobotocore aiohttp aioboto3 aiosignal annotated_types anyio arrow asn1crypto asyncpg attr attrs "
    "aws_lambda_powertools aws_requests_auth aws_xray_sdk awswrangler azure backoff bcrypt boto boto3 "
    "botocore bs4 cachetools cattr cattrs certifi cffi chardet charset_normalizer click colorama croniter "
    "cryptography cv2 datadog datadog_lambda dateutil ddtrace deepdiff defusedxml dotenv elasticsearch "
    "email_validator exceptiongroup fastapi flask fastjsonschema frozenlist geopy google googleapiclient "
    "grpc grpc_status gspread h11 httpcore httplib2 httpx idna importlib_metadata isodate itsdangerous "
    "jinja2 jmespath joblib jose jsonpath_ng jsonschema jsonschema_specifications jwt langchain lxml "
    "lumigo_tracer mangum markupsafe marshmallow matplotlib mpmath msal msgpack multidict "
    "mypy_boto3_s3 mysql networkx newrelic nltk numpy numpy.libs oauthlib openai opensearchpy opentelemetry "
    "orjson packaging pandas pandas.libs paramiko passlib phonenumbers pillow PIL pkg_resources playhouse "
    "peewee psutil psycopg psycopg2 psycopg2_binary.libs psycopg_binary pyarrow pyasn1 pyasn1_modules "
    "pycparser pydantic pydantic_core pydantic_settings pymongo bson gridfs pymysql pynamodb pyparsing "
    "pypdf PyPDF2 pytz pyximport redis referencing regex reportlab requests requests_aws4auth "
    "requests_oauthlib requests_toolbelt rfc3339_validator rpds rsa s3fs s3transfer scipy scipy.libs "
    "sentry_sdk setuptools shapely simplejson six sklearn slack_sdk sniffio snowflake sqlalchemy sqlparse "
    "starlette stripe sympy tabulate tenacity tensorflow threadpoolctl tiktoken tokenizers tomli torch tqdm "
    "transformers twilio typeguard typing_inspection tzdata tzlocal ujson uritemplate urllib3 uvicorn "
    "validators watchdog websocket websockets werkzeug wrapt xmltodict yaml yarl zipp zoneinfo_backports "
    "pip wheel _distutils_hack cachecontrol charset_normalizer typing_extensions.py six.py "
    "mypy_extensions.py _cffi_backend jmespath"
)
_VENDORED_FOLDERS = (
    "node_modules/",
    "__pycache__/",
    "vendor/bundle/",
    "site-packages/_vendor/",
    "bower_components/",
    ".venv/",
    "venv/",
    "virtualenv/",
)


class Ownership(Record, frozen=True, kw_only=True):
    """Members by origin. `distributions` are (name, version, folder) of what dist-info tells."""

    own: tuple[str, ...]
    vendored: frozenset[str]
    distributions: tuple[tuple[str, str, str], ...]


def sort_members(archive: Archive, handler_file: str = "") -> Ownership:
    """Tell own members from third-party ones by `RECORD`, `node_modules`, and names that are well known.

    A distribution that holds the handler's file is the owner's, installed as a package.
    """
    distributions: dict[str, tuple[str, str, str]] = {}
    covered: dict[str, set[str]] = {}
    for name in archive.names:
        found = _DIST.match(name)
        if found is None:
            continue
        folder = f"{found['root']}{found['name']}.{found['kind']}"
        distributions.setdefault(folder, (*_named(found["name"]), folder))
        inside = covered.setdefault(folder, set())
        inside.add(name)
        if name.endswith((".dist-info/RECORD", ".egg-info/installed-files.txt")):
            inside.update(_recorded(archive, name, found["root"]))
        elif name.endswith("/top_level.txt") and f"{folder}/RECORD" not in archive:
            inside.update(_top_levels(archive, name, found["root"]))
    others = [folder for folder, inside in covered.items() if handler_file not in inside]
    recorded = frozenset(name for folder in others for name in covered[folder])
    vendored = frozenset(name for name in archive.names if name in recorded or _foreign(name))
    return Ownership(
        own=tuple(name for name in archive.names if name not in vendored),
        vendored=vendored,
        distributions=tuple(distributions[folder] for folder in others),
    )


def _named(text: str) -> tuple[str, str]:
    name, _, version = text.partition("-")
    return name.replace("_", "-"), re.sub(r"-py3(?:\.\d+)?$", "", version)


def _recorded(archive: Archive, record: str, root: str) -> Iterable[str]:
    """The paths of a RECORD, which are relative to the folder that holds the dist-info folder.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    data = archive.read(record, _RECORD_BYTES)
    if data is None:
        return
    lines = data.decode("utf-8", "replace").replace("\x00", "").splitlines()
    base = root if record.endswith("RECORD") else posixpath.dirname(record) + "/"
    for row in csv.reader(line for line in lines if len(line) < _LONGEST_ROW):
        if row:
            yield posixpath.normpath(base + row[0])


_LONGEST_ROW = 4096


def _top_levels(archive: Archive, listing: str, root: str) -> Iterable[str]:
    tops = archive.head(listing, _LONGEST_ROW).decode("utf-8", "replace").split()
    starts = tuple(f"{root}{top}/" for top in tops if "/" not in top)
    files = {f"{root}{top}.py" for top in tops}
    return (name for name in archive.names if name in files or (starts and name.startswith(starts)))


def _foreign(name: str) -> bool:
    if any(name.startswith(folder) or f"/{folder}" in name for folder in _VENDORED_FOLDERS):
        return True
    inside = _ROOT.sub("", name, count=1)
    top, slash, _ = inside.partition("/")
    if top == "bin" and slash:
        return True
    return top in _KNOWN and (bool(slash) or top.endswith(".py"))
