"""``vrx volatility``: what it fits, what it prints and saves, and what it refuses."""

import csv
import io
import json
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vrx
from tests.command_line import refused, strict
from vrx.cli import volatility_saved
from vrx.cli.volatility_answer import answer_of
from vrx.cli.volatility_asked import MODELS, Asked, horizons, named
from vrx.cli.volatility_fits import Market, ask, market
from vrx.cli.volatility_table import percent, show
from vrx.econometrics import RIVALS, DynamicFractionalVolatility, Result, RivalResult
from vrx.errors import InputError
from vrx.series import Bars

DAY = 290
ANSWER = [
    *("model", "fitted", "options", "parameters", "log_likelihood", "aic", "bic", "converged", "note"),
    *("floored", "capped", "clipped", "hurst", "forecast"),
]
AHEAD = (1, 5, 22)


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    """What is printed must not depend on how busy the machine is."""
    monkeypatch.setattr("vrx.cli.common.PATIENCE", 1e9)


@pytest.fixture
def series(csv_file, bars):
    return csv_file(bars, ("close",))


@pytest.fixture(scope="module")
def returns(bars):
    return np.diff(np.log(bars["close"]))


@pytest.fixture(scope="module")
def fitted(returns):
    """The fit of the default model to the toy."""
    return DynamicFractionalVolatility().fit(returns)


@pytest.fixture(scope="module")
def cornered(returns):
    """A fit that ends at an end of alpha's range."""
    return DynamicFractionalVolatility(innovation="signed").fit(returns)


def prices(values):
    return Bars(MappingProxyType({"close": np.array(values)}), None, "toy", 365, ())


def shown(values, found, name="dynamic-fractional"):
    """What is shown of a fit to these returns."""
    return answer_of(market(prices(np.exp(np.cumsum([0.0, *values]))), None), name, found, AHEAD)


def line(*numbers):
    """A line of the table of parameters: estimate, errors and t by the robust one."""
    estimate, _, robust = numbers
    known = (*(f"{value:.4g}" for value in numbers), f"{estimate / robust:.2f}")
    return [text.replace("nan", "-") for text in known]


def table(text):
    """Lines that were printed, by their first cell; of two, the first."""
    return {cells[0]: cells[1:] for line in reversed(text.splitlines()) if (cells := line.split())}


# -- one model ---------------------------------------------------------------------------------------------------------


def test_without_a_model_it_is_the_dynamic_one_with_the_numbers_of_the_python_face(say, series, fitted):
    said = say("volatility", "--series", series)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("toy: dynamic-fractional, fitted to 319 returns from 2020-01-02 to 2020-11-15\n")
    assert f"log-likelihood {fitted.log_likelihood:.2f}, AIC {fitted.aic:.2f}, BIC {fitted.bic:.2f}" in said.out
    assert f"days with sigma at its floor: {fitted.floored}, at its ceiling: {fitted.capped};" in said.out
    assert f"; with a clipped Hurst exponent: {fitted.clipped}\n" in said.out
    assert "\nabsolute shocks, alpha sought in 0..5, Hurst exponent by wavelets from 252 days\n" in said.out
    assert f"at Hurst exponent {fitted.hurst[-1]:.3f}" in said.out
    rows = table(said.out)
    daily = np.sqrt(fitted.forecast(22))
    for days in (1, 5, 22):
        assert rows[str(days)] == [percent(daily[days - 1]), percent(daily[days - 1] * 365**0.5)]
    for name, value in fitted.parameters.items():
        assert rows[name][0] == f"{value:.4g}"
    assert rows["level"][:2] == [f"{fitted.law.level:.4g}", f"{fitted.law_errors['level']:.4g}"]
    assert rows["slope"][:2] == [f"{fitted.law.slope:.4g}", f"{fitted.law_errors['slope']:.4g}"]


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_prints_its_parameters_and_forecast(say, series, returns, name):
    found = RIVALS[name]().fit(returns)
    said = say("volatility", "--series", series, "--model", name)
    rows = table(said.out)
    for key, value in found.parameters.items():
        assert rows[key] == line(value, found.standard_errors[key], found.robust_errors[key])
    assert rows["1"][0] == percent(np.sqrt(found.forecast(1)[0]))
    assert "floor" not in said.out


