"""``vrx hurst``: what it estimates, what it prints, and when it says that methods disagree."""

import csv
import dataclasses
import io
import itertools
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vrx
from tests.command_line import refused, strict
from vrx.cli.hurst_agreement import disagreement
from vrx.cli.hurst_survey import Row, estimators, one_estimator, sample, survey
from vrx.errors import InputError
from vrx.fractional import fbm
from vrx.hurst import METHODS, Estimate, Estimator
from vrx.series import Bars

NUMBERS = ("h", "standard_error", "low", "high")


@dataclass(frozen=True, kw_only=True)
class Steady(Estimator):
    """Says 0.25, or 0.4 allowing for noise, with an error of 0.01, whatever the values."""

    noise: bool = False
    method: ClassVar[str] = "steady"

    def _least(self):
        return 10

    def _exponents(self, values, window):
        return np.full(len(values) - window + 1, 0.4 if self.noise else 0.25)

    def _with_errors(self, values, window):
        found = self._exponents(values, window)
        return found, np.full_like(found, 0.01)

    def _effective(self, n):
        return float(n)

    def _line(self, values):
        return None


class Picky(Steady):
    """Wants 1,000 values."""

    method = "picky"

    def _least(self):
        return 1000


class Lost(Steady):
    """Finds an exponent in rising values alone."""

    method = "lost"

    def _exponents(self, values, window):
        rise = values[window - 1 :] - values[: len(values) - window + 1]
        return np.where(rise > 0.0, 0.25, np.nan)


class Resampled(Steady):
    """Has coefficients to resample, and shows the seed in the interval."""

    method = "resampled"
    bootstraps = True

    def _resampled(self, values, window, h, plan):
        return np.full_like(h, 0.02), h - 0.1 - plan.seed, h + 0.1


class Exact(Steady):
    method = "exact"


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    """What is printed must not depend on how busy the machine is."""
    monkeypatch.setattr("vrx.cli.common.PATIENCE", 1e9)


@pytest.fixture
def only_methods(monkeypatch):
    def use(*classes):
        monkeypatch.setattr("vrx.cli.hurst_survey.METHODS", MappingProxyType({one.method: one for one in classes}))

    return use


@pytest.fixture
def series(csv_file, bars):
    return csv_file(bars)


# -- the whole series --------------------------------------------------------------------------------------------------


def test_every_method_has_its_row_with_the_numbers_of_the_python_face(say, series, bars):
    said = say("hurst", "--series", series)
    assert (said.code, said.err) == (0, "")
    what = sample(bars_of_prices(bars), "log-volatility")
    lines = said.out.splitlines()
    assert lines[0].startswith("toy: Hurst exponent of log volatility (garman_klass), 319 days from 2020-01-02")
    for name in METHODS:
        answer = METHODS[name](kind="motion").fit(what.values)
        shown = [f"{getattr(answer, key):.3f}" for key in NUMBERS]
        assert any(line.split()[:5] == [name, *shown] for line in lines), name


def bars_of_prices(bars):
    return dataclasses.replace(bars, columns={name: bars[name] for name in ("open", "high", "low", "close")})


def test_log_volatility_is_half_the_log_of_the_finest_variance_and_a_motion(bars):
    what = sample(bars, "log-volatility")
    np.testing.assert_array_equal(what.values, 0.5 * np.log(bars["variance"]))
    assert (what.kind, what.measure, what.days[0]) == ("motion", "variance", "2020-01-01")


def test_returns_are_log_returns_of_close_or_the_ready_column_and_a_noise(bars, only):
    what = sample(bars, "returns")
    np.testing.assert_array_equal(what.values, np.diff(np.log(bars["close"])))
    assert (what.kind, what.days[0], what.days[-1]) == ("noise", "2020-01-02", "2020-11-15")
    ready = sample(only(bars, ("variance", "return")), "returns")
    np.testing.assert_array_equal(ready.values, bars["return"])
    with pytest.raises(InputError, match="no returns in variance"):
        sample(only(bars, ("variance",)), "returns")


