"""Which members of a package hold credentials by their name, and which are worth reading for secrets."""

from fnmatch import fnmatchcase

# Files that exist to hold credentials: a pattern of the path's end (lower case), and what the file is.
_CREDENTIAL_FILES = (
    ("id_rsa", "SSH private key"), ("id_dsa", "SSH private key"), ("id_ecdsa", "SSH private key"),
    ("id_ed25519", "SSH private key"), ("*.ppk", "PuTTY private key"), ("*.p12", "key store"), ("*.pfx", "key store"),
    ("*.jks", "key store"), ("*.keystore", "key store"), ("*.kdbx", "password database"), ("*.kdb", "password database"),
    (".aws/credentials", "AWS credentials file"), (".s3cfg", "S3 credentials file"), (".boto", "AWS credentials file"),
    (".netrc", "netrc file"), ("_netrc", "netrc file"), (".authinfo", "netrc file"), (".pgpass", "PostgreSQL password file"),
    (".my.cnf", "MySQL client file"), (".mylogin.cnf", "MySQL client file"), (".git-credentials", "git credentials file"),
    (".htpasswd", "password file"), (".vault-token", "Vault token file"), (".dockercfg", "Docker credentials file"),
    (".docker/config.json", "Docker credentials file"), (".kube/config", "Kubernetes credentials file"),
    ("kubeconfig", "Kubernetes credentials file"), ("master.key", "Rails master key"), ("etc/shadow", "password file"),
    (".azure/accesstokens.json", "Azure credentials file"), (".gem/credentials", "RubyGems credentials file"),
    ("application_default_credentials.json", "Google credentials file"), (".cargo/credentials", "Cargo credentials file"),
    (".cargo/credentials.toml", "Cargo credentials file"), ("*.tfstate", "Terraform state"),
    ("*.tfstate.backup", "Terraform state"), (".bash_history", "shell history"), (".zsh_history", "shell history"),
    (".psql_history", "shell history"), (".mysql_history", "shell history"), (".python_history", "shell history"),
    ("*_rootkey.csv", "AWS access key file"), ("rootkey.csv", "AWS access key file"), ("*_accesskeys.csv", "AWS access key file"),
    ("*.ovpn", "VPN profile"), (".s3ql/authinfo2", "S3 credentials file"), (".htaccess-passwords", "password file"),
)  # fmt: skip
# Files that often hold credentials beside settings: their content decides.
_CONFIG_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", ".npmrc", ".pypirc", ".git/config", ".gitconfig", ".yarnrc", ".netrc", "pip.conf",
    "wp-config.php", "dockerfile", "dockerfile.*", "*.dockerfile", "makefile", "jenkinsfile", "procfile", "credentials",
    "*.credentials", "config", "secrets", ".bashrc", ".bash_profile", ".profile", ".zshrc", ".esmtprc", ".tugboat", ".ftpconfig",
    ".terraformrc", ".sentryclirc", ".databrickscfg", ".snowsqlrc", "shadow", "passwd", "proftpdpasswd", "hub", ".credentials",
    "*.asc", "*.gpg",
)  # fmt: skip
_CONFIG_EXTENSIONS = frozenset(
    {
        "config", "conf", "cnf", "cfg", "ini", "properties", "props", "toml", "yaml", "yml", "json", "json5", "jsonc", "xml",
        "plist", "sh", "bash", "zsh", "ps1", "bat", "cmd", "sql", "tf", "hcl", "tfvars", "txt", "md", "csv", "http", "rest",
        "service", "pem", "key", "secret", "secrets", "gradle", "rb", "php", "java", "go", "cs", "kt", "rs", "scala", "vb",
        "pl", "groovy", "html", "tpl", "log", "settings", "env", "ts", "tsx", "jsx", "vue", "swift", "r", "lua", "ex", "exs",
    }
)  # fmt: skip
# Generated lists of hashes, locks and samples.
_NEVER = (
    "*.deps.json", "*.runtimeconfig.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
    "poetry.lock", "pipfile.lock", "uv.lock", "composer.lock", "gemfile.lock", "cargo.lock", "go.sum", "cacert.pem", "*.example",
    "*.sample", "*.template", "*.dist", "*.map", "sbom.json", "*.cdx.json", "*.spdx.json", "record", "*.sha256", "*.min.js",
    "tsconfig*.json", "*.schema.json", "service-2.json", "endpoints.json", "partitions.json", "*.example.*", "*.sample.*",
    "*.pub", "license*", "notice*", "*.d.ts", "composer.json", "package.json",
)  # fmt: skip
_NEVER_BELOW = frozenset(
    {
        "test", "tests", "__tests__", "spec", "specs", "fixtures", "testdata", "test-data", "__mocks__", "mocks", "examples",
        "example", "samples", "i18n", "locales", "locale", "translations", "node_modules", "site-packages", "dist-info", "vendor",
    }
)  # fmt: skip


def credential_file(path: str) -> str:
    """What a file is whose name says that it holds credentials, "" for any other.

    >>> credential_file("home/.aws/credentials")
    'AWS credentials file'
    """
    lowered = _normal(path)
    return next((kind for pattern, kind in _CREDENTIAL_FILES if _ends(lowered, pattern)), "")


def looks_like_config_file(path: str) -> bool:
    """Whether a package member is worth reading for secrets: settings, credentials, scripts.

    Lock files, samples, tests, translations and other people's packages are not.
    """
    lowered = _normal(path)
    if not _NEVER_BELOW.isdisjoint(lowered.split("/")[:-1]) or any(_ends(lowered, each) for each in _NEVER):
        return False
    if lowered.rsplit("/", 1)[-1].rpartition(".")[2] in _CONFIG_EXTENSIONS or credential_file(path):
        return True
    return any(_ends(lowered, pattern) for pattern in _CONFIG_NAMES)


def _normal(path: str) -> str:
    return path.lower().replace("\\", "/")


def _ends(path: str, pattern: str) -> bool:
    depth = pattern.count("/") + 1
    return fnmatchcase("/".join(path.split("/")[-depth:]), pattern)