def test_json_has_exactly_the_documented_keys_and_the_numbers_of_the_python_face(say, series, fitted):
    document = strict(say("volatility", "--series", series, "--json").out)
    assert list(document) == [
        *("series", "measure", "n", "first", "last", "periods_per_year", "units", "seed", "models", "notes")
    ]
    assert (document["series"], document["measure"], document["n"]) == ("toy", "close", 319)
    (model,) = document["models"]
    assert list(model) == ANSWER
    assert [model[name] for name in ("log_likelihood", "aic", "bic")] == [
        *(fitted.log_likelihood, fitted.aic, fitted.bic)
    ]
    limits = [model[name] for name in ("floored", "capped", "clipped")]
    assert (limits, model["hurst"]) == ([fitted.floored, fitted.capped, fitted.clipped], fitted.hurst[-1])
    assert model["options"] == {"window": 252, "hurst": "wavelet", "innovation": "absolute", "alpha": [0.0, 5.0]}
    assert (model["converged"], model["note"]) == (fitted.converged, fitted.note or None)
    assert [line["horizon"] for line in model["forecast"]] == [1, 5, 22]
    assert [line["variance"] for line in model["forecast"]] == fitted.forecast(22)[[0, 4, 21]].tolist()
    assert list(model["forecast"][0]) == ["horizon", "variance", "volatility", "volatility_annualised"]
    assert list(model["parameters"][0]) == ["name", "estimate", "standard_error", "robust_error", "t_value"]
    slope = model["parameters"][-1]
    assert (slope["standard_error"], slope["robust_error"]) == (
        *(fitted.law_errors["slope"], fitted.law_robust_errors["slope"]),
    )
    assert slope["t_value"] == fitted.law.slope / fitted.law_robust_errors["slope"]


def test_the_docstring_names_every_key_of_the_json(say, series):
    document = strict(say("volatility", "--series", series, "--json").out)
    (model,) = document["models"]
    text = say("volatility", "--help").out
    for name in (*document, *model, *model["options"], *model["parameters"][0], *model["forecast"][0]):
        assert f'"{name}"' in text


def test_csv_is_the_path_of_sigma_and_its_last_line_the_next_day(say, series, fitted, returns):
    said = say("volatility", "--series", series, "--csv")
    *rows, last = csv.DictReader(io.StringIO(said.out))
    assert [float(row["return"]) for row in rows] == returns.tolist()
    assert [float(row["sigma"]) for row in rows] == fitted.sigma.tolist()
    assert [float(row["hurst"]) for row in rows] == fitted.hurst.tolist()
    assert (rows[0]["date"], rows[-1]["date"]) == ("2020-01-02", "2020-11-15")
    assert (last["date"], float(last["sigma"])) == ("next", pytest.approx(fitted.next_sigma, rel=1e-14))
    rival = list(csv.DictReader(io.StringIO(say("volatility", "--series", series, "--model", "har", "--csv").out)))
    assert {row["hurst"] for row in rival} == {""}


def test_a_column_of_returns_will_do_where_there_is_no_close(say, csv_file, bars):
    path = csv_file(bars, ("variance", "return"))
    (model,) = strict(say("volatility", "--series", path, "--json").out)["models"]
    assert model["log_likelihood"] == DynamicFractionalVolatility().fit(bars["return"]).log_likelihood


def test_options_reach_the_model(say, series, returns):
    def likelihood(*more):
        return strict(say("volatility", "--series", series, *more, "--json").out)["models"][0]["log_likelihood"]

    def truth(**options):
        return DynamicFractionalVolatility(**options).fit(returns).log_likelihood

    values = [
        (likelihood(), truth()),
        (likelihood("--window", 100), truth(window=100)),
        (likelihood("--innovation", "signed"), truth(innovation="signed")),
        (likelihood("--model", "static-fractional"), truth(hurst=0.55)),
        (likelihood("--hurst", "0.3"), truth(hurst=0.3)),
        (likelihood("--alpha", "1"), truth(alpha=1.0)),
        (likelihood("--alpha", "-2..-1"), truth(alpha=(-2.0, -1.0))),
        (likelihood("--days", 260), DynamicFractionalVolatility().fit(returns, days=260).log_likelihood),
        (likelihood("--model", "garch", "--days", 260), RIVALS["garch"]().fit(returns[-260:]).log_likelihood),
    ]
    assert all(said == wanted for said, wanted in values)
    assert len({said for said, _ in values}) == len(values)


def test_annualise_changes_the_year_alone(say, series):
    def forecast(*more):
        return strict(say("volatility", "--series", series, *more, "--json").out)["models"][0]["forecast"][0]

    calendar, trading = forecast(), forecast("--annualise", "252")
    assert calendar["volatility"] == trading["volatility"]
    assert trading["volatility_annualised"] == pytest.approx(trading["volatility"] * 252**0.5)
    assert calendar["volatility_annualised"] == pytest.approx(calendar["volatility"] * 365**0.5)


def test_as_of_uses_nothing_after_that_day(say, csv_file, bars):
    last = str(bars.dates[DAY - 1])
    document = strict(say("volatility", "--series", csv_file(bars, ("close",)), "--as-of", last, "--json").out)
    short = csv_file(bars.head(DAY), ("close",), file="short.csv")
    alone = strict(say("volatility", "--series", short, "--json").out)
    assert document["last"] == last
    assert document["models"][0] == alone["models"][0]


def test_hurst_names_the_model_that_takes_it(say, series):
    static, dynamic = (say("volatility", "--series", series, "--hurst", rule).out for rule in ("0.3", "wavelet"))
    assert static.startswith("toy: static-fractional,")
    assert "Hurst exponent 0.3 on all days" in static
    assert dynamic == say("volatility", "--series", series).out


