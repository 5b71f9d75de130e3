"""Time of the classifier for typical variables and for hostile values, as shares of their limits.

Run it from the repository: `python -m tests.bench.bench_secrets`, or with its path and PYTHONPATH=.
"""

import random
import string
import sys
import time
from collections.abc import Callable, Iterator

from auditor.secrets import classify, redact, scan_text, variable
from auditor.secrets.providers import formats

LIMIT_VARIABLE_S = 0.000_1
LIMIT_HOSTILE_S = 0.010
HOSTILE_LENGTH = 4096
REPEATS = 300

TYPICAL = (
    ("LOG_LEVEL", "INFO"),
    ("TABLE_NAME", "orders-prod-OrdersTable-1A2B3C4D5E6F7"),
    ("QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-queue"),
    ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"),
    ("DB_PASSWORD", "Xk29!mQz7pLw"),
    ("API_KEY", "a8f5f167f44f4964e6c998dee827110c"),
    ("DATABASE_URL", "postgres://app:Xk29mQz7pLw@db.acme.io:5432/app"),
    ("STAGE", "prod"),
    ("FEATURES", '{"newCheckout": true, "retries": 3}'),
    ("POWERTOOLS_SERVICE_NAME", "payment"),
)


def hostile() -> Iterator[tuple[str, str]]:
    """Values of 4 KB made to send patterns back and forth, with what they are."""
    for keyword, _ in formats().announced:
        yield f"keyword {keyword}", keyword * (HOSTILE_LENGTH // len(keyword))
        yield f"keyword {keyword} and letters", (keyword + "a1B2") * (HOSTILE_LENGTH // (len(keyword) + 4))
    for sign in string.punctuation + " \n":
        yield f"sign {sign!r}", sign * HOSTILE_LENGTH
        yield f"letter and sign {sign!r}", f"a{sign}" * (HOSTILE_LENGTH // 2)
        yield f"url and sign {sign!r}", "a://" + f"b{sign}" * (HOSTILE_LENGTH // 2)
    rand = random.Random(7)  # noqa: S311 - samples, not keys
    yield "base64", "".join(rand.choices(string.ascii_letters + string.digits + "+/", k=HOSTILE_LENGTH))
    yield "hexadecimal", "".join(rand.choices("0123456789abcdef", k=HOSTILE_LENGTH))
    yield "nested brackets", "[" * HOSTILE_LENGTH
    yield "nested objects", '{"a":' * (HOSTILE_LENGTH // 5)
    yield "many members", "{" + ",".join(f'"password{at}":"x{at}"' for at in range(200)) + "}"
    yield "user information", "http://" + "a:b@" * (HOSTILE_LENGTH // 4)
    yield "URLs", "a://b:c@" * (HOSTILE_LENGTH // 8)
    yield "pairs", "server=a;password=;" * (HOSTILE_LENGTH // 19)
    yield "PEM heads", "-----BEGIN PRIVATE KEY-----" * (HOSTILE_LENGTH // 27)
    yield "assignments", 'a: "password": ' * (HOSTILE_LENGTH // 15)


def best(call: Callable[[], object], repeats: int) -> float:
    """Least processor time of one call in seconds, of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        for _ in range(repeats):
            call()
        times.append((time.process_time() - start) / repeats)
    return min(times)


def worst_of(call: Callable[[str], object]) -> tuple[float, str]:
    """The slowest hostile value: seconds, and what it is."""
    return max((best(lambda value=value: call(value), 1), what) for what, value in hostile())  # type: ignore[misc]


def main() -> None:
    """Print every figure and its share of the limit."""
    out = sys.stdout.write
    variable("A", "b" * 100)
    for name, value in TYPICAL:
        taken = best(lambda name=name, value=value: variable(name, value), REPEATS)  # type: ignore[misc]
        out(f"{name:26}{taken * 1e6:8.1f} us  {taken / LIMIT_VARIABLE_S:6.2f} of the limit\n")
    for title, call in (
        ("classify, no name", lambda value: classify("A", value)),
        ("classify, DB_PASSWORD", lambda value: classify("DB_PASSWORD", value)),
        ("classify, API_KEY", lambda value: classify("API_KEY", value)),
        ("redact", redact),
        ("scan_text", lambda value: scan_text("a.yaml", value.encode())),
    ):
        taken, what = worst_of(call)
        out(f"worst {title:22}{taken * 1e3:8.2f} ms  {taken / LIMIT_HOSTILE_S:6.2f} of the limit  ({what})\n")


if __name__ == "__main__":
    main()