def test_a_series_without_dates_counts_its_days_from_0():
    what = sample(vrx.read([100.0, 101.0, 102.5, 101.0]), "log-volatility")
    assert what.days == ("1", "2", "3")


def test_json_has_exactly_the_documented_keys_and_the_numbers_of_the_python_face(say, series, bars):
    document = strict(say("hurst", "--series", series, "--of", "returns", "--json").out)
    assert list(document) == [
        *("series", "of", "measure", "kind", "n", "first", "last", "confidence", "methods", "note", "notes")
    ]
    assert (document["series"], document["of"], document["kind"], document["n"]) == ("toy", "returns", "noise", 319)
    assert [row["method"] for row in document["methods"]] == list(METHODS)
    for row in document["methods"]:
        assert list(row) == ["method", "noise", *NUMBERS, "interval", "effective", "noise_variance", "line", "note"]
        answer = METHODS[row["method"]](kind="noise").fit(np.diff(np.log(bars["close"])))
        assert [row[key] for key in NUMBERS] == [getattr(answer, key) for key in NUMBERS]
        assert (row["line"] is None) == (answer.line is None)
        if answer.line is not None:
            assert list(row["line"]) == ["scales", "values", "slope", "intercept", "r_squared"]
            assert row["line"]["values"] == answer.line.values.tolist()


def test_csv_has_a_line_a_method_and_the_notes_go_to_standard_error(say, series, only_methods):
    only_methods(Steady, Picky)
    said = say("hurst", "--series", series, "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["method"], row["noise"], row["h"]) for row in rows] == [
        ("steady", "False", "0.25"),
        ("steady", "True", "0.4"),
        ("picky", "False", ""),
        ("picky", "True", ""),
    ]
    assert "methods disagree" in said.err
    assert "319 values are too few" in said.err


def test_confidence_widens_the_interval(say, series):
    def width(level):
        row = strict(say("hurst", "--series", series, "--method", "wavelet", "--confidence", level, "--json").out)
        return row["methods"][0]["high"] - row["methods"][0]["low"]

    assert width(0.5) < width(0.95) < width(0.995)


def test_as_of_uses_nothing_after_that_day(say, series, bars):
    document = strict(say("hurst", "--series", series, "--as-of", "2020-09-30", "--json").out)
    assert document["last"] == "2020-09-30"
    values = sample(bars_of_prices(bars).head(document["n"] + 1), "log-volatility").values
    wanted = METHODS["wavelet"](kind="motion").fit(values).h
    assert next(row["h"] for row in document["methods"] if row["method"] == "wavelet") == wanted


def test_when_a_method_needs_more_values_then_its_row_is_empty_and_a_note_says_how_many(say, series, only_methods):
    only_methods(Steady, Picky)
    said = say("hurst", "--series", series)
    assert said.code == 0
    assert any(line.split() == ["picky", "-", "-", "-", "-", "-"] for line in said.out.splitlines())
    assert said.out.count("319 values are too few for picky: use at least 1000 values") == 1
    document = strict(say("hurst", "--series", series, "--json").out)
    last = document["methods"][-1]
    assert (last["method"], last["h"], last["line"]) == ("picky", None, None)
    assert "at least 1000" in last["note"]


def test_when_no_method_can_run_then_it_is_refused(say, csv_file, bars):
    refused(say("hurst", "--series", csv_file(bars.head(8))), 2, "toy", "7 values are too few", "use at least")


def test_when_a_method_finds_no_exponent_then_its_row_is_empty_and_json_holds_null(say, csv_file, only_methods):
    only_methods(Steady, Lost)
    falling = Bars(MappingProxyType({"close": np.exp(0.001 * np.arange(50.0, 0.0, -1.0) ** 2)}), None, "toy", 365, ())
    path = csv_file(falling, ("close",))
    document = strict(say("hurst", "--series", path, "--no-noise", "--json").out)
    assert [row["h"] for row in document["methods"]] == [0.25, None]
    assert document["methods"][1]["low"] is None
    said = say("hurst", "--series", path, "--no-noise")
    assert "lost finds no exponent in this series" in said.out