def test_horizons_are_those_that_were_asked_for_once_and_in_order(say, series, fitted):
    options = ("--horizon", "66", "--horizon", "2..4", "--horizon", "3")
    (model,) = strict(say("volatility", "--series", series, *options, "--json").out)["models"]
    assert [line["horizon"] for line in model["forecast"]] == [2, 3, 4, 66]
    assert [line["variance"] for line in model["forecast"]] == fitted.forecast(66)[[1, 2, 3, 65]].tolist()
    said = say("volatility", "--series", series, *options, "--model", "har", "--model", "garch")
    assert "2 days  per year  66 days  per year" in said.out
    written = say("volatility", "--series", series, *options, "--model", "har", "--model", "garch", "--csv").out
    assert "volatility_2,volatility_3,volatility_4,volatility_66\n" in written


@given(low=st.integers(1, 1000), size=st.integers(0, 50))
def test_a_range_of_horizons_is_every_day_of_it(low, size):
    high = min(low + size, 1000)
    assert horizons([f"{low}..{high}"]) == tuple(range(low, high + 1)) == horizons(map(str, range(high, low - 1, -1)))


def test_the_seed_moves_simulated_days_alone(say, series, fitted):
    def variance(seed):
        document = strict(say("volatility", "--series", series, "--seed", seed, "--json").out)
        assert document["seed"] == seed
        return [line["variance"] for line in document["models"][0]["forecast"]]

    zero, seven = variance(0), variance(7)
    assert zero[0] == seven[0]
    assert zero[1:] != seven[1:]
    assert seven == fitted.forecast(22, seed=7)[[0, 4, 21]].tolist()


@given(value=st.floats(1e-9, 99.0))
def test_percent_keeps_three_significant_digits(value):
    text = percent(value).removesuffix("%")
    assert float(text) == pytest.approx(100.0 * value, rel=5.01e-3)
    if value < 9.99:
        assert len(text.replace(".", "").lstrip("0")) == 3


def test_the_volatility_of_a_peg_is_not_0(say, csv_file, bars):
    close = 1.0 + 1e-5 * np.random.default_rng(0).standard_normal(320)
    peg = csv_file(Bars(MappingProxyType({"close": close}), bars.dates, "peg", 365, ()), ("close",))
    for more in (["--model", "garch"], ["--model", "garch", "--model", "har"]):
        said = say("volatility", "--series", peg, *more, "--json"), say("volatility", "--series", peg, *more)
        first = strict(said[0].out)["models"][0]["forecast"][0]
        assert 0.0 < first["volatility"] < 1e-4
        assert percent(first["volatility"]) in said[1].out.split()


def test_when_alpha_stands_at_an_end_then_every_form_says_so_and_the_cure(say, series, cornered):
    assert cornered.converged, "the toy must leave this model at the end of its range"
    assert "end of its range" in cornered.note
    for form in ([], ["--csv"]):
        said = say("volatility", "--series", series, "--innovation", "signed", *form)
        assert said.code == 0
        assert f"dynamic-fractional: {cornered.note}\n" in said.out + said.err
    assert "--alpha takes a wider range" in say("volatility", "--series", series, "--innovation", "signed").out
    assert "--alpha takes" not in say("volatility", "--series", series, "--innovation", "signed", "--alpha", "1").out
    (model,) = strict(say("volatility", "--series", series, "--innovation", "signed", "--json").out)["models"]
    assert (model["converged"], model["note"]) == (True, cornered.note)


def test_when_a_fit_has_not_converged_then_every_form_says_so_and_the_exit_code_is_0(say, series, monkeypatch):
    def lost(self, *arguments):
        begin(self, *arguments)
        self.converged, self.note = False, "garch has not converged: lost"

    begin = RivalResult.__init__
    monkeypatch.setattr(RivalResult, "__init__", lost)
    for form in ([], ["--csv"], ["--model", "har"]):
        said = say("volatility", "--series", series, "--model", "garch", *form)
        assert said.code == 0
        assert "garch has not converged: lost\n" in said.out + said.err
        assert "\nconverged\n" not in said.out
    (model,) = strict(say("volatility", "--series", series, "--model", "garch", "--json").out)["models"]
    assert (model["converged"], model["note"]) == (False, "lost")


def test_at_alpha_0_no_error_is_told_of_kappa_and_lambda(returns, cornered):
    assert cornered.law.power == 0.0
    errors = {
        one.name: (one.standard_error, one.robust_error, one.t_value) for one in shown(returns, cornered).parameters
    }
    assert errors["kappa"] == errors["lambda"] == (None, None, None)
    assert None not in errors["slope"]
    assert errors["level"][2] is None, "a level of 0 is no hypothesis"


def test_errors_of_a_fit_that_has_some_are_those_of_the_python_face(say, market, csv_file):
    moved = csv_file(market(days=1500, seed=1), ("close",))
    found = DynamicFractionalVolatility(innovation="absolute").fit(np.diff(np.log(vrx.read(moved)["close"])))
    assert found.converged
    said = say("volatility", "--series", moved, "--innovation", "absolute")
    for name in found.parameters:
        wanted = line(found.parameters[name], found.standard_errors[name], found.robust_errors[name])
        assert table(said.out)[name] == wanted
    assert "\nconverged\n" in said.out
    assert "not converged" not in said.out


