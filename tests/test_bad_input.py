import errno
import gzip
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vrx
from vrx._read import open as opening
from vrx.cli.app import build
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
    closes("2024-01-01,1"): "too few usable rows, 1: give 2 at the least",
    closes("2024-01-01,1", '2024-01-02,"1,234.5"'): "row 3, column 'close': '1,234.5' is not a number: write it "
    "without thousands separators; correct it or " + CURE,
    closes("2024-01-01,n/a"): "row 2, column 'close': 'n/a' is not a number; correct it or " + CURE,
    closes("2024-01-01,1_000"): "row 2, column 'close': '1_000' is not a number",
    closes("2024-01-01,"): "row 2, column 'close': the cell is empty",
    closes("2024-01-01,nan"): "row 2, column 'close': 'nan' is not a number; correct it or " + CURE,
    closes("2024-01-01,1", "2024-01-02,-NaN"): "row 3, column 'close': '-NaN' is not a number",
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
    closes('2024-01-01,"1'): "row 2: a quote is not closed in its line: check its quotes",
    closes('2024-01-01,"1\n2"'): "row 2: a quote is not closed in its line",
    closes('2024-01-01,"1"2,3'): "row 2: ',' expected after '\"': check its quotes",
    closes(*["2024-01-01,1"] * 49, '2024-01-01,"1', *["2024-01-01,1"] * 1200): "row 51: a quote is not closed",
    closes(*["2024-01-01,1"] * 49, '2024-01-01,"1', *["2024-01-01,1"] * 1200, '2024-01-01,"1'): "row 51: a quote is "
    "not closed",
    closes(*["2024-01-01,1"] * 49, '2024-01-01,"1', *["2024-01-01,1"] * 20_000): "row 51: a quote is not closed",
    closes(*(f"2024-01-{day:02},1" for day in (1, 8, 15))): "bars 7 days apart: give daily bars or finer",
    closes(*(f"2024-{month:02}-01,1" for month in range(1, 13))): "bars 31 days apart: give daily bars or finer",
    "date,RV\n2024-01-01,1.5\n2024-01-02,2.5\n2024-01-03,0.1\n": "column 'RV': a median of 1.5 is no variance of a "
    "day: variances are daily and decimal: divide percent squared by 10,000",
    "date,rv5,bv5\n2024-01-01,.1,.26\n2024-01-02,.1,.26\n": "column 'bv5': a median of 0.26 is no variance",
    "date,high,low,close\n2024-01-01,1,2,1\n": "row 2, column 'high': high 1 is below low 2",
    "date,High,low,close\n2024-01-01,3,2,4\n": "row 2, column 'High': high 3 is below close 4",
    "date,open,low,close\n2024-01-01,1,2,4\n": "row 2, column 'low': low 2 is above open 1",
    "date,close,volume\n2024-01-01,1,-5\n": "row 2, column 'volume': -5 is no volume",
    "date,close,volume\n2024-01-01,1,many\n": "row 2, column 'volume': 'many' is not a number",
    "date,rv5\n2024-01-01,-1e-4\n": "row 2, column 'rv5': -0.0001 is negative",
    "date,symbol,close\n" + "".join(f"2024-01-01,S{i},1\n" for i in range(12)): "several series; choose one with "
    "series_id (--id): 'S0', 'S1', 'S10', 'S11', 'S2', 'S3', 'S4', 'S5' and 4 more (12 in all)",
    closes(
        *(f"2024-01-01 {hour:02}:00,1" for hour in range(0, 24, 6)), "2024-01-02,1"
    ): "too few usable days, 1: give 2 at the least",
    "date,rv5\n2024-01-01 00:00,.1\n2024-01-01 01:00,.1\n": "rows within the day without a close",
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


