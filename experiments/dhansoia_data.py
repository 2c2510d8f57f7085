"""The four data sets of the transfer-learning tables, as bars with their parts."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vrx.measures import daily_variance
from vrx.series import Bars, read
from vrx.training.recipe import Split

__all__ = ["DATASETS", "Dataset", "dates_in_order", "load"]

Array = NDArray[np.float64]

# Rows that the paper gives up at the start of the test part: its windows do not reach back into the validation part.
MARGIN = 22
# Hours of bitcoin that the first version of the paper used, the last of its file.
HOURS = 5202
# Rows before the first that a network of rolling windows reads: a window and the scale's returns.
BEFORE = 160


@dataclass(frozen=True, eq=False)
class Dataset:
    """Bitcoin as target and a source, with the days on which the target's parts end."""

    key: str
    title: str
    rolling: int
    """Returns in a rolling window; 0 where single days are forecast."""
    target: Bars
    source: Bars
    closes: Bars | None
    """The target's closes, and those before it that overlap-aware networks read; only with rolling windows."""
    split: Split
    margin: int
    """Rows of the test part that are not scored."""

    @property
    def channels(self) -> tuple[str, ...]:
        """What networks read of a row."""
        return ("variance",) if self.rolling else tuple(self.target.columns)

    @property
    def variance(self) -> Array:
        """The variance of every row of the target."""
        return daily_variance(self.target)[1]

    @property
    def ends(self) -> tuple[int, int]:
        """The numbers of rows up to the end of the train part, and up to that of the validation part."""
        dates = dates_in_order(self.target)
        days = (np.datetime64(self.split.train_end), np.datetime64(self.split.validation_end))
        return int(np.searchsorted(dates, days[0], "right")), int(np.searchsorted(dates, days[1], "right"))

    @property
    def scored(self) -> NDArray[np.int64]:
        """The rows of the test part that are forecast and scored."""
        return np.arange(self.ends[1] + self.margin, len(self.target))


def dates_in_order(bars: Bars) -> NDArray[np.datetime64]:
    """The dates, which every set has."""
    if bars.dates is None:
        raise ValueError(f"{bars.name} has no dates")
    return bars.dates


def load(key: str, folder: Path) -> Dataset:
    """Load one of the sets a, b, c and d."""
    return DATASETS[key](folder)


def first_version(folder: Path) -> Dataset:
    """Bitcoin by the hour, as the first version of the paper in truth had it; a row stands for a day here."""
    frame = pd.read_csv(folder / "dhansoia_btc_hourly_2023_2025.csv.gz")
    source = pd.read_csv(folder / "dhansoia_spx_daily_2019_2024.csv.gz")
    title = "(a) the first version's data: bitcoin by the hour, May to December 2025, windows of 24 hours"
    return _rolling("a", title, frame, len(frame) - HOURS, 24, 8760, source)


def corrected(folder: Path) -> Dataset:
    """Bitcoin by the day, as the corrected version has it."""
    frame = pd.read_csv(folder / "dhansoia_btc_daily_2014_2024.csv.gz")
    source = pd.read_csv(folder / "dhansoia_spx_daily_2018_2024.csv.gz")
    # Of the source nothing is used that the target's test part might not have seen.
    known = source[source.Date < frame.Date.iloc[int(0.75 * len(frame))]]
    title = "(b) the corrected data: bitcoin by the day, 2014 to 2024, windows of 22 days"
    return _rolling("b", title, frame, 0, 22, 252, known)