def test_an_error_that_does_not_exist_is_a_dash_and_null(returns, monkeypatch, say, series):
    nowhere = dict.fromkeys(("omega", "alpha[1]", "beta[1]"), np.nan)
    monkeypatch.setattr(RivalResult, "robust_errors", nowhere)
    found = RIVALS["garch"]().fit(returns)
    answer = shown(returns, found, "garch")
    assert [(one.robust_error, one.t_value) for one in answer.parameters] == [(None, None)] * 3
    assert [one.standard_error for one in answer.parameters] == list(found.standard_errors.values())
    said = say("volatility", "--series", series, "--model", "garch")
    assert table(said.out)["omega"][2:] == ["-", "-"]
    assert "garch: it has no robust errors" in said.out


def test_an_infinite_forecast_is_null_in_json(say, series, monkeypatch):
    monkeypatch.setattr(RivalResult, "forecast", lambda self, horizon, seed: np.full(horizon, np.inf))
    said = say("volatility", "--series", series, "--model", "garch", "--json")
    assert said.code == 0
    assert {line["volatility"] for line in strict(said.out)["models"][0]["forecast"]} == {None}


# -- doubts about the returns ------------------------------------------------------------------------------------------


def test_many_days_without_movement_are_told(say, csv_file, bars):
    close = bars["close"].copy()
    close[100:130] = close[100]
    still = Bars(MappingProxyType({"close": close}), bars.dates, "toy", 365, ())
    assert "29 of 319 returns are 0" in say("volatility", "--series", csv_file(still, ("close",))).out
    assert "returns are 0" not in say("volatility", "--series", csv_file(bars, ("close",))).out


def test_when_days_without_movement_hold_up_a_likelihood_then_its_row_is_marked_and_wins_nothing(say, csv_file, market):
    moved = market(days=400, seed=2)
    close = moved["close"].copy()
    close[:120] = close[120]
    flat = csv_file(Bars(MappingProxyType({"close": close}), moved.dates, "flat", 365, ()), ("close",), "flat.csv")
    options = ("volatility", "--series", flat, "--innovation", "signed", "--model", "static-fractional")
    options += ("--model", "egarch")
    models = {one["model"]: one for one in strict(say(*options, "--json").out)["models"]}
    assert models["egarch"]["aic"] < models["static-fractional"]["aic"], "or there would be nothing to warn of"
    assert " returns of 0 there lift its log likelihood by " in models["egarch"]["note"]
    said = say(*options)
    assert table(said.out)["egarch"][-1] == "yes*"
    assert "\negarch: its sigma falls to " in said.out
    assert "least AIC of those that compare: static-fractional;" in said.out
    alone = ("volatility", "--series", flat, "--model", "egarch", "--csv")
    assert "egarch: its sigma falls to " in say(*alone).err


def test_scattered_days_without_movement_lift_no_likelihood(say, csv_file, market):
    """A price in coarse ticks often stands still for a day, while sigma stays about what it was."""
    moved = market(days=1500, seed=2)
    close = moved["close"].copy()
    close[6::6] = close[5:-1:6]
    path = csv_file(Bars(MappingProxyType({"close": close}), moved.dates, "ticks", 365, ()), ("close",))
    for model in strict(say("volatility", "--series", path, "--model", "all", "--json").out)["models"]:
        assert "lift" not in (model["note"] or "")


@settings(max_examples=30)
@given(day=st.integers(1, 319), factor=st.sampled_from([0.4, 0.5, 2.0, 2.4]))
def test_a_split_that_was_left_out_is_named_with_its_day(day, factor, bars):
    calm = np.exp(0.3 * np.log(bars["close"]))  # a stock rather than a coin
    calm[day:] *= factor
    (doubt,) = market(prices(calm), None).doubts
    assert doubt.startswith(f"the return of {day} is ")
    assert f"the price times {calm[day] / calm[day - 1]:.3g}," in doubt
    assert "if that is a split, adjust the prices before it" in doubt


def test_a_storm_is_no_split(bars):
    """A crash comes with others; what a coin does in one is not called an error."""
    moves = np.diff(np.log(bars["close"]))
    moves[200:206] = [-0.2, -0.47, 0.15, -0.1, 0.17, 0.05]
    assert market(prices(np.exp(np.cumsum([0.0, *moves]))), None).doubts == ()
    assert market(bars, None).doubts == ()


def test_a_split_is_a_doubt_in_every_form(say, csv_file, bars):
    close = np.exp(0.3 * np.log(bars["close"]))
    close[200:] /= 2.0
    close[250:] *= 2.0
    path = csv_file(Bars(MappingProxyType({"close": close}), bars.dates, "toy", 365, ()), ("close",))
    options = ("volatility", "--series", path, "--model", "garch")
    for said in (say(*options).out, say(*options, "--csv").err, strict(say(*options, "--json").out)["notes"][0]):
        assert "the return of 2020-07-19 is -0.6" in said
        assert "around, and 1 more like it: if" in said