def test_the_row_with_noise_stands_beside_the_plain_one_for_log_volatility_alone(say, series, only_methods):
    only_methods(Steady)

    def rows(*more):
        return [
            (row["noise"], row["h"]) for row in strict(say("hurst", "--series", series, "--json", *more).out)["methods"]
        ]

    assert rows() == [(False, 0.25), (True, 0.4)]
    assert rows("--no-noise") == rows("--of", "returns") == [(False, 0.25)]
    assert rows("--of", "returns", "--noise") == [(False, 0.25), (True, 0.4)]
    assert "steady, with noise" in say("hurst", "--series", series).out


def test_the_measurement_error_is_told_where_a_method_estimates_it(say, series, only_methods):
    @dataclass(frozen=True, eq=False)
    class Noisy(Estimate):
        noise_variance: float

    class Measured(Steady):
        method = "measured"

        def fit(self, x, **options):
            answer = vars(super().fit(x, **options))
            return Noisy(**answer, noise_variance=0.04) if self.noise else Estimate(**answer)

    only_methods(Measured)
    rows = strict(say("hurst", "--series", series, "--json").out)["methods"]
    assert [row["noise_variance"] for row in rows] == [None, 0.04]
    said = say("hurst", "--series", series)
    assert "measured, with noise: the error of each value has a standard deviation of 0.200" in said.out


def test_bootstrap_resamples_where_it_can_and_says_where_it_cannot(say, series, only_methods):
    only_methods(Steady, Resampled)
    options = ("hurst", "--series", series, "--ci", "bootstrap", "--no-noise")
    first, second = strict(say(*options, "--seed", 3, "--json").out)["methods"]
    assert (first["interval"], second["interval"]) == ("asymptotic", "bootstrap")
    assert second["low"] == pytest.approx(0.25 - 3.1)
    assert "bootstrap intervals for resampled; the other methods" in say(*options).out
    refused(say(*options, "--method", "steady"), 2, "nothing to resample in steady")


@pytest.mark.parametrize(
    ("words", "told"),
    [([], True), (["--method", "wavelet"], True), (["--method", "mle"], False), (["--of", "returns"], False)],
)
def test_the_bias_of_the_wavelet_line_is_told_where_it_is_shown_on_motion(say, series, words, told):
    note = "wavelet: a straight line is biased on sampled motion, see exact"
    assert (note in say("hurst", "--series", series, *words).out.splitlines()) == told
    assert (note in strict(say("hurst", "--series", series, *words, "--json").out)["notes"]) == told


# -- days without movement ---------------------------------------------------------------------------------------------


def flat(bars, days):
    """Closes that stand still on some days."""
    close = bars["close"].copy()
    for day in days:
        close[day:] *= close[day - 1] / close[day]
    return Bars(MappingProxyType({"close": close}), bars.dates, "toy", 365, ())


def test_a_day_without_movement_is_left_out_like_a_holiday_and_named(bars):
    still = flat(bars, [20, 100])
    what = sample(still, "log-volatility")
    moving = np.delete(np.square(np.diff(np.log(still["close"]))), [19, 99])
    np.testing.assert_array_equal(what.values, 0.5 * np.log(moving))
    assert len(what.days) == len(what.values) == 317
    assert "2020-01-21" not in what.days
    assert "left out 2 days without movement, as log(0) does not exist: 2020-01-21, 2020-04-10" in what.notes


def test_days_left_out_are_told_in_every_form(say, csv_file, bars):
    path = csv_file(flat(bars, [20]), ("close",))
    for form in ([], ["--json"], ["--csv"]):
        said = say("hurst", "--series", path, *form)
        assert said.code == 0
        assert "left out 1 day without movement" in said.out + said.err