def _rolling(
    key: str, title: str, frame: pd.DataFrame, begin: int, window: int, periods: int, source: pd.DataFrame
) -> Dataset:
    """Rows are numbered by made-up days, so that those of source and target can lie side by side."""
    rows = len(frame) - begin
    dates = np.datetime64("2000-01-01") + np.arange(-BEFORE, rows)
    first, second = int(0.5 * rows), int(0.75 * rows)
    variance = np.exp(2.0 * frame.log_rv.to_numpy()[begin:]) / periods
    # The source's last quarter chooses its epochs: it ends with the target's validation part.
    known = np.exp(2.0 * source.log_rv.to_numpy()) / 252.0
    learned = int(0.75 * len(known))
    moved = np.concatenate([dates[BEFORE + first - 1] - np.arange(learned)[::-1], _tail(dates, first, second, known)])
    lead = min(BEFORE, begin) if begin else 0
    closes = np.exp(np.cumsum(frame.log_return.to_numpy()[begin - lead :]))
    return Dataset(
        key=key,
        title=title,
        rolling=window,
        target=Bars({"variance": variance}, dates[BEFORE:], "bitcoin", periods, ()),
        source=Bars({"variance": known}, moved, "S&P 500", 252, ()),
        closes=Bars({"close": closes}, dates[BEFORE - lead :], "bitcoin", periods, ()),
        split=_split(dates[BEFORE:], first, second),
        margin=MARGIN,
    )


def _tail(dates: NDArray[np.datetime64], first: int, second: int, known: Array) -> NDArray[np.datetime64]:
    count = len(known) - int(0.75 * len(known))
    if count > second - first:
        raise ValueError(f"{count} validation rows of the source do not fit {second - first} of the target")
    return dates[BEFORE + first : BEFORE + first + count]


def realized(folder: Path) -> Dataset:
    """Bitcoin's realized variance: hours of one exchange to 2019, five minutes of another from 2020."""
    early = pd.read_csv(folder / "btc_rv60_kraken.csv", parse_dates=["date"])
    early = early[(early.date >= "2016-01-15") & (early.date < "2020-01-01")].rename(columns={"rv60": "variance"})
    late = pd.read_csv(folder / "btc_rv5_2020_2022.csv", parse_dates=["date"]).rename(columns={"rv5": "variance"})
    frame = pd.concat([early, late])[["date", "variance", "close"]].reset_index(drop=True)
    moved = np.log(frame.close).diff()
    # The first day of another exchange has no return of its own.
    moved[[0, len(early)]] = 0.0
    table = pd.read_csv(folder / "indices_rv5_2000_2019.csv.gz", parse_dates=["date"])
    spx = table[table.symbol == "SPX"]
    dates = frame.date.to_numpy().astype("M8[D]")
    return Dataset(
        key="c",
        title="(c) bitcoin's realized variance, 2016 to 2022, the next day",
        rolling=0,
        target=Bars({"variance": frame.variance.to_numpy(), "return": moved.to_numpy()}, dates, "bitcoin", 365, ()),
        source=Bars(
            {"variance": spx.realized_variance.to_numpy(), "return": spx.log_return.to_numpy()},
            spx.date.to_numpy().astype("M8[D]"),
            "S&P 500",
            252,
            (),
        ),
        closes=None,
        split=_split(dates, len(dates) // 2, int(0.75 * len(dates))),
        margin=0,
    )


def ranged(folder: Path) -> Dataset:
    """Bitcoin's Garman-Klass variance from daily open, high, low and close."""
    panel = pd.read_parquet(folder / "ohlc_panel_1995_2022.parquet")
    coin = read(panel[panel.symbol == "BTC-USD"].reset_index(drop=True), name="bitcoin", drop_bad_rows=True)
    index = read(folder / "sp500_ohlc_1990_2022.csv.gz", name="S&P 500", drop_bad_rows=True)
    dates = dates_in_order(coin)
    return Dataset(
        key="d",
        title="(d) bitcoin's Garman-Klass variance, 2014 to 2022, the next day",
        rolling=0,
        target=_four(coin),
        source=_four(index),
        closes=None,
        split=_split(dates, len(dates) // 2, int(0.75 * len(dates))),
        margin=0,
    )


def _four(bars: Bars) -> Bars:
    columns = {name: bars[name] for name in ("open", "high", "low", "close")}
    return Bars(columns, bars.dates, bars.name, bars.periods_per_year, ())


def _split(dates: NDArray[np.datetime64], first: int, second: int) -> Split:
    ends: list[datetime.date] = [dates[end - 1].item() for end in (first, second)]
    return Split(train_end=ends[0], validation_end=ends[1])


DATASETS: dict[str, Callable[[Path], Dataset]] = {"a": first_version, "b": corrected, "c": realized, "d": ranged}
