"""What holds for every name and value: no exception, no leak, no dependence on blanks around."""

import re
from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from auditor.model import SecretVerdict
from auditor.secrets import classify, classify_line, redact, scan_text, variable
from auditor.secrets.providers import formats

NAMES = st.sampled_from(
    ("DB_PASSWORD", "API_KEY", "TABLE_NAME", "SECRET_ARN", "DATABASE_URL", "CONFIG", "K", "", "LOG_LEVEL")
) | st.text(max_size=40)
# Every code point, lone surrogates too.
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
# Signs that none of the classifier's own words is made of.
STRANGE = st.text(alphabet=st.characters(min_codepoint=0x400, max_codepoint=0x52F), min_size=4, max_size=60)
SIGNS = st.text(alphabet="0123456789QXZJKV!#%&*+-_./:@{}[]\"'=,;\\ ", max_size=200)
KEY = b"k" * 32


def pieces(text: str) -> Iterator[str]:
    return (text[at : at + 4] for at in range(len(text) - 3))


@given(name=NAMES, value=ANY_TEXT | SIGNS)
@example(name="DB_PASSWORD", value="\ud800\udfff" * 9)
@example(name="\udcff", value="\udcff")
@example(name="X", value="[" * 5000)
@example(name="X", value='{"a":' * 900)
def test_never_raises(name: str, value: str) -> None:
    judged = classify(name, value, fingerprint_key=KEY)
    kept = variable(name, value, fingerprint_key=KEY)
    assert kept.verdict is judged.verdict
    assert bool(judged.fingerprint) == (judged.verdict is not SecretVerdict.CLEAR)


@given(
    name=NAMES,
    value=ANY_TEXT | SIGNS,
    before=st.sampled_from(("", " ", "\n", "\t \r\n")),
    after=st.sampled_from(("", " ", "\n\n")),
)
def test_blanks_around_change_nothing(name: str, value: str, before: str, after: str) -> None:
    assert classify(name, f"{before}{value}{after}") == classify(name, value)


@given(value=STRANGE)
def test_no_piece_of_a_secret_stands_in_any_field(value: str) -> None:
    judged = classify("DB_PASSWORD", value, fingerprint_key=KEY)
    kept = variable("DB_PASSWORD", value, fingerprint_key=KEY)
    if judged.verdict is SecretVerdict.FAIL:
        said = f"{judged!r}{kept!r}"
        assert not any(piece in said for piece in pieces(value.strip()))


@given(
    name=st.sampled_from(("DB_PASSWORD", "API_TOKEN", "STRIPE_KEY", "DATABASE_URL", "NOTE")),
    frame=st.sampled_from(
        (
            "{}",
            "ghp_{}",
            "sk_live_{}",
            "xoxb-{}",
            "AKIA{}",
            "https://u:{}@db.acme.io/x",
            '{{"password": "{}"}}',
        )
    ),
    body=st.text(alphabet="0123456789QXZJKVW", min_size=12, max_size=60),
)
def test_six_signs_of_a_secret_stand_nowhere(name: str, frame: str, body: str) -> None:
    value = frame.format(body)
    line = f"{name}={value}"
    said = f"{classify_line(line)!r}{scan_text('.env', line.encode())!r}"
    if classify(name, value).verdict is not SecretVerdict.CLEAR:
        said += f"{classify(name, value)!r}{variable(name, value)!r}{redact(line)}"
    assert not [body[at : at + 6] for at in range(len(body) - 5) if body[at : at + 6] in said]


@given(name=NAMES, value=ANY_TEXT | SIGNS)
def test_all_words_of_a_judgement_come_from_closed_sets(name: str, value: str) -> None:
    judged = classify(name, value, fingerprint_key=KEY)
    assert re.fullmatch(r"[a-z0-9-]{1,40}", judged.rule)
    assert judged.length_bucket in {"", "1-7", "8-15", "16-31", "32-63", "64+"}
    assert re.fullmatch(r"[0-9a-f]{12}|", judged.fingerprint)
    assert len(judged.public_prefix) <= 48
    if judged.public_prefix:
        assert judged.rule in {
            found.format.id
            for _, group in formats().announced
            for found in group
            if "(?P<prefix>" in found.format.pattern
        }


@given(
    secret=STRANGE.filter(lambda text: not any(sign.isspace() for sign in text)),
    filler=st.text(alphabet="abc :,\n", max_size=20),
)
def test_a_password_in_a_text_is_blotted_out(secret: str, filler: str) -> None:
    said = redact(f'{filler} "password": "{secret}" {filler}')
    if classify("password", secret).verdict is not SecretVerdict.CLEAR:
        assert secret not in said
        assert "***" in said


@given(text=ANY_TEXT | SIGNS)
def test_free_text_never_raises_and_hits_lie_inside(text: str) -> None:
    assert isinstance(redact(text), str)
    for hit in classify_line(text):
        assert 0 <= hit.start < hit.end <= len(text)
        assert hit.judged.verdict is not SecretVerdict.CLEAR


@given(
    data=st.binary(max_size=400),
    path=st.sampled_from((".env", "a.json", "a.yaml", "x.xml", ".netrc", "Dockerfile", "a.java")),
)
def test_any_bytes_can_be_scanned(data: bytes, path: str) -> None:
    lines = data.count(b"\n") + data.count(b"\r") + len(data) + 1
    assert all(1 <= hit.line <= lines for hit in scan_text(path, data))
