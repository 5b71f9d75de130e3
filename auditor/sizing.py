"""What a function would cost with other memory sizes, under two bounds on how its run time follows memory."""

from auditor.cost import MB_A_GB, MonthlyCost
from auditor.model import Record

# One vCPU's worth of memory: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
VCPU_MB = 1_769
MINIMUM_MB = 128
MAXIMUM_MB = 10_240
# Sizes worth comparing; any whole MB may be set.
SIZES_MB = (
    128,
    192,
    256,
    384,
    512,
    768,
    1_024,
    1_536,
    VCPU_MB,
    2_048,
    3_072,
    4_096,
    6_144,
    8_192,
    MAXIMUM_MB,
)


class Candidate(Record, frozen=True, kw_only=True):
    """One memory size. `same_usd` is compute a month if runs take as long as now, `cpu_bound_usd` if they are
    slowed down or sped up with the share of one vCPU; `used` is the share of the size that the fullest run
    takes.
    """

    memory_mb: int
    same_usd: float
    cpu_bound_usd: float
    used: float


def candidates(
    now_mb: int, cost: MonthlyCost, price: float, used_mb: float, headroom: float
) -> tuple[Candidate, ...]:
    """Compare the present size with all smaller ones, and the next larger, that leave `headroom` free.

    Between them the truth lies: a function that waits for others keeps its run time, one that computes on a
    single thread runs longer below 1,769 MB, and gains nothing above. `price` is in US dollars a GB-second.
    """
    seconds = cost.runs * cost.billed_ms / 1_000
    fitting = [size for size in SIZES_MB if used_mb <= size * (1 - headroom) and size != now_mb]
    smaller = [size for size in fitting if size < now_mb]
    larger = [size for size in fitting if size > now_mb][:1]
    return tuple(
        Candidate(
            memory_mb=size,
            same_usd=seconds * size / MB_A_GB * price,
            cpu_bound_usd=seconds * _slowdown(now_mb, size) * size / MB_A_GB * price,
            used=used_mb / size,
        )
        for size in (*smaller, now_mb, *larger)
    )


def smallest_fitting_mb(used_mb: float, headroom: float) -> int:
    """Smallest of the compared sizes in which the fullest run leaves the headroom free."""
    return next((size for size in SIZES_MB if used_mb <= size * (1 - headroom)), MAXIMUM_MB)


def vcpus(memory_mb: int) -> float:
    """CPU share that comes with memory, in vCPUs."""
    return memory_mb / VCPU_MB


def _slowdown(from_mb: int, to_mb: int) -> float:
    """Factor on the run time of single-threaded computing."""
    return min(from_mb, VCPU_MB) / min(to_mb, VCPU_MB)
