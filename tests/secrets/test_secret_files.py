"""Secrets in the files of a package: which files are read, and where in them secrets are found."""

import pytest

from auditor.secrets import credential_file, looks_like_config_file, scan_text

HEX32 = "a8f5f167f44f4964e6c998dee827110c"
BODY = "MIIEowIBAAKCAQEAxzYuc1RV3p0YV7YtPmb7Zk2mQ8rT5nWx"

FILES: tuple[tuple[str, str, str, dict[int, str]], ...] = (
    (
        "dotenv",
        ".env",
        f"A=1\nexport DB_PASSWORD='Xk29!mQ'\n# note\nAPI_KEY={HEX32} # live\n",
        {2: "DB_PASSWORD", 4: "API_KEY"},
    ),
    ("dotenv, literal", ".env", "PASSWORD=config.auth.token\nTOKEN=\n", {1: "PASSWORD"}),
    ("JSON", "config.json", '{"host": "db",\n "password": "Xk29!mQ",\n "debug": true}', {2: "password"}),
    (
        "YAML",
        "app.yaml",
        f"db:\n  user: app\n  password: Xk29!mQ\n  token: {HEX32}\n",
        {3: "password", 4: "token"},
    ),
    (
        "YAML, nothing",
        "app.yaml",
        "password: ${DB}\npassword: string\ntoken: !vault |\npassword: *ref\nsecretName: db\n",
        {},
    ),
    ("YAML, code", "app.yaml", "password: getPassword()\ntoken: config.auth.token\n", {}),
    ("TOML", "a.toml", 'name = "x"\npassword = "Xk29!mQ"\n', {2: "password"}),
    ("INI", "a.ini", "[db]\nuser = app\npassword = Xk29!mQ ; old\n", {3: "password"}),
    (
        "properties",
        "a.properties",
        "spring.datasource.password=Xk29!mQ\nspring.datasource.url=x\n",
        {1: "spring.datasource.password"},
    ),
    (
        "XML",
        "a.xml",
        f'<a>\n<password>Xk29!mQ</password>\n<add key="ApiToken" value="{HEX32}"/></a>',
        {2: "password", 3: "ApiToken"},
    ),
    ("XML attribute", "a.xml", '<db host="x" password="Xk29!mQ" save-password="true"/>', {1: "password"}),
    (
        "PHP",
        "wp-config.php",
        "define( 'DB_PASSWORD',    'Xk29!mQ' );\n$pw = getenv('X');",
        {1: "DB_PASSWORD"},
    ),
    ("Java", "A.java", f'String apiToken = "{HEX32}";\nString password = load();', {1: "apiToken"}),
    ("Terraform", "main.tf", 'password = "Xk29!mQ"\npassword = var.db_password\n', {1: "password"}),
    ("netrc", ".netrc", "machine a login b password Xk29!mQ\n", {1: "password"}),
    ("pgpass", ".pgpass", "db:5432:app:app:Xk29!mQ\n", {1: "password"}),
    ("Docker", ".docker/config.json", '"auth": "YWRtaW46aHVudGVyMjI="', {1: "auth"}),
    (
        "Dockerfile",
        "Dockerfile",
        f"FROM node\nENV API_TOKEN {HEX32}\nENV DB_PASSWORD=Xk29!mQ\nARG NPM_TOKEN\n",
        {2: "API_TOKEN", 3: "DB_PASSWORD"},
    ),
    (
        "shell",
        "run.sh",
        "PGPASSWORD=Xk29mQz psql\nmysql --password=Xk29mQz\nexport TOKEN=$(cat t)\n",
        {1: "PGPASSWORD", 2: "password"},
    ),
    (
        "npm",
        ".npmrc",
        "always-auth=true\n//registry.npmjs.org/:_authToken=npm_abc\n_auth = YWRtaW46aHVudGVyMjI=\n",
        {3: "npm registry token"},
    ),
    ("git credentials", ".git-credentials", "https://bob:Xk29mQz@github.com\n", {1: "password in a URL"}),
    ("password file", ".htpasswd", "admin:$apr1$ZjTqBB3f$IF9gdYAGlMrs2fuINjHsz.\n", {1: "password hash"}),
    (
        "key",
        "id_rsa",
        f"\n-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----\n",
        {2: "private key"},
    ),
    ("Rails master key", "config/master.key", f"{HEX32}\n", {1: "RAILS_MASTER_KEY"}),
    (
        "labels",
        "ui.json",
        '{"password": "Password", "forgotPassword": "Forgot your password?", "token": "Token"}',
        {},
    ),
    ("schema", "s.json", '{"required": ["password", "email"], "password": {"type": "string"}}', {}),
    (
        "dependencies",
        "d.json",
        '{"jsonwebtoken": "^9.0.0", "generate-password": "^1.7.0", "passport": "0.6.0"}',
        {},
    ),
    ("binary", "a.json", 'password: "Xk29!mQ"\x00', {}),
    ("empty", "a.json", "", {}),
)


@pytest.mark.parametrize(("path", "text", "found"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_secrets_of_a_file_with_their_lines(path: str, text: str, found: dict[int, str]) -> None:
    hits = scan_text(path, text.encode())
    assert {hit.line: hit.what for hit in hits} == found
    assert all(hit.file == path for hit in hits)
    assert not any(piece in repr(hits) for piece in ("Xk29", HEX32[:8], BODY[:8], "hunter", "YWRt"))


def test_confidence_tells_formats_from_names_and_doubts() -> None:
    text = f"a=gh{'p_' + 'a1B2' * 9}\nDB_PASSWORD=Xk29!mQ\nDB_SECRET=prod-db-credentials\n"
    assert [hit.confidence for hit in scan_text(".env", text.encode())] == ["high", "medium", "low"]


def test_utf16_and_a_byte_order_mark_are_read() -> None:
    text = "DB_PASSWORD=Xk29!mQ\n"
    assert len(scan_text(".env", text.encode("utf-16"))) == 1
    assert len(scan_text(".env", text.encode("utf-8-sig"))) == 1


def test_hits_are_limited() -> None:
    assert len(scan_text(".env", b"".join(b"DB_PASSWORD_%d=Xk29!mQ\n" % at for at in range(500)))) == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("home/.ssh/id_rsa", "SSH private key"),
        (".aws/credentials", "AWS credentials file"),
        ("credentials", ""),
        ("certs/server.P12", "key store"),
        ("infra\\terraform.tfstate", "Terraform state"),
        ("app.py", ""),
    ],
)
def test_credential_files_by_name(path: str, kind: str) -> None:
    assert credential_file(path) == kind


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (".env", True),
        (".env.production", True),
        (".env.example", False),
        ("config/settings.yaml", True),
        ("appsettings.json", True),
        ("App.deps.json", False),
        ("package-lock.json", False),
        ("tests/fixtures/key.pem", False),
        ("src/i18n/de.json", False),
        ("node_modules/a/config.json", False),
        ("certifi/cacert.pem", False),
        ("Dockerfile", True),
        ("app.py", False),
        ("logo.png", False),
        ("id_rsa.pub", False),
        (".ssh/id_rsa", True),
    ],
)
def test_files_worth_reading(path: str, wanted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert looks_like_config_file(path) is wanted
