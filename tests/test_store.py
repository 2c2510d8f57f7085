"""The store: what is recorded is there whole, once, and to the last bit, whoever dies in between."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import postgresql
from vrx.errors import InputError, VrxError
from vrx.store import Artefact, ForecastRow, Run, ScoreRow, check_store, open_store, shown

DAY = date(2024, 12, 31)
SHA = "ab" * 32
ROW = ForecastRow(series="btc", model="toy", as_of=DAY, horizon=1, variance=4e-4)
RUN = Run(id="run", command="tests", series="btc")
# One row a transaction, each told once it is in.
WRITER = """
import sys
from datetime import date, timedelta
from vrx.store import ForecastRow, Run, open_store
place, model, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(place, patience=30.0) as store:
    for k in range(count):
        day = date(2000, 1, 1) + timedelta(days=k)
        row = ForecastRow(series="btc", model=model, as_of=day, horizon=1, variance=1e-4 + k * 1e-9)
        store.record(Run(id="run", command="tests", series="btc"), [row])
        print(k, flush=True)
"""
# The same, but after the first row it waits for a word.
GATED = (
    WRITER
    + """        if k == 0:
            sys.stdin.readline()
"""
)
ALL_AT_ONCE = """
import sys
from datetime import date, timedelta
from vrx.store import ForecastRow, Run, open_store
days = [date(1000, 1, 1) + timedelta(days=k) for k in range(60000)]
rows = [ForecastRow(series="btc", model="toy", as_of=day, horizon=1, variance=1e-4) for day in days]
with open_store(sys.argv[1]) as store:
    print("begun", flush=True)
    store.record(Run(id="whole", command="tests", series="btc"), rows)
    print("done", flush=True)