class Untouchable:
    """Like a tensor of torch that needs gradients."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("call detach() first")


BAD_CALLS = [
    (lambda: read([1.0]), "series: too few usable rows, 1: give 2 at the least"),
    (lambda: read([]), "series: there is no row of data"),
    (
        lambda: read(np.ones((3, 2))),
        "an array of shape (3, 2): give closes (n,), open, high, low, close (n, 4), or rows of ccxt (n, 6)",
    ),
    (lambda: read(np.float64(1.0)), "an array of shape ()"),
    (lambda: read(object()), "series has dtype object: pass real numbers"),
    (lambda: read(["1", "2"], name="mine"), "mine has dtype <U1: pass real numbers, such as numpy.asarray(x, dtype"),
    (lambda: read(None), "series has dtype object: pass real numbers"),
    (lambda: read([True, False]), "series has dtype bool: pass real numbers"),
    (lambda: read(np.array([1 + 2j, 2])), "series has dtype complex128: pass real numbers"),
    (lambda: read(np.ma.masked_less([1.0, 2.0, -1.0], 0)), "series is a masked array, whose mask would be lost"),
    (lambda: read(np.ma.masked_less(np.ones((3, 6)), 0)), "series is a masked array, whose mask would be lost"),
    (lambda: read([[1.0], [1.0, 2.0]]), "series is a ragged list"),
    (lambda: read(Untouchable()), "cannot be read as numbers: call detach() first"),
    (lambda: read([1.0, np.nan, 2.0]), "position 1, column 'close': nan is not a number: the value is missing"),
    (lambda: read(SP.assign(close=["1", "nan"])), "position 1, column 'close': 'nan' is not a number"),
    (lambda: read(SP.assign(close=[True, True])), "position 0, column 'close': 'True' is not a number"),
    (lambda: read(pl.LazyFrame({"close": [1.0, 2.0]})), "series: a LazyFrame holds no rows yet: give its .collect()"),
    (lambda: read(SP, columns=["close"]), "columns is ['close']: map names of the source to meanings"),
    (lambda: read(SP, columns={"close": 4}), "columns is {'close': 4}: map names of the source to meanings"),
    (
        lambda: read([1.0, 2.0], columns={"x": "close"}),
        "series: an array has no names: give columns and series_id with",
    ),
    (lambda: read([1.0, 2.0], series_id="A"), "series: an array has no names"),
    (lambda: read([1.0, 2.0], name=5), "name=5, series_id=None: give text for both"),
    (lambda: read(""), "'' is no path: give the name of a file, or /dev/stdin for what is piped in"),
    (lambda: read("-"), "'-' is no path: give the name of a file"),
    (lambda: read([1.0, 2.0]).head(2.5), "series: head is 2.5: use a whole number of at least 0"),
    (lambda: read([1.0, 2.0]).head(-1), "series: head is -1: use a whole number of at least 0"),
    (lambda: read([1.0, 2.0])[["close"]], "series: no column ['close']; there are: close"),
    (lambda: read([1.0, 2.0]).matrix([]), "series: a matrix needs at least one column; there are: close"),
    (lambda: read([[1.0, 2.0, 3.0, 1.0]] * 2), "position 0, column 'high': high 2 is below low 3"),
    (lambda: read(SP.assign(close=["1", "x"])), "position 1, column 'close': 'x' is not a number"),
    (lambda: read(SP.assign(close=[1, None])), "position 1, column 'close': nan is not a number: the value is missing"),
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
    (lambda: read(pl.DataFrame({"close": [1.0, None]})), "position 1, column 'close': nan is not a number"),
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
    *(
        (
            lambda source=source, periods=periods: read(source, periods_per_year=periods),
            f"periods_per_year is {periods!r}: use a whole number of at least 1",
        )
        for source in ([1.0, 2.0], read([1.0, 2.0]))
        for periods in (0, -252, 252.5, float("nan"), "252", True)
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS, ids=map(str, range(len(BAD_CALLS))))
def test_when_a_table_in_memory_is_bad_then_one_line_says_where_and_what_cures_it(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_when_the_path_is_no_file_then_one_line_says_so(tmp_path):
    missing, folder = (os.strerror(number) for number in (errno.ENOENT, errno.EISDIR))
    for path, words in (
        (tmp_path / "none.csv", f"{missing}: check the path"),
        (tmp_path / "none.parquet", f"{missing}: check the path"),
        (tmp_path, f"{folder}: give one of the files in it"),
    ):
        with pytest.raises(InputError, match=f"cannot be read: {words}"):
            read(path)
    with pytest.raises(InputError, match="is no path"):
        read("a\0b.csv")


def test_when_messages_name_an_option_then_the_command_line_has_it():
    home = Path(vrx.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in [*home.glob("*.py"), *home.glob("_read/*.py")])
    named = set(re.findall(r"(?<![-\w])--[a-z][a-z-]*", sources))
    assert {"--id", "--column", "--drop-bad-rows"} <= named
    commands = typer.main.get_command(build()).commands.values()
    assert named <= {option for command in commands for parameter in command.params for option in parameter.opts}


def test_when_a_pipe_never_ends_then_it_is_refused_before_the_memory_is_full(monkeypatch):
    monkeypatch.setattr(opening, "PIPED", 3 << 20)
    with pytest.raises(InputError, match=r"pipe: more than 0 GiB came through a pipe: save it to a file"):
        opening._held(Endless(), "pipe")
    assert Endless.blocks <= 4


class Endless:
    blocks = 0

    def read(self, size):
        Endless.blocks += 1
        return b"0" * size


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