# -- several models ----------------------------------------------------------------------------------------------------


@given(names=st.lists(st.sampled_from([*MODELS, "all"]), min_size=1))
def test_models_come_once_and_in_one_order(names):
    chosen = named(names)
    assert chosen == [name for name in MODELS if name in chosen]
    assert set(chosen) == (set(MODELS) if "all" in names else set(names))


def test_all_compares_every_model_by_its_own_numbers(say, series):
    options = ("volatility", "--series", series)
    models = strict(say(*options, "--model", "all", "--json").out)["models"]
    assert [model["model"] for model in models] == list(MODELS)
    for model in models:
        assert strict(say(*options, "--model", model["model"], "--json").out)["models"] == [model]
    rows = table(say(*options, "--model", "all").out)
    for model in models:
        scores = [f"{model[name]:.1f}" for name in ("log_likelihood", "aic", "bic")]
        ends = [model["forecast"][at][name] for at in (0, -1) for name in ("volatility", "volatility_annualised")]
        known = ("yes" if model["converged"] else "no") + ("*" if model["note"] else "")
        assert rows[model["model"]] == [*scores, *map(percent, ends), known]
    least = min(models, key=lambda model: model["aic"])["model"]
    assert f"least AIC: {least};" in say(*options, "--model", "all").out
    lines = list(csv.DictReader(io.StringIO(say(*options, "--model", "all", "--csv").out)))
    assert [float(line["bic"]) for line in lines] == [model["bic"] for model in models]
    assert [float(line["volatility_22"]) for line in lines] == [model["forecast"][2]["volatility"] for model in models]


