"""The volatility of every day as known the day before, for ``vrx risk``: of refitted models, or of a network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx import runtime
from vrx.cli import volatility_fits
from vrx.cli.volatility_asked import DYNAMIC, MODELS, Asked
from vrx.cli.volatility_fits import Market
from vrx.errors import InputError, VrxError
from vrx.evaluation.refit import EVERY, filtered

if TYPE_CHECKING:
    from vrx.series import Bars

__all__ = ["Known", "Network", "Source", "fitted", "least", "network", "refitted", "source"]

Array: TypeAlias = NDArray[np.float64]

# Days whose returns show how large those are beside a network's volatility.
SIZED = 100
# Volatility of a day, far below that of any market. Where nothing moves for months, a fit ends at 0 or, by another
# processor, at 1e-7.
STILL = 1e-6


@dataclass(frozen=True)
class Network:
    """A model file."""

    name: str
    forecaster: runtime.Forecaster


Source: TypeAlias = Asked | Network


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the volatility of the last days of a market, and of the day after them."""

    sigma: Array
    """Of each of those days, decimal, shape (days,), by all that is known now; see `past`."""
    next_sigma: float
    """Of the day after the last."""
    past: Array
    """Of each of those days as known the day before, same shape; before the first day of a backtest, as known then."""
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def source(name: str) -> Source:
    """What forecasts the volatility; a wrong name and a damaged file are refused before any work."""
    if name in MODELS:
        return Asked(name)
    if name not in runtime.bundled() and not name.endswith(".onnx"):
        known = ", ".join((*MODELS, *runtime.bundled()))
        raise InputError(f"--model {name}: there is no such model: take one of {known}, or the path of an .onnx file")
    forecaster = runtime.load(name)
    target = forecaster.spec.target
    if 1 not in forecaster.spec.horizons or target.startswith("sample variance of the last "):
        raise InputError(f"--model {name}: it does not forecast the next day's own variance ({target}): take another")
    return Network(forecaster.spec.name, forecaster)


def least(asked: Asked) -> int:
    """The fewest returns that a model of returns can be fitted to."""
    fewest: int = asked.model.least
    return max(fewest, asked.window) if asked.name == DYNAMIC else fewest


def fitted(where: Market, asked: Asked) -> Known:
    """The days by one fit to all of them."""
    (row,) = volatility_fits.ask(where, [asked], (1,))
    found = row.answer
    if found is None:  # a model alone that cannot be fitted is an error already
        raise InputError(f"{where.series}: {row.trouble}")
    next_sigma = float(found.forecast.volatility[0])
    _check(where, asked.name, 0, np.append(found.sigma, next_sigma))
    doubts = (f"{asked.name}: {found.note}",) if found.note else ()
    return Known(found.sigma, next_sigma, found.sigma, doubts=doubts)


def refitted(where: Market, asked: Asked, now: Known, start: int, progress: Callable[[float], None]) -> Known:
    """The same with `past` from `start` on by fits to the days before alone.

    The days before `start` are those of the first fit: all of it is known before the first day that is forecast.
    """
    returns, n = where.returns, len(where.returns)
    model, found, doubts = asked.model, None, []
    sigma = np.empty(n)
    for at in range(start, n, EVERY):
        rows = np.arange(at - 1, min(at + EVERY, n) - 1)
        try:
            found = model.fit(returns[:at], start=found)
            if at == start:
                sigma[:at] = found.sigma
            for row, value in filtered(found, returns, 0, rows):
                sigma[row + 1] = value
        except VrxError as error:
            raise type(error)(f"--backtest: {asked.name} before {where.days[at]}: {error}") from None
        doubts += [] if found.converged else [where.days[at]]
        progress((at - start + len(rows)) / (n - start))
    _check(where, asked.name, 0, sigma)
    notes = [f"backtest: {asked.name} is refitted every {EVERY} days to all returns before, and takes in every return"]
    if doubts:
        notes.append(
            f"{len(doubts)} of {len(range(start, n, EVERY))} fits have not converged, first before {doubts[0]}"
        )
    return replace(now, past=sigma, notes=tuple(notes))


def network(where: Market, bars: "Bars", model: Network, start: int | None, progress: Callable[[float], None]) -> Known:
    """The last days and the day after them, each in the size of the returns before it."""
    spec, n = model.forecaster.spec, len(where.returns)
    said = model.forecaster.history(bars, progress=progress).variance[:, spec.horizons.index(1)]
    # What is said at the close of a row is of the next; the first return may be that of the second row.
    sigma = np.sqrt(np.append(np.nan, said))[len(bars) - n :]
    begin = int(np.argmax(np.isfinite(sigma)))
    _check(where, model.name, begin, sigma[begin:])
    days = n - begin
    if days <= SIZED:
        needed = len(bars) - days + SIZED + 1
        raise InputError(
            f"{where.series}: {len(bars)} days are too few for the risk by {model.name}: give {needed} or more"
        )
    squares = np.square(where.returns[begin:] / sigma[begin:n])
    sizes = np.sqrt(np.cumsum(squares) / np.arange(1, days + 1))[SIZED - 1 :]
    sigma = sigma[begin + SIZED :] * sizes
    notes = [
        f"{model.name} forecasts the {spec.target}; the root of it times {sizes[-1]:.3f} has the size of the returns"
    ]
    last = max((origin.last for origin in spec.trained_on), default="")
    if start is not None:
        notes[0] += " so far, and on every day of the backtest of those before it"
        if last >= where.days[start]:
            end = min(last, where.days[-1])
            notes.append(f"{model.name} saw data up to {last} in training: the days to {end} are not out of sample")
    return Known(sigma[:-1], float(sigma[-1]), sigma[:-1], tuple(notes))


def _check(where: Market, name: str, begin: int, sigma: Array) -> None:
    """Refuse a day, counted from `begin` on, of a volatility that no market has: nothing is at risk on it."""
    wrong = ~(np.isfinite(sigma) & (sigma >= STILL))
    if wrong.any():
        at = begin + int(np.argmax(wrong))
        when = where.days[at] if at < len(where.days) else f"the day after {where.days[-1]}"
        raise InputError(
            f"{where.series}: the volatility of {when} by {name} is {sigma[at - begin]:g}: take another model, or a "
            "series that moves on the days before"
        )
