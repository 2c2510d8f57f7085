"""Daily variance from bars and from returns within the day.

Everything is a variance of decimal log returns over one day, not annualised. NaN in, NaN out. The range
estimators take the high, low, open and close of each day; the realized measures take the returns of a day
along one axis.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_numbers, whole_number
from vrx.errors import InputError

if TYPE_CHECKING:  # series aggregates bars within the day with the measures below
    from vrx.series import Bars

__all__ = [
    "bipower_variation",
    "close_to_close",
    "daily_variance",
    "garman_klass",
    "medrv",
    "overnight",
    "parkinson",
    "realized_quarticity",
    "realized_variance",
    "rogers_satchell",
    "semivariances",
    "shown_by",
    "subsampled_variance",
    "yang_zhang",
]

MEASURES = (
    "auto",
    "variance",
    "garman_klass",
    "scaled_garman_klass",
    "rogers_satchell",
    "parkinson",
    "close_to_close",
)
# Days over which squared returns say how large the variance of closes is that ranges measure, and the fewest of them.
SCALE_DAYS, FEWEST_SCALE_DAYS = 504, 66

Array = NDArray[np.float64]


def close_to_close(close: ArrayLike) -> Array:
    """Squared daily log return, ``ln(C_t / C_{t-1})^2``; the first day is NaN.

    Parameters
    ----------
    close
        Closing prices, shape (n,).

    Examples
    --------
    >>> close_to_close([100.0, 110.0]).round(6).tolist()
    [nan, 0.009084]
    """
    logs = np.log(real_numbers(close, "close"))
    return np.square(np.diff(logs, prepend=math.nan))


def parkinson(high: ArrayLike, low: ArrayLike) -> Array:
    """Variance from the daily range, ``ln(H/L)^2 / (4 ln 2)``.

    Unbiased for a Brownian motion without drift that never closes; about five times as efficient as the
    squared return.

    References
    ----------
    Parkinson (1980), The extreme value method for estimating the variance of the rate of return, Journal of
    Business 53.

    Examples
    --------
    >>> parkinson([110.0], [100.0]).round(6).tolist()
    [0.003276]
    """
    return np.square(_log_ratio(high, low)) / (4 * math.log(2))


def garman_klass(
    open: ArrayLike,  # noqa: A002
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
) -> Array:
    """Variance from open, high, low and close, ``ln(H/L)^2 / 2 - (2 ln 2 - 1) ln(C/O)^2``.

    Unbiased without drift, about 7.4 times as efficient as the squared return; it covers the session alone,
    not the night (add :func:`overnight` squared for that). Never negative on a bar whose high and low enclose
    open and close.

    References
    ----------
    Garman and Klass (1980), On the estimation of security price volatilities from historical data, Journal of
    Business 53; their practical estimator (the one without cross terms).

    Examples
    --------
    >>> garman_klass([100.0], [110.0], [100.0], [105.0]).round(6).tolist()
    [0.003622]
    """
    session = np.square(_log_ratio(close, open))
    return 0.5 * np.square(_log_ratio(high, low)) - (2 * math.log(2) - 1) * session


def rogers_satchell(
    open: ArrayLike,  # noqa: A002
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
) -> Array:
    """Variance from open, high, low and close, ``ln(H/C) ln(H/O) + ln(L/C) ln(L/O)``.

    Unbiased whatever the drift; the session alone. Never negative on a valid bar.

    References
    ----------
    Rogers and Satchell (1991), Estimating variance from high, low and closing prices, Annals of Applied
    Probability 1.

    Examples
    --------
    >>> rogers_satchell([100.0], [110.0], [95.0], [105.0]).round(6).tolist()
    [0.009567]
    """
    upper = _log_ratio(high, close) * _log_ratio(high, open)
    return upper + _log_ratio(low, close) * _log_ratio(low, open)


def overnight(open: ArrayLike, close: ArrayLike) -> Array:  # noqa: A002
    """Log return from the last close to the open, ``ln(O_t / C_{t-1})``; the first day is NaN.

    Examples
    --------
    >>> overnight([100.0, 102.0], [101.0, 103.0]).round(6).tolist()
    [nan, 0.009852]
    """
    opened, closed = _same_length(open, close)
    result = np.full(len(opened), math.nan)
    result[1:] = np.log(opened[1:] / closed[:-1])
    return result


def yang_zhang(
    open: ArrayLike,  # noqa: A002
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    window: int,
) -> Array:
    """Variance per day over a rolling window, night included, whatever the drift and the opening jumps.

    ``var(overnight) + k var(ln C/O) + (1 - k) mean(RS)`` with sample variances over ``window`` days and
    ``k = 0.34 / (1.34 + (window + 1) / (window - 1))``.

    Returns
    -------
    ndarray of shape (n,)
        Day t looks at the days t - window + 1 ... t; NaN before the window is full (the first night is
        unknown, so the first ``window`` values are NaN).

    Raises
    ------
    InputError
        ``window`` is not a whole number of at least 2.

    References
    ----------
    Yang and Zhang (2000), Drift-independent volatility estimation based on high, low, open, and close prices,
    Journal of Business 73.

    Examples
    --------
    >>> flat = [100.0, 100.0, 100.0]
    >>> yang_zhang(flat, [101.0] * 3, [99.0] * 3, flat, window=2).round(6).tolist()
    [nan, nan, 0.000184]
    """
    window = whole_number(window, "window", 2)
    night = overnight(open, close)
    parts = (night, _log_ratio(close, open), rogers_satchell(open, high, low, close))
    result = np.full(len(night), math.nan)
    if len(night) >= window:
        nights, sessions, ranges = (sliding_window_view(part, window) for part in parts)
        k = 0.34 / (1.34 + (window + 1) / (window - 1))
        spread = nights.var(axis=1, ddof=1) + k * sessions.var(axis=1, ddof=1)
        result[window - 1 :] = spread + (1 - k) * ranges.mean(axis=1)
    return result


def realized_variance(returns: ArrayLike, axis: int = -1) -> Array:
    """Sum of the squared returns within the day.

    References
    ----------
    Andersen, Bollerslev, Diebold and Labys (2003), Modeling and forecasting realized volatility, Econometrica
    71.

    Examples
    --------
    >>> realized_variance([0.01, -0.02, 0.01]).round(6).item()
    0.0006
    """
    return np.asarray(np.square(_moved(returns, axis)).sum(axis=-1))


def subsampled_variance(returns: ArrayLike, every: int, axis: int = -1) -> Array:
    """Realized variance of ``every``-step returns, averaged over the ``every`` grids that they can stand on.

    With m returns this is ``m / (every (m - every + 1))`` times the sum of the squares of all overlapping
    ``every``-step returns: each grid scaled to the whole day. Less noise than one grid at the same sampling.

    Raises
    ------
    InputError
        ``every`` is not a whole number between 1 and the number of returns.

    References
    ----------
    Zhang, Mykland and Ait-Sahalia (2005), A tale of two time scales, Journal of the American Statistical
    Association 100; the average estimator, without the noise correction.

    Examples
    --------
    >>> subsampled_variance([0.01, 0.01, 0.01, 0.01], every=2).round(6).item()
    0.0008
    """
    steps, every = _moved(returns, axis), whole_number(every, "every", 1)
    m = steps.shape[-1]
    if every > m:
        raise InputError(f"every is {every}: it must lie between 1 and the {m} returns of a day")
    path = np.concatenate([np.zeros((*steps.shape[:-1], 1)), steps.cumsum(axis=-1)], axis=-1)
    sums = path[..., every:] - path[..., :-every]
    return np.asarray(np.square(sums).sum(axis=-1) * (m / (every * (m - every + 1))))


def bipower_variation(returns: ArrayLike, axis: int = -1) -> Array:
    """Integrated variance without jumps, ``pi/2 m/(m-1) sum |r_i| |r_{i-1}|``.

    References
    ----------
    Barndorff-Nielsen and Shephard (2004), Power and bipower variation with stochastic volatility and jumps,
    Journal of Financial Econometrics 2.

    Examples
    --------
    >>> bipower_variation([0.01, -0.02, 0.01]).round(8).item()
    0.00094248
    """
    steps = np.abs(_at_least(returns, axis, 2))
    m = steps.shape[-1]
    return np.asarray((steps[..., 1:] * steps[..., :-1]).sum(axis=-1) * (math.pi / 2 * m / (m - 1)))


def medrv(returns: ArrayLike, axis: int = -1) -> Array:
    """Integrated variance without jumps, from the median of three neighbouring absolute returns.

    ``pi / (6 - 4 sqrt 3 + pi) m/(m-2) sum med(|r_{i-1}|, |r_i|, |r_{i+1}|)^2``. Less disturbed by zero
    returns and by jumps in a finite sample than bipower variation.

    References
    ----------
    Andersen, Dobrev and Schaumburg (2012), Jump-robust volatility estimation using nearest neighbor
    truncation, Journal of Econometrics 169.

    Examples
    --------
    >>> medrv([0.01, -0.02, 0.01]).round(8).item()
    0.00042581
    """
    steps = np.abs(_at_least(returns, axis, 3))
    m = steps.shape[-1]
    a, b, c = steps[..., :-2], steps[..., 1:-1], steps[..., 2:]
    medians = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    scale = math.pi / (6 - 4 * math.sqrt(3) + math.pi) * m / (m - 2)
    return np.asarray(np.square(medians).sum(axis=-1) * scale)


def realized_quarticity(returns: ArrayLike, axis: int = -1) -> Array:
    """Integrated quarticity, ``m/3 sum r^4``; ``2/m`` times this is the error variance of realized variance.

    References
    ----------
    Barndorff-Nielsen and Shephard (2002), Econometric analysis of realized volatility, JRSS B 64.

    Examples
    --------
    >>> realized_quarticity([0.01, -0.02, 0.01]).round(10).item()
    1.8e-07
    """
    steps = _moved(returns, axis)
    return np.asarray((steps**4).sum(axis=-1) * (steps.shape[-1] / 3))


def semivariances(returns: ArrayLike, axis: int = -1) -> tuple[Array, Array]:
    """Realized variance of the positive and of the negative returns; their sum is the realized variance.

    References
    ----------
    Barndorff-Nielsen, Kinnebrock and Shephard (2010), Measuring downside risk: realised semivariance.

    Examples
    --------
    >>> [part.round(6).item() for part in semivariances([0.01, -0.02, 0.01])]
    [0.0002, 0.0004]
    """
    steps = _moved(returns, axis)
    return realized_variance(np.maximum(steps, 0.0)), realized_variance(np.minimum(steps, 0.0))


def daily_variance(bars: "Bars", measure: str = "auto") -> tuple[str, Array]:
    """Variance of each day, close to close, from what the bars hold.

    Parameters
    ----------
    bars
        Checked daily bars.
    measure
        "variance": the ready column. "garman_klass", "rogers_satchell", "parkinson": of the session, plus the
        squared overnight return where there are opens, so that the day is covered whole. "scaled_garman_klass":
        the former times the ratio of the mean squared return to its own mean over the 504 days before, 66 at
        least: the variance of closes, which bad highs and lows leave alone but for noise. "close_to_close":
        the squared return. "auto": the first of variance, garman_klass and close_to_close that the columns
        allow.

    Returns
    -------
    tuple of str and ndarray of shape (n,)
        The measure used and the variances, decimal, per day. The first day is NaN unless the column is ready:
        its night is not known.

    Raises
    ------
    InputError
        The measure is unknown or needs a column that is not there.

    Examples
    --------
    >>> from vrx.series import read
    >>> name, variance = daily_variance(read([100.0, 110.0]))
    >>> name, variance.round(6).tolist()
    ('close_to_close', [nan, 0.009084])
    """
    if measure not in MEASURES:
        raise InputError(f"no measure {measure!r}; there are: {', '.join(MEASURES)}")
    if measure == "auto":
        ranged = all(name in bars for name in ("open", "high", "low", "close"))
        measure = "variance" if "variance" in bars else "garman_klass" if ranged else "close_to_close"
    if measure == "variance":
        return measure, bars["variance"]
    if measure == "close_to_close":
        return measure, close_to_close(bars["close"])
    if measure == "scaled_garman_klass":
        _, variance = daily_variance(bars, "garman_klass")
        return measure, variance * _scale(close_to_close(bars["close"]), variance)
    if measure == "parkinson":
        session = parkinson(bars["high"], bars["low"])
    else:
        estimator = garman_klass if measure == "garman_klass" else rogers_satchell
        session = estimator(bars["open"], bars["high"], bars["low"], bars["close"])
    # A high may miss the close by float noise, which makes a flat day -1e-18.
    return measure, np.maximum(session, 0.0) + np.square(overnight(bars["open"], bars["close"]))


def _scale(squares: Array, variance: Array) -> Array:
    """The ratio of the means of both over the days before each, NaN where these are too few or all still."""
    both = np.isfinite(squares) & np.isfinite(variance)
    sums = [np.cumsum(np.append(0.0, np.where(both, part, 0.0))) for part in (both, squares, variance)]
    until = np.arange(len(variance))
    since = np.maximum(until - SCALE_DAYS, 0)
    count, above, below = (part[until] - part[since] for part in sums)
    enough = (count >= FEWEST_SCALE_DAYS) & (below > 0.0)
    return np.asarray(np.divide(above, below, out=np.full(len(variance), np.nan), where=enough))


def shown_by(channels: Sequence[str]) -> str:
    """Name the measure that the input of a model shows, whatever finer one the series may hold.

    Examples
    --------
    >>> shown_by(("open", "high", "low", "close")), shown_by(("variance", "return"))
    ('garman_klass', 'variance')
    """
    return {"variance": "variance", "open": "garman_klass", "close": "close_to_close"}[channels[0]]


def _log_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    above, below = _same_length(numerator, denominator)
    return np.asarray(np.log(above / below))


def _same_length(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    a, b = real_numbers(first, "a price column"), real_numbers(second, "a price column")
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"prices of shapes {a.shape} and {b.shape}: give columns of one length")
    return a, b


def _moved(returns: ArrayLike, axis: int) -> Array:
    """Bring the day's axis last."""
    steps = real_numbers(returns, "returns")
    if not -steps.ndim <= axis < steps.ndim:
        raise InputError(f"axis is {axis}: the returns have {steps.ndim} dimensions")
    return np.moveaxis(steps, axis, -1)


def _at_least(returns: ArrayLike, axis: int, count: int) -> Array:
    steps = _moved(returns, axis)
    if steps.shape[-1] < count:
        raise InputError(f"{steps.shape[-1]} returns in a day: this measure needs at least {count}")
    return steps
