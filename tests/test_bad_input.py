import errno
import gzip
import os

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vrx.errors import InputError
from vrx.series import read

CURE = "leave bad rows out with drop_bad_rows=True (--drop-bad-rows)"
TWO = "2024-01-01,1\n2024-01-02,2\n"


def closes(*rows):
    return "date,close\n" + "\n".join(rows) + "\n"


BAD_TEXT = {
    "": "the file is empty",
    "\n \n": "the file is empty",
    "date,close\n": "there is no row of data",
    "<!DOCTYPE html><html><body>404</body></html>": "this is an HTML page, not CSV",
    '{"error": "rate limit"}': "this is JSON, not CSV",
    "date,\0close\n": "binary data, not text",
    b"date,close\n2024-01-01,\xff\xfe1\n": "not UTF-8 text: save it as CSV in UTF-8",
    b"\xff\xfed\0a\0t\0e\0": "not UTF-8 text",
    "a,b\n1,x\n": "no close and no variance column among 'a', 'b': name one with columns={'NAME': 'close'}",
    "ds,y\n" + TWO: "column 'y' may hold prices or variances: give columns={'y': 'close'}",
    "1,2\n3,4\n": "the first row holds data, no names: add a header such as date,open,high,low,close",
    "date,close,Close\n2024-01-01,1,2\n": "two columns are called 'close': keep one of them",
    closes("2024-01-01,1"): "1 usable rows are too few: at least 2 are needed",
    closes("2024-01-01,1", '2024-01-02,"1,234.5"'): "row 3, column 'close': '1,234.5' is not a number: write it "
    "without thousands separators; correct it or " + CURE,
    closes("2024-01-01,n/a"): "row 2, column 'close': 'n/a' is not a number; correct it or " + CURE,
    closes("2024-01-01,1_000"): "row 2, column 'close': '1_000' is not a number",
    closes("2024-01-01,"): "row 2, column 'close': the cell is empty",
    closes("2024-01-01,nan"): "row 2, column 'close': the cell is empty or not a number",
    closes("2024-01-01,-inf"): "row 2, column 'close': -inf is not finite",
    closes("2024-01-01,1", "", "2024-01-02,0"): "row 4, column 'close': 0 is not a positive price",
    closes("2024-01-01,-3.5"): "row 2, column 'close': -3.5 is not a positive price",
    "date;close\n2024-01-01;1,5\n": "'1,5' is not a number: write a decimal point, not a comma",
    closes("31/01/2024,1"): "row 2, column 'date': '31/01/2024' is ambiguous (day or month first?): write ISO",
    closes("1.2.2024,1"): "'1.2.2024' is ambiguous",
    closes("Jan 5,1"): "row 2, column 'date': 'Jan 5' is not a date: write ISO dates such as 2024-01-31",
    closes("2024-02-30,1"): "'2024-02-30' is not a date",
    closes("2024-01-01,1", "NaT,2"): "row 3, column 'date': 'NaT' is not a date",
    closes("2024-01-01,1", ",2"): "row 3, column 'date': the cell is empty",
    closes("12345,1"): "'12345' is not a date",
    closes("1e99,1"): "'1e99' is not a date",
    closes("2024-01-01,1", "2024-01-01,2"): "row 3: 2024-01-01 stands in row 2 already: remove one of the two",
    closes("2024-01-02 01:00,1", "2024-01-03 01:00,1", "2024-01-03 22:00,1", "2024-01-04 22:00,1"): "row 4: "
    "2024-01-03 stands in row 3 already",
    closes("2024-01-01,1", "2024-01-03,1", "2024-01-02,1"): "row 4: 2024-01-02 is earlier than row 3: sort the rows",
    closes("2024-01-02,1", "2024-01-01,1"): "the newest row comes first: sort the rows by date, ascending",
    closes(
        "2024-01-01T00:00:00Z,1", "2024-01-02T00:00:00,1"
    ): "mixed time zones: row 2 states an offset from UTC and row 3 does not",
    closes("2024-01-01,1", "2024-01-02"): "row 3: 1 cells where the header has 2; correct it or " + CURE,
    closes("2024-01-01,1,5"): "row 2: 3 cells where the header has 2",
    closes('2024-01-01,"1'): "row 2: unexpected end of data: check its quotes",
    closes('2024-01-01,"1\n2"'): "rows 2 to 3: a quoted cell runs over several lines",
    "date,high,low,close\n2024-01-01,1,2,1\n": "row 2, column 'high': high 1 is below low 2",
    "date,High,low,close\n2024-01-01,3,2,4\n": "row 2, column 'High': high 3 is below close 4",
    "date,open,low,close\n2024-01-01,1,2,4\n": "row 2, column 'low': low 2 is above open 1",
    "date,close,volume\n2024-01-01,1,-5\n": "row 2, column 'volume': -5 is no volume",
    "date,close,volume\n2024-01-01,1,many\n": "row 2, column 'volume': 'many' is not a number",
    "date,rv5\n2024-01-01,-1e-4\n": "row 2, column 'rv5': -0.0001 is negative",
    "date,symbol,close\n" + "".join(f"2024-01-01,S{i},1\n" for i in range(12)): "several series; choose one with "
    "series_id (--series-id): 'S0', 'S1', 'S10', 'S11', 'S2', 'S3', 'S4', 'S5' and 4 more (12 in all)",
    closes(
        *(f"2024-01-01 {hour:02}:00,1" for hour in range(0, 24, 6)), "2024-01-02,1"
    ): "1 usable days are too few: at least 2",
    "date,rv5\n2024-01-01 00:00,1\n2024-01-01 01:00,1\n": "rows within the day without a close",
    "x" * (1 << 20) + "y": "a line is longer than a million characters",
}


