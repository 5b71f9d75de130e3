"""Deployment packages and layers to facts: bytes in, facts out, nothing written, imported or executed.

`analyse_package` and `analyse_layer` are the entries. What they say is `Located` facts; this is the contract
for who reads them. Languages are Python and JavaScript (J: JavaScript alone, P: Python alone). "Runs" means:
reached from the handler through own code, or while its modules load. Facts with a measured `number` say so;
`what` is never a literal value.

`CodeFacts.handler`: `handler`; `handler-behind-wrapper` (a vendor's wrapper, resolved by its setting);
`handler-object` (the name is bound to something foreign, such as `Mangum(app)`: every own function then
counts as a helper); `handler-script` (Lambda Web Adapter). None: the file or the name is not in the package
(a layer may hold it). `Unavailable`: a wrapper whose setting is unknown, compiled code, or a file beyond the
caps. `CodeFacts.calls`: (IAM prefix, IAM action, `file:line`); an operation that needs two actions is two
entries.

`CodeFacts.facts`, high confidence unless told:

Clients (`what`: IAM prefix, or the library's call for databases)
- `client-in-handler`: made in the handler's body on every invocation; medium where conditional or in a loop
- `client-in-helper`: made in a function that the handler calls and nothing caches; medium
- `client-cached`: made behind `if x is None`, `??=`, `lru_cache`, a cached property
- `client-at-module`: made while loading
- `client-per-credentials`: made with credentials, or a region or endpoint, of the invocation; cannot be made
  once

Errors (`what`: the exception types)
- `swallowed-in-handler`: a broad or bare `except`/`catch` in the handler that does nothing, or only goes on
- `swallowed`: the same in a function that runs, or (J, medium) a promise's empty `.catch`
- `ignored-error`: a named exception that is passed over, or any while a text is read (`JSON.parse`); medium
- `handled`: anything is done with the error
- `bare-except` (P), `broad-except` (P): what is caught, whatever is done with it
- `catch-all-status`: the handler's catch-all answers 4xx or 5xx
- `catch-all-success`: a catch-all of the handler, or of one record of a batch, neither raises nor answers
  4xx, 5xx or batch failures: an asynchronous caller or a queue takes it for success; medium
- `error-middleware`: middy's http-error-handler, a resolver's exception handler
- `http-error-raised`: an exception that the framework turns into a status code

Responses
- `status-code`: number is the HTTP status a function that runs returns
- `status-missing`: the handler returns a literal without `statusCode`; matters behind an API alone; medium
- `body-not-string`: `body` of a proxy response is an object, list or number

Logging
- `structured-logger`: a JSON logger is made (`what`: which); importing it is not enough
- `structured-print`: `print`/`console.*` of one JSON object
- `stdlib-logging` (P), `console-logging` (J), `print` (P, in code of an invocation)
- `root-logging` (P), `root-logging-without-level` (P, medium: INFO lines are lost), `log-level-set`,
  `debug-level`
- `log-handler-added-in-handler` (P): one more handler, and one more copy of each line, for every invocation
- `request-id`: the request id is logged, kept for log lines, or injected
- `logs-event`: the whole event is logged; file "" where the setting POWERTOOLS_LOGGER_LOG_EVENT does it
- `custom-metrics` (embedded metric format, Powertools), `put-metric-data` (the API instead), `tracing`

Network
- `http-no-timeout`: a call that may wait for ever; `http-timeout`: number is seconds, None where not
  constant; `http-default-timeout` (the library has one); `http-timeout-unknown`: options are passed on; low
- `sdk-timeout`: seconds set for an SDK client; `sdk-retries`: attempts set, None where not constant
- `sleep`: seconds, None where not constant; `retry-without-jitter`, `retry-with-jitter`: a pause in a loop
  after a failure; medium; `retry-library`
- `sync-invoke`, `async-invoke`, `self-invoke`; `invoke-of-unknown-type`: low
- `remaining-time`: the time that is left is asked for; `batch-loop`: an invocation loops over records, pages
  or until a condition, and calls out; medium

Imports (`what`: the package)
- `heavy-import` (while loading; medium), `unused-import` (a heavy one never used), `lazy-import` (a heavy one
  inside a function), `star-import` (P)
- `outside-import`: neither in the package nor in the runtime: a layer holds it, or it is missing; medium.
  What such a module does (logging, metrics, validation) is not seen: absence of another fact says less
- `sdk-v2` (J), `sdk-v2-missing` (J: the runtime, in `what`, no longer has it, the package neither; a layer
  may), `vendored-botocore` (P)
- `load-time-call`: an AWS operation or HTTP request while loading; medium

Configuration (`what`: the name it is given to)
- `hard-coded-account` (an ARN), `-queue`, `-api`, `-database`, `-address`, `-host`, `-region`, and
  `hard-coded-resource` (a table, bucket, queue … by name; medium); defaults of environment variables,
  docstrings, logs and public examples are left out
- `environment-read` (`what`: the variable), `configuration-source` (Parameter Store, Secrets Manager,
  AppConfig)

Events
- `records-loop`, `record-handled` (an error of one record is caught inside the loop), `batch-item-failures`
- `router`: number is how many branches compare one field of the event (`what`); medium; `web-framework`;
  `event-source` (a source that the code compares with; medium)
- `input-validated`: by a library, or by a condition on the event (medium); `event-subscript`: a field taken
  as if it were there; medium
- `idempotency` (Powertools), `conditional-write`, `idempotency-token`, `write` (an operation that changes
  data; medium)

State and shape
- `mutable-global`: a module-level container grows in an invocation; medium; `global-cache`: the same, named
  as a cache
- `cached-secret` (P): a secret kept for ever by `lru_cache`; rotation is not seen; medium
- `async-handler` (P: never awaited), `callback-handler` (J), `callback-handler-unsupported` (J: Node.js 24
  and later)

How far to trust the rest
- `partly-parsed`, `unread-file` (`what`: the reason), `minified`: facts may be missing

`PackageFacts.unwanted`, by name alone; number counts the members that one fact stands for:
`traversal-name`, `symlink`, `version-control`, `env-file`, `infrastructure-state`, `development-file`,
`nested-archive`, `type-stubs`, `credentials-file`, `key-file`, `test-file`, `dev-dependency`, `bundled-sdk`,
and in layers `off-path` (code where the runtime does not look, such as `python/site-packages`).
`PackageFacts.wrong_binaries`: `wrong-architecture`, `wrong-abi`, `wrong-platform`; `what` is what they were
built for. `PackageFacts.executables`, of a native `bootstrap`: `go-toolchain` (`what`: the version of Go),
`go-module` (the main module), `packages-unread` (the reason why the packages it was built from are not among
`dependencies`: no list in it, one of before Go 1.18, or beyond the caps). `PackageFacts.secrets`: `kind` is
the classifier's rule, `what` a name or the kind of secret; high for a format that speaks for itself, medium
where a name decides, low for a doubt. An empty tuple means that all own files were read.
"""

from auditor.code.analyse import analyse_layer, analyse_package
from auditor.code.archive import PackageError
from auditor.code.osv import OsvDatabase, OsvError, load_osv, matched
from auditor.code.ranges import RangeReader
from auditor.code.sbom import cyclonedx, purl

__all__ = [
    "OsvDatabase",
    "OsvError",
    "PackageError",
    "RangeReader",
    "analyse_layer",
    "analyse_package",
    "cyclonedx",
    "load_osv",
    "matched",
    "purl",
]
