"""Recall and precision on labelled variables of Lambda functions."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from auditor.model import SecretVerdict
from auditor.secrets import classify, variable

Row = tuple[str, str]
HERE = Path(__file__).parent
SEEDS = range(6)


def rows(file: str) -> tuple[Row, ...]:
    return msgspec.yaml.decode((HERE / file).read_bytes(), type=tuple[Row, ...])


def test_recall_and_precision_hold_together(draw: Callable[[str, int], str]) -> None:
    secrets, plain = rows("corpus_secrets.yaml"), rows("corpus_plain.yaml")
    missed = [
        (name, template, seed)
        for seed in SEEDS
        for name, template in secrets
        if classify(name, draw(template, seed)).verdict is not SecretVerdict.FAIL
    ]
    alarms = [row for row in plain if classify(*row).verdict is SecretVerdict.FAIL]
    found = len(SEEDS) * len(secrets) - len(missed)
    recall = found / (len(SEEDS) * len(secrets))
    precision = found / (found + len(SEEDS) * len(alarms))
    assert len(secrets) + len(plain) >= 1000
    assert recall >= 0.97, missed
    assert precision >= 0.98, alarms


def test_no_judgement_holds_a_piece_of_its_secret(draw: Callable[[str, int], str]) -> None:
    for name, template in rows("corpus_secrets.yaml"):
        value = draw(template, 99)
        judged = classify(name, value, fingerprint_key=b"k" * 32)
        said = f"{judged!r}{variable('NAME', value)!r}".replace(judged.public_prefix or " ", " ")
        pieces = (value[at : at + 8] for at in range(len(value) - 7))
        assert not [piece for piece in pieces if any(sign.isdigit() for sign in piece) and piece in said], (
            name
        )


def test_known_complaints_raise_no_alarm_and_no_doubt() -> None:
    judged = {row: classify(*row).verdict for row in rows("corpus_plain.yaml")}
    assert [row for row, verdict in judged.items() if verdict is not SecretVerdict.CLEAR] == []


@pytest.mark.parametrize("row", rows("corpus_doubtful.yaml"), ids=lambda row: "=".join(row)[:48])
def test_what_neither_name_nor_value_settles_is_a_doubt(row: Row) -> None:
    assert classify(*row).verdict is SecretVerdict.WARN