"""


@pytest.fixture(scope="module")
def server():
    try:
        found = postgresql.Server()
    except postgresql.AbsentError as reason:
        pytest.skip(str(reason))
    yield found
    found.close()


@pytest.fixture
def emptied(server):
    """The server's database without tables."""
    import psycopg

    with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a store may be, empty."""
    if request.param == "sqlite":
        return str(tmp_path / "runs.db")
    return request.getfixturevalue("emptied").url()


def writer(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def days_in(place, run="run"):
    with open_store(place, new=False) as store:
        return Counter((row.model, row.as_of) for row in store.forecasts(run))


def days(count, start=date(2000, 1, 1)):
    return [start + timedelta(days=k) for k in range(count)]


# -- what is recorded --------------------------------------------------------------------------------------------------


def test_when_a_run_is_recorded_then_it_comes_back_as_it_was(place):
    rows = [
        ForecastRow(series="btc", model="toy", model_sha256=SHA, as_of=DAY, horizon=5, variance=1 / 3e4,
                    quantiles={"0.05": 0.1, "0.95": 1 / 3}, log_variance=-9.1),
        ROW,
        ScoreRow(model="toy", horizon=1, name="qlike", value=0.1 + 0.2),
        ScoreRow(model="toy", horizon=1, name="mape", value=float("nan")),
        Artefact(path="a folder/toy.onnx", sha256=SHA, bytes=2**40),
    ]  # fmt: skip
    facts = {"target": "σ² of the next day", "levels": [0.05], "none": None}
    run = Run.of("evaluate", "btc", facts, rows)
    before = datetime.now(UTC)
    with open_store(place) as store:
        assert store.record(run, rows)
    with open_store(place, new=False) as store:
        assert store.forecasts(run.id) == [ROW, rows[0]]
        assert [row.value for row in store.scores(run.id)] == [None, 0.1 + 0.2]
        assert store.artefacts(run.id) == [rows[-1]]
        (found,) = store.runs()
    assert (found.forecasts, found.scores, found.artefacts) == (2, 2, 1)
    assert (found.run.id, found.run.command, found.run.series, found.run.facts) == (run.id, "evaluate", "btc", facts)
    assert before <= found.run.recorded <= datetime.now(UTC)


def test_when_a_row_is_recorded_again_then_there_is_still_one(place):
    with open_store(place) as store:
        assert [store.record(RUN, [ROW, ROW]), store.record(RUN, [ROW]), store.record(RUN)] == [True, False, False]
        assert store.forecasts("run") == [ROW]
        assert store.count() == 1


def test_when_another_value_comes_under_a_key_then_it_is_refused_and_nothing_is_recorded(place):
    other = ForecastRow(series="btc", model="toy", as_of=DAY, horizon=1, variance=5e-4)
    fresh = ForecastRow(series="btc", model="toy", as_of=DAY, horizon=5, variance=5e-4)
    with open_store(place) as store:
        store.record(RUN, [ROW])
        with pytest.raises(InputError, match="as_of 2024-12-31, horizon 1 has another variance there"):
            store.record(RUN, [fresh, other])
        with pytest.raises(InputError, match="run run has another series there"):
            store.record(Run(id="run", command="tests", series="eth"), [fresh])
        with pytest.raises(InputError, match="another two values"):
            store.record(Run(id="new", command="tests", series="eth"), [ROW, other])
        assert store.forecasts("run") == [ROW]
        assert store.count() == 1


finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("bits") / "runs.db") as store:
        yield store


@given(st.lists(st.tuples(finite.map(abs), finite, finite), min_size=1, max_size=5))
def test_numbers_come_back_to_the_last_bit(kept, values):
    rows = [
        ForecastRow(series="btc", model="toy", as_of=DAY, horizon=h, variance=v, log_variance=log, quantiles={"0.5": q})
        for h, (v, log, q) in enumerate(values, start=1)
    ]
    run = Run.of("tests", "btc", {}, rows)
    kept.record(run, rows)
    assert kept.forecasts(run.id) == rows


def test_a_run_is_named_by_its_content():
    rows = [ROW, ScoreRow(model="toy", horizon=1, name="qlike", value=0.3)]
    run = Run.of("predict", "btc", {"a": 1, "b": 2}, rows)
    assert run.id == Run.of("predict", "btc", {"b": 2, "a": 1}, list(rows)).id
    others = [
        Run.of("predict", "btc", {"a": 1, "b": 3}, rows),
        Run.of("predict", "eth", {"a": 1, "b": 2}, rows),
        Run.of("predict", "btc", {"a": 1, "b": 2}, rows[:1]),
        Run.of("predict", "btc", {"a": 1, "b": 2}, [ROW, ScoreRow(model="toy", horizon=1, name="qlike", value=0.4)]),
    ]
    assert len({one.id for one in [run, *others]}) == 5


def test_a_run_is_found_by_the_beginning_of_its_id(place):
    with open_store(place) as store:
        for name in ("abc1", "abc2", "abc"):
            store.record(Run(id=name, command="tests", series="btc"))
        assert store.run("abc1").id == "abc1"
        assert store.run("abc").id == "abc"
        with pytest.raises(InputError, match="more than one run begins with ab"):
            store.run("ab")
        for name in ("x", "a%", "abc_", ""):
            with pytest.raises(InputError, match=r"no run|more than one"):
                store.run(name)
        assert [one.run.id for one in store.runs(last=2)] == ["abc2", "abc"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ForecastRow(series="", model="m", as_of=DAY, horizon=1, variance=1.0), "series is ''"),
        (lambda: ForecastRow(series="a\n", model="m", as_of=DAY, horizon=1, variance=1.0), r"series is 'a\\n'"),
        (lambda: ForecastRow(series="a", model="m", as_of=None, horizon=1, variance=1.0), "as_of is None"),
        (lambda: ForecastRow(series="a", model="m", as_of=datetime.now(UTC), horizon=1, variance=1.0), "as_of is"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=0, variance=1.0), "horizon"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=2**31, variance=1.0), "horizon is 2147483648"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=1, variance=float("nan")), "variance is nan"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=1, variance=-1.0), "variance is -1.0"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=1, variance="x"), "variance is 'x'"),
        (lambda: ForecastRow(series="a", model="m", as_of=DAY, horizon=1, variance="0.1"), "variance is '0.1'"),
        (lambda: ScoreRow(model="m", horizon=1, name="qlike", value=float("inf")), "qlike is inf"),
        (lambda: Artefact(path="p", sha256="AB" * 32, bytes=1), "sha256 is"),
        (lambda: Artefact(path="p", sha256=SHA, bytes=-1), "bytes"),
        (lambda: Run(id="r", command="c", series="s", facts={"x": float("nan")}), "facts of run r"),
        (lambda: Run(id="r", command="c", series="s", facts={"x": object()}), "facts of run r"),
    ],
)
def test_when_a_row_is_wrong_then_one_line_names_the_value(make, message):
    with pytest.raises(InputError, match=message) as refusal:
        make()
    assert "\n" not in str(refusal.value)


# -- places ------------------------------------------------------------------------------------------------------------


def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path):
    text, other = tmp_path / "prices.csv", tmp_path / "other.db"
    text.write_text("Date,Close\n" * 500)
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE users (id)")
    for path, message in ((text, "is no SQLite file"), (other, r"holds tables of something else \(users\)")):
        held = path.read_bytes()
        for attempt in (lambda path=path: open_store(path).__enter__(), lambda path=path: check_store(path)):
            with pytest.raises(InputError, match=message):
                attempt()
        assert path.read_bytes() == held
    assert sorted(tmp_path.iterdir()) == [other, text]


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE vrx_schema SET version = 2", "is of layout 2, this vrx reads 1: install a newer vrx"),
        ("DELETE FROM vrx_schema", "is damaged"),
        ("DROP TABLE vrx_scores", "is damaged"),
        ("DROP TABLE vrx_schema", "holds tables of something else"),
    ],
)
def test_a_store_of_a_newer_layout_or_a_damaged_one_is_refused(tmp_path, statement, message):
    with open_store(tmp_path / "runs.db") as store:
        store.record(RUN, [ROW])
    change(tmp_path / "runs.db", statement)
    with pytest.raises(InputError, match=message):
        open_store(tmp_path / "runs.db").__enter__()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vrx_forecasts SET as_of = 'yesterday'",
        "UPDATE vrx_forecasts SET variance = 'much'",
        "UPDATE vrx_forecasts SET quantiles = '{'",
        "UPDATE vrx_forecasts SET model = char(27) || '[2J'",
    ],
)
def test_a_store_with_values_that_are_none_is_told_in_one_line(tmp_path, statement):
    with open_store(tmp_path / "runs.db") as store:
        store.record(RUN, [ROW])
    change(tmp_path / "runs.db", statement)
    with open_store(tmp_path / "runs.db") as store, pytest.raises(VrxError) as refusal:
        store.forecasts("run")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mysql://me:secret@host/db", "mysql is not known"),
        ("postgresql+psycopg2://me:secret@host/db", r"postgresql\+psycopg2 is not known"),
        ("postgresql:me:secret@host", "cannot be read"),
        ("postgresql://me:sec@ret@host/db", "write one of the password as %40"),
        ("postgresql://me:secret@host:port/db", "cannot be read"),
        ("host=db password=secret", "is no name of a file"),
        ("{folder}", "is a folder"),
        ("{folder}/none/runs.db", "the folder does not exist"),
        ("", "is no name of a file"),
    ],
)
def test_a_place_that_is_none_is_refused_without_its_password(tmp_path, place, message):
    place = place.replace("{folder}", str(tmp_path))
    for attempt in (lambda: open_store(place).__enter__(), lambda: check_store(place)):
        with pytest.raises(InputError, match=message) as refusal:
            attempt()
        told = str(refusal.value)
        assert "\n" not in told
        assert "sec" not in told.replace("psycopg", "") and "ret" not in told
    assert not list(tmp_path.iterdir())


words = st.text(st.sampled_from("abc/:@?#%&=. "), min_size=1, max_size=8)


@given(words, st.sampled_from(["", "/db", "/db?sslmode=require", "/db?host=/tmp&x=@"]))
def test_no_password_is_ever_shown(word, rest):
    secret = f"Q{word}Q"
    for place in (f"postgresql+psycopg://me:{secret}@host{rest}", f"postgresql://host/db?password={secret}"):
        assert "Q" not in shown(place)


def test_looking_makes_nothing(tmp_path):
    check_store(tmp_path / "runs.db")
    for new in ("missing.db", "empty.db"):
        if new == "empty.db":
            (tmp_path / new).touch()
            check_store(tmp_path / new)
        with pytest.raises(InputError, match=r"no such file|holds no runs yet"):
            open_store(tmp_path / new, new=False).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert (tmp_path / "empty.db").stat().st_size == 0


# -- processes that die, and that write at once ------------------------------------------------------------------------


def test_when_a_writer_is_killed_then_at_most_the_row_being_written_is_lost(place):
    process = writer(WRITER, place, "toy", 5000)
    told = 0
    for line in process.stdout:
        told = int(line) + 1
        if told == 25:
            os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    found = days_in(place)
    # What was told to be in is in; one more may have been on its way.
    assert len(found) in (told, told + 1)
    assert set(found) == {("toy", day) for day in days(len(found))}
    with open_store(place) as store:
        assert store.record(RUN, [ROW]) is False
    if "://" not in place:
        with contextlib.closing(sqlite3.connect(place)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_when_a_writer_of_many_rows_is_killed_then_none_of_them_is_there(place):
    with open_store(place) as store:
        store.record(RUN, [ROW])
    process = writer(ALL_AT_ONCE, place)
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.4)
    os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate()
    assert out == ""
    with open_store(place) as store:
        assert store.forecasts("run") == [ROW]
        assert [(one.run.id, one.forecasts) for one in store.runs()] == [("run", 1)]


def test_when_processes_write_at_once_then_nothing_is_lost(place):
    # Two write the same rows, one others; all of them make the store.
    processes = [writer(WRITER, place, model, 60) for model in ("one", "one", "two")]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 3
    assert days_in(place) == {(model, day): 1 for model in ("one", "two") for day in days(60)}


def test_threads_may_share_a_store(place):
    with open_store(place) as store:

        def write(thread):
            for day in days(15):
                row = ForecastRow(series="btc", model=f"toy {thread}", as_of=day, horizon=1, variance=1e-4)
                store.record(RUN, [row])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
    assert days_in(place) == {(f"toy {thread}", day): 1 for thread in range(4) for day in days(15)}


def test_when_another_holds_the_file_for_longer_than_the_patience_then_one_line_says_so(tmp_path):
    path = tmp_path / "runs.db"
    with open_store(path) as store:
        store.record(RUN, [ROW])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_store(path, patience=0.2) as store:
            assert store.forecasts("run") == [ROW]
            with pytest.raises(VrxError, match=r"runs\.db: database is locked"):
                store.record(RUN, [ROW])
        other.execute("ROLLBACK")
    with open_store(path, patience=0.2) as store:
        assert not store.record(RUN, [ROW])


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


def test_when_the_server_restarts_under_eight_writers_then_no_row_is_lost_or_doubled(emptied):
    writers, each = 8, 200
    with open_store(emptied.url()) as store:
        store.record(RUN)
    processes = [writer(GATED, emptied.url(), f"model {k}", each) for k in range(writers)]
    firsts = [process.stdout.readline() for process in processes]
    assert firsts == ["0\n"] * writers
    for process in processes:
        process.stdin.write("go on\n")
        process.stdin.flush()
    # As a crash does it: connections break wherever they are, and the log is replayed.
    emptied.stop("immediate")
    half_way = [process.poll() for process in processes]
    time.sleep(0.3)
    emptied.start()
    ends = [process.communicate(timeout=60) for process in processes]
    assert half_way == [None] * writers
    assert [(end[1], process.returncode) for end, process in zip(ends, processes, strict=True)] == [("", 0)] * writers
    assert days_in(emptied.url()) == {(f"model {k}", day): 1 for k in range(writers) for day in days(each)}


def test_when_the_server_does_not_come_back_then_the_patience_ends_in_one_line(emptied):
    with open_store(emptied.url(), patience=0.5) as store:
        store.record(RUN, [ROW])
        emptied.stop()
        try:
            began = time.monotonic()
            with pytest.raises(VrxError) as refusal:
                store.record(RUN, [ROW])
            assert 0.1 < time.monotonic() - began < 5.0
            # What is not open yet is asked for once.
            with pytest.raises(VrxError) as missing:
                open_store(emptied.url()).__enter__()
        finally:
            emptied.start()
        assert not store.record(RUN, [ROW])
    for one in (refusal, missing):
        told = str(one.value)
        assert told.startswith("store postgresql+psycopg:///postgres: ") and "\n" not in told
        assert "s3cret" not in told


def test_when_the_password_is_wrong_then_the_server_says_so_and_nobody_repeats_it(server):
    for password in ("wr0ng", "wr0ng%2Fword%40"):
        with pytest.raises(VrxError, match="password authentication failed") as refusal:
            open_store(server.url(password)).__enter__()
        assert "wr0ng" not in str(refusal.value)
    # Whatever a server repeats, here the name of the user.
    with pytest.raises(VrxError, match=r'for user "\*\*\*"'):
        open_store(server.url("vrx")).__enter__()


def test_a_database_that_serves_others_too_gets_the_tables_beside_theirs(emptied):
    import psycopg

    with psycopg.connect(emptied.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE runs (id int)")
        with pytest.raises(InputError, match="holds no runs yet"):
            open_store(emptied.url(), new=False).__enter__()
        with open_store(emptied.url()) as store:
            store.record(RUN, [ROW])
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
        found = connection.execute("SELECT as_of, variance FROM vrx_forecasts").fetchone()
        assert found == (DAY, 4e-4)
        connection.execute("DROP TABLE vrx_schema CASCADE")
    with pytest.raises(InputError, match="holds tables of something else"):
        open_store(emptied.url()).__enter__()