def test_rounding_of_a_price_that_stands_still_is_no_movement(bars):
    close = bars["close"].copy()
    close[50:] *= close[49] / close[50] * (1.0 + 1e-12)
    what = sample(Bars(MappingProxyType({"close": close}), bars.dates, "toy", 365, ()), "log-volatility")
    assert what.values.min() > -12.0
    assert len(what.values) == 318


def test_when_many_days_stand_still_then_log_volatility_is_refused_with_a_cure(say, csv_file, bars):
    path = csv_file(flat(bars, range(10, 60, 2)), ("close",))
    refused(say("hurst", "--series", path), 2, "25 of 319 days stand still", "2020-01-11", "--of returns")
    assert say("hurst", "--series", path, "--of", "returns").code == 0


@pytest.mark.parametrize("of", ["log-volatility", "returns"])
def test_when_prices_never_move_then_it_is_refused(say, csv_file, bars, of):
    constant = Bars(MappingProxyType({"close": np.full(320, 7.0)}), bars.dates, "toy", 365, ())
    refused(say("hurst", "--series", csv_file(constant, ("close",)), "--of", of), 2, "never moves")


@pytest.mark.parametrize("more", [[], ["--rolling", 100], ["--json"]])
def test_when_the_variance_is_constant_then_it_is_refused(say, csv_file, bars, more):
    constant = Bars(MappingProxyType({"variance": np.full(320, 1e-4)}), bars.dates, "toy", 365, ())
    path = csv_file(constant, ("variance",))
    refused(say("hurst", "--series", path, *more), 2, "toy: ", "exponent")


def test_squared_returns_come_with_a_warning(say, csv_file, bars):
    assert "squared returns say little" in say("hurst", "--series", csv_file(bars, ("close",))).out


# -- rolling -----------------------------------------------------------------------------------------------------------


def test_rolling_prints_the_last_window_and_the_extremes_with_their_days(say, series, bars):
    what = sample(bars_of_prices(bars), "log-volatility")
    answer = METHODS["wavelet"](kind="motion").rolling(what.values, 100, interval="asymptotic")
    said = say("hurst", "--series", series, "--rolling", 100, "--method", "wavelet")
    assert (said.code, said.err) == (0, "")
    cells = {line.split()[0]: line.split()[1:] for line in said.out.splitlines()[1:] if line.strip()}
    for pick, at in (("last", 318), ("lowest", np.nanargmin(answer.h)), ("highest", np.nanargmax(answer.h))):
        wanted = (f"{part[at]:.3f}" for part in (answer.h, answer.low, answer.high))
        assert cells[pick] == [what.days[at], *wanted]


def test_rolling_json_and_csv_hold_every_window_and_the_past_never_changes(say, series, bars):
    options = ("hurst", "--series", series, "--rolling", 100, "--method", "wavelet")
    document = strict(say(*options, "--json").out)
    assert list(document)[8:] == ["window", "method", "noise", "interval", "rolling", "notes"]
    rows = document["rolling"]
    assert len(rows) == document["n"] - 99
    read_back = list(csv.DictReader(io.StringIO(say(*options, "--csv").out)))
    assert [(row["date"], float(row["h"])) for row in read_back] == [(row["date"], row["h"]) for row in rows]
    earlier = strict(say(*options, "--json", "--as-of", rows[150]["date"]).out)["rolling"]
    assert earlier == rows[:151]


def test_rolling_takes_exact_unless_a_method_is_named(only_methods):
    only_methods(METHODS["wavelet"], Exact)
    assert one_estimator("returns", None, False).method == "exact"
    assert one_estimator("returns", ["wavelet"], False).method == "wavelet"
    assert one_estimator("returns", None, True).noise


