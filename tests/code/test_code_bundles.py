"""Bundles: whose a line is where a bundler joined files, and what is said where that cannot be told."""
# ruff: noqa: E501 - a row of a table is one line

from collections.abc import Callable, Mapping

import pytest

from auditor.code import analyse_package
from auditor.model import CodeFacts, Located, PackageFacts, Reason, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]

OWN = "const { S3Client, GetObjectCommand } = REQUIRE_SDK;\nexports.handler = async (event) => {\n  const s3 = new S3Client({});\n  await s3.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: event.key }));\n};\n"
STORE = (
    "const quiet = async (work) => { try { await work(); } catch (error) {} };\nmodule.exports = { quiet };\n"
)
FOREIGN = "function load(x) { try { return require(x); } catch (error) {} }\nmodule.exports = load;\n"
NOISE = "\n".join(f"// filler {number:06}" for number in range(8_000))


def _banner(path: str) -> str:
    line = "*" * (len(path) + 8)
    return f"/*!{line}*\\\n  !*** {path} ***!\n  \\{line}*/\n"


def _development(start: str = "(module, exports, __webpack_require__) {\n", *, newer: bool = True) -> str:
    """What webpack writes for development: a banner above each module."""
    sdk = '__webpack_require__(/*! @aws-sdk/client-s3 */ "@aws-sdk/client-s3")'
    entry = OWN.replace("REQUIRE_SDK", sdk).replace(
        "await s3",
        'const { quiet } = __webpack_require__(/*! ./store */ "./src/store.js");\n  await quiet(load);\n  await s3',
    )

    def module(path: str, body: str) -> str:
        head = (
            f'/***/ "{path}"\n{_banner(path)}{start}'
            if newer
            else f'/***/ "{path}":\n{_banner(path)}/*! no static exports found */\n/***/ (function(module, exports, __webpack_require__) {{\n'
        )
        return f"{head}\n{body}\n\n/***/ }}{'' if newer else '),'}\n\n"

    modules = module("./node_modules/a/index.js", FOREIGN) + module("./src/store.js", STORE)
    return f"/******/ (() => {{ // webpackBootstrap\n{modules}/******/ }});\nlet __webpack_exports__ = {{}};\n(() => {{\nlet exports = __webpack_exports__;\n{_banner('./src/index.js')}{entry}\n}})();\n\nmodule.exports = __webpack_exports__;\n/******/ }})()\n;"


def _numbered(linker: str = "__webpack_require__") -> str:
    """What webpack writes for production, not minified, and ncc always: a number above each module."""
    foreign = f"/***/ 9724\n(module) {{\n{FOREIGN}\n/***/ }},\n\n"
    external = (
        '/***/ 5725\n(module) {\n"use strict";\nmodule.exports = require("@aws-sdk/client-s3");\n/***/ },\n\n'
    )
    entry = OWN.replace("REQUIRE_SDK", f"{linker}(5725)")
    return f"/******/ (() => {{\n{foreign}{external}/******/ }});\n{NOISE}\nvar __webpack_exports__ = {{}};\n(() => {{\nvar exports = __webpack_exports__;\n{entry}\n}})();\nmodule.exports = __webpack_exports__;\n/******/ }})()\n;"


def _wrapped() -> str:
    """What esbuild writes for CommonJS files: a wrapper around each, with the path above it."""
    store = STORE.replace("module.exports", "module2.exports").replace("\n", "\n    ").rstrip()
    entry = OWN.replace("REQUIRE_SDK", 'require("@aws-sdk/client-s3")').replace(
        "await s3", "await quiet(load);\n  await s3"
    )
    helper = "var __commonJS = (cb, mod) => function __require() {\n  try {\n    return mod || (0, cb)((mod = { exports: {} }).exports, mod), mod.exports;\n  } catch (e) {\n    throw mod = 0, e;\n  }\n};\n"
    return f'{helper}\n// node_modules/a/index.js\nvar require_a = __commonJS({{\n  "node_modules/a/index.js"(exports2, module2) {{\n    {FOREIGN}  }}\n}});\n\n// src/store.js\nvar require_store = __commonJS({{\n  "src/store.js"(exports2, module2) {{\n    {store}\n  }}\n}});\n\n// src/index.js\nvar {{ quiet }} = require_store();\n{entry}'


TOLD_APART: list[tuple[str, str, str]] = [
    ("webpack for development", _development(), "src/store.js"),
    ("webpack 4 for development", _development(newer=False), "src/store.js"),
    ("esbuild, CommonJS files", _wrapped(), "index.js"),
    ("rolldown", f"//#region node_modules/a/index.js\n{FOREIGN}\n//#endregion\n//#region src/index.js\n{STORE}{OWN.replace('REQUIRE_SDK', 'require(`@aws-sdk/client-s3`)'.replace('`', chr(34))).replace('await s3', 'await quiet(load);' + chr(10) + '  await s3')}\n//#endregion\n", "index.js"),
]  # fmt: skip


