"""Values drawn at random from templates, so that no token stands in the repository."""

import base64
import json
import random
import re
import string
from collections.abc import Callable

import pytest

Draw = Callable[[str, int], str]

ALPHABETS = {
    "b62": string.ascii_letters + string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "url64": string.ascii_letters + string.digits + "-_",
    "b32": string.ascii_uppercase + "234567",
    "lowb32": string.ascii_lowercase + "234567",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "alpha": string.ascii_letters,
    "low": string.ascii_lowercase,
    "lowd": string.ascii_lowercase + string.digits,
    "upd": string.ascii_uppercase + string.digits,
    "digits": string.digits,
    "print": string.ascii_letters + string.digits + "!#$%&*+-=?@^_~",
    "print_url": string.ascii_letters + string.digits + "!*-_.~$",
}
WORDS = ("orange", "river", "castle", "winter", "dragon", "summer", "purple", "monkey", "coffee", "guitar")


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _one(kind: str, length: str, rand: random.Random) -> str:
    def some(alphabet: str, size: int) -> str:
        return "".join(rand.choices(ALPHABETS[alphabet], k=size))

    if kind == "uuid":
        return f"{some('hex', 8)}-{some('hex', 4)}-4{some('hex', 3)}-a{some('hex', 3)}-{some('hex', 12)}"
    if kind in {"word", "Word"}:
        word = rand.choice(WORDS)
        return word.title() if kind == "Word" else word
    if kind == "jwt":
        head, body = _encoded({"alg": "HS256"}), _encoded({"sub": some("hex", 8), "role": "service"})
        return f"{head}.{body}.{some('url64', 43)}"
    if kind == "basic":
        return base64.b64encode(f"admin:{some('b62', 14)}".encode()).decode()
    if kind == "b64json":
        inside = {"client_email": "a@b.c", "api_key": some("b62", 40), "x": 1}
        return base64.b64encode(json.dumps(inside).encode()).decode()
    return some(kind, int(length))


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Fill a template (`ghp_{b62:36}`, doubled braces for plain ones) with signs drawn from a seed."""

    def filled(template: str, seed: int) -> str:
        rand = random.Random(f"{seed}{template}")  # noqa: S311 - samples, not keys
        text = template.replace("{{", "\x01").replace("}}", "\x02")
        text = re.sub(r"\{(\w+?)(?::(\d+))?\}", lambda found: _one(found[1], found[2], rand), text)
        return text.replace("\x01", "{").replace("\x02", "}")

    return filled
