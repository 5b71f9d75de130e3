"""Secrets in free text: what is blotted out, and what a log line is judged to hold."""

import pytest

from auditor.model import SecretVerdict
from auditor.secrets import MASK, classify_line, redact

HEX32 = "a8f5f167f44f4964e6c998dee827110c"
GITHUB = "gh" + "p_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("login with password=hunter22 failed", f"login with password={MASK} failed"),
        (f'{{"user": "bob", "apiKey": "{HEX32}"}}', '{"user": "bob", "apiKey": ' + MASK + "}"),
        (f"cloning with {GITHUB} now", f"cloning with {MASK} now"),
        ("connect to postgres://app:hunter22@db/app failed", f"connect to {MASK} failed"),
        ("The password is 'Secret123'", f"The password is {MASK}"),
        (f"sent Authorization: Bearer {HEX32}", f"sent {MASK}"),
        ('a: "password": "hunter22" b', f'a: "password": {MASK} b'),
        (f"-----BEGIN PRIVATE KEY-----\n{HEX32}\n-----END PRIVATE KEY----- rest", f"{MASK} rest"),
        (f"{GITHUB} and {GITHUB}", f"{MASK} and {MASK}"),
        ("", ""),
    ],
)
def test_secrets_are_blotted_out(text: str, said: str) -> None:
    assert redact(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "Orders of the webshop, owned by team payments (v1.2)",
        "AccessDenied: User arn:aws:iam::123456789012:user/x may not perform: lambda:GetFunction",
        "KMSAccessDeniedException: Lambda was unable to decrypt the environment variables",
        "token expired at 2024-01-01T00:00:00",
        "Invalid token: unexpected end of input",
        "password: required",
        "Error: password was incorrect",
        "secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
        "START RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95 Version: $LATEST",
        "REPORT RequestId: 8f507cfc-1234-4697-b07a-ac58fc914c95 Duration: 2.11 ms Billed Duration: 3 ms",
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        "cost-center: 1234, owner=team-a, env=prod",
    ],
)
def test_plain_talk_stays_and_holds_nothing(text: str) -> None:
    assert redact(text) == text
    assert classify_line(text) == ()


def test_hits_of_a_log_line_name_keys_and_not_values() -> None:
    line = f'INFO event={{"password": "Xk29!mQz7pLw", "token": "{HEX32}"}} ok'
    hits = classify_line(line)
    assert [hit.name for hit in hits] == ["password", "token"]
    assert all(hit.judged.verdict is SecretVerdict.FAIL for hit in hits)
    assert "Xk29" not in repr(hits)
    assert HEX32[:6] not in repr(hits)


def test_a_key_that_is_a_token_itself_is_not_named() -> None:
    hits = classify_line(f"x.{HEX32}.password=hunter22")
    assert [hit.name for hit in hits] == ["value"]


def test_long_texts_are_cut() -> None:
    assert len(redact("a b " * 40_000)) == 65_536


def test_what_follows_too_many_keys_is_blotted_out_but_no_hit() -> None:
    text = " ".join(f"k{at}=v" for at in range(600)) + " password=hunter22"
    assert "hunter22" not in redact(text)
    assert redact(text).startswith("k0=v k1=v ")
    assert classify_line(text) == ()
