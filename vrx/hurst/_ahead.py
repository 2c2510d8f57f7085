"""What the rolling wavelet exponent of the coming days is already known to be."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, whole_number
from vrx.errors import InputError
from vrx.hurst._estimator import Array
from vrx.hurst._pyramid import Pyramid, pyramid

__all__ = ["Rule", "ahead", "plan_of", "unknown_shares"]

Rule: TypeAlias = Literal["persistence", "drop-out", "known"]
RULES = ("persistence", "drop-out", "known")


def ahead(
    x: ArrayLike,
    horizons: Sequence[int] = (1, 5, 22),
    window: int = 252,
    *,
    rule: Rule = "known",
    days: int | None = None,
) -> Array:
    r"""Forecast the rolling exponent of ``Wavelet(kind="noise")`` by what of its coming windows is known today.

    Parameters
    ----------
    x
        Returns or other noise, oldest first, shape (n,); NaN where one is missing.
    horizons
        Steps ahead.
    window
        Values in a window.
    rule
        ``"persistence"``: today's exponent. ``"drop-out"``: the oldest squared coefficients of every level leave, the
        others keep their mean. ``"known"``: the new coefficients too, as far as their filters lie on values that are
        there; of the values to come only the variance is assumed.
    days
        Of rule ``"known"``: their variance is the mean square of so many last values; of the window if None.

    Returns
    -------
    ndarray, shape (n, horizons)
        Row t is known at t, and is the forecast of the exponent of the window that ends at t + horizon. NaN before the
        first full window and where it holds a NaN.

    Raises
    ------
    InputError
        x is not a series of real numbers, an argument is out of range, or a horizon leaves a level no old coefficient.

    Notes
    -----
    With K the n_j - h squares of level j that stay, w_k the part of the coefficient k steps on that the known values
    give, and h_jl its filter, the newest value's tap first,

    .. math:: E \, \nu_j(t + h) = \frac1{n_j} \Big( K + \sum_{k=1}^h w_k^2
              + \sigma^2 \sum_{k=1}^h \sum_{l<k} h_{jl}^2 \Big)

    if the values to come are independent of the past with mean 0 and variance sigma^2. The first taps of a Daubechies
    filter are small: of tomorrow's coefficient of level 1 (db4) 5% of the variance is unknown, of level 2 under a
    hundred thousandth. So tomorrow's exponent is all but known today, whatever the market does.

    Examples
    --------
    >>> from vrx.hurst import Wavelet
    >>> returns = np.random.default_rng(7).standard_normal(2000)
    >>> came = Wavelet(kind="noise").rolling(returns, 252).h
    >>> for rule in ("persistence", "drop-out", "known"):
    ...     print(rule, f"{np.sqrt(np.nanmean((came[1:] - ahead(returns, (1,), rule=rule)[:-1, 0]) ** 2)):.4f}")
    persistence 0.0036
    drop-out 0.0026
    known 0.0006
    """
    values = real_array(x, dimensions=(1,))
    plan, steps = plan_of(window), tuple(whole_number(h, "a horizon", 1) for h in horizons)
    if rule not in RULES:
        raise InputError(f"rule is {rule!r}: use one of {', '.join(RULES)}")
    if not steps or max(steps) >= plan.counts[-1]:
        raise InputError(
            f"horizons are {list(steps)}: use some below {plan.counts[-1]}, the coefficients of the last level"
        )
    length = plan.window if days is None else whole_number(days, "days", 1)
    variance = _sums(values**2, length) / length
    out = np.empty((len(values), len(steps)))
    for column, h in enumerate(steps):
        levels = [_level(values, plan, level, h, rule, variance) for level in range(len(plan.levels))]
        with np.errstate(divide="ignore", invalid="ignore"):
            out[:, column] = 1.0 + np.log(np.stack(levels, 1)) @ plan.slope_weights / 2.0
    out[~np.isfinite(out)] = np.nan
    return out


def plan_of(window: int) -> Pyramid:
    """The levels of a window, refused where it is too short for two of them."""
    size = whole_number(window, "window", 23, 100_000)
    return pyramid(size, "db4", None)


def unknown_shares(plan: Pyramid, horizons: Sequence[int]) -> Array:
    """What unit variance of the values to come adds to each wavelet variance, shape (horizons, levels)."""
    taps = [np.cumsum(np.pad(impulse, (0, max(horizons))) ** 2) for impulse in plan.impulses]
    return np.array([[part[:h].sum() / n for part, n in zip(taps, plan.counts, strict=True)] for h in horizons])


def _level(values: Array, plan: Pyramid, level: int, h: int, rule: str, variance: Array) -> Array:
    """The forecast wavelet variance of a level at the end of every row."""
    impulse, count = plan.impulses[level], int(plan.counts[level])
    squares = _filtered(values, impulse) ** 2
    if rule == "persistence":
        return _sums(squares, count) / count
    kept = _sums(squares, count - h)
    if rule == "drop-out":
        return kept / (count - h)
    known = sum((_filtered(values, impulse[k:]) ** 2 for k in range(1, min(h, len(impulse) - 1) + 1)), start=kept)
    new: Array = unknown_shares(plan, (h,))[0, level] * variance
    return known / count + new


def _filtered(values: Array, taps: Array) -> Array:
    """The filter's output that ends with every row; NaN before the first whole one."""
    out = np.full(len(values), np.nan)
    if len(values) >= len(taps):
        out[len(taps) - 1 :] = np.convolve(values, taps, "valid")
    return out


def _sums(values: Array, count: int) -> Array:
    """The sum of the last `count` values of every row."""
    out = np.full(len(values), np.nan)
    if len(values) >= count:
        out[count - 1 :] = np.lib.stride_tricks.sliding_window_view(values, count).sum(axis=1)
    return out