@pytest.mark.parametrize(("text", "message"), BAD_TEXT.items(), ids=map(str, range(len(BAD_TEXT))))
def test_when_a_file_is_bad_then_one_line_says_where_and_what_cures_it(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith("bad.csv: ") and message in line and "\n" not in line


SP = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "close": [1.0, 2.0]})
ZONED = pd.to_datetime(SP["date"]).dt.tz_localize("UTC")
BAD_CALLS = [
    (lambda: read([1.0]), "series: 1 usable rows are too few: at least 2 are needed"),
    (lambda: read([]), "series: there is no row of data"),
    (
        lambda: read(np.ones((3, 2))),
        "an array of shape (3, 2): give closes (n,) or open, high, low, close (n, 4)",
    ),
    (lambda: read(np.float64(1.0)), "an array of shape ()"),
    (lambda: read(object()), "cannot be read as numbers"),
    (lambda: read(["a", "b"], name="mine"), "mine: cannot be read as numbers"),
    (lambda: read(None), "an array of shape ()"),
    (lambda: read([1.0, np.nan, 2.0]), "position 1, column 'close': the cell is empty or not a number"),
    (lambda: read([[1.0, 2.0, 3.0, 1.0]] * 2), "position 0, column 'high': high 2 is below low 3"),
    (lambda: read(SP.assign(close=["1", "x"])), "position 1, column 'close': 'x' is not a number"),
    (lambda: read(SP.assign(close=[1, None])), "position 1, column 'close': the cell is empty"),
    (lambda: read(SP.assign(close=pd.array([1, None], dtype="Int64"))), "position 1, column 'close'"),
    (
        lambda: read(SP.assign(date=[pd.Timestamp("2024-01-01"), pd.NaT])),
        "position 1, column 'date': the date is",
    ),
    (lambda: read(SP.assign(date=[ZONED[0], pd.NaT])), "position 1, column 'date': the date is missing"),
    (
        lambda: read(SP.assign(date=[20240101, 20240132])),
        "position 1, column 'date': '20240132' is not a date",
    ),
    (lambda: read(SP.assign(date=[1.7e9, np.nan])), "position 1, column 'date'"),
    (lambda: read(SP.iloc[::-1]), "the newest row comes first"),
    (lambda: read(SP.iloc[:0]), "there is no row of data"),
    (lambda: read(pd.DataFrame()), "no close and no variance column"),
    (lambda: read(pl.DataFrame({"close": [1.0, None]})), "position 1, column 'close': the cell is empty"),
    (
        lambda: read(pl.DataFrame({"close": [1.0, -1.0]})),
        "position 1, column 'close': -1 is not a positive price",
    ),
    (lambda: read(SP, series_id="A"), "no column unique_id, symbol or ticker to find series 'A' in"),
    (lambda: read(SP.assign(symbol="A"), series_id="B"), "no series 'B'; choose one with series_id"),
    (
        lambda: read(SP, columns={"close": "closing"}),
        "columns: 'closing' is no column of vrx; there are date, id, open",
    ),
    (lambda: read(SP, columns={"last": "close"}), "no column 'last'; there are 'date', 'close'"),
    (lambda: read(SP, columns={"date": "close", "close": "close"}), "columns: 'close' is given twice"),
    (lambda: read("sample:gold"), "no sample 'sample:gold'; there is 'sample:sp500'"),
    (lambda: read([1.0, 2.0], periods_per_year=0), "periods_per_year is 0: give 252 or 365"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS, ids=map(str, range(len(BAD_CALLS))))
def test_when_a_table_in_memory_is_bad_then_one_line_says_where_and_what_cures_it(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_when_the_path_is_no_file_then_one_line_says_so(tmp_path):
    for path, number in ((tmp_path / "none.csv", errno.ENOENT), (tmp_path, errno.EISDIR)):
        with pytest.raises(InputError, match=f"cannot be read: {os.strerror(number)}"):
            read(path)
    with pytest.raises(InputError, match=f"cannot be read: {os.strerror(errno.ENOENT)}"):
        read(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="is no path"):
        read("a\0b.csv")


def test_when_gzip_data_are_damaged_or_cut_short_then_one_line_says_so(tmp_path):
    whole = gzip.compress(closes(*(f"{1_000_000_000 + 86_400 * i},{i + 1}" for i in range(5000))).encode())
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    path = tmp_path / "a.csv.gz"
    for damaged in (whole[: len(whole) // 2], whole[:-4], whole[:5], bytes(flipped), whole + b"rubbish"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="the gzip data are damaged or cut short"):
            read(path)
    path.write_bytes(b"date,close\n")
    with pytest.raises(InputError, match="not a gzip file, whatever its name says"):
        read(path)


def test_when_a_parquet_file_is_no_parquet_then_one_line_says_so(tmp_path):
    path = tmp_path / "a.parquet"
    for content in (b"", b"date,close\n", b"PAR1" + b"\0" * 50 + b"PAR1"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a sound parquet file") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_when_a_bad_row_lies_beyond_the_first_block_then_its_number_is_that_of_the_editor(tmp_path):
    path = tmp_path / "long.csv"
    rows = [f"{1_000_000_000 + 86_400 * i},{'1' * 1000}e-990" for i in range(9000)]
    rows[8500] = "1,1"
    path.write_text(closes(*rows))
    with pytest.raises(InputError, match="row 8502, column 'date': '1' is not a date"):
        read(path)


def test_when_a_single_line_holds_100_megabytes_then_it_is_refused_before_it_is_cut(tmp_path):
    path = tmp_path / "line.csv"
    path.write_bytes(b"1," * 50_000_000)
    with pytest.raises(InputError, match="a line is longer than a million characters"):
        read(path)


SEEDS = [
    "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,1,2,2,5\n2024-01-03,1,2,1,2,2,5\n",
    "1704153600000,1,2,1,2,5\n1704240000000,1,2,1,2,5\n",
    "Price,Close,Open\nTicker,A,A\nDate,,\n2024-01-02 00:00:00-05:00,1,2\n2024-01-03 00:00:00-05:00,2,2\n",
    "time;symbol;close\n" + "".join(f"2024-01-{1 + h // 24:02}T{h % 24:02}:00Z;A;1\n" for h in range(72)),
]
PIECES = [
    *"\n\r,;\t\"' .-+/\0_eE0159",
    "\ufeff",
    "nan",
    "inf",
    "1e309",
    "Ticker",
    "rv5",
    "\u0661",
    "\udc80",
    "9" * 40,
]


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(SEEDS)).encode())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        piece = draw(st.sampled_from(PIECES)).encode("utf-8", "surrogateescape") * draw(st.integers(0, 2))
        data[at : at + draw(st.integers(0, 12))] = piece
    return bytes(data)


def read_or_refuse(path, **options):
    try:
        return read(path, **options)
    except InputError as error:
        return str(error)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated(), st.booleans(), st.sampled_from([None, "A"]))
def test_when_bytes_are_mutated_then_nothing_but_an_input_error_comes_out(tmp_path, data, drop, series_id):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(data)
    outcome = read_or_refuse(path, drop_bad_rows=drop, series_id=series_id)
    if isinstance(outcome, str):
        assert "\n" not in outcome
    else:
        assert len(outcome) >= 2
        assert all(np.isfinite(column).all() for name, column in outcome.columns.items() if name != "volume")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"date,close\n"]))
def test_when_bytes_are_random_then_nothing_but_an_input_error_comes_out(tmp_path, data, start):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(start + data)
    with pytest.raises(InputError):
        read(path)
