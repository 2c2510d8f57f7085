"""Pictures of the command line; need matplotlib (extra research)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vrx import measures, series
from vrx.cli import whole
from vrx.errors import require
from vrx.forecast import Forecast

if TYPE_CHECKING:  # vrx predict draws without them
    from vrx.cli.hurst_survey import Row
    from vrx.cli.volatility_answer import Answer
    from vrx.cli.volatility_fits import Market
    from vrx.hurst import Rolling

__all__ = ["check", "forecast", "hurst_fits", "hurst_rolling", "save", "volatility"]

PAST = 180
MEAN = 22
# An exponent lies between 0 and 1; a band that knows nothing reaches far beyond.
SHOWN = (-0.25, 1.25)


def check(path: Path, others: Iterable[tuple[str, str | Path | None]] = ()) -> None:
    """Refuse, before any work, a picture that cannot be written, or that would overwrite what other options name."""
    whole.check("--plot", path, ".png", others)
    require("matplotlib", "research", "--plot")


def forecast(path: Path, bars: series.Bars, answer: Forecast, channels: tuple[str, ...]) -> None:
    """Draw the recent volatility, as the model's own input shows it, and the fan of the forecast, annualised."""
    from matplotlib.figure import Figure

    scale = np.sqrt(answer.periods_per_year) * 100.0
    _, variance = measures.daily_variance(bars, measures.shown_by(channels))
    means = np.convolve(variance, np.full(MEAN, 1.0 / MEAN), mode="valid")
    figure = Figure(figsize=(9.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    past = min(PAST, len(means))
    days: Any = np.arange(1 - past, 1)
    axes.plot(days, scale * np.sqrt(variance[-past:]), ".", ms=3, color="0.6", label="each day")
    axes.plot(days, scale * np.sqrt(means[-past:]), color="0.2", label=f"root of the {MEAN}-day mean variance")
    ahead = np.array(answer.horizons)
    levels = len(answer.levels)
    for k in range(levels // 2):
        low, high = answer.quantiles[:, k], answer.quantiles[:, levels - 1 - k]
        label = f"{answer.levels[k]:.0%} to {answer.levels[levels - 1 - k]:.0%}"
        axes.fill_between(ahead, scale * low, scale * high, color="C0", alpha=0.15 + 0.15 * k, lw=0, label=label)
    axes.plot(ahead, scale * answer.volatility, "o-", color="C0", label="root of the coming mean variance")
    axes.axvline(0, color="0.7", lw=0.8)
    axes.set(xlabel=f"days from {answer.as_of or 'the last bar'}", ylabel="volatility, % a year")
    axes.set_title(f"{answer.series}, {answer.model}")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, fontsize=8)
    save(figure, path)


def hurst_fits(path: Path, title: str, rows: "Sequence[Row]") -> None:
    """Draw the line in logarithms of every method that fits one, and all exponents with their intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    fits, answers = figure.subplots(1, 2, width_ratios=(3, 2))
    lines = [(row.name, row.known.line) for row in rows if row.known and row.known.line and not row.noise]
    for k, (name, line) in enumerate(lines):
        # The methods measure different things: every line starts at 1, and a decade below the one before.
        unit = np.exp(line.intercept + line.slope * np.log(line.scales[0])) * 10.0**k
        fitted = np.exp(line.intercept + line.slope * np.log(line.scales))
        fits.loglog(line.scales, line.values / unit, "o", ms=4, color=f"C{k}")
        fits.loglog(line.scales, fitted / unit, color=f"C{k}", label=f"{name}, R^2 {line.r_squared:.3f}")
    fits.set(xlabel="scale, days", ylabel="measured, shifted apart", title="what each line was fitted to")
    if lines:
        fits.legend(frameon=False, fontsize=8)
    known = [(row.name, row.known) for row in rows if row.known]
    for at, (_, answer) in enumerate(known):
        answers.plot([answer.low, answer.high], [at, at], color="C0", lw=2)
        answers.plot(answer.h, at, "o", color="C0")
    answers.axvline(0.5, color="0.7", lw=0.8)
    answers.set_yticks(range(len(known)), [name for name, _ in known])
    answers.invert_yaxis()
    answers.set_xlim(*np.clip(answers.get_xlim(), *SHOWN))
    answers.set(xlabel="H", title=f"{100 * known[0][1].confidence:g}% intervals" if known else "no exponent")
    figure.suptitle(title, fontsize=10)
    save(figure, path)


def hurst_rolling(path: Path, title: str, days: Sequence[str], windows: "Rolling") -> None:
    """Draw the exponent of every window at the window's last day, with its band."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    at = _at(days)
    if windows.low is not None and windows.high is not None:
        axes.fill_between(at, windows.low, windows.high, color="C0", alpha=0.2, lw=0)
    axes.plot(at, windows.h, color="C0", lw=1.0)
    axes.axhline(0.5, color="0.7", lw=0.8)
    axes.set_ylim(*np.clip(axes.get_ylim(), *SHOWN))
    axes.set(xlabel="last day of the window" if "-" in days[0] else "position of the window's last value", ylabel="H")
    axes.set_title(title, fontsize=10)
    save(figure, path)


def volatility(path: Path, where: "Market", answers: "Sequence[Answer]", window: int) -> None:
    """Draw every model's sigma over the size of the returns and, below it, the exponent that fractional models know."""
    from matplotlib.figure import Figure

    fractional = [answer for answer in answers if answer.hurst is not None]
    panels, size = ((2, 1), 6.5) if fractional else ((1,), 4.5)
    figure = Figure(figsize=(10.0, size), layout="constrained")
    column = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=panels)
    above, *below = column[:, 0]
    shown = min(len(where.returns), max(len(answer.sigma) for answer in answers))
    days = _at(where.days)
    sizes = 100.0 * np.abs(where.returns[-shown:])
    above.vlines(days[-shown:], 0.0, sizes, color="0.75", lw=0.6, label="size of the return")
    for k, answer in enumerate(answers):
        known = min(shown, len(answer.sigma))
        doubt = ", not converged" if not answer.converged else ""
        above.plot(days[-known:], 100.0 * answer.sigma[-known:], color=f"C{k}", lw=0.9, label=answer.model + doubt)
    above.set_ylim(0.0, 1.05 * max(sizes.max(), *(100.0 * answer.sigma.max() for answer in answers)))
    above.set(ylabel="% a day", title=f"{where.series}: volatility of each day as known the day before")
    above.legend(frameon=False, fontsize=8)
    for axes in below:
        _exponents(axes, where, fractional, window, shown)
    figure.axes[-1].set_xlabel("day" if "-" in where.days[0] else "position of the return")
    save(figure, path)


def _exponents(axes: Any, where: "Market", answers: "Sequence[Answer]", window: int, shown: int) -> None:
    """Draw what each model takes as the Hurst exponent, and the band of the estimate of each window."""
    from vrx.hurst import Wavelet

    days = _at(where.days)
    if window <= len(where.returns):
        rolling = Wavelet(kind="noise").rolling(where.returns, window, interval="asymptotic")
        if rolling.low is not None and rolling.high is not None:
            band = (part[-shown:] for part in (rolling.low, rolling.high))
            label = f"95% band, wavelet, {window} days"
            axes.fill_between(days[-shown:], *band, color="0.5", alpha=0.25, lw=0, label=label)
    for answer in answers:
        hurst = np.array([]) if answer.hurst is None else answer.hurst[-shown:]
        axes.plot(days[len(days) - len(hurst) :], hurst, lw=1.0, label=answer.model)
    axes.axhline(0.5, color="0.7", lw=0.8)
    axes.set_ylim(*np.clip(axes.get_ylim(), *SHOWN))
    axes.set(ylabel="H")
    axes.legend(frameon=False, fontsize=8)


def _at(days: Sequence[str]) -> Any:
    """Dates, or positions in a series without dates, as matplotlib takes them."""
    return np.array(days, dtype="datetime64[D]") if "-" in days[0] else np.array(days, dtype=np.int64)


def save(figure: Any, path: Path) -> None:
    """Write the picture whole or not at all."""
    with whole.written(path) as beside:
        figure.savefig(beside, dpi=130, format="png")
