"""What every estimator of the Hurst exponent shares: one series, every window of a series, one value at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, whole_number
from vrx.errors import InputError
from vrx.hurst._stream import Stream, WindowStream

__all__ = ["Array", "Bootstrap", "Estimate", "Estimator", "Interval", "Kind", "Line", "Rolling"]

Kind: TypeAlias = Literal["noise", "motion"]
Interval: TypeAlias = Literal["asymptotic", "bootstrap"]
Array: TypeAlias = NDArray[np.float64]

# A stream keeps its window in memory: this one takes gigabytes.
_LONGEST = 100_000_000


@dataclass(frozen=True, eq=False)
class Line:
    """The straight line through logarithms that an exponent was read from."""

    scales: Array
    """The time scales, in steps of the series, shape (points,)."""
    values: Array
    """What was measured at each scale, shape (points,)."""
    slope: float
    """The slope of log(values) on log(scales)."""
    intercept: float
    """log(values) of the line at scale 1, natural logarithm."""
    r_squared: float
    """The share of the (weighted) variance of log(values) that the line explains."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A Hurst exponent with its error; every number is NaN where it cannot be estimated."""

    method: str
    kind: Kind
    n: int
    """The number of values it was estimated from."""
    h: float
    """The Hurst exponent."""
    standard_error: float
    low: float
    """The lower end of the confidence interval."""
    high: float
    """The upper end of the confidence interval."""
    confidence: float
    """The share of such intervals that should cover the true exponent."""
    interval: Interval
    """How the interval was found."""
    effective: float
    """About how many independent coefficients the estimate rests on."""
    line: Line | None
    """The fitted line; None for a method that fits none."""


@dataclass(frozen=True, eq=False)
class Rolling:
    """The Hurst exponent of every window; entry t is that of ``x[t - window + 1 : t + 1]``, shape of x."""

    h: Array
    standard_error: Array | None = None
    """None, as `low` and `high`, unless an interval was asked for."""
    low: Array | None = None
    high: Array | None = None


@dataclass(frozen=True)
class Bootstrap:
    """How the coefficients are resampled; equal seeds give equal intervals, whatever the threads."""

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0
    first: int = 0
    """Where in the series the windows start that are resampled together: every window has a seed of its own."""