def test_in_a_narrow_terminal_no_name_and_no_digit_is_cut(returns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    where = market(prices(np.exp(np.cumsum([0.0, *returns]))), None)
    rows = ask(where, [Asked("dynamic-fractional"), Asked("har")], AHEAD)
    show(where, rows, [])
    said = table(capsys.readouterr().out)
    for row in rows:
        assert said[row.model][:3] == [f"{getattr(row.answer, name):.1f}" for name in ("log_likelihood", "aic", "bic")]


def test_a_model_that_cannot_be_fitted_has_an_empty_row_and_a_reason(say, csv_file, bars):
    options = ("volatility", "--series", csv_file(bars.head(150), ("close",)), "--model", "all")
    why = "dynamic-fractional: takes at least 252 returns, not 149: give at least 253 days"
    said = say(*options)
    assert said.code == 0
    assert table(said.out)["static-fractional"] == ["-"] * 8
    assert f"\n{why}, or" not in said.out
    assert f"\n{why}\n" in said.out
    models = strict(say(*options, "--json").out)["models"]
    assert list(models[0]) == ANSWER
    assert (models[0]["aic"], models[0]["note"]) == (None, why)
    assert models[2]["aic"] is not None
    written = say(*options, "--csv")
    assert why in written.err
    assert next(csv.DictReader(io.StringIO(written.out)))["aic"] == ""


def test_when_no_model_can_be_fitted_then_it_is_refused(say, csv_file, bars):
    path = csv_file(bars.head(50), ("close",))
    refused(
        say("volatility", "--series", path, "--model", "all"),
        2,
        "toy: dynamic-fractional: takes at least 252 returns, not 49",
    )


# -- a result in a file ------------------------------------------------------------------------------------------------


def test_a_saved_result_takes_the_new_days_of_the_series_without_a_refit(say, series, returns, bars, tmp_path):
    path = tmp_path / "result.json"
    day = str(bars.dates[DAY])
    assert say("volatility", "--series", series, "--as-of", day, "--save", path).code == 0
    wanted = DynamicFractionalVolatility().fit(returns[:DAY])
    before = wanted.parameters
    for value in returns[DAY:]:
        wanted.update(value)
    said = say("volatility", "--series", series, "--update", path)
    assert said.out.startswith(f"toy: dynamic-fractional, fitted to {DAY} returns from 2020-01-02 to {day}\n")
    assert f"updated by {len(returns) - DAY} days after {day}; the parameters are those of result.json" in said.out
    (model,) = strict(say("volatility", "--series", series, "--update", path, "--json").out)["models"]
    assert {one["name"]: one["estimate"] for one in model["parameters"][:3]} == before
    assert [line["variance"] for line in model["forecast"]] == wanted.forecast(22)[[0, 4, 21]].tolist()
    rows = list(csv.DictReader(io.StringIO(say("volatility", "--series", series, "--update", path, "--csv").out)))
    assert [float(row["sigma"]) for row in rows[:-1]] == wanted.sigma.tolist()


def test_without_save_the_file_stays_and_with_it_the_file_moves_on(say, series, bars, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--as-of", str(bars.dates[DAY]), "--save", path)
    before = path.read_bytes()
    say("volatility", "--series", series, "--update", path)
    assert path.read_bytes() == before
    say("volatility", "--series", series, "--update", path, "--save", path)
    assert json.loads(path.read_text())["last"] == "2020-11-15"
    assert "no day after 2020-11-15" in say("volatility", "--series", series, "--update", path).out
    assert list(tmp_path.glob(".*")) == []


def test_the_static_model_is_known_again(say, series, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--model", "static-fractional", "--save", path)
    assert say("volatility", "--series", series, "--update", path).out.startswith("toy: static-fractional,")


def test_a_series_without_dates_goes_on_by_position(say, bars, tmp_path):
    text = ["close", *map(repr, bars["close"].tolist())]
    (tmp_path / "short.csv").write_text("\n".join(text[: DAY + 1]) + "\n")
    (tmp_path / "long.csv").write_text("\n".join(text) + "\n")
    path = tmp_path / "result.json"
    said = say("volatility", "--series", tmp_path / "short.csv", "--save", path, "--plot", tmp_path / "out.png")
    assert said.code == 0
    said = say("volatility", "--series", tmp_path / "long.csv", "--update", path)
    assert f"updated by {320 - DAY} days after {DAY - 1}" in said.out


@settings(max_examples=10)
@given(stops=st.lists(st.integers(252, 319), min_size=1, max_size=4).map(sorted))
def test_it_makes_no_difference_how_often_a_result_is_saved_between(stops, fitted, returns, tmp_path_factory):
    """Law: one update over all days, or one a stop, with a file between, end in the same bits."""
    path = tmp_path_factory.mktemp("saved") / "result.json"

    def known(days):
        return Market("toy", "close", returns[:days], tuple(map(str, range(days))), None, 365, ())

    begin = DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(returns[:252])
    once, text = Result.from_json(begin.to_json()), begin.to_json()
    for value in returns[252:]:
        once.update(value)
    volatility_saved.save(path, known(252), Result.from_json(text))
    for stop in [*stops, 319]:
        saved = volatility_saved.load(path)
        volatility_saved.updated(saved, known(stop))
        volatility_saved.save(path, known(stop), saved.result)
    assert volatility_saved.load(path).result.to_json() == once.to_json()


def test_a_result_is_not_taken_on_with_another_series(say, series, csv_file, bars, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--save", path)
    other = bars["close"].copy()
    other[-3] *= 1.001
    mended = csv_file(Bars(MappingProxyType({"close": other}), bars.dates, "mended", 365, ()), ("close",), "mended.csv")
    refused(say("volatility", "--series", mended, "--update", path), 2, "the return of 2020-11-1", "in mended and")
    early = csv_file(bars.head(310), ("close",), "early.csv")
    refused(
        say("volatility", "--series", early, "--update", path),
        2,
        "has come to day 2020-11-15, and early (2020-01-02 to ",
    )
    scaled = Bars(MappingProxyType({"close": np.round(bars["close"] * 1.25, 4)}), bars.dates, "toy", 365, ())
    assert say("volatility", "--series", csv_file(scaled, ("close",)), "--update", path).code == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document.update(vrx_volatility=2), "is no result"),
        (lambda document: document.pop("last"), "is no result"),
        (lambda document: document["result"].pop("law"), "the result cannot be read"),
        (lambda document: document["result"].update(format=9), "format 9"),
        (lambda document: document["result"]["model"].update(hurst=None), "was given its exponents"),
        (lambda document: document["result"]["series"]["sigma"].__setitem__(0, 0.0), "series.sigma does not follow"),
        (lambda document: document["result"]["law"].update(level=1000.0), "law.level is 1000"),
        (lambda document: document.update(vrx_volatility=True), "is no result"),
    ],
)
def test_a_damaged_result_is_refused(say, series, fitted, returns, tmp_path, change, words):
    path = tmp_path / "result.json"
    volatility_saved.save(path, market(prices(np.exp(np.cumsum([0.0, *returns]))), None), fitted)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    refused(say("volatility", "--series", series, "--update", path), 2, "result.json", words)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b"Date,close\n"])
def test_a_file_that_is_no_result_is_refused(say, series, tmp_path, content):
    (tmp_path / "other.json").write_bytes(content)
    refused(say("volatility", "--series", series, "--update", tmp_path / "other.json"), 2, "is no result that vrx")


def test_an_update_that_ends_before_the_result_is_told_to_go_on(say, series, csv_file, bars, tmp_path):
    path = tmp_path / "result.json"
    assert say("volatility", "--series", series, "--as-of", "2020-10-20", "--save", path).code == 0
    said = say("volatility", "--series", series, "--as-of", "2020-10-19", "--update", path)
    refused(said, 2, "has come to day 2020-10-20, and toy (2020-01-02 to 2020-10-19) ends before", "a later --as-of")
    assert say("volatility", "--series", series, "--as-of", "2020-10-20", "--update", path).code == 0
    later = csv_file(replace(bars, dates=bars.dates + 400), ("close",), "later.csv")
    assert "give the series that it was fitted to" in say("volatility", "--series", later, "--update", path).err


