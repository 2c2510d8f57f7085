"""Webb's moving Hurst exponent of S&P 500 returns, beside returns in which nothing moves."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pywt
from hurst_prose import bullet, paragraph
from numpy.typing import NDArray

from vrx.cli.hurst_survey import sample
from vrx.hurst import METHODS
from vrx.series import read

__all__ = ["Moves", "draw", "moving", "moving_section"]

Array = NDArray[np.float64]

YEAR = 252
PATHS = 1000


@dataclass(frozen=True)
class Moves:
    """The rolling exponent of the returns of 2015-2019, and of series in which nothing moves."""

    dates: "NDArray[np.datetime64]"
    h: Array
    low: Array
    high: Array
    decimated: Array
    """The slope of log2 mean squared decimated coefficients of each window, levels 1 to 7."""
    vix: Array
    """The mean VIX of each window, percent per year."""
    last_vix: Array
    """The VIX of each window's last day."""
    nulls: dict[str, Array]
    """Rolling exponents of returns without memory, shape (paths, windows) each."""
    interval: str

    @property
    def chance(self) -> Array:
        """The ends of the middle 95% of single windows of independent returns."""
        return np.quantile(next(iter(self.nulls.values()))[:, -1], (0.025, 0.975))

    @property
    def wider(self) -> list[float]:
        """The share of the paths of each null whose range is at least as wide."""
        return [float(np.mean(np.ptp(null, axis=1) >= np.ptp(self.h))) for null in self.nulls.values()]

    @property
    def calm_and_stress(self) -> tuple[float, float]:
        """Mean H of the quarters of windows with the lowest and the highest mean VIX."""
        low, high = np.quantile(self.vix, (0.25, 0.75))
        return float(self.h[self.vix <= low].mean()), float(self.h[self.vix >= high].mean())


def moving(data: Path, progress: Callable[[float], None]) -> Moves:
    prices = read(data / "sp500_ohlc_1990_2022.csv.gz", name="S&P 500").until("2019-12-31")
    what = sample(prices, "returns")
    dates = np.array(what.days, dtype="datetime64[D]")
    inside = dates >= np.datetime64("2015-01-01")
    dates, returns = dates[inside], what.values[inside]
    quotes = pd.read_csv(data / "vix_1990_2026.csv", parse_dates=["date"]).set_index("date")["close"]
    vix = quotes.reindex(pd.DatetimeIndex(dates)).ffill().to_numpy(copy=True)
    wavelet = METHODS["wavelet"](kind="noise")
    interval: Literal["asymptotic", "bootstrap"] = "bootstrap" if wavelet.bootstraps else "asymptotic"
    found = wavelet.rolling(returns, YEAR, interval=interval, threads=2)
    progress(0.3)
    white = np.random.default_rng(2015).standard_normal((PATHS, len(returns)))
    ends, windows = slice(YEAR - 1, None), np.lib.stride_tricks.sliding_window_view
    nulls = {
        "independent normal returns": wavelet.rolling(white, YEAR, threads=2).h[:, ends],
        "the same returns, signs drawn anew": wavelet.rolling(np.sign(white) * np.abs(returns), YEAR).h[:, ends],
    }
    progress(1.0)
    return Moves(
        dates=dates[ends],
        h=found.h[ends],
        low=np.asarray(found.low)[ends],
        high=np.asarray(found.high)[ends],
        decimated=decimated_slopes(windows(returns, YEAR)),
        vix=windows(vix, YEAR).mean(axis=1),
        last_vix=vix[ends],
        nulls=nulls,
        interval=interval,
    )