def test_windows_without_an_exponent_are_null_and_counted(say, series, bars, only_methods):
    only_methods(Lost)
    values = sample(bars_of_prices(bars), "log-volatility").values
    wanted = [0.25 if rise > 0.0 else None for rise in values[99:] - values[:-99]]
    options = ("hurst", "--series", series, "--method", "lost", "--rolling")
    assert [row["h"] for row in strict(say(*options, 100, "--json").out)["rolling"]] == wanted
    assert f"{wanted.count(None)} of 220 windows give no exponent" in say(*options, 100).out


def test_when_no_window_gives_an_exponent_then_it_is_refused(say, csv_file, only_methods):
    only_methods(Lost)
    falling = Bars(MappingProxyType({"close": np.exp(0.001 * np.arange(50.0, 0.0, -1.0) ** 2)}), None, "toy", 365, ())
    path = csv_file(falling, ("close",))
    refused(say("hurst", "--series", path, "--rolling", 20, "--method", "lost"), 2, "no exponent in any window")


# -- pictures and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["--rolling", 100, "--method", "wavelet"]])
def test_plot_writes_a_png_and_the_same_text(say, series, tmp_path, more):
    pytest.importorskip("matplotlib")
    said = say("hurst", "--series", series, "--plot", tmp_path / "out.png", *more)
    assert (said.code, said.out) == (0, say("hurst", "--series", series, *more).out)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


BAD = [
    (["--series", "missing.csv"], "missing.csv"),
    (["--series", "toy.csv", "--method", "fft"], "--method fft: there is no such method: take one of"),
    (["--series", "toy.csv", "--confidence", "1"], "--confidence 1"),
    (["--series", "toy.csv", "--confidence", "nan"], "--confidence nan"),
    (["--series", "toy.csv", "--confidence", "1e-17"], "--confidence 1e-17"),
    (["--series", "toy.csv", "--json", "--csv"], "take one"),
    (["--series", "toy.csv", "--rolling", "5000"], "--rolling 5000: the series has 319 values, fewer than"),
    (["--series", "toy.csv", "--rolling", "5"], "--rolling 5: 5 values are too few for exact: use at least 11"),
    (["--series", "toy.csv", "--rolling", "0"], "--rolling 0: give a number of days"),
    (["--series", "toy.csv", "--rolling", "99", "--method", "rs", "--ci", "bootstrap"], "--ci bootstrap: there is"),
    (["--series", "toy.csv", "--rolling", "99", "--method", "wavelet", "--method", "rs"], "takes one method"),
    (["--series", "toy.csv", "--noise", "--method", "wavelet"], "can allow for measurement error"),
    (["--series", "toy.csv", "--plot", "out.pdf"], "ends in .png"),
    (["--series", "toy.csv", "--as-of", "2019-01-01"], "no row up to 2019-01-01"),
    (["--series", "two.csv"], "1 values are too few"),
    (["--series", "two.csv", "--of", "returns"], "1 values are too few"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words[2:]) or words[1] for words, _ in BAD])
def test_when_the_input_is_bad_then_one_line_says_so(say, csv_file, bars, tmp_path, monkeypatch, words, message):
    csv_file(bars)
    csv_file(bars.head(2), file="two.csv")
    monkeypatch.chdir(tmp_path)
    refused(say("hurst", *words), 2, message)


