"""Reading a rendered page back: its elements, and its data island as the script reads it."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count

STATUSES = {"P": "PASS", "F": "FAIL", "W": "WARN", "U": "UNKNOWN", "N": "NOT_APPLICABLE", "M": "MANUAL"}


@dataclass
class Element:
    """A tag with its attributes, and its text where it is a raw one."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Elements(HTMLParser):
    """Every element of a page in document order."""

    found: list[Element] = field(default_factory=list)
    inside: bool = False

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1].text += data


def elements(page: bytes) -> list[Element]:
    """Parse a page."""
    parser = Elements()
    parser.feed(page.decode())
    return parser.found


def island_of(page: bytes) -> dict[str, object]:
    """Decode the data island of a page, packed or not."""
    element = next(e for e in elements(page) if e.attributes.get("id") == "data")
    text = element.text.encode()
    if element.attributes["type"] == "application/gzip":
        text = gzip.decompress(base64.b64decode(text))
    decoded = json.loads(text)
    assert isinstance(decoded, dict)
    return decoded


@dataclass(frozen=True)
class Told:
    """One result as the page knows it; `message` is None where only the status is kept."""

    resource: str
    check: str
    status: str
    muted: bool
    message: str | None


def results_of(data: dict[str, object]) -> Iterator[Told]:
    """Walk the matrix as the script does."""
    words, matrix, checks = data["words"], data["matrix"], data["checks"]
    functions, others, results = data["functions"], data["others"], data["results"]
    assert isinstance(words, list)
    assert isinstance(matrix, list)
    assert isinstance(checks, list)
    assert isinstance(functions, dict)
    assert isinstance(others, list)
    assert isinstance(results, dict)
    arns = [*functions.get("arn", []), *(other[0] for other in others)]
    place = count()
    for at, check in enumerate(checks):
        for arn, line in zip(arns, matrix, strict=True):
            code = line[at]
            if code == "-":
                continue
            status = STATUSES[code.upper()]
            spoken = results["told"] or status not in {"PASS", "NOT_APPLICABLE"}
            message = words[results["message"][next(place)]] if spoken else None
            yield Told(words[arn], check["id"], status, code.islower(), message)
