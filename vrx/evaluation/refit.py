"""Models of daily returns, refitted as the days go by and filtered in between."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vrx.errors import InputError, VrxError
from vrx.evaluation.walk import Array, Forecasts, Task, returns_of

__all__ = ["ECONOMETRIC", "EVERY", "filtered", "refitted"]

ECONOMETRIC = ("garch", "egarch", "figarch", "dynamic-fractional")
# Days from one fit to the next; in between the parameters stay, and every new return is taken in.
EVERY = 22
# Nodes on either side of the shock that leaves least variance, where the log may have a pole, and the widest shock:
# twice as many agree to 1e-12 of a log on windows of 22 returns, and to 3e-3 on windows of 2.
NODES = 48
WIDEST = 9.0


def refitted(
    name: str, task: Task, *, every: int = EVERY, progress: Callable[[float], None] | None = None
) -> tuple[Forecasts, tuple[str, ...]]:
    """Forecast the next day by a model of :mod:`vrx.econometrics`; needs ``vrx[research]`` but for the last.

    Parameters
    ----------
    name
        "garch", "egarch", "figarch" or "dynamic-fractional".
    task
        One day ahead.
    every
        Days from one fit, to all returns so far, to the next.
    progress
        Called with the share done.

    Returns
    -------
    Forecasts
        On the rows of the test part, and on those before it as the first fit filters them, from which
        :func:`vrx.evaluation.compare` learns how far its log lies off; NaN elsewhere.
    notes : tuple of str
        What was done, and what is to be doubted.

    Raises
    ------
    InputError
        The name is unknown, the horizon is not one day, or the returns cannot be fitted.
    MissingExtraError
        arch is not installed.

    Notes
    -----
    The models forecast the variance of the next close-to-close return. Where the target is another measure of a day,
    the forecast is scaled by the ratio of their means over the days of the fit. For a rolling window the returns that
    it keeps are known, and the new one is normal with the variance that the model forecasts.
    """
    if name not in ECONOMETRIC:
        raise InputError(f"no model {name!r}: take one of {', '.join(ECONOMETRIC)}")
    if task.horizon != 1:
        raise InputError(f"{name} is compared one day ahead: leave the horizon at 1, or leave out {name}")
    returns = returns_of(task.bars)
    begin = int(np.argmax(np.isfinite(returns)))
    if not np.isfinite(returns[begin:]).all():
        raise InputError(f"{task.bars.name}: {name} needs a return on every day: leave out the days without one")
    sigma, doubts, rows = np.full(len(returns), np.nan), [], task.test_rows
    scale = np.ones(len(returns))
    model, fitted = _model(name), None
    for at in range(0, len(rows), every):
        block = rows[at : at + every]
        known = slice(begin, block[0] + 1)
        try:
            fitted = model.fit(returns[known], start=fitted)
            for row, value in filtered(fitted, returns, begin, block):
                sigma[row] = value
        except VrxError as error:
            raise type(error)(f"{name}, {task.dates[block[0]]}: {error}") from None
        if not at:  # all of it known by the first forecast
            before = np.asarray(fitted.sigma)[-block[0] :] if block[0] else np.array([])
            sigma[block[0] - len(before) : block[0]] = before
        doubts += [] if fitted.converged else [str(task.dates[block[0]])]
        if not task.is_rolling and task.measure != "close_to_close":
            both = np.isfinite(task.variance[known])
            scale[slice(0, block[-1] + 1) if not at else block] = (
                task.variance[known][both].mean() / np.square(returns[known][both]).mean()
            )
        if progress is not None:
            progress((at + len(block)) / len(rows))
    notes = [f"{name}: refitted every {every} days to all returns so far, filtered daily"]
    if task.is_rolling:
        notes[0] += "; the returns that the window keeps are known, the new one is normal"
    elif task.measure != "close_to_close":
        notes[0] += f"; scaled from squared returns to {task.measure} by the ratio of their means so far"
    if doubts:
        notes.append(f"{name}: {len(doubts)} of {-(-len(rows) // every)} fits have not converged, first {doubts[0]}")
    if task.is_rolling:
        return windows_of(returns, np.square(sigma), task.window), tuple(notes)
    return Forecasts(scale * np.square(sigma)), tuple(notes)


def windows_of(returns: Array, variance: Array, window: int) -> Forecasts:
    """The variance of tomorrow's window, from the returns that it keeps and a forecast variance of the new one.

    Parameters
    ----------
    returns
        Log returns, shape (n,).
    variance
        Of the return after each of them, mean zero and normal, shape (n,).
    window
        Returns in a window.

    Examples
    --------
    >>> found = windows_of(np.array([0.01, -0.01]), np.array([np.nan, 0.0001]), 2)
    >>> found.variance.round(7).tolist()  # (0.01**2 + 0.01**2) / 2, the new return independent of the last
    [nan, 0.0001]
    """
    kept = window - 1
    tail = np.full((len(returns), kept), np.nan)
    if len(returns) >= kept:
        tail[kept - 1 :] = np.lib.stride_tricks.sliding_window_view(returns, kept)
    mean = tail.mean(axis=1)
    known = ((tail - mean[:, np.newaxis]) ** 2).sum(axis=1)
    share = kept / window
    sigma = np.sqrt(variance)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    middle = np.clip(mean / sigma, -WIDEST, WIDEST)
    logs = np.zeros(len(returns))
    for side in (-WIDEST, WIDEST):
        half = 0.5 * (side - middle)[:, np.newaxis]
        shocks = middle[:, np.newaxis] + half * (1.0 + nodes)
        density = np.abs(half) * weights * np.exp(-0.5 * shocks**2) / math.sqrt(2.0 * math.pi)
        sums = known[:, np.newaxis] + share * (mean[:, np.newaxis] - sigma[:, np.newaxis] * shocks) ** 2
        # A window that stood still and a shock that keeps it so: the least number instead of no log.
        logs += (density * np.log(np.maximum(sums, np.finfo(np.float64).tiny) / kept)).sum(axis=1)
    return Forecasts((known + share * (mean**2 + variance)) / kept, logs)


def _model(name: str) -> Any:
    from vrx import econometrics

    if name == "dynamic-fractional":
        return econometrics.DynamicFractionalVolatility()
    return econometrics.RIVALS[name]()


def filtered(fitted: Any, returns: Array, begin: int, block: npt.NDArray[np.int64]) -> Iterator[tuple[int, float]]:
    """The volatility of the day after each row from the first of these, which ends the fit, to the last."""
    yield int(block[0]), fitted.next_sigma
    for row in range(int(block[0]) + 1, int(block[-1]) + 1):
        if hasattr(fitted, "update"):
            yield row, fitted.update(returns[row])
        else:
            # Anew from the start: what arch takes from a whole sample, such as its bounds, must not hold later days.
            yield row, fitted.on(returns[begin : row + 1]).next_sigma