def test_the_base_install_is_enough(fresh, series):
    code = """
import sys
for name in ("torch", "scipy", "pandas", "statsmodels", "arch", "matplotlib", "onnx", "pyarrow"):
    sys.modules[name] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    done = fresh(code, "hurst", "--series", series, "--json")
    assert (done.code, done.err.strip()) == (0, "")  # a busy machine may have shown a bar
    assert strict(done.out)["methods"]
    refused(fresh(code, "hurst", "--series", series, "--plot", "x.png"), 1, 'pip install "vrx[research]"')


def test_help_names_every_option(say):
    said = say("hurst", "--help")
    assert said.code == 0
    for option in ("--of", "--rolling", "--method", "--ci", "--noise", "--plot", "--json"):
        assert option in said.out


# -- do the methods agree? ---------------------------------------------------------------------------------------------


def row(method, h, error, noise=False):
    low, high = h - 1.96 * error, h + 1.96 * error
    return Row(method, noise, Estimate(method, "motion", 900, h, error, low, high, 0.95, "asymptotic", 90.0, None))


answers = st.builds(
    row,
    st.sampled_from(["rs", "dfa", "variogram", "wavelet", "exact", "mle"]),
    st.floats(0.0, 1.0),
    st.floats(0.001, 0.2),
    st.booleans(),
)


@given(rows=st.lists(answers, max_size=6), of=st.sampled_from(["log-volatility", "returns"]))
def test_methods_disagree_exactly_where_two_intervals_do_not_overlap(rows, of):
    heard = [one for one in rows if of == "returns" or one.method != "wavelet"]
    apart = any(a.known.high < b.known.low for a, b in itertools.permutations(heard, 2))
    said = disagreement(rows, of)
    assert (said is not None) == apart
    assert said is None or "\n" not in said


@given(h=st.floats(0.0, 1.0), gap=st.floats(0.0, 1.0), errors=st.tuples(*[st.floats(0.001, 0.2)] * 2))
def test_disagreement_is_on_the_careful_side_of_independent_errors(h, gap, errors):
    said = disagreement([row("exact", h, errors[0]), row("dfa", h + gap, errors[1])], "log-volatility")
    if gap <= 1.96 * math.hypot(*errors):
        assert said is None


def test_methods_that_could_not_answer_take_no_part():
    empty = Row("dfa", False, None, "too short")
    nothing = row("mle", math.nan, math.nan)
    assert disagreement([row("exact", 0.1, 0.01), empty, nothing], "log-volatility") is None
    assert disagreement([], "returns") is None


@pytest.mark.parametrize(
    ("rows", "of", "words"),
    [
        ([("exact", 0.12, 0.02), ("dfa", 0.31, 0.03)], "log-volatility", ["measurement error", '"exact, with noise"']),
        ([("exact", 0.48, 0.02), ("dfa", 0.31, 0.03)], "log-volatility", ["overlapping or smoothed"]),
        ([("exact", 0.1, 0.01), ("exact", 0.3, 0.02, True)], "log-volatility", ["believe the row with noise"]),
        ([("mle", 0.5, 0.01), ("dfa", 0.4, 0.01)], "returns", ["heavy tails"]),
        ([("exact", 0.1, 0.01), ("exact", 0.7, 0.2, True)], "log-volatility", ["the series is too short to tell"]),
        # The wider gap is the biased method's, but the other pair tells more.
        (
            [("wavelet", -0.3, 0.02), ("exact", 0.12, 0.02), ("dfa", 0.31, 0.03)],
            "log-volatility",
            ["exact 0.120 (0.081 to 0.159) against dfa 0.310 (0.251 to 0.369)"],
        ),
    ],
)
def test_the_line_names_the_pair_farthest_apart_and_why(rows, of, words):
    said = disagreement([row(*one) for one in rows], of)
    for word in words:
        assert word in said


def test_the_line_reaches_the_table_and_the_json(say, series, only_methods):
    only_methods(Steady)
    assert "methods disagree beyond their errors: steady 0.250 (0.230 to 0.270)" in say("hurst", "--series", series).out
    assert "disagree" in strict(say("hurst", "--series", series, "--json").out)["note"]


def test_methods_agree_on_fractional_motion_that_suits_them_all():
    values = fbm(2048, 0.3, seed=5)
    what = dataclasses.replace(
        sample(vrx.read([1.0, 2.0, 3.0]), "log-volatility"), values=values, days=tuple(map(str, range(2048)))
    )
    rows = survey(what, estimators("log-volatility", [name for name in METHODS if name != "wavelet"] or None))
    assert disagreement(rows, "log-volatility") is None
