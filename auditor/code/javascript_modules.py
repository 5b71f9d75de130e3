"""Imports and exports of JavaScript: ES modules, CommonJS, and what TypeScript and esbuild make of them."""

from tree_sitter import Node

from auditor.code.javascript_values import is_function, is_require, key_of, string_text, value_of
from auditor.code.reading import Draft, Steps, field, line_of, text_of
from auditor.code.syntax import Import, Kind, Place, Value, dotted

_EXPORT_ARGUMENTS = 2


def imported(draft: Draft, node: Node, place: Place) -> None:
    """Keep an `import` statement."""
    module = _source(node)
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    line = line_of(node)
    if clause is None:
        draft.imports.append(Import(local="", module=module, symbol="", line=line, place=place))
        return
    for child in clause.named_children:
        if child.type == "identifier":
            draft.imports.append(
                Import(local=text_of(child), module=module, symbol="default", line=line, place=place)
            )
        elif child.type == "namespace_import":
            local = text_of(child.named_children[0]) if child.named_children else ""
            draft.imports.append(Import(local=local, module=module, symbol="", line=line, place=place))
        elif child.type == "named_imports":
            for entry in child.named_children:
                symbol = text_of(field(entry, "name"))
                local = text_of(field(entry, "alias")) or symbol
                draft.imports.append(
                    Import(local=local, module=module, symbol=symbol, line=line, place=place)
                )


def _source(node: Node) -> str:
    source = field(node, "source")
    return string_text(source)[0] if source is not None else ""


def required(draft: Draft, name: Node, value: Value, place: Place, line: int) -> bool:
    """Keep `const x = require("m")`, `const {a: b} = require("m")`, `require("m").a`; tell whether it was
    one.
    """
    module, symbol = _required(value)
    if not module:
        return False
    if name.type != "object_pattern":
        draft.imports.append(
            Import(local=text_of(name), module=module, symbol=symbol, line=line, place=place)
        )
        return True
    for child in name.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            taken = local = text_of(child)
        elif child.type == "pair_pattern":
            taken, local = key_of(field(child, "key")), text_of(field(child, "value"))
        else:
            continue
        inside = f"{symbol}.{taken}" if symbol else taken
        draft.imports.append(Import(local=local, module=module, symbol=inside, line=line, place=place))
    return True


def _required(value: Value) -> tuple[str, str]:
    symbols: list[str] = []
    while value.kind is Kind.MEMBER:
        symbols.insert(0, value.text)
        value = value.part("") or value
        if value.kind is not Kind.MEMBER:
            break
    module = is_require(value)
    if not module and value.kind is Kind.CALL and "captureAWS" in value.callee.text and value.arguments:
        # aws-xray-sdk hands the SDK through:
        # https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-nodejs-awssdkclients.html
        module = is_require(value.arguments[0])
    return module, ".".join(symbols)


def exported(draft: Draft, node: Node, place: Place) -> Steps:
    """Keep an `export` statement, and go on to what it declares."""
    source = _source(node)
    declaration, value = field(node, "declaration"), field(node, "value")
    line = line_of(node)
    default = any(child.type == "default" for child in node.children)
    for child in node.named_children:
        if child.type == "export_clause":
            _listed(draft, child, source, place)
    if source and any(child.type == "*" for child in node.children):
        draft.imports.append(Import(local="*", module=source, symbol="*", line=line, place=place))
    if declaration is not None:
        for name, exported_value in _declared(declaration):
            draft.exports["default" if default else name] = exported_value
        yield declaration, place
    elif value is not None:
        draft.exports["default"] = value_of(value)
        if is_function(value):
            draft.function_names[value.start_byte] = "default"
        yield value, place


def _listed(draft: Draft, clause: Node, source: str, place: Place) -> None:
    for entry in clause.named_children:
        name = text_of(field(entry, "name"))
        alias = text_of(field(entry, "alias")) or name
        if source:
            local = f"{alias}@{line_of(entry)}"
            draft.imports.append(
                Import(local=local, module=source, symbol=name, line=line_of(entry), place=place)
            )
            draft.exports[alias] = Value(kind=Kind.NAME, text=local, line=line_of(entry))
        else:
            draft.exports[alias] = Value(kind=Kind.NAME, text=name, line=line_of(entry))


def _declared(node: Node) -> list[tuple[str, Value]]:
    if node.type in {"lexical_declaration", "variable_declaration"}:
        names = [(field(child, "name"), child) for child in node.named_children]
        return [
            (text_of(name), Value(kind=Kind.NAME, text=text_of(name), line=line_of(child)))
            for name, child in names
            if name is not None and name.type == "identifier"
        ]
    name = text_of(field(node, "name"))
    if not name:
        return [("default", value_of(node))]
    return [(name, Value(kind=Kind.NAME, text=name, line=line_of(node)))]


def assigned_export(draft: Draft, target: str, value: Value) -> None:
    """Keep `exports.name = …`, `module.exports.name = …` and `module.exports = …`."""
    name = target.removeprefix("module.")
    if name == "exports":
        if value.kind is Kind.DICT:
            draft.exports.update((label, part) for label, part in value.parts if label not in {"**", "?"})
        draft.exports["default"] = value
    elif name.startswith("exports.") and not (value.kind is Kind.OPERATION and value.text == "void"):
        draft.exports[name.removeprefix("exports.")] = value


def returned_exports(draft: Draft, value: Value) -> None:
    """Keep what esbuild writes for exports: `__export(module_exports, { handler: () => handler })`, under any
    name.
    """
    if value.kind is not Kind.CALL or len(value.arguments) != _EXPORT_ARGUMENTS:
        return
    names = value.arguments[1]
    known = dotted(value.callee) in {"__export", "__webpack_require__.d"}
    getters = names.kind is Kind.DICT and all(part.kind is Kind.FUNCTION for _, part in names.parts)
    if not getters or not (known or value.arguments[0].kind is Kind.NAME):
        return
    for label, getter in names.parts:
        found = Value(kind=Kind.NAME, text=label, line=value.line) if known else getter
        draft.exports.setdefault(label, found)