@dataclass(frozen=True, kw_only=True)
class Estimator(ABC):
    """One way to estimate the Hurst exponent, with its options.

    Parameters
    ----------
    kind
        What the series is: ``"noise"`` for increments such as returns, ``"motion"`` for levels such as log
        prices or log volatility, which are sums of noise.
    """

    kind: Kind

    method: ClassVar[str]
    """The name of the method, such as ``"dfa"``."""
    bootstraps: ClassVar[bool] = False
    """Whether it has coefficients that can be resampled."""
    stride: ClassVar[int] = 8192
    """Windows per call of a kernel: few enough for its scratch memory to stay in the second-level cache."""

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in ("noise", "motion"):
            raise InputError(f"kind is {self.kind!r}: use 'noise' for increments or 'motion' for levels")

    def fit(
        self, x: ArrayLike, *, interval: Interval = "asymptotic", confidence: float = 0.95, seed: int = 0
    ) -> Estimate:
        """Estimate the exponent of a whole series.

        Parameters
        ----------
        x
            The series, oldest first, shape (n,); with a NaN in it every number of the answer is NaN.
        interval
            ``"asymptotic"`` from the theory or simulated spread of the estimator, ``"bootstrap"`` from 1,000
            resamples of its coefficients, where it has any.
        confidence
            The share of intervals that should cover the true exponent, between 0 and 1.
        seed
            Of the bootstrap.

        Returns
        -------
        Estimate

        Raises
        ------
        InputError
            x is not a series of real numbers, holds an infinite value or is too short; an argument is out of
            range.
        """
        series = real_array(x, dimensions=(1,))
        self._check_window(len(series))
        errors = self._errors(series, len(series), interval, _bootstrap(confidence, seed))
        h, standard_error, low, high = (float(part[0]) for part in errors)
        return Estimate(
            method=self.method,
            kind=self.kind,
            n=len(series),
            h=h,
            standard_error=standard_error,
            low=low,
            high=high,
            confidence=confidence,
            interval=interval,
            effective=self._effective(len(series)),
            line=self._line(series),
        )

    def rolling(
        self,
        x: ArrayLike,
        window: int = 252,
        *,
        interval: Interval | None = None,
        confidence: float = 0.95,
        seed: int = 0,
        threads: int = 1,
        progress: Callable[[float], None] | None = None,
    ) -> Rolling:
        """Estimate the exponent of every window of a series or panel.

        Parameters
        ----------
        x
            The series, oldest first, shape (n,), or a panel of them, shape (assets, n); NaN marks a missing
            value.
        window
            How many values each estimate uses.
        interval, confidence, seed
            As in :meth:`fit`; None gives no interval, which is faster. The rows of a panel share the draws of a
            window; :meth:`fit` draws its own.
        threads
            How many threads share the work; the results do not depend on it.
        progress
            Called now and then with the share of the work that is done.

        Returns
        -------
        Rolling
            Entry t is estimated from ``x[t - window + 1 : t + 1]`` alone. It is NaN before the first full
            window, where the window holds a NaN, and where the method finds no exponent, as in a constant.

        Raises
        ------
        InputError
            x is not a series or panel of real numbers, holds an infinite value or is shorter than the window;
            an argument is out of range.
        """
        rows = real_array(x, dimensions=(1, 2))
        size = whole_number(window, "window", 1)
        self._check_window(size)
        panel = np.atleast_2d(rows)
        if panel.shape[1] < size:
            raise InputError(
                f"the series has {panel.shape[1]} values, fewer than the window of {size}: "
                "use a shorter window or a longer series"
            )
        plan = _bootstrap(confidence, seed)
        # Each thread touches its part of the memory first: what the system does for a new page is then shared too.
        results = np.empty((1 if interval is None else 4, *panel.shape))
        results[..., : size - 1] = np.nan

        def estimate(piece: tuple[int, slice]) -> None:
            row, part = piece
            values, ends = panel[row, part], slice(part.start + size - 1, part.stop)
            if interval is None:
                self._write(values, size, results[0, row, ends])
            else:
                results[:, row, ends] = self._errors(values, size, interval, replace(plan, first=part.start))

        pieces = list(_pieces(panel.shape, size, self.stride))
        workers = min(whole_number(threads, "threads", 1), len(pieces))
        with ThreadPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
            for done, _ in enumerate(pool.map(estimate, pieces) if pool else map(estimate, pieces), start=1):
                if progress is not None:
                    progress(done / len(pieces))
        return Rolling(*(part.reshape(rows.shape) for part in results))

    def stream(self, window: int = 252) -> Stream:
        """Estimate from the last values, one new value at a time, in memory that does not grow.

        Parameters
        ----------
        window
            How many values each estimate uses.

        Returns
        -------
        Stream

        Raises
        ------
        InputError
            The window is too short for the method, or longer than 100,000,000 values.

        Examples
        --------
        >>> from vrx.hurst import Wavelet, resume
        >>> stream = Wavelet(kind="noise").stream(100)
        >>> for value in np.random.default_rng(7).standard_normal(100):
        ...     h = stream.update(value)
        >>> 0.3 < h < 0.7, resume(stream.to_json()).h == h
        (True, True)
        """
        size = whole_number(window, "window", 1)
        if size > _LONGEST:
            raise InputError(f"the window of a stream is longer than {_LONGEST:,} values: use a shorter one")
        self._check_window(size)
        return self._stream(size)

    def _stream(self, window: int) -> Stream:
        """Every window anew; a method with a cheaper step overrides this."""
        return WindowStream(self.method, asdict(self), window, lambda values: float(self._exponents(values, window)[0]))

    # -- what a method writes ------------------------------------------------------------------------------------------

    @abstractmethod
    def _least(self) -> int:
        """The fewest values that it can estimate from."""

    @abstractmethod
    def _exponents(self, values: Array, window: int) -> Array:
        """The exponent of every window, shape (n - window + 1,)."""

    def _write(self, values: Array, window: int, out: Array) -> None:
        """Write the exponent of every window into out; a method whose kernel can do that itself overrides this."""
        out[:] = self._exponents(values, window)

    @abstractmethod
    def _with_errors(self, values: Array, window: int) -> tuple[Array, Array]:
        """The exponent of every window and its standard error, shapes (n - window + 1,)."""

    @abstractmethod
    def _effective(self, n: int) -> float:
        """About how many independent coefficients n values give."""

    @abstractmethod
    def _line(self, values: Array) -> Line | None:
        """The line of the whole series."""

    def _resampled(self, values: Array, window: int, h: Array, plan: Bootstrap) -> tuple[Array, Array, Array]:
        """The standard error and both ends of the interval of every window, from resampled coefficients."""
        raise NotImplementedError

    # -- what follows from it ------------------------------------------------------------------------------------------

    def _check_window(self, window: int) -> None:
        if window < self._least():
            raise InputError(f"{window} values are too few for {self.method}: use at least {self._least()} values")

    def _errors(
        self, values: Array, window: int, interval: Interval, plan: Bootstrap
    ) -> tuple[Array, Array, Array, Array]:
        if interval not in ("asymptotic", "bootstrap"):
            raise InputError(f"interval is {interval!r}: use 'asymptotic' or 'bootstrap'")
        if interval == "bootstrap" and not self.bootstraps:
            raise InputError(f"{self.method} has no coefficients to resample: use interval 'asymptotic'")
        if interval == "bootstrap":
            h = self._exponents(values, window)
            return h, *self._resampled(values, window, h, plan)
        h, standard_error = self._with_errors(values, window)
        reach = NormalDist().inv_cdf(0.5 + plan.confidence / 2.0) * standard_error
        return h, standard_error, h - reach, h + reach


def _bootstrap(confidence: float, seed: int) -> Bootstrap:
    # What rounds to certainty, or to nothing, has no quantiles.
    if not (isinstance(confidence, float) and 0.5 < 0.5 + confidence / 2.0 < 1.0):
        raise InputError(f"confidence is {confidence!r}: use a number between 0 and 1, such as 0.95")
    return Bootstrap(confidence=confidence, seed=whole_number(seed, "seed", 0))


def _pieces(shape: tuple[int, ...], window: int, least: int) -> Iterator[tuple[int, slice]]:
    """Cut every row into stretches of windows at fixed places, so that new data changes no old bit."""
    stride = max(least, 4 * window)
    for row in range(shape[0]):
        for start in range(0, shape[1] - window + 1, stride):
            yield row, slice(start, min(start + stride + window - 1, shape[1]))
