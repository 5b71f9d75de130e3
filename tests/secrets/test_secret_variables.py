"""Environment variables reduced to facts: size, what they refer to, the settings that may be kept."""

import pytest

from auditor.model import SecretVerdict
from auditor.secrets import MASK, variable

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


@pytest.mark.parametrize(
    ("name", "value", "refers_to"),
    [
        ("SECRET_ARN", ARN, ARN),
        ("API_KEY", f" {ARN}\n", ARN),
        ("QUEUE_URL", QUEUE, QUEUE),
        ("DB_PASSWORD", "{{resolve:ssm-secure:/prod/db:1}}", "{{resolve:ssm-secure:/prod/db:1}}"),
        ("DB_PASSWORD", "ssm:/prod/db/password", "ssm:/prod/db/password"),
        ("QUEUE_URL", f"{QUEUE}?Action=SendMessage", ""),
        ("QUEUE_URL", QUEUE.replace("https://", "https://u:hunter22@"), ""),
        ("SITE", "https://www.acme.io/", ""),
        ("ARNS", f"{ARN},{ARN}", ""),
        ("TOPIC", f"arn:aws:sns:eu-west-1:123456789012:gh{'p_' + 'a1B2' * 9}", ""),
        ("NAME", "orders", ""),
        ("DB_PASSWORD", "hunter22", ""),
    ],
)
def test_what_a_variable_refers_to(name: str, value: str, refers_to: str) -> None:
    assert variable(name, value).refers_to == refers_to


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [
        ("LOG_LEVEL", "INFO", "INFO"),
        ("POWERTOOLS_LOG_LEVEL", "debug", "debug"),
        ("POWERTOOLS_LOGGER_LOG_EVENT", "true", "true"),
        ("POWERTOOLS_SERVICE_NAME", "payment", "payment"),
        ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/bootstrap", "/opt/bootstrap"),
        ("DD_LAMBDA_HANDLER", "app.handler", "app.handler"),
        ("NEW_RELIC_LAMBDA_HANDLER", "src/app.main", "src/app.main"),
        ("NODE_OPTIONS", "--enable-source-maps", "--enable-source-maps"),
        ("NODE_OPTIONS", "--token=hunter22hunter22", ""),
        ("LOG_LEVEL", "hunter22", ""),
        ("POWERTOOLS_SERVICE_NAME", "a8f5f167f44f4964e6c998dee827110c", ""),
        ("POWERTOOLS_SERVICE_NAME", "two words", ""),
        ("DD_API_KEY", "a8f5f167f44f4964e6c998dee827110c", ""),
        ("TABLE_NAME", "orders", ""),
    ],
)
def test_settings_that_are_kept(name: str, value: str, setting: str) -> None:
    assert variable(name, value).setting == setting


def test_size_counts_name_and_value_in_utf8() -> None:
    assert variable("NÄME", " wert€ ").size_bytes == 5 + 9


def test_ciphertext_is_marked_as_encrypted() -> None:
    kept = variable("PASSWORD", "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZR")
    assert kept.encrypted
    assert kept.verdict is SecretVerdict.CLEAR


def test_a_secret_keeps_its_measures_alone() -> None:
    kept = variable("DB_PASSWORD", "Xk29!mQz7pLw", fingerprint_key=b"k" * 32)
    assert kept.verdict is SecretVerdict.FAIL
    assert (kept.rule, kept.kind, kept.length_bucket) == ("name-strong", "password or secret", "8-15")
    assert len(kept.fingerprint) == 12
    assert "Xk29" not in repr(kept)


def test_a_token_in_the_place_of_a_name_is_not_kept() -> None:
    token = "gh" + "p_" + "a1B2" * 9
    assert variable(token, "GITHUB_TOKEN").name == MASK
    assert variable("GITHUB_TOKEN", token).name == "GITHUB_TOKEN"
