"""What ``vrx evaluate`` says of its scores: table, footnotes, pictures, report, and how networks were trained."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command_line import ALONE, SHARES, refused, strict
from vrx.cli import evaluate_notes, evaluate_report, evaluate_table, pictures
from vrx.evaluation import Task, baselines_of, compare, metrics
from vrx.evaluation.split import Cuts

DAGGER = "\N{DAGGER}"
OHLC = ("open", "high", "low", "close")
NARROW = "import os, sys; os.environ['COLUMNS'] = '{}'; sys.argv[0] = 'vrx'; from vrx.cli import main; main()"
RECIPE = ALONE.replace("[1, 5]", "[1]")


@pytest.fixture
def toy(csv_file, bars):
    return csv_file(bars)


@pytest.fixture(scope="module")
def compared(bars, only):
    """Compare the baselines on the days after a row, with one more model if it is given."""

    def make(columns=OHLC, horizon=1, last_known=260, protocol="next-day", seen=None):
        task = Task(only(bars, columns), protocol, horizon, at=Cuts(bars.dates[200], bars.dates[last_known]))
        forecasts = baselines_of(task)
        if seen:
            forecasts["mine"] = forecasts["ewma"].variance * 1.1
        return compare(task, forecasts, seen={"mine": seen} if seen else None)

    return make


def drawn(panel):
    from matplotlib.figure import Figure

    figure = Figure()
    panel.draw(figure)
    return figure.axes


def only_line(lines, words):
    (line,) = (line for line in lines if words in line)
    return line


# What came is next to nothing.


def test_when_squared_returns_are_forecast_then_no_model_has_a_mape(say, bars, csv_file, compared):
    said = say("evaluate", "--series", csv_file(bars, ("close",)), "--json", *SHARES)
    document = strict(said.out)
    assert document["measure"] == "close_to_close"
    assert [row["mape"] for row in document["scores"]] == [None] * 4
    found = compared(("close",))
    names, rows = evaluate_table.cells(found)
    assert {row[names.index("MAPE")] for row in rows} == {("-", False)}
    lines = evaluate_notes.footnotes(found)
    assert only_line(lines, "no MAPE") and "MAPE: of volatility" not in lines[0]
    assert "nan" not in found.table()
    for other in (compared(), compared(("close",), protocol="rolling")):
        assert all(score.mape > 0.0 for score in other.scores)
        lines = evaluate_notes.footnotes(other)
        assert "MAPE: of volatility" in lines[0] and not any("no MAPE" in line for line in lines)


def test_when_days_lie_next_to_zero_then_their_number_and_what_hangs_on_them_are_said(compared):
    found = compared(("close",))
    came, said = found.task.actual[found.rows], found.forecasts["log-har"]
    days = came < np.median(came) / 1000.0
    assert 0 < days.sum() < 5
    losses = metrics.qlike_loss(said.variance[found.rows], came)
    squared = (said.log_variance[found.rows] - np.log(came)) ** 2
    shares = losses[days].sum() / losses.sum(), squared[days].sum() / squared.sum()
    assert found.near_zero.days == days.sum()
    assert (found.near_zero.qlike_share, found.near_zero.squared_log_share) == pytest.approx(shares)
    line = only_line(evaluate_notes.footnotes(found), "a thousandth of the median")
    assert f"{days.sum()} of the {found.n} days" in line
    assert f"{shares[0]:.0%} of the QLIKE of log-har and {shares[1]:.0%} of its squared" in line
    assert found.to_dict()["near_zero"]["days"] == days.sum()
    other = compared()
    assert other.near_zero.days == 0 and other.near_zero.qlike_share == 0.0
    assert not any("thousandth" in line for line in evaluate_notes.footnotes(other))


def test_when_a_model_explodes_then_its_bar_is_cut_and_its_number_written(compared):
    found = compared(("close",))
    qlike = np.array([score.qlike for score in found.scores])
    assert qlike.max() > 10.0 * np.median(qlike)
    left, right = drawn(pictures.errors(found))
    lengths = np.array([bar.get_width() for bar in left.patches])
    assert lengths.max() == pytest.approx(3.0 * np.median(qlike))
    assert lengths.max() < left.get_xlim()[1] < 2.0 * lengths.max()
    assert lengths[qlike < 3.0 * np.median(qlike)] == pytest.approx(qlike[qlike < 3.0 * np.median(qlike)])
    assert f"{qlike.max():.4f}, cut" in {text.get_text() for text in left.texts}
    assert [text.get_text() for text in right.texts] == [f"{score.rmse:.4f}" for score in found.scores]


# The width of the terminal.


@pytest.mark.parametrize(("width", "tables"), [(80, 2), (40, 7)])
def test_on_a_narrow_terminal_the_table_comes_in_blocks_without_a_number_cut(say, toy, fresh, width, tables):
    options = ("evaluate", "--series", toy, "--models", "dynamic-fractional", *SHARES)
    wide = [line.split("  ") for line in say(*options).out.splitlines()[2:8]]
    said = fresh(NARROW.format(width), *options)
    assert said.code == 0
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= width
    assert "\N{HORIZONTAL ELLIPSIS}" not in said.out
    ends = next(k for k, line in enumerate(lines) if line.startswith("RMSE, MAE"))
    for row in wide:
        name, *texts = (text.strip() for text in row if text.strip())
        beside = [line for line in lines[:ends] if re.match(rf"{name}( |$)", line)]
        assert len(beside) == tables
        assert [part.strip() for line in beside for part in line[len(name) :].split("  ") if part.strip()] == texts
    assert re.search(r"^DM: Diebold", said.out, re.M) and re.search(r"^  \S", said.out, re.M)


def test_what_goes_to_no_terminal_is_neither_cut_into_blocks_nor_wrapped(toy, fresh):
    code = "import os, sys; os.environ.pop('COLUMNS', 0); sys.argv[0] = 'vrx'; from vrx.cli import main; main()"
    lines = fresh(code, "evaluate", "--series", toy, *SHARES).out.splitlines()
    assert sum(line.startswith("log-har ") for line in lines) == 1
    assert max(map(len, lines)) > 200


@given(st.lists(st.integers(1, 20), min_size=2, max_size=12), st.integers(1, 80))
def test_blocks_hold_every_column_once_beside_the_names_and_fit_if_two_columns_do(widths, room):
    found = evaluate_table.blocks(widths, room)
    assert [k for block in found for k in block[1:]] == list(range(1, len(widths)))
    for block in found:
        assert block[0] == 0 and len(block) > 1
        assert len(block) == 2 or sum(widths[k] for k in block) + 2 * (len(block) - 1) <= room
    for block, after in pairwise(found):
        assert sum(widths[k] for k in [*block, after[1]]) + 2 * len(block) > room


# Days too few for a test, days that overlap, and days that were seen.


def test_on_fewer_than_ten_days_there_is_no_test_and_the_table_says_why(compared):
    found = compared(last_known=310)
    assert found.n == 9
    names, rows = evaluate_table.cells(found)
    for column in ("DM sq. log", "DM QLIKE", "MCS 90%"):
        assert {row[names.index(column)][0] for row in rows} == {""}
    lines = evaluate_notes.footnotes(found)
    assert "over 9 days, fewer than 10, mean nothing" in only_line(lines, "no tests")
    assert not any(line.startswith(("DM", "MCS")) for line in lines)
    ten = compared(last_known=309)
    assert ten.n == 10 and ten.scores[0].dm_qlike is not None and ten.scores[0].mcs_p is not None
    lines = evaluate_notes.footnotes(ten)
    assert not any("no tests" in line for line in lines)
    assert only_line(lines, "DM: ") and only_line(lines, "MCS: ")


def test_footnotes_of_several_days_ahead_warn_of_overlap_and_of_too_few_horizons(compared):
    one, five = compared(), compared(horizon=5)
    for found, ahead in ((one, 1), (five, 5)):
        lines = evaluate_notes.footnotes(found)
        assert f"HAC with {max(ahead - 1, int(np.ceil(found.n ** (1 / 3))))} lags" in only_line(lines, "DM: ")
        assert f"blocks of {max(int(found.n**0.5), 2 * ahead)} days" in only_line(lines, "MCS: ")
        assert any("these tests reject too often" in line for line in lines) == (ahead > 1)
    few = compared(horizon=10, last_known=270)
    assert 10 < few.n < 50
    lines = evaluate_notes.footnotes(few)
    assert f"{few.n} days are fewer than 5 horizons of 10" in only_line(lines, "no confidence set")
    assert f"HAC with {max(9, int(np.ceil(few.n ** (1 / 3))))} lags" in only_line(lines, "DM: ")
    assert not any(line.startswith("MCS") for line in lines)


def test_the_dagger_of_a_model_that_saw_the_days_stands_in_table_pictures_and_report(compared):
    found, plain = compared(seen="2020-11-15"), compared()
    assert only_line(evaluate_notes.footnotes(found), f"{DAGGER} saw days")
    bars_, lines = pictures.errors(found), pictures.predictions(found, ["mine"])
    labels = [label.get_text() for label in drawn(bars_)[0].get_yticklabels()]
    assert labels == ["random-walk", "ewma", "har", "log-har", f"mine{DAGGER}"]
    assert [text.get_text() for text in drawn(lines)[0].get_legend().get_texts()][-1] == f"mine{DAGGER}"
    page = evaluate_report.html(found, [], [], "toy")
    assert f"<td>mine{DAGGER}</td>" in page and "<td>log-har</td>" in page
    assert f"<li>{DAGGER} saw days scored here in training" in page
    assert DAGGER not in evaluate_report.html(plain, [], [], "toy")
    assert not any(DAGGER in line for line in evaluate_notes.footnotes(plain))


# What was compared.


def test_the_heading_names_the_file_and_the_series_in_it(say, toy, tmp_path):
    assert say("evaluate", "--series", toy, *SHARES).out.startswith("toy: variance of the next day")
    head, *rows = toy.read_text().splitlines()
    panel = tmp_path / "panel.csv"
    panel.write_text("\n".join([f"unique_id,{head}", *(f"{name},{row}" for name in ("A", "B") for row in rows)]) + "\n")
    report = tmp_path / "out.html"
    said = say("evaluate", "--series", panel, "--id", "A", "--report", report, *SHARES)
    assert said.out.startswith("panel, A: variance of the next day")
    assert "<h1>panel, A: models compared</h1>" in report.read_text()


def test_rolling_windows_of_a_column_of_returns_are_those_of_its_closes(say, bars, csv_file, only):
    at = Cuts(bars.dates[200], bars.dates[260])
    closes, returns = (Task(only(bars, names), "rolling", at=at) for names in (("close",), ("variance", "return")))
    # The first return is no difference of two closes.
    np.testing.assert_allclose(returns.variance[22:], closes.variance[22:], rtol=1e-9)
    assert np.isfinite(returns.variance[21]) and np.isnan(closes.variance[21])
    options = ("--protocol", "rolling", *SHARES)
    series = csv_file(bars, ("variance", "return"))
    document = strict(say("evaluate", "--series", series, "--json", *options).out)
    assert document["target"] == "tomorrow's sample variance of the last 22 returns"
    assert len(document["scores"]) == 5
    refused(say("evaluate", "--series", series, "--models", "hybrid", *options), 2, "read rolling windows from closes")
    alone = csv_file(bars, ("variance",))
    refused(say("evaluate", "--series", alone, *options), 2, "no close and no return among variance: give one of them")


def test_networks_say_how_they_were_trained_and_that_it_was_once(say, toy, bars, csv_file, tmp_path):
    source = csv_file(bars, file="source.csv")
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE)
    options = ("--models", "regimes,garch", "--recipe", recipe, "--seed", "3", *SHARES, "--json")
    document = strict(say("evaluate", "--series", toy, *options).out)
    told = {"model": "regimes", "recipe": "tiny", "strategy": None, "source": None, "epochs": 2, "seed": 3}
    assert document["networks"] == [told]
    line = only_line(document["notes"], "trained once")
    assert line.startswith(f"regimes: trained once, to {document['train_end']}, and chosen by the days to ")
    assert "har and log-har learn of every day" in line
    options = (*options, "--strategy", "zero-shot", "--source", source, "--epochs", "1")
    document = strict(say("evaluate", "--series", toy, *options).out)
    assert document["networks"] == [told | {"strategy": "zero-shot", "source": str(source), "epochs": 1}]
    document = strict(say("evaluate", "--series", toy, "--json", *SHARES).out)
    assert document["networks"] == [] and not any("trained once" in line for line in document["notes"])
