"""Time simulated prices of options beside plain loops in numpy; print one markdown table.

    python benchmarks/options.py

One thread; needs vrx[research]. Ours and the peer run in turn, so that both meet the same machine, and are first seen
to give the same prices.
"""

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from vrx.econometrics import (
    DynamicFractionalVolatility,
    Result,
    black_scholes,
    fractional_call,
    implied_volatility,
    rough_bergomi_call,
    simulated_call,
)
from vrx.econometrics._law import memory, powers

Array = NDArray[np.float64]

PATHS, DAYS, RUNS = 10_000, 30, 15
# The target of the paths, on one core.
SECONDS = 0.2
HURST, ETA, RHO, XI = 0.1, 1.9 / 252**0.1, -0.9, 1e-4


class Row(NamedTuple):
    """One line of the table: what is asked of ours."""

    task: str
    ours: Callable[[], object]
    peer: str
    theirs: Callable[[], object]
    asked: str
    share: float = 1.0
    """How much of the task the peer does."""


def mirrored(shape: tuple[int, ...]) -> Array:
    """The shocks of ours, so that the prices can be compared."""
    half = np.random.default_rng(0).standard_normal((shape[0] // 2, *shape[1:]))
    return np.concatenate((half, -half))


def fractional(result: Result) -> float:
    """All paths at once, one day after another; the past of each is carried by the same exponentials as ours."""
    law, decays = result.law, powers().decays
    weights, states = memory(result.hurst[-1:])[0], np.repeat(result._states, PATHS, axis=0)
    log_price = np.zeros(PATHS)
    for z in mirrored((PATHS, DAYS)).T:
        inner = np.maximum(1.0 + law.power * law.slope * states.sum(axis=1), 1e-300)
        log_sigma = law.level + np.log(inner) / law.power
        sigma = np.exp(np.clip(log_sigma, math.log(law.floor), math.log(law.ceiling)))
        log_price += sigma * z - 0.5 * sigma**2
        states = decays * (states + weights * (np.abs(z) - law.centre)[:, np.newaxis])
    return simulated_call(np.exp(log_price), days=DAYS, mirrored=True).price


def rough() -> float:
    """All paths at once, one day after another; the Volterra sum of each day over all days before."""
    normal, price = mirrored((PATHS, 3, DAYS)), np.zeros(PATHS)
    kernel = np.sqrt(np.diff(np.arange(DAYS + 1.0) ** (2.0 * HURST)))
    shared, variance = math.sqrt(2.0 * HURST) / (HURST + 0.5), np.full(PATHS, XI)
    for t in range(DAYS):
        drive = RHO * normal[:, 0, t] + math.sqrt(1.0 - RHO**2) * normal[:, 2, t]
        price += np.sqrt(variance) * drive - 0.5 * variance
        motion = shared * normal[:, 0, t] + math.sqrt(1.0 - shared**2) * normal[:, 1, t]
        for u in range(t):
            motion += kernel[t - u] * normal[:, 0, u]
        variance = XI * np.exp(ETA * motion - 0.5 * ETA**2 * (t + 1.0) ** (2.0 * HURST))
    return simulated_call(np.exp(price), days=DAYS, mirrored=True).price


def plain(volatility: float, strike: float) -> float:
    """The textbook's formula of a call, without arrays and their cost."""
    total = volatility * math.sqrt(0.1)
    one = math.log(100.0 / strike) / total + 0.5 * total
    up, down = (0.5 * math.erfc(-d / math.sqrt(2.0)) for d in (one, one - total))
    return 100.0 * up - strike * down


def brent(prices: Array, strikes: Array) -> list[float]:
    pairs = zip(prices.tolist(), strikes.tolist(), strict=True)
    return [brentq(lambda v, k=k, p=p: plain(v, k) - p, 1e-2, 5.0, xtol=1e-12) for p, k in pairs]


def rows() -> Iterator[Row]:
    returns = 0.01 * np.random.default_rng(3).standard_t(5, 700)
    result = DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(returns)
    limit = f"under {SECONDS:g} s"
    np.testing.assert_allclose(fractional_call(result, days=DAYS, paths=PATHS).price, fractional(result), rtol=1e-9)
    yield Row(
        "`fractional_call`",
        lambda: fractional_call(result, days=DAYS, paths=PATHS),
        "numpy, day by day",
        lambda: fractional(result),
        limit,
    )
    ours = rough_bergomi_call(HURST, ETA, RHO, XI, days=DAYS, paths=PATHS)
    np.testing.assert_allclose(ours.price, rough(), rtol=1e-9)
    yield Row(
        "`rough_bergomi_call`",
        lambda: rough_bergomi_call(HURST, ETA, RHO, XI, days=DAYS, paths=PATHS),
        "numpy, day by day",
        rough,
        limit,
    )
    strikes = np.linspace(80.0, 120.0, PATHS)
    prices, few = black_scholes(100.0, strikes, 0.1, 0.2), slice(None, None, 100)
    np.testing.assert_allclose(brent(prices[few], strikes[few]), 0.2, rtol=1e-9)
    np.testing.assert_allclose(implied_volatility(prices, 100.0, strikes, 0.1), 0.2, rtol=1e-9)
    yield Row(
        "`implied_volatility`, 10,000 prices",
        lambda: implied_volatility(prices, 100.0, strikes, 0.1),
        "`scipy.optimize.brentq`, price by price",
        lambda: brent(prices[few], strikes[few]),
        "",
        0.01,
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    print(
        f"| on 1 of {os.cpu_count()} cores | ours, ms | peer | peer / ours | asked | met |\n|---|--:|---|--:|--:|---|"
    )
    for row in rows():
        times = [(seconds(row.ours), seconds(row.theirs) / row.share) for _ in range(RUNS)]
        ours = statistics.median(one for one, _ in times)
        ratio = statistics.median(other / one for one, other in times)
        met = ("yes" if ours < SECONDS else "**no**") if row.asked else ""
        digits = f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
        print(f"| {row.task} | {1e3 * ours:.3g} | {row.peer} | {digits} | {row.asked} | {met} |", flush=True)


if __name__ == "__main__":
    main()