def test_refit_goes_on_from_the_parameters_of_the_file(say, series, returns, bars, tmp_path):
    path = tmp_path / "result.json"
    day = str(bars.dates[DAY])
    say("volatility", "--series", series, "--as-of", day, "--hurst", "0.5", "--save", path)
    options = ("volatility", "--series", series, "--update", path, "--refit")
    wanted = DynamicFractionalVolatility(hurst=0.5).fit(returns[:DAY])
    for value in returns[DAY:]:
        wanted.update(value)
    for more, days in (([], None), (["--days", 260], 260), (["--days", 319], 319)):
        again = wanted.refit(days)
        (model,) = strict(say(*options, *more, "--json").out)["models"]
        assert (model["fitted"], model["log_likelihood"]) == (days or DAY, again.log_likelihood)
        assert [line["variance"] for line in model["forecast"]] == again.forecast(22)[[0, 4, 21]].tolist()
    said = say(*options, "--save", path)
    assert f"updated by {319 - DAY} days after {day}; refitted from the parameters of result.json" in said.out
    assert f"fitted to {DAY} returns from {bars.dates[320 - DAY]} to {bars.dates[-1]}\n" in said.out
    assert "no day after 2020-11-15" in say("volatility", "--series", series, "--update", path).out
    refused(say(*options, "--days", 251), 2, "--days 251: a refit of result.json takes 252 to ")


