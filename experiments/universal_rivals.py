"""What the universal models are held against: forecasts that an asset's own past can give, each fitted anew to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vrx import har
from vrx.evaluation._baselines import baselines, positive
from vrx.fractional import rfsv_weights

__all__ = ["NAMES", "Rival", "garch", "log_har", "rivals"]

Array = NDArray[np.float64]

NAMES = ("log-har", "lhar", "har-wls", "rfsv", "ewma", "garch")
START = 252  # first row that is forecast, as in vrx.har.expanding
# Days that the RFSV forecast reads, its Hurst exponent (Gatheral, Jaisson and Rosenbaum 2018 find 0.08 to 0.2 on these
# indices) and days from one GARCH fit to the next.
MEMORY, HURST, EVERY = 500, 0.14, 66


@dataclass(frozen=True, eq=False)
class Rival:
    """Forecasts at the end of every day, (n, horizons); NaN where there are none."""

    variance: Array
    log_variance: Array
    """The mean of its log, which squared errors of logs are taken on; of models of levels, the log of the former."""
    spread: Array
    """The standard deviation of the log around it; NaN where the model has none."""


def rivals(
    variance: Array, returns: Array, horizons: tuple[int, ...], outcome: Array | None = None, *, first: int = START
) -> dict[str, Rival]:
    """All of them on one asset, log-HAR first.

    Parameters
    ----------
    variance, returns
        Daily, (n,); the variance is what the asset shows of itself, and may be squared returns.
    horizons
        Days ahead.
    outcome
        What is forecast, where it is measured better than by `variance`.
    first
        The first row whose GARCH forecast is wanted; those before it are left NaN.
    """
    seen = positive(variance)
    came = seen if outcome is None else positive(outcome)
    logs = np.log(seen)
    fall = np.minimum(returns / np.sqrt(seen), 0.0)
    design = har.features(seen, log=True)
    found = {
        "log-har": log_har(variance, horizons, outcome),
        "lhar": _each(horizons, lambda h: _expanding(np.column_stack([design, fall]), came, h)),
        "har-wls": _levels(seen, came, horizons),
        "rfsv": _rough(logs, came, horizons),
    }
    ewma = baselines(seen, horizons, came)["ewma"]
    # A forecast of the mean in levels says nothing of the log: the mean of past log errors moves it there.
    found["ewma"] = _level(ewma, came, horizons)
    found["garch"] = garch(returns, came, horizons, first)
    return found


def log_har(variance: Array, horizons: tuple[int, ...], outcome: Array | None = None) -> Rival:
    """Log-HAR alone, as :func:`rivals` gives it."""
    seen = positive(variance)
    design, came = har.features(seen, log=True), seen if outcome is None else positive(outcome)
    return _each(horizons, lambda h: _expanding(design, came, h))


def _each(horizons: tuple[int, ...], forecast: Callable[[int], tuple[Array, Array]]) -> Rival:
    mean, spread = (np.stack(parts, 1) for parts in zip(*(forecast(h) for h in horizons), strict=True))
    return Rival(np.exp(mean + 0.5 * spread**2), mean, spread)


def _expanding(design: Array, came: Array, horizon: int) -> tuple[Array, Array]:
    """Least squares on the log of what came, each day to all pairs known by then: the mean and spread it forecasts."""
    ahead = har.target(came, horizon, log=True)
    known = np.isfinite(design).all(1) & np.isfinite(ahead)
    pairs = np.where(known[:, None], np.column_stack([design, ahead]), 0.0)
    n, width = design.shape
    mean, spread = np.full(n, np.nan), np.full(n, np.nan)
    origins = np.arange(START, n)
    moments = np.cumsum(pairs[:, :, None] * pairs[:, None, :], axis=0)[origins - horizon]
    count = np.cumsum(known)[origins - horizon]
    slopes = np.linalg.solve(moments[:, :width, :width] + 1e-10 * np.eye(width), moments[:, :width, width:])[:, :, 0]
    left = moments[:, width, width] - np.einsum("tk,tk->t", slopes, moments[:, :width, width])
    mean[origins] = np.einsum("tk,tk->t", design[origins], slopes)
    spread[origins] = np.sqrt(np.maximum(left, 0.0) / np.maximum(count - width, 1))
    return mean, spread


def _levels(seen: Array, came: Array, horizons: tuple[int, ...]) -> Rival:
    """HAR in levels by weighted least squares, weights one over the month's mean (Clements and Preve 2021)."""
    variance = np.full((len(seen), len(horizons)), np.nan)
    design = har.features(seen, log=False)
    floor = np.fmin.accumulate(came)
    for k, horizon in enumerate(horizons):
        ahead = har.target(came, horizon, log=False)
        weight = 1.0 / np.maximum(design[:, 3], 1e-12)
        known = np.isfinite(design).all(1) & np.isfinite(ahead)
        pairs = np.where(known[:, None], np.column_stack([design, ahead]) * np.sqrt(weight)[:, None], 0.0)
        origins = np.arange(START, len(seen))
        moments = np.cumsum(pairs[:, :, None] * pairs[:, None, :], axis=0)[origins - horizon]
        # Variances near 1e-4 and a constant of 1: in units of their own sizes.
        size = np.sqrt(np.einsum("tii->ti", moments[:, :4, :4]))
        scaled = moments[:, :4, :4] / (size[:, :, None] * size[:, None, :])
        slopes = np.linalg.solve(scaled + 1e-12 * np.eye(4), (moments[:, :4, 4] / size)[:, :, None])[:, :, 0] / size
        variance[origins, k] = np.maximum(np.einsum("tk,tk->t", design[origins], slopes), floor[origins])
    return _level(variance, came, horizons)


