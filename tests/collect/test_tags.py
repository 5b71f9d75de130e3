"""Tags are judged once, and what holds a secret is never remembered."""

import pytest

from auditor.collect.functions import open_tag, tag_of
from auditor.model import Tag
from auditor.secrets import MASK


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("team", "payments", Tag(key="team", value="payments")),
        ("deploy-token", "Xk29vQz81LmR4tYw", Tag(key="deploy-token", value=MASK)),
        ("password", "hunter22!", Tag(key="password", value=MASK)),
    ],
    ids=["open", "token", "password"],
)
def test_tags_are_shown_without_secrets_however_often_they_come(key: str, value: str, shown: Tag) -> None:
    assert [tag_of(key, value) for _ in range(3)] == [shown] * 3


def test_a_secret_is_not_remembered() -> None:
    open_tag.cache_clear()
    tag_of("password", "hunter22!")
    assert open_tag.cache_info().currsize == 0
    tag_of("team", "payments")
    assert open_tag.cache_info().currsize == 1