def leaves(node, path=()):
    """Where every number, text and list of the document stands."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        yield (*path, key)
        yield from leaves(child, (*path, key))


def taken_up(path, where):
    """What is said of a saved result, or the result."""
    try:
        return "", volatility_saved.updated(volatility_saved.load(path), where)[0]
    except InputError as error:
        return str(error), None


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_wrong_with_a_saved_result_it_is_one_line_or_none(data, fitted, returns, tmp_path_factory):
    """Law: a file with any one value altered is refused as wrong input, or gives finite forecasts."""
    days = tuple(map(str, range(len(returns))))
    where = Market("toy", "close", returns, days, None, 365, ())
    path = tmp_path_factory.mktemp("damaged") / "result.json"
    volatility_saved.save(path, where, fitted)
    document = json.loads(path.read_text())
    *way, last = data.draw(st.sampled_from(sorted(leaves(document), key=str)))
    node = document
    for key in way:
        node = node[key]
    node[last] = data.draw(st.sampled_from([None, True, "x", -1, 0, 1e308, 10**400, [], {}, [1.0], float("nan")]))
    path.write_text(json.dumps(document))
    said, found = taken_up(path, where)
    assert "\n" not in said
    assert said.startswith(f"--update {path}: ") or np.isfinite(found.forecast(5)).all()


# -- pictures and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["--model", "garch"], ["--model", "all", "--days", 260]])
def test_plot_writes_a_png_and_the_same_text(say, series, tmp_path, more):
    pytest.importorskip("matplotlib")
    said = say("volatility", "--series", series, "--plot", tmp_path / "out.png", *more)
    assert (said.code, said.out) == (0, say("volatility", "--series", series, *more).out)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


BAD = [
    (["--series", "missing.csv"], "missing.csv"),
    (["--series", "toy.csv", "--model", "arima"], "--model arima: there is no such model: take one of dynamic-"),
    (["--series", "toy.csv", "--json", "--csv"], "take one"),
    (["--series", "toy.csv", "--window", "5"], "--window 5: a Hurst exponent takes at least 23 days"),
    (["--series", "toy.csv", "--window", "0"], "vrx: --window 0: a Hurst exponent takes at least 23 days\n"),
    (["--series", "toy.csv", "--window", "1000000000"], "--window 1000000000: the window"),
    (
        ["--series", "toy.csv", "--model", "static-fractional", "--window", "100"],
        "--window: has no meaning for static-f",
    ),
    (
        ["--series", "toy.csv", "--hurst", "0.3", "--model", "garch"],
        "--hurst 0.3: has no meaning for garch, only for st",
    ),
    (
        ["--series", "toy.csv", "--hurst", "wavelet", "--model", "static-fractional"],
        "only for dynamic-fractional: leave",
    ),
    (["--series", "toy.csv", "--hurst", "0.95"], "--hurst 0.95: give a number from 0.1 to 0.9"),
    (["--series", "toy.csv", "--hurst", "rough"], "--hurst rough: give a number from 0.1 to 0.9"),
    (["--series", "toy.csv", "--alpha", "5..0"], "--alpha 5..0: give a power from -5 to 20 such as 1, or a range"),
    (["--series", "toy.csv", "--alpha", "nan"], "--alpha nan: give a power"),
    (["--series", "toy.csv", "--alpha", "1", "--model", "har"], "--alpha: has no meaning for har, only for dynamic-fr"),
    (["--series", "toy.csv", "--horizon", "0"], "--horizon 0: give days ahead from 1 to 1000"),
    (["--series", "toy.csv", "--horizon", "1001"], "--horizon 1001: give days ahead from 1 to 1000"),
    (["--series", "toy.csv", "--horizon", "5..2"], "--horizon 5..2: give days"),
    (["--series", "toy.csv", "--horizon", "-1"], "--horizon -1: give days"),
    (["--series", "toy.csv", "--horizon", "²"], "--horizon ²: give days"),
    (["--series", "toy.csv", "--horizon", "9", "--csv"], "take --json for --horizon"),
    (["--series", "toy.csv", "--refit"], "--refit: without --update"),
    (["--series", "toy.csv", "--as-of", "2022-13-01"], "vrx: --as-of 2022-13-01: is no day: write it as 2022-12-30\n"),
    (["--series", "toy.csv", "--update", "a.json", "--days", "300"], "nothing is fitted, so leave out --days"),
    (["--series", "toy.csv", "--update", "a.json", "--refit", "--hurst", "0.5"], "as it was, so leave out --hurst"),
    (["--series", "toy.csv", "--window", "500"], "give at least 501 days, or a shorter --window"),
    (["--series", "toy.csv", "--model", "har", "--window", "100"], "--window: has no meaning for har"),
    (["--series", "toy.csv", "--model", "har", "--innovation", "signed"], "--innovation: has no meaning for har"),
    (["--series", "toy.csv", "--days", "100"], "--days 100: dynamic-fractional takes 252 to 319"),
    (["--series", "toy.csv", "--days", "0"], "--days 0"),
    (["--series", "toy.csv", "--days", "320"], "--days 320"),
    (["--series", "toy.csv", "--plot", "out.pdf"], "ends in .png"),
    (["--series", "toy.csv", "--save", "none/result.json"], "the folder does not exist"),
    (["--series", "toy.csv", "--save", "toy.csv"], "would overwrite what --series names"),
    (["--series", "toy.csv", "--save", "."], "is a folder"),
    (["--series", "toy.csv", "--save", "a.json", "--model", "garch"], "takes one of dynamic-fractional or static-"),
    (["--series", "toy.csv", "--save", "a.json", "--model", "all"], "takes one of dynamic-fractional or static-"),
    (["--series", "toy.csv", "--update", "none.json"], "no such file"),
    (["--series", "toy.csv", "--update", "a.json", "--model", "garch", "--window", "0"], "leave out --model and --win"),
    (["--series", "toy.csv", "--as-of", "2019-01-01"], "no row up to 2019-01-01"),
    (["--series", "two.csv"], "two: dynamic-fractional: takes at least 252 returns, not 1: give at least 253 days"),
    (["--series", "one.csv"], "too few usable rows, 1"),
    (["--series", "constant.csv"], "the price never moves"),
    (["--series", "variance.csv"], "no returns in variance: name the closes"),
    (["--series", "returns.csv"], "is not a positive price"),
    (["--series", "percent.csv"], "no log return of a day: give decimals, 0.01 for 1%"),
    (["--series", "split.csv"], "the return of 2020-03-01 is -2.3", "by a factor of 0.1"),
    (["--series", "nan.csv"], "row 7, column 'close'"),
    (["--series", "still.csv"], "the price hardly moves in the 252 days to"),
]


@pytest.fixture
def folder(csv_file, bars, returns, tmp_path, monkeypatch):
    """The series that are refused."""
    close = bars["close"]
    stepped, holed, still = close.copy(), close.copy(), close.copy()
    day = int(np.searchsorted(bars.dates, np.datetime64("2020-03-01")))
    stepped[day:] *= 0.1 * close[day - 1] / close[day]
    holed[5] = np.nan
    still[10:300] = still[10]
    made = {
        "toy": {"close": close},
        "two": {"close": close[:2]},
        "one": {"close": close[:1]},
        "constant": {"close": np.full(300, 5.0)},
        "variance": {"variance": bars["variance"]},
        "returns": {"close": returns},
        "percent": {"variance": returns**2, "return": 100.0 * returns},
        "split": {"close": stepped},
        "nan": {"close": holed},
        "still": {"close": still},
    }
    for name, columns in made.items():
        kept = bars.dates[: len(next(iter(columns.values())))]
        csv_file(Bars(MappingProxyType(columns), kept, name, 365, ()), tuple(columns), f"{name}.csv")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "messages"), [(words, said) for words, *said in BAD], ids=[" ".join(b[0]) for b in BAD]
)
def test_when_the_input_is_bad_then_one_line_says_so(say, folder, words, messages):
    refused(say("volatility", *words), 2, *messages)


def test_a_wild_return_is_refused_in_python_too():
    with pytest.raises(InputError, match="the return of 2 is"):
        market(prices([100.0, 101.0, 5.0]), None)


def test_the_base_install_is_enough_for_the_fractional_models_and_the_rivals_name_theirs(fresh, series, tmp_path):
    code = """
import sys
for name in ("torch", "scipy", "pandas", "statsmodels", "arch", "matplotlib", "onnx", "pyarrow"):
    sys.modules[name] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    options = ("volatility", "--series", series)
    done = fresh(code, *options, "--model", "dynamic-fractional", "--model", "static-fractional", "--json")
    assert (done.code, done.err.strip()) == (0, "")  # a busy machine may have shown a bar
    assert all(model["aic"] is not None for model in strict(done.out)["models"])
    refused(fresh(code, *options, "--model", "garch"), 1, "the model garch needs arch", 'pip install "vrx[research]"')
    refused(fresh(code, *options, "--plot", tmp_path / "x.png"), 1, 'pip install "vrx[research]"')
