import copy
import gzip
import math
import os
import threading
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.reference import measures as slow
from vrx.errors import InputError
from vrx.series import Bars, read

DAYS = ["2024-01-05", "2024-01-06", "2024-01-07"]
CLOSES = [11.0, 12.0, 13.0]


@pytest.fixture
def written(tmp_path):
    def write(text, name="asset.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def epoch(day, unit):
    return str(int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * unit)


def kline(day, close, unit):
    return f"{epoch(day, unit)},10,20,5,{close},7,{epoch(day, unit)},1,1,1,1,0"


FORMATS = {
    "yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n"
    + "".join(f"{d},10,20,5,{c},1,7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "yfinance": "Price,Close,High,Low,Open,Volume\nTicker,BTC,BTC,BTC,BTC,BTC\nDate,,,,,\n"
    + "".join(f"{d},{c},20,5,10,7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "yfinance with zone": "Date,Open,High,Low,Close,Volume\n"
    + "".join(f"{d} 00:00:00+09:00,10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "binance ms": "".join(kline(d, c, 10**3) + "\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "binance us": "".join(kline(d, c, 10**6) + "\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "binance ms, then us": kline(DAYS[0], 11, 10**3)
    + "\n"
    + "".join(kline(d, c, 10**6) + "\n" for d, c in zip(DAYS[1:], CLOSES[1:], strict=True)),
    "binance header": "open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,ignore\n"
    + "".join(kline(d, c, 10**3) + "\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "ccxt": "timestamp,open,high,low,close,volume\n"
    + "".join(f"{epoch(d, 1000)},10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "ccxt headerless": "".join(f"{epoch(d, 1000)},10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "kraken": "".join(f"{epoch(d, 1)},10,20,5,{c},7,3\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "nanoseconds": "time,open,high,low,close,vol\n"
    + "".join(f"{epoch(d, 10**9)},10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "slashes and ';'": "ds;OPEN;HIGH;LOW;PRICE;VOLUME\r\n"
    + "".join(f"{d.replace('-', '/')};10;20;5;{c};7\r\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "compact, tabs, BOM": "\ufeffDate\tOpen\tHigh\tLow\tClose\tVolume\n"
    + "".join(f"{d.replace('-', '')}\t10\t20\t5\t{c}\t7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "quotes, spaces, blank lines": '\n "Date", "Open", "High", "Low", "Close", "Volume"\n\n'
    + "".join(f' {d}, "10", 20 , 5, {c}, 7\n\n' for d, c in zip(DAYS, CLOSES, strict=True)),
    "lone CR": "date,open,high,low,close,volume\r"
    + "\r".join(f"{d},10,20,5,{c},7" for d, c in zip(DAYS, CLOSES, strict=True)),
    "saved index": ",open,high,low,close,volume\n"
    + "".join(f"{d},10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
    "one symbol": "date,symbol,open,high,low,close,volume\n"
    + "".join(f"{d},BTC-USD,10,20,5,{c},7\n" for d, c in zip(DAYS, CLOSES, strict=True)),
}


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS.keys())
def test_when_a_source_writes_its_own_format_then_the_bars_are_the_same(written, text):
    bars = read(written(text))
    assert list(bars.columns) == ["open", "high", "low", "close", "volume"]
    np.testing.assert_array_equal(bars.matrix(["open", "high", "low", "volume"]), [[10.0, 20.0, 5.0, 7.0]] * 3)
    assert bars["close"].tolist() == CLOSES
    assert [str(day) for day in bars.dates] == DAYS
    assert bars.as_of == date(2024, 1, 7) and bars.periods_per_year == 365


def test_when_the_file_is_gzipped_then_nothing_changes(written):
    plain, zipped = FORMATS["yahoo"], gzip.compress(FORMATS["yahoo"].encode())
    assert read(written(zipped, "a.csv.gz"))["close"].tolist() == read(written(plain))["close"].tolist()


def test_when_a_frame_or_parquet_holds_the_same_then_the_bars_are_the_same(written, tmp_path):
    expected = read(written(FORMATS["yahoo"])).matrix(["open", "high", "low", "close", "volume"])
    frame = pd.read_csv(tmp_path / "asset.csv")
    indexed = frame.assign(Date=pd.to_datetime(frame["Date"])).set_index("Date")
    frame.to_parquet(tmp_path / "a.parquet")
    indexed.tz_localize("Asia/Tokyo").to_parquet(tmp_path / "b.parquet")
    sources = {
        "pandas": frame,
        "text index": frame.set_index("Date"),
        "index": indexed,
        "zoned index": indexed.tz_localize("Asia/Tokyo"),
        "polars": pl.from_pandas(frame),
        "polars dates": pl.from_pandas(frame).with_columns(pl.col("Date").str.to_date()),
        "parquet": tmp_path / "a.parquet",
        "zoned parquet": str(tmp_path / "b.parquet"),
        "yfinance": pd.concat({"BTC-USD": indexed}, axis=1).swaplevel(axis=1),
        "object": frame.astype(object),
        "epochs": frame.assign(Date=[int(epoch(d, 1000)) for d in DAYS]),
        "compact": frame.assign(Date=[int(d.replace("-", "")) for d in DAYS]),
    }
    for label, source in sources.items():
        bars = read(source)
        np.testing.assert_array_equal(bars.matrix(["open", "high", "low", "close", "volume"]), expected, err_msg=label)
        assert [str(day) for day in bars.dates] == DAYS, label


def test_when_a_pandas_series_or_an_array_is_given_then_its_values_are_closes():
    series = pd.Series(CLOSES, index=pd.to_datetime(DAYS), name="close")
    assert read(series.rename(None)).as_of == date(2024, 1, 7)
    assert read(series)["close"].tolist() == read(np.array(CLOSES))["close"].tolist() == CLOSES
    assert read(CLOSES).dates is None and read(CLOSES).notes == ("no dates: 252 periods per year are taken",)


def test_when_bars_are_given_then_they_come_back():
    bars = read(CLOSES)
    assert read(bars) is bars


def test_when_the_sample_is_read_then_it_is_the_index():
    bars = read("sample:sp500")
    assert bars.name == "sp500" and bars.periods_per_year == 252 and len(bars) > 5000
    assert any("Adj Close" in note for note in bars.notes)


def test_when_the_callers_array_changes_then_the_bars_do_not():
    closes = np.array(CLOSES)
    bars = read(closes)
    closes[0] = 99.0
    assert bars["close"][0] == 11.0
    with pytest.raises(ValueError, match="read-only"):
        bars["close"][0] = 1.0
    with pytest.raises(TypeError):
        bars.columns["close"] = closes


def test_when_bars_are_cut_then_only_the_past_is_left(written):
    bars = read(written(FORMATS["yahoo"]))
    assert bars.head(2)["close"].tolist() == CLOSES[:2] and bars.head(2).as_of == date(2024, 1, 6)
    for day in ("2024-01-06", date(2024, 1, 6), np.datetime64("2024-01-06")):
        assert len(bars.until(day)) == 2
    assert len(bars.until("2030-01-01")) == 3 and len(bars.head(0)) == 0 and bars.head(0).as_of is None
    assert len(bars.head(0).until("2023-01-01")) == 0


def test_when_columns_are_put_side_by_side_then_the_matrix_is_contiguous():
    matrix = read([[10.0, 11.0, 9.0, 10.5]] * 3).matrix(["close", "open"])
    assert matrix.flags.c_contiguous and matrix.tolist() == [[10.5, 10.0]] * 3


@pytest.mark.parametrize(
    ("header", "variance"),
    [
        ("rv60,rv5,rv30", 2e-4),
        ("variance,rv5,x", 2e-4),
        ("Realized Variance,rv60,x", 1e-4),
        ("x,RV60,rv30", 3e-4),
        ("realized_vol,log_rv,rv", 3e-4),
    ],
)
def test_when_there_are_several_variances_then_the_finest_is_taken(written, header, variance):
    bars = read(written(f"date,{header}\n2024-01-05,1e-4,2e-4,3e-4\n2024-01-06,1e-4,2e-4,3e-4\n"))
    assert bars["variance"].tolist() == [variance] * 2


def test_when_measures_carry_their_sampling_then_those_of_the_variance_are_taken(written):
    header = "date,rv60,bv60,bv5,medrv60,rq60,rs_pos60,rs_neg60,log_return"
    row = ".01,.02,.03,.04,5,.06,.07,-8"
    bars = read(written(f"{header}\n2024-01-05,{row}\n2024-01-06,{row}\n"))
    first = {name: column[0] for name, column in bars.columns.items()}
    assert first == {
        "variance": 0.01,
        "return": -8.0,
        "bipower": 0.02,
        "medrv": 0.04,
        "quarticity": 5.0,
        "semivariance_positive": 0.06,
        "semivariance_negative": 0.07,
    }
    assert "ignored columns: 'bv5'" in bars.notes


def test_when_a_column_is_named_then_it_overrides_the_detection(written):
    path = written("ds,unique_id,y,close\n2024-01-05,A,.05,1\n2024-01-06,A,.06,1\n")
    assert read(path, columns={"y": "close"})["close"].tolist() == [0.05, 0.06]
    assert read(path, columns={"Y": "variance"})["variance"].tolist() == [0.05, 0.06]
    assert read(path, columns={"unique_id": "id"}).name == "A"


def test_when_the_adjusted_close_is_asked_for_then_the_unadjusted_prices_stay_out(written):
    bars = read(written(FORMATS["yahoo"]), columns={"Adj Close": "close"})
    assert list(bars.columns) == ["close", "volume"] and bars["close"].tolist() == [1.0] * 3


def test_when_a_long_table_holds_several_series_then_one_is_chosen_by_its_id(written):
    path = written("date,symbol,close\n2024-01-05,A,1\n2024-01-05,B,2\n2024-01-06,A,3\n2024-01-06,B,4\n")
    for source in (path, pd.read_csv(path), pl.read_csv(path)):
        bars = read(source, series_id="B")
        assert bars.name == "B" and bars["close"].tolist() == [2.0, 4.0]


def test_when_yfinance_holds_several_tickers_then_one_is_chosen_by_its_id(written):
    path = written("Price,Close,Close\nTicker,A,B\nDate,,\n2024-01-05,1,2\n2024-01-06,3,4\n")
    assert read(path, series_id="B")["close"].tolist() == [2.0, 4.0]
    with pytest.raises(InputError, match=r"several series; choose one with series_id .*: 'A', 'B'"):
        read(path)


def test_when_the_volume_is_empty_then_it_is_nan_and_no_error(written):
    bars = read(written("date,close,volume\n2024-01-05,1,\n2024-01-06,2,5\n2024-01-07,2,NaN\n"))
    assert np.isnan(bars["volume"]).tolist() == [True, False, True] and bars["volume"][1] == 5.0


def test_when_a_date_is_missing_among_epochs_then_the_other_dates_stand():
    frame = pd.DataFrame({"date": [1.7e9, np.nan, 1.7e9 + 86_400, 1.7e9 + 172_800], "close": 1.0})
    assert [str(day) for day in read(frame, drop_bad_rows=True).dates] == ["2023-11-14", "2023-11-15", "2023-11-16"]


def test_when_high_misses_the_close_by_float_noise_then_the_bar_is_sound():
    bars = read([[10.0, 11.0 * (1 - 5e-10), 9.0, 11.0]] * 2)
    assert len(bars) == 2


def test_when_bad_rows_are_dropped_then_a_note_counts_and_names_them(written):
    bad = [
        "2024-01-06,n/a",
        "soon,3",
        "2024-01-08,0",
        "2024-01-09,-1",
        "2024-01-10",
        "2024-01-11,inf",
        "2024-01-12,",
    ]
    path = written("date,close\n2024-01-05,1\n" + "\n".join(bad) + "\n2024-01-13,2\n2024-01-14,3\n2024-01-15,4\n")
    bars = read(path, drop_bad_rows=True)
    assert bars["close"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert "dropped 7 bad rows: 3, 4, 5, 6, 7, ..." in bars.notes


def test_when_bars_lack_more_than_ten_days_then_one_note_tells_the_latest_gaps_first(written):
    starts = np.array(["2023-01-01", "2023-02-01", "2024-01-05", "2024-01-18", "2024-03-01"], "M8[D]")
    days = (starts[:, None] + np.arange(4)).ravel()
    bars = read(written("date,close\n" + "".join(f"{day},1\n" for day in days)))
    shown = "40 days after 2024-01-21, 335 days after 2023-02-04, 28 days after 2023-01-04"
    assert f"gaps of more than 10 days (3), the latest first: {shown}" in bars.notes
    assert not any("gaps" in note for note in read(written(f"date,close\n{days[8]},1\n{days[9]},1\n")).notes)
    more = read(pd.DataFrame({"close": 1.0}, index=np.delete(pd.date_range("2020-01-01", periods=200), slice(20, 32))))
    assert "gaps of more than 10 days (1), the latest first: 13 days after 2020-01-20" in more.notes


@pytest.mark.parametrize(
    ("weekdays", "periods"),
    [
        (range(7), 365),
        (range(5), 252),
        ((6, 0, 1, 2, 3), 252),
        ((0, 1, 2, 3, 4, 6), 252),
        ((5, 6, 0, 1, 2), 252),
    ],
    ids=["crypto", "stocks", "Sunday to Thursday", "currencies with Sunday", "Saturday to Wednesday"],
)
def test_when_the_market_rests_on_some_weekday_then_a_year_has_252_periods(weekdays, periods):
    days = pd.date_range("2024-01-01", periods=70)
    days = days[days.day_of_week.isin(list(weekdays))]
    bars = read(pd.DataFrame({"close": np.ones(len(days))}, index=days))
    assert bars.periods_per_year == periods
    assert read(pd.DataFrame({"close": [1.0, 1.0]}, index=days[:2]), periods_per_year=260).periods_per_year == 260


def test_when_local_midnights_change_their_offset_with_summer_then_the_local_dates_stay(written):
    rows = ["2024-03-08 00:00:00-05:00,1", "2024-03-11 00:00:00-04:00,2", "2024-03-12 00:00:00-04:00,3"]
    bars = read(written("Date,Close\n" + "\n".join(rows)))
    assert [str(day) for day in bars.dates] == ["2024-03-08", "2024-03-11", "2024-03-12"]


def test_when_moments_state_an_offset_then_they_are_moved_to_utc(written):
    bars = read(written("Date,Close\n2024-03-08T23:30:00-05:00,1\n2024-03-09T23:30:00-05:00,2\n"))
    assert [str(day) for day in bars.dates] == ["2024-03-09", "2024-03-10"]


def test_when_a_long_file_is_read_then_progress_runs_up_to_one(written):
    start = datetime(2000, 1, 1)
    rows = [f"{start + timedelta(days=i):%Y-%m-%d},{'1' * 1000}e-990" for i in range(6000)]
    seen = []
    assert len(read(written("date,close\n" + "\n".join(rows)), progress=seen.append)) == 6000
    assert len(seen) > 1 and seen == sorted(seen) and seen[-1] == 1.0


def five_minute_bars(days, seed=0, step=5):
    rng = np.random.default_rng(seed)
    n = days * 1440 // step
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, n)))
    opens = np.concatenate([[99.0], close[:-1]]) * np.exp(rng.normal(0, 1e-4, n))
    index = pd.date_range("2024-01-01", periods=n, freq=f"{step}min", tz="UTC")
    high, low = np.maximum(opens, close) * 1.001, np.minimum(opens, close) * 0.999
    return pd.DataFrame({"open": opens, "high": high, "low": low, "close": close, "volume": 1.0}, index=index)


def test_when_bars_lie_within_the_day_then_days_and_their_measures_come_out(written):
    frame = five_minute_bars(days=3)
    bars = read(frame)
    assert [str(day) for day in bars.dates] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    second = frame.iloc[288:576]
    assert bars["open"][1] == second["open"].iloc[0] and bars["close"][1] == second["close"].iloc[-1]
    assert bars["high"][1] == second["high"].max() and bars["low"][1] == second["low"].min()
    assert bars["volume"].tolist() == [288.0] * 3
    returns = np.diff(np.log(frame["close"].to_numpy()), prepend=math.log(frame["open"].iloc[0]))
    for i, day in enumerate(returns.reshape(3, 288)):
        assert bars["variance"][i] == pytest.approx(slow.realized_variance(day), rel=1e-12)
        assert bars["bipower"][i] == pytest.approx(slow.bipower_variation(day), rel=1e-12)
        assert bars["medrv"][i] == pytest.approx(slow.medrv(day), rel=1e-12)
        assert bars["quarticity"][i] == pytest.approx(slow.realized_quarticity(day), rel=1e-12)
    halves = bars["semivariance_positive"] + bars["semivariance_negative"]
    np.testing.assert_allclose(halves, bars["variance"], rtol=1e-12)
    path = written(frame.to_csv(index_label="time"))
    np.testing.assert_allclose(read(path)["variance"], bars["variance"], rtol=1e-12)


def test_when_bars_are_minutes_then_returns_are_five_minutes_and_all_grids_are_averaged():
    frame = five_minute_bars(days=2, step=1)
    bars = read(frame)
    logs = np.concatenate([[math.log(frame["open"].iloc[0])], np.log(frame["close"].to_numpy())])
    for i in range(2):
        day = logs[i * 1440 : (i + 1) * 1440 + 1]
        assert bars["variance"][i] == pytest.approx(slow.realized_variance(np.diff(day[::5])), rel=1e-10)
        averaged = slow.subsampled_variance(np.diff(day), 5)
        assert bars["subsampled_variance"][i] == pytest.approx(averaged, rel=1e-10)


def test_when_a_day_lacks_more_than_five_percent_of_its_bars_then_it_is_dropped_and_named():
    frame = five_minute_bars(days=4)
    keep = np.ones(len(frame), dtype=bool)
    keep[300:314] = False  # 14 of 288 bars are 4.9%
    keep[600:615] = False  # 15 are 5.2%
    keep[-100:] = False
    bars = read(frame[keep])
    assert [str(day) for day in bars.dates] == ["2024-01-01", "2024-01-02"]
    assert "dropped days with under 95% of their bars (2): 2024-01-03, 2024-01-04" in bars.notes
    whole = np.log(frame["close"].to_numpy())[287:576]
    returns = np.diff(np.delete(whole, np.arange(13, 27)))
    assert bars["variance"][1] == pytest.approx(slow.realized_variance(returns), rel=1e-12)


def test_when_an_exchange_closes_for_the_night_then_the_night_is_no_return():
    frame = five_minute_bars(days=5).between_time("14:30", "20:55")
    frame.loc[frame.index[78] :, ["open", "high", "low", "close"]] *= 2  # the second day opens twice as high
    bars = read(frame)
    assert len(bars) == 5
    assert bars["variance"][1] < 1e-3 < math.log(2) ** 2


def test_when_bars_are_hours_then_no_subsampling_is_made_up():
    bars = read(five_minute_bars(days=3, step=60))
    assert "variance" in bars and "subsampled_variance" not in bars


def test_when_the_future_changes_then_the_bars_until_today_do_not():
    frame = five_minute_bars(days=4)
    changed = frame.copy()
    changed.iloc[576:, :4] *= 3.0
    before, after = (read(one).until("2024-01-02") for one in (frame, changed))
    for name in before.columns:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


def test_when_bars_are_made_then_two_of_them_are_equal_only_if_they_are_one():
    assert read(CLOSES) != read(CLOSES) and isinstance(read(CLOSES), Bars)


@pytest.mark.parametrize("name", ["BTC-USD", "last", 0, None])
def test_when_a_series_has_a_name_of_its_own_then_its_values_are_closes(name):
    days = pd.to_datetime(DAYS)
    bars = read(pd.Series(CLOSES, index=days, name=name))
    assert bars["close"].tolist() == CLOSES and bars.as_of == date(2024, 1, 7)
    assert bars.name == ("series" if name is None else str(name))
    assert read(pl.Series("" if name is None else str(name), CLOSES))["close"].tolist() == CLOSES


def test_when_the_name_of_a_series_means_a_variance_then_it_is_one_or_is_asked_for():
    assert read(pd.Series([1e-4, 2e-4], name="rv5"))["variance"].tolist() == [1e-4, 2e-4]
    for name in ("rv_5min_sub", "realized variance of BTC", "volatility", "y", "bv5", "high"):
        series = pd.Series([1e-4, 2e-4], name=name)
        with pytest.raises(InputError, match="columns="):
            read(series)
        assert read(series, columns={name: "variance"})["variance"].tolist() == [1e-4, 2e-4]


def two_tickers(tmp_path):
    """A frame as yfinance makes it, by field and by ticker, and their files."""
    days = pd.DatetimeIndex(DAYS, name="Date")
    one = pd.DataFrame({"Open": 10.0, "High": 20.0, "Low": 5.0, "Close": CLOSES, "Volume": 7.0}, index=days)
    by_ticker = pd.concat({"OPEN": one, "BTC-USD": one * 2}, axis=1, names=["Ticker", "Price"])
    by_field = by_ticker.swaplevel(axis=1).sort_index(axis=1)
    for frame, name in ((by_ticker, "ticker"), (by_field, "field")):
        frame.to_csv(tmp_path / f"{name}.csv")
    return [by_ticker, by_field, by_ticker.reset_index(), by_field.reset_index(), *sorted(tmp_path.glob("*.csv"))]


def test_when_yfinance_groups_by_ticker_or_by_field_then_the_bars_are_the_same(tmp_path):
    sources = two_tickers(tmp_path)
    assert len(sources) == 6
    for source in sources:
        bars = read(source, series_id="BTC-USD")
        assert bars.name == "BTC-USD" and [str(day) for day in bars.dates] == DAYS
        assert bars["close"].tolist() == [22.0, 24.0, 26.0] and bars["high"].tolist() == [40.0] * 3
        assert read(source, series_id="OPEN")["close"].tolist() == CLOSES
        with pytest.raises(InputError, match="several series; choose one with series_id"):
            read(source)


def test_when_an_exchange_sends_rows_then_they_are_read_like_a_file_without_a_header(written):
    expected = read(written(FORMATS["ccxt headerless"]))
    klines = [
        [int(epoch(day, 1000)), "10", "20", "5", str(close), "7", 0, "1", 3, "1", "1", "0"]
        for day, close in zip(DAYS, CLOSES, strict=True)
    ]
    candles = [[row[0], *map(float, row[1:6])] for row in klines]
    unknown = [[*row[:5], None] for row in candles]
    for rows in (klines, np.array(klines, dtype=object), candles, np.array(candles), tuple(candles), unknown):
        bars = read(rows)
        assert list(bars.columns) == list(expected.columns) and bars.dates.tolist() == expected.dates.tolist()
        names = ["open", "high", "low", "close"]
        np.testing.assert_array_equal(bars.matrix(names), expected.matrix(names))
        assert rows is unknown or bars["volume"].tolist() == [7.0] * 3
    with pytest.raises(InputError, match="position 0, column 'timestamp': '1' is not a date"):
        read(np.ones((3, 6)))


def test_when_bars_are_copied_or_sent_to_a_process_then_nothing_is_lost(written):
    for bars in (read(written(FORMATS["yahoo"])), read(CLOSES)):
        make, arguments = bars.__reduce__()
        for twin in (copy.deepcopy(bars), copy.copy(bars), make(*copy.deepcopy(arguments))):
            assert type(twin) is Bars and repr(twin) == repr(bars) and twin.notes == bars.notes
            assert twin.periods_per_year == bars.periods_per_year
            assert (twin.dates is None) == (bars.dates is None)
            for name, column in bars.columns.items():
                assert twin[name].tolist() == column.tolist() and not twin[name].flags.writeable
            with pytest.raises(TypeError):
                twin.columns["close"] = bars["close"]


def test_when_bars_are_shown_then_it_is_one_line(written):
    bars = read(written(FORMATS["yahoo"], "btc.csv"))
    assert repr(bars) == "Bars('btc', 3 days from 2024-01-05 to 2024-01-07: open, high, low, close, volume)"
    assert repr(bars.head(0)) == "Bars('btc', 0 rows: open, high, low, close, volume)"
    assert repr(read(CLOSES)) == "Bars('series', 3 rows: close)"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("BRK.A.csv", "BRK.A"),
        ("BRK.B.CSV", "BRK.B"),
        ("a.b.csv.gz", "a.b"),
        ("x.tsv", "x"),
        ("x.txt", "x"),
        ("^GSPC", "^GSPC"),
    ],
)
def test_when_a_name_holds_dots_then_only_the_endings_of_files_are_cut(written, file, name):
    text = FORMATS["yahoo"].encode()
    assert read(written(gzip.compress(text) if file.endswith(".gz") else text, file)).name == name


def test_when_columns_are_found_then_a_note_names_them(written):
    assert read(written("date,PRICE\n2024-01-05,1\n2024-01-06,2\n")).notes[0] == "columns found: close from 'PRICE'"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize("zipped", [False, True])
def test_when_a_file_comes_through_a_pipe_then_it_is_read_like_any_other(tmp_path, zipped):
    path, text, seen = tmp_path / "pipe", FORMATS["yahoo"].encode(), []
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(text) if zipped else text,))
    writer.start()
    try:
        bars = read(path, progress=seen.append)
    finally:
        writer.join()
    assert bars["close"].tolist() == CLOSES and bars.name == "pipe" and seen[-1] == 1.0