def _analysed(zipped: Zipped, source: str, **members: str) -> CodeFacts:
    found = analyse_package(
        zipped({"index.js": source, **members}),
        runtime="nodejs22.x",
        handler="index.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    return found


@pytest.mark.parametrize(
    ("source", "store"), [row[1:] for row in TOLD_APART], ids=[row[0] for row in TOLD_APART]
)
def test_own_files_of_a_bundle_are_told_from_packages(zipped: Zipped, source: str, store: str) -> None:
    found = _analysed(zipped, source)
    assert isinstance(found.handler, Located)
    assert found.handler.kind == "handler"
    assert isinstance(found.calls, tuple)
    assert [call[:2] for call in found.calls] == [("s3", "GetObject")]
    assert isinstance(found.facts, tuple)
    kinds = {fact.kind for fact in found.facts}
    assert {"client-in-handler", "environment-read"} <= kinds
    assert not kinds & {"unread-file", "partly-parsed", "handled"}
    assert [fact.file for fact in found.facts if fact.kind == "swallowed"] == [store]


@pytest.mark.parametrize("source", [_numbered(), _numbered("__nccwpck_require__")], ids=["webpack", "ncc"])
def test_only_the_entry_of_a_bundle_without_paths_is_taken_for_the_owners(
    zipped: Zipped, source: str
) -> None:
    found = _analysed(zipped, source)
    assert isinstance(found.facts, tuple)
    kinds = {fact.kind for fact in found.facts}
    assert {"client-in-handler", "unread-file"} <= kinds
    assert "swallowed" not in kinds
    assert isinstance(found.package, PackageFacts)
    assert isinstance(found.package.secrets, Unavailable)


ROLLUP = f"function getDefaultExportFromCjs(x) {{ return x; }}\n{NOISE}\n{FOREIGN}{OWN.replace('REQUIRE_SDK', 'require(1)')}"
EVALUATED = f'var __webpack_modules__ = {{\n/***/ "./src/index.js"\n{_banner("./src/index.js")}(module, exports, __webpack_require__) {{\neval("exports.handler = 1\\n//# sourceURL=webpack:///src/index.js");\n/***/ }}\n}};\n{NOISE}\n__webpack_require__(1);\n'


@pytest.mark.parametrize("source", [ROLLUP, EVALUATED], ids=["rollup", "webpack with eval"])
def test_a_bundle_that_marks_nothing_is_not_read(zipped: Zipped, source: str) -> None:
    found = _analysed(zipped, source)
    assert isinstance(found.facts, Unavailable)
    assert found.facts.reason is Reason.NOT_SUPPORTED
    assert isinstance(found.handler, Unavailable)


def test_a_chunk_of_packages_alone_leaves_nothing_unread(zipped: Zipped) -> None:
    chunk = f'exports.modules = {{\n/***/ "./node_modules/a/index.js"\n{_banner("./node_modules/a/index.js")}(module, exports, __webpack_require__) {{\n{FOREIGN}\n/***/ }}\n{NOISE}\n__webpack_require__(1);\n'
    found = _analysed(zipped, _development(), **{"vendors.index.js": chunk})
    assert isinstance(found.facts, tuple)
    assert "unread-file" not in {fact.kind for fact in found.facts}


def test_a_bundle_of_many_megabytes_is_read_where_it_marks_its_parts(zipped: Zipped) -> None:
    noise = "\n".join(f"var filler_{number:07} = {number};" for number in range(100_000))
    found = _analysed(
        zipped,
        _wrapped().replace("// src/store.js", f"// node_modules/b/index.js\n{noise}\n\n// src/store.js"),
    )
    assert isinstance(found.facts, tuple)
    assert "client-in-handler" in {fact.kind for fact in found.facts}


def test_esbuilds_name_of_a_default_export_is_the_package(zipped: Zipped) -> None:
    source = "// node_modules/axios/index.js\nvar axios_default = axios;\n\n// src/index.js\nexports.handler = async () => { await axios_default.get(URL); };\n"
    found = _analysed(zipped, source)
    assert isinstance(found.facts, tuple)
    assert "http-no-timeout" in {fact.kind for fact in found.facts}


def test_a_declared_function_is_the_handler_of_what_esbuild_exports(zipped: Zipped) -> None:
    source = "var app_exports = {};\n__export(app_exports, {\n  handler: () => handler\n});\nmodule.exports = __toCommonJS(app_exports);\nasync function handler(event) {\n  return event.id;\n}\n0 && (module.exports = {\n  handler\n});\n"
    found = _analysed(zipped, source)
    assert isinstance(found.handler, Located)
    assert (found.handler.kind, found.handler.line) == ("handler", 6)