def decimated_slopes(windows: Array) -> Array:
    """Unweighted slope over the levels 1 to 7 = log2(252), as the paper words it, with pywt's padding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # padding reaches every coefficient of the last levels
        details = pywt.wavedec(np.array(windows), "db4", level=7, axis=1)[:0:-1]
    logs = np.log2([np.mean(detail**2, axis=1) for detail in details])
    return np.asarray(np.polyfit(np.arange(1.0, 8.0), logs, 1)[0])


def moving_section(moves: Moves, figure: str) -> Iterator[str]:
    h, names = moves.h, list(moves.nulls)
    yield "## Webb: H of S&P 500 returns between 0.38 (stress) and 0.62 (calm), 2015-2019\n"
    yield paragraph(
        f"{len(h):,} windows of {YEAR} returns, db4 wavelet regression (MODWT), {moves.interval} bands of 95%; beside "
        f"it the middle 95% of {PATHS:,} series whose returns have no memory at all."
    )
    yield "| | S&P 500 | " + " | ".join(names) + " |"
    yield "|---|--:|" + "--:|" * len(names)
    statistics: dict[str, Callable[[Array], Array]] = {
        "lowest H": lambda x: x.min(axis=1),
        "highest H": lambda x: x.max(axis=1),
        "highest less lowest": lambda x: np.ptp(x, axis=1),
        "sd over the windows": lambda x: x.std(axis=1),
        "correlation with the window's mean VIX": lambda x: correlations(x, moves.vix),
        "correlation with the last day's VIX": lambda x: correlations(x, moves.last_vix),
    }
    for name, statistic in statistics.items():
        ends = [np.quantile(statistic(null), (0.025, 0.975)) for null in moves.nulls.values()]
        yield f"| {name} | {statistic(h[None])[0]:.3f} | {' | '.join(f'{a:.3f} to {b:.3f}' for a, b in ends)} |"
    yield ""
    yield from moving_verdict(moves)
    yield f"\n![Rolling H of S&P 500 returns]({figure})"


def moving_verdict(moves: Moves) -> Iterator[str]:
    h, ends, wider = moves.h, moves.chance, moves.wider
    first, last = (str(moves.dates[at]) for at in (h.argmin(), h.argmax()))
    sd = float(next(iter(moves.nulls.values()))[:, -1].std())
    calm, stress = moves.calm_and_stress
    yield bullet(f"Lowest {h.min():.3f} in the window to {first}, highest {h.max():.3f} in the window to {last}.")
    yield bullet(
        f"One window of {YEAR} independent normal returns has a sampling sd of {sd:.3f}: 95% of them lie between "
        f"{ends[0]:.2f} and {ends[1]:.2f} though nothing moves, beside the published 0.38 to 0.62. The variance of a "
        f"single estimate is {sd**2 / h.var():.0%} of the variance of H over the windows."
    )
    outside, inside = np.mean((moves.low > 0.5) | (moves.high < 0.5)), np.mean((h > ends[0]) & (h < ends[1]))
    yield bullet(f"{outside:.0%} of the windows have a band that leaves out 0.5; {inside:.0%} of H lie in that range.")
    yield bullet(
        f"A range as wide as that of the S&P 500 comes of {wider[0]:.1%} of the paths of independent normal returns, "
        f"and of {wider[1]:.1%} where every day keeps the size of its own return and only its sign is drawn: "
        "volatility that clusters widens the range by itself."
    )
    yield bullet(
        f"Stress and calm: mean H of the quarter of windows with the highest mean VIX is {stress:.3f}, of the quarter "
        f"with the lowest {calm:.3f}; the paper has the lower H in stress. With the VIX of the window's last day H has "
        f"a correlation of {correlations(h[None], moves.last_vix)[0]:.3f}. Windows overlap so much that chance alone "
        "correlates them with the VIX, either way, as the columns of memoryless returns show."
    )
    printed, right = moves.decimated / 2.0 + 1.0, moves.decimated / 2.0 + 0.5
    yield bullet(
        f"With decimated coefficients of 7 levels, as the paper words it, (beta + 2) / 2 runs from {printed.min():.2f} "
        f"to {printed.max():.2f} (mean {printed.mean():.2f}): that formula is for MODWT variances. (beta + 1) / 2, "
        f"right for orthonormal coefficients, runs from {right.min():.2f} to {right.max():.2f} (mean "
        f"{right.mean():.2f})."
    )


def correlations(paths: Array, other: Array) -> Array:
    centred, against = paths - paths.mean(axis=1, keepdims=True), other - other.mean()
    return np.asarray((centred @ against) / (np.linalg.norm(centred, axis=1) * np.linalg.norm(against)))


def draw(moves: Moves, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    dates: Any = moves.dates
    upper.axhspan(*moves.chance, color="0.9", lw=0, label="95% of windows of independent returns")
    upper.fill_between(dates, moves.low, moves.high, color="C0", alpha=0.2, lw=0, label=f"95% {moves.interval} band")
    upper.plot(dates, moves.h, color="C0", label="H of S&P 500 returns, 252 days")
    for level in (0.38, 0.62):
        upper.axhline(level, color="C3", lw=0.8, ls="--")
    upper.set_ylabel("H")
    upper.legend(frameon=False, fontsize=8)
    lower.plot(dates, moves.vix, color="0.3")
    lower.set_ylabel("mean VIX")
    figure.savefig(path, dpi=100, metadata={"Software": None})
