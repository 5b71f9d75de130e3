"""The table of token formats: every entry finds its sample, stays linear, and shows the public part alone."""

import re
import zlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from auditor.model import SecretVerdict
from auditor.secrets import classify, redact
from auditor.secrets.providers import Format, tokens_in

Sample = list[str]
SAMPLES = msgspec.yaml.decode((Path(__file__).parent / "formats.yaml").read_bytes(), type=tuple[Sample, ...])
TABLE = msgspec.yaml.decode(
    files("auditor.secrets").joinpath("providers.yaml").read_bytes(), type=tuple[Format, ...]
)
ENTRIES = {entry.id: entry for entry in TABLE}
SEEDS = range(3)


def test_every_format_has_one_sample() -> None:
    assert sorted(sample[0] for sample in SAMPLES) == sorted(ENTRIES)
    assert len(ENTRIES) == len(TABLE)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_sample_is_found_and_shows_its_public_part(sample: Sample, draw: Callable[[str, int], str]) -> None:
    entry = ENTRIES[sample[0]]
    for seed in SEEDS:
        value = draw(sample[1], seed)
        assert re.search(entry.pattern, value)
        judged = classify(sample[3] if entry.names else "VALUE", value)
        wanted = SecretVerdict.WARN if entry.verdict == "warn" else SecretVerdict.FAIL
        assert judged.verdict is wanted
        if judged.rule == entry.id:
            assert judged.kind == entry.kind
            assert judged.public_prefix == sample[2]
        if not entry.names:
            assert entry.id in {token.format.id for token in tokens_in(value)}
            assert value not in redact(f"got {value} from upstream")


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.id)
def test_entry_is_whole_and_bounded(entry: Format) -> None:
    assert entry.source.startswith("https://")
    assert bool(entry.keywords) != bool(entry.names)
    assert entry.kind
    assert all(keyword == keyword.lower() for keyword in entry.keywords)
    bare = re.sub(r"\[[^\]]*\]", "x", re.sub(r"\\.", "x", entry.pattern))
    assert not re.search(r"[*+]|\{\d+,\}", bare), "a quantifier without an upper bound"
    assert not re.search(r"\{\d+,\d+\}\)(?:\{|\?\{)", bare), "a bounded repeat within a bounded repeat"


def test_checksum_of_a_token_is_told() -> None:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    body = "q7Zr2Lm9Xc4Vb6Nn1Ks8Jd3Hf5Gt0P"
    number, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        tail = signs[rest] + tail
    assert "checksum" in classify("X", f"ghp_{body}{tail}").note
    assert "checksum" not in classify("X", f"ghp_{body}{tail[::-1]}").note


@pytest.mark.parametrize(
    "value",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk_live_XXXXXXXXXXXXXXXXXXXXXXXX",
        "xoxb-your-slack-bot-token-goes-here",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "pa-my-long-resource-name-of-the-payments-service",
        "glpat-<your-token-of-twenty-signs>",
    ],
)
def test_documentation_is_no_token(value: str) -> None:
    assert classify("VALUE", value).verdict is SecretVerdict.CLEAR


@pytest.mark.parametrize(
    "value", ["pk_live_{b62:24}", "pk.eyJ{b62:60}.{b62:22}", "phc_{b62:43}", "sb_publishable_{b62:30}"]
)
def test_public_tokens_are_no_secrets(value: str, draw: Callable[[str, int], str]) -> None:
    assert classify("API_KEY", draw(value, 1)).verdict is SecretVerdict.CLEAR
