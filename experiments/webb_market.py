"""S&P 500 days of 2015-2019: returns, and what was measured within each day."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vrx.measures import daily_variance
from vrx.series import read

__all__ = ["FIVE_YEARS", "FORECASTS", "SAMPLE", "Array", "Market", "load"]

Array = NDArray[np.float64]

SAMPLE = ("2015-01-01", "2019-12-31")
FORECASTS = "2017-01-01"
FIVE_YEARS = 1258


@dataclass(frozen=True, eq=False)
class Market:
    """Everything by trading day, those before the sample included; day t of all arrays is the same."""

    dates: "NDArray[np.datetime64]"
    returns: Array
    """Log returns, close to close."""
    realized: Array
    """Realized variance of trading hours from 5-minute returns; NaN where the library has no such day."""
    ranged: Array
    """Garman-Klass variance of trading hours plus the squared overnight return."""

    @cached_property
    def first(self) -> int:
        """The first day of the sample."""
        return int(np.searchsorted(self.dates, np.datetime64(SAMPLE[0])))

    @cached_property
    def days(self) -> NDArray[np.int64]:
        """The days that are forecast."""
        return np.flatnonzero(self.dates >= np.datetime64(FORECASTS))

    @cached_property
    def scored(self) -> NDArray[np.bool_]:
        """Which of these have a realized variance."""
        return np.isfinite(self.realized[self.days])

    @property
    def sample(self) -> Array:
        """The returns of the sample."""
        return self.returns[self.first :]

    def scale(self, measure: Array) -> Array:
        """What squared returns were of a measure over the five years before each day that is forecast."""
        known = np.isfinite(measure)
        squares, sums = np.where(known, self.returns**2, 0.0), np.where(known, measure, 0.0)
        before = [slice(max(0, day - FIVE_YEARS), day) for day in self.days]
        return np.array([squares[past].sum() / sums[past].sum() for past in before])

    @cached_property
    def targets(self) -> dict[str, Array]:
        """Variances that came, on the days that are scored."""
        realized = self.realized[self.days]
        came = {
            "realized variance, scaled": realized * self.scale(self.realized),
            "realized variance of trading hours, as it is": realized,
            "Garman-Klass plus overnight": self.ranged[self.days],
        }
        return {name: values[self.scored] for name, values in came.items()}


def load(data: Path) -> Market:
    """Read the two files."""
    frame = pd.read_csv(data / "sp500_ohlc_1990_2022.csv.gz")
    bars = read(frame[["date", "open", "high", "low", "close"]], name="S&P 500").until(SAMPLE[1])
    dates = np.array(bars.dates, dtype="datetime64[D]")[1:]
    library = pd.read_csv(data / "indices_rv5_2000_2019.csv.gz", parse_dates=["date"]).query("symbol == 'SPX'")
    realized = library.set_index("date")["realized_variance"].reindex(pd.DatetimeIndex(dates)).to_numpy(copy=True)
    ranged = daily_variance(bars, "garman_klass")[1][1:]
    return Market(dates, np.diff(np.log(bars["close"])), realized, ranged)