def _rough(logs: Array, came: Array, horizons: tuple[int, ...]) -> Rival:
    """RFSV (Gatheral, Jaisson and Rosenbaum 2018): fractional Brownian motion of a fixed exponent, no mean to fit."""

    def forecast(horizon: int) -> tuple[Array, Array]:
        # The mean of the next h log variances, from as much of the past as there is.
        size = min(MEMORY, len(logs))
        weights = np.mean([rfsv_weights(HURST, step, size) for step in range(1, horizon + 1)], axis=0)
        mean = np.full(len(logs), np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(logs, size)
        mean[size - 1 :] = windows[:, ::-1] @ weights
        return _unbiased(mean, came, horizon)

    return _each(horizons, forecast)


def _level(variance: Array, came: Array, horizons: tuple[int, ...]) -> Rival:
    with np.errstate(invalid="ignore"):
        logs = np.log(variance)
    mean, spread = np.empty_like(logs), np.empty_like(logs)
    for k, horizon in enumerate(horizons):
        mean[:, k], spread[:, k] = _unbiased(logs[:, k], came, horizon)
    return Rival(variance, mean, spread)


def _unbiased(mean: Array, came: Array, horizon: int) -> tuple[Array, Array]:
    """Forecasts of the log moved by the mean of the errors known so far, and the standard deviation of these."""
    errors = har.target(came, horizon, log=True) - mean
    known = np.isfinite(errors)
    held = np.where(known, errors, 0.0)
    count, total, square = (np.cumsum(part) for part in (known, held, held**2))
    count, total, square = (np.append(np.zeros(horizon), part[:-horizon]) for part in (count, total, square))
    enough = count >= 100
    off = np.where(enough, total / np.maximum(count, 1.0), 0.0)
    spread = np.sqrt(np.maximum(square / np.maximum(count, 1.0) - off**2, 0.0))
    return mean + off, np.where(enough, spread, np.nan)


def garch(returns: Array, came: Array, horizons: tuple[int, ...], first: int) -> Rival:
    """GARCH(1,1) of the returns by arch, refitted every quarter, scaled to what came by the means so far."""
    from arch import arch_model

    n = len(returns)
    variance = np.full((n, len(horizons)), np.nan)
    both = np.isfinite(came)
    ratio = np.cumsum(np.where(both, came, 0.0)) / np.maximum(np.cumsum(np.where(both, returns**2, 0.0)), 1e-300)
    for begin in range(max(first, START), n, EVERY):
        scale = 1.0 / returns[: begin + 1].std()
        found = arch_model(scale * returns[: begin + 1], mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(
            disp="off", show_warning=False
        )
        mu, omega, alpha, beta = (found.params[name] for name in ("mu", "omega", "alpha[1]", "beta[1]"))
        h = found.conditional_volatility[-1] ** 2
        for t in range(begin, min(begin + EVERY, n)):
            if t > begin:
                h = omega + alpha * (scale * returns[t - 1] - mu) ** 2 + beta * h
            ahead = omega + alpha * (scale * returns[t] - mu) ** 2 + beta * h
            persistence = min(alpha + beta, 0.9999)
            rest = omega / (1.0 - persistence)
            steps = np.arange(max(horizons))
            path = rest + persistence**steps * (ahead - rest)
            variance[t] = [path[:step].mean() * ratio[t] / scale**2 for step in horizons]
    return _level(variance, came, horizons)
