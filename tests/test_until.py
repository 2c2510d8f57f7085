"""What is read up to a day knows nothing of the rows after it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vrx.errors import InputError
from vrx.series import read

LAST = date(2024, 3, 1)
HEADER = "date,symbol,open,high,low,close,volume"
DAILY = [
    f"{LAST - timedelta(days=39 - i)},A,{100 + i},{103 + i},{97 + i},{101 + i},{i}"
    for i in range(40)
    if i not in (7, 8)
]
HOURLY = [
    f"{datetime(2024, 2, 28, tzinfo=UTC) + timedelta(hours=i):%Y-%m-%dT%H:%M:%SZ},A,{i + 4},{i + 7},{i + 1},{i + 5},1"
    for i in range(72)
]
CELLS = st.sampled_from(["", "0", "-1", "nan", "inf", "abc", "1,5", "1_0", "5", "1e308", "2024-01-01", "B"])


def same(one, two):
    assert list(one.columns) == list(two.columns)
    for name in one.columns:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)
    assert one.dates.tolist() == two.dates.tolist()
    assert (one.name, one.periods_per_year, one.notes) == (two.name, two.periods_per_year, two.notes)


@st.composite
def later_rows(draw):
    """Rows of garbage, each with a sound date after the last day, in any order."""
    rows = []
    for _ in range(draw(st.integers(1, 60))):
        moment = datetime.combine(LAST + timedelta(days=draw(st.integers(1, 400))), datetime.min.time())
        moment += timedelta(minutes=draw(st.sampled_from([0, 5, 60, 725])))
        zone = draw(st.sampled_from(["", "Z", "-05:00"]))
        written = str(moment.date()) if not (moment.hour or moment.minute or zone) else f"{moment.isoformat()}{zone}"
        rows.append(",".join([written, *draw(st.lists(CELLS, max_size=8))]))
    return rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([DAILY, HOURLY]), later_rows(), st.booleans())
def test_when_rows_after_the_day_are_garbage_then_nothing_changes(tmp_path, known, later, drop):
    path = tmp_path / "asset.csv"
    path.write_text("\n".join([HEADER, *known]))
    before = read(path, until=LAST, drop_bad_rows=drop)
    assert len(before) == (38 if known is DAILY else 3)
    same(before, read(path, drop_bad_rows=drop))
    path.write_text("\n".join([HEADER, *known, *later]))
    same(before, read(path, until=LAST, drop_bad_rows=drop))


def test_when_rows_after_the_day_are_garbage_in_a_frame_then_nothing_changes(tmp_path):
    path = tmp_path / "series"
    path.write_text("\n".join([HEADER, *DAILY]))
    known = pd.read_csv(path)
    later = [f"{LAST + timedelta(days=1 + i)}" for i in range(50)]
    garbage = pd.DataFrame({"date": later, "symbol": "B", "open": -1.0, "high": np.nan, "low": np.inf, "close": "x"})
    whole = pd.concat([known.astype(object), garbage.astype(object)], ignore_index=True)
    whole.to_csv(tmp_path / "whole.csv", index=False)
    expected = read(known)
    for source in (whole, whole.assign(date=pd.to_datetime(whole["date"])), pl.read_csv(tmp_path / "whole.csv")):
        same(read(source, until="2024-03-01"), expected)


def test_when_a_date_after_the_day_cannot_be_read_then_it_is_refused_all_the_same(tmp_path):
    path = tmp_path / "asset.csv"
    path.write_text("\n".join([HEADER, *DAILY, "2024-03-02,A,-1", "soon,A,1,1,1,1,1"]))
    with pytest.raises(InputError, match="row 41, column 'date': 'soon' is not a date"):
        read(path, until=LAST)
    assert "dropped 1 bad row: 41" in read(path, until=LAST, drop_bad_rows=True).notes


@pytest.mark.parametrize("offset", ["-05:00", "+09:00"])
def test_when_midnights_state_an_offset_then_the_wall_clock_names_the_day(tmp_path, offset):
    path = tmp_path / "asset.csv"
    path.write_text("date,close\n" + "".join(f"2024-01-{day:02} 00:00:00{offset},{day}\n" for day in range(1, 8)))
    assert read(path, until="2024-01-05")["close"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("hours", [-5, 9])
def test_when_bars_lie_within_the_day_then_the_utc_day_ends_it(tmp_path, hours):
    path = tmp_path / "asset.csv"
    moments = pd.date_range("2024-01-01", periods=24 * 5, freq="h", tz="UTC").tz_convert(f"Etc/GMT{-hours:+}")
    pd.DataFrame({"date": moments, "close": np.arange(1.0, 121.0)}).to_csv(path, index=False)
    bars = read(path, until="2024-01-03")
    assert bars.dates.tolist() == [date(2024, 1, day) for day in (1, 2, 3)]
    assert bars["close"].tolist() == [24.0, 48.0, 72.0]
    assert any("aggregated 72 bars" in note for note in bars.notes)  # a bar at local midnight is no day of its own


SOUND = [
    "2024-03-01",
    date(2024, 3, 1),
    datetime(2024, 3, 1),
    pd.Timestamp("2024-03-01"),
    np.datetime64("2024-03-01"),
    np.datetime64("2024-03-01T00:00", "ns"),
]


@pytest.mark.parametrize("day", SOUND, ids=repr)
def test_when_the_day_is_a_date_then_reading_to_it_and_cutting_at_it_agree(tmp_path, day):
    path = tmp_path / "asset.csv"
    path.write_text("\n".join([HEADER, *DAILY, "2024-03-02,A,1,1,1,1,1"]))
    whole = read(path)
    assert whole.until(day).as_of == read(path, until=day).as_of == read(whole, until=day).as_of == LAST


NO_DAYS = [
    "NaT",
    "2020",
    "2020-01",
    "20240301",
    "2024-W01-1",
    "2024-02-30",
    "2024-03-01T12:00",
    "\u0662\u0660\u0662\u0664-03-01",
    "soon",
    "",
    20240301,
    2024.0,
    None,
    True,
    np.datetime64("NaT"),
    np.datetime64("2024"),
    np.datetime64("2024-03"),
    np.datetime64("2024-03-01T12:00"),
    datetime(2024, 3, 1, 12),
    pd.NaT,
]


@pytest.mark.parametrize("day", NO_DAYS, ids=repr)
def test_when_the_day_is_none_then_one_line_says_how_to_write_it(day):
    bars = read(pd.Series([1.0, 2.0], index=pd.to_datetime(["2024-02-29", "2024-03-01"])))
    calls = [lambda: bars.until(day)] + (
        [] if day is None else [lambda: read(bars, until=day), lambda: read([1.0, 2.0], until=day)]
    )
    for call in calls:
        with pytest.raises(InputError, match="is not a day: give a date, or ISO text such as 2024-01-31") as caught:
            call()
        assert "\n" not in str(caught.value)


def test_when_the_day_lies_before_the_first_row_then_the_first_is_named(tmp_path):
    path = tmp_path / "asset.csv"
    path.write_text("\n".join([HEADER, *DAILY]))
    for call in (
        lambda: read(path).until("2023-12-31"),
        lambda: read(path, until="2023-12-31"),
        lambda: read(pd.read_csv(path), until="2023-12-31"),
    ):
        with pytest.raises(InputError, match="no row up to 2023-12-31: the first is of 2024-01-22: give that day"):
            call()


def test_when_there_are_no_dates_then_one_line_says_so():
    for call, words in (
        (lambda: read([1.0, 2.0]).until("2024-01-06"), "the series has no dates to cut it at: use head"),
        (lambda: read([1.0, 2.0], until="2024-01-06"), "series: an array has no dates"),
        (
            lambda: read(pd.DataFrame({"close": [1.0, 2.0]}), until="2024-01-06"),
            r"no column of dates to find the rows up to 2024-01-06 by: name one with columns=.*\(--column NAME=date\)",
        ),
    ):
        with pytest.raises(InputError, match=words):
            call()
