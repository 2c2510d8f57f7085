"""Slow twins of vrx.measures: one day and one return at a time, as the formulas are written in the papers."""

import math
from collections.abc import Sequence


def parkinson(h: float, l: float) -> float:  # noqa: E741
    return math.log(h / l) ** 2 / (4 * math.log(2))


def garman_klass(o: float, h: float, l: float, c: float) -> float:  # noqa: E741
    return 0.5 * math.log(h / l) ** 2 - (2 * math.log(2) - 1) * math.log(c / o) ** 2


def rogers_satchell(o: float, h: float, l: float, c: float) -> float:  # noqa: E741
    u, d, x = math.log(h / o), math.log(l / o), math.log(c / o)
    return u * (u - x) + d * (d - x)


def sample_variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def yang_zhang(bars: Sequence[tuple[float, float, float, float]], window: int) -> list[float]:
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    result = []
    for t in range(len(bars)):
        if t < window:
            result.append(math.nan)
            continue
        days = range(t - window + 1, t + 1)
        nights = sample_variance([math.log(bars[s][0] / bars[s - 1][3]) for s in days])
        sessions = sample_variance([math.log(bars[s][3] / bars[s][0]) for s in days])
        ranges = sum(rogers_satchell(*bars[s]) for s in days) / window
        result.append(nights + k * sessions + (1 - k) * ranges)
    return result


def realized_variance(returns: Sequence[float]) -> float:
    return sum(r * r for r in returns)


def subsampled_variance(returns: Sequence[float], every: int) -> float:
    """Mean square of the overlapping sums, times the number of steps in a day."""
    m = len(returns)
    squares = [sum(returns[i : i + every]) ** 2 for i in range(m - every + 1)]
    return sum(squares) / len(squares) * m / every


def bipower_variation(returns: Sequence[float]) -> float:
    m = len(returns)
    return math.pi / 2 * m / (m - 1) * sum(abs(returns[i] * returns[i - 1]) for i in range(1, m))


def medrv(returns: Sequence[float]) -> float:
    m = len(returns)
    medians = [sorted(abs(r) for r in returns[i - 1 : i + 2])[1] for i in range(1, m - 1)]
    scale = math.pi / (6 - 4 * math.sqrt(3) + math.pi) * m / (m - 2)
    return scale * sum(x * x for x in medians)


def realized_quarticity(returns: Sequence[float]) -> float:
    return len(returns) / 3 * sum(r**4 for r in returns)
