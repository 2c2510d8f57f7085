"""The page of the published figures: each has a row, and the rows are what they say; on made data."""

import importlib
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("arch")
pytest.importorskip("statsmodels")

ROOT = Path(__file__).parents[1]
# A script finds its siblings in its own folder.
sys.path.insert(0, str(ROOT / "experiments"))
NAMES = ("market", "forecasts", "insample", "walks", "rows", "diagnosed", "regimes", "options", "risk", "trading")
market, forecasts, insample, walks, rows, diagnosed, regimes, options, risk, trading = (
    importlib.import_module(f"webb_{name}") for name in NAMES
)
scored, settings, said, script = (
    importlib.import_module(f"webb_{name}") for name in ["scored", "settings", "said", "tables"]
)
del sys.path[0]

LAST = "2016-12-30"
# What the text of the paper states, and words that tell its row.
PUBLISHED = (
    ("first and last day", "January 1, 2015 to December 31, 2019"), ("trading days", "1,258"),
    ("Dickey-Fuller", "-3.847"), ("p-value", "0.003"), ("Ljung-Box of returns", "18.234"), ("p-value", "0.572"),
    ("Ljung-Box of squared", "45.678"), ("p-value", "< 0.001"), ("kurtosis", "4.32"), ("skewness", "-0.18"),
    ("p-value", "5% level"), ("transition probabilities", "95%"), ("Bai-Perron", "3 (p < 0.01)"),
    ("H in stress", "0.38"), ("H in calm", "0.62"), ("lowest H", "0.38"), ("highest H", "0.62"),
    ("lead time", "3.7"), ("Jaccard index of high-volatility days, the dynamic", "0.67"), ("days, GARCH", "0.55"),
    ("true-positive rate of high-volatility days, the dynamic", "78%"), ("days, GARCH", "65%"),
    ("days of a Hurst window", "252"), ("moments of the wavelet", "4"), ("J = log2(252)", "7.98"),
    ("H = (beta + 2) / 2", "0.38 to 0.62"), ("resamples", "1,000"), ("H = 0.5 recovers", "0.5"),
    ("moments of the start", "252"), ("relative change", "10^-6"), ("in a row", "3"), ("software", "R2023b, 12 cores"),
    ("simulated paths", "10,000"), ("seconds for a daily update", "3.2"),
    ("AIC of the dynamic", "19,723.11"), ("BIC of the dynamic", "19,804.56"), ("AIC of GARCH less", "422.66"),
    ("BIC of GARCH less", "405.78"), ("AIC of FIGARCH", "19,998.23"), ("BIC of FIGARCH", "20,081.45"),
    ("AIC of the static", "20,041.52"), ("BIC of the static", "20,125.67"), ("Vuong's statistic against GARCH", "3.45"),
    ("Vuong's statistic against FIGARCH", "2.87"), ("p-value", "0.004"), ("Vuong's statistic against the st", "3.12"),
    ("p-value", "0.002"), ("H of the static model", "0.55"), ("GARCH(2,1)", "no figure"),
    ("one-day-ahead forecasts, January 2, 2017 to December 31, 2019", "756"), ("RMSE of volatility, the dyn", "0.0041"),
    ("RMSE of volatility, GARCH", "0.0047"), ("RMSE lower than that of GARCH", "12.8%"),
    ("RMSE lower than that of FIGARCH", "4.7%"), ("RMSE lower than that of the static", "8.9%"),
    ("reduction in RMSE (abstract, conclusion)", "12.3%"), ("MAPE of volatility, the dynamic", "7.5%"),
    ("MAPE of volatility, GARCH", "11.2%"), ("MAPE of volatility, FIGARCH", "9.8%"),
    ("MAPE of volatility, the static", "10.5%"), ("improvement of MAPE (abstract, conclusion)", "9.8%"),
    ("R-squared, the dynamic", "0.72"), ("R-squared, GARCH", "0.65"), ("R-squared of the other", "0.65 to 0.68"),
    ("Diebold-Mariano against GARCH", "2.56"), ("p-value", "0.011"), ("Diebold-Mariano against FIGARCH", "2.13"),
    ("p-value", "0.034"), ("Diebold-Mariano against the static", "2.44"), ("p-value", "0.015"),
    ("directional accuracy, the dynamic", "68.3%"), ("directional accuracy, GARCH", "62.1%"),
    ("best window of H, of 126 to 504", "252"), ("maturity", "30"),
    ("pricing error, the dyn", "1.8%"), ("pricing error, GARCH", "2.7%"),
    ("pricing error, FIGARCH", "2.3%"), ("pricing error, the static", "2.5%"), ("errors, against GARCH", "3.12"),
    ("pricing errors, against FIGARCH", "2.45"), ("pricing errors, against the static", "2.78"), ("p-value", "0.006"),
    ("larger in stress", "50-70%"), ("exceedances of value at risk than static", "23%"),
    ("ROI, the dynamic", "15.2%"), ("ROI, GARCH", "11.8%"), ("Sharpe ratio above", "0.31"),
    ("RMSE of volatility, static", "0.0053"), ("RMSE of volatility, dynamic", "0.0048"), ("RMSE lower by", "8.5%"),
    ("VAR, p-value", "0.05"), ("LSTM", "15%"), ("quoted: Corsi", "13.5%"), ("quoted: Bollerslev", "18.2%"),
    ("quoted: Chen", "2.1%"), ("quoted: prior studies", "0.5-0.6"), ("Tables 4 and 5", "named once"),
    ("Tables 1 and 2", "two of each"),
)  # fmt: skip
# What the experiments of their own say; here in their form.
VECTOR = (
    ("VAR, RMSE of volatility, static", "0.0053", "0.0023", "days", ""),
    ("VAR, RMSE of volatility, dynamic", "0.0048", "0.0047", "days", ""),
    ("VAR, RMSE lower by", "8.5%", "-0.4%", "days", ""),
    ("VAR, p-value", "below 0.05 at all lags", "0.086 to 0.318", "days", ""),
)


def volatility(days):
    """One that clusters."""
    rng, log_variance = np.random.default_rng(5), np.zeros(days)
    for t in range(1, days):
        log_variance[t] = 0.93 * log_variance[t - 1] + 0.4 * rng.standard_normal()
    return 0.008 * np.exp(0.5 * log_variance)


def write(folder, shock=0.0):
    """Files shaped like the real ones; `shock` moves the last close."""
    days = pd.bdate_range("2010-06-01", LAST)
    sigma, rng = volatility(len(days)), np.random.default_rng(6)
    session = sigma * rng.standard_normal(len(days))
    session[-1] += shock
    close = 100.0 * np.exp(np.cumsum(session))
    opened = close * np.exp(-session)
    high, low = np.maximum(opened, close) * np.exp(0.4 * sigma), np.minimum(opened, close) * np.exp(-0.4 * sigma)
    bars = pd.DataFrame({"date": days, "open": opened, "high": high, "low": low, "close": close})
    bars.to_csv(folder / "sp500_ohlc_1990_2022.csv.gz", index=False)
    realized = sigma**2 * np.exp(0.3 * rng.standard_normal(len(days)))
    library = pd.DataFrame({"date": days, "symbol": "SPX", "realized_variance": realized, "log_return": session})
    library.drop(index=len(days) - 5).to_csv(folder / "indices_rv5_2000_2019.csv.gz", index=False)
    vix = pd.DataFrame({"date": days, "close": 110.0 * math.sqrt(252.0) * sigma})
    vix.to_csv(folder / "vix_1990_2026.csv", index=False)
    return folder


@pytest.fixture(scope="module", autouse=True)
def small():
    """Few days to fit to, and fewer to forecast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market, "SAMPLE", ("2015-06-01", LAST))
        patch.setattr(market, "FORECASTS", "2016-08-01")
        patch.setattr(forecasts, "GRID", (0.5, 0.7))
        patch.setattr(scored, "WINDOWS", (126, 252))
        patch.setattr(settings, "REPEATS", 1)
        patch.setattr(settings, "FIVE_YEARS", 300)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def days(data):
    return market.load(data)


@pytest.fixture(scope="module")
def made(days):
    """Forecasts that nobody had to fit: the volatility that made the returns, more or less well known."""
    at = np.arange(days.days[0] - 300, len(days.returns))
    truth = volatility(len(days.returns) + 1)[1:]
    models = {}
    for k, name in enumerate(walks.NAMES):
        noise = np.exp(0.2 * np.random.default_rng(k).standard_normal(len(at)))
        sigma = 0.6 * truth[at] * noise
        models[name] = walks.Walk(sigma, math.sqrt(252.0) * sigma[-len(days.days) :] / 0.6)
    month = models[walks.DYNAMIC].month
    names = (walks.DYNAMIC, insample.STATIC, walks.BERGOMI)
    prices = {name: walks.Prices(0.115 * month, 0.001 * month, 0.99 * month) for name in names}
    return walks.Walks(at, models, prices)


@pytest.fixture(scope="module")
def found(data, made):
    recovery = (ROOT / "docs/results/webb_recovery.md").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script, "walks", lambda days, progress: made)
        patch.setattr(script, "vector_rows", lambda days: list(VECTOR))
        return script.Everything.of(data, script.Made(recovery, ""))


@pytest.fixture(scope="module")
def everything(found):
    return [row for section in found.sections for row in section.rows]


def test_every_published_figure_has_a_row(everything):
    missing = [
        one for one in PUBLISHED if not any(one[0] in row.name and one[1] in row.published for row in everything)
    ]
    assert not missing


def test_every_row_says_what_ours_is_or_why_there_is_none(everything):
    for row in everything:
        assert row.name and row.published and row.sample
        assert not re.search(r"\bnan\b", f"{row.ours} {row.comment}".lower())
        assert row.ours not in ("", "-") or row.comment, row.name


def test_the_page_has_the_answers_first_then_every_row(found, everything):
    text = "\n".join(script.page(found))
    assert text.index("come out within a tenth") < text.index("contradicts itself") < text.index("| what | published |")
    lines = set(text.splitlines())
    assert all(line in lines for line in list(rows.rows_table(everything))[2:])
    for part in ("9.4%, not 8.5%", "RMSE is 12.3% lower", "Kupiec", "rough Bergomi", "Strategies"):
        assert part in text


def test_networks_that_were_scored_replace_the_line_that_says_they_were_not(days):
    document = '{"rows": [["LSTM against persistence", "15%", "14%", "days", "found"]]}'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script, "vector_rows", lambda given: list(VECTOR))
        without = list(script.others(days, script.Made("", "")))[-1].rows[0]
        scored_rows = list(script.others(days, script.Made("", document)))[-1].rows
    assert (without.published, without.ours) == ("15%", "-")
    assert [(row.ours, row.near) for row in scored_rows] == [("14%", True)]


@pytest.mark.parametrize(
    ("printed", "number"), [("19,723.11", 19723.11), ("12.5%", 0.125), ("-0.18", -0.18), ("+3.2%", 0.032)]
)
def test_printed_numbers_are_read(printed, number):
    assert rows.number(printed) == pytest.approx(number)


def test_a_row_is_near_within_a_tenth_of_the_printed_number():
    near = [rows.measured("x", "-2.0", ours, "{:.2f}", "days").near for ours in (-1.81, -2.19, -1.79, 2.0)]
    assert near == [True, True, False, False]
    assert rows.told("x", "8.5%", "8.0%", "days", "").near
    assert rows.told("x", "-", "8.0%", "days", "").near is None


def test_the_table_shows_what_is_near_in_bold_and_keeps_bars_out_of_cells():
    lines = list(rows.rows_table([rows.Row("|t|", "1", "1.0", "days", "c ", True), rows.Row("b", "1", "2", "days")]))
    assert lines[2:4] == [r"| \|t\| | 1 | **1.0** | days | c |", "| b | 1 | 2 | days |  |"]


def test_the_printed_criteria_imply_their_number_of_parameters():
    aic, bic = (rows.number(one) for one in diagnosed.PRINTED[insample.HEADLINE])
    k = diagnosed.implied_parameters(insample.HEADLINE, 1258)
    assert k * math.log(1258.0) - 2.0 * k == pytest.approx(bic - aic)


def test_walks_are_those_of_the_other_page_and_know_nothing_of_their_days(days, tmp_path, monkeypatch):
    monkeypatch.setattr(market, "FORECASTS", "2016-12-28")
    found = []
    for folder_shock in (0.0, 0.05):
        folder = tmp_path / str(folder_shock)
        folder.mkdir()
        one = market.load(write(folder, folder_shock))
        monkeypatch.setattr(walks, "BEGIN", int(one.days[0]) - one.first - 1)
        found.append((one, walks.walks(one, lambda share: None)))
    (first, mine), (_, shocked) = found
    assert mine.warm == 1 and len(mine.days) == 4
    moving = forecasts.walked(first, forecasts.CASES[0].model())[0].variance
    np.testing.assert_array_equal(mine.variance(walks.DYNAMIC), moving)
    static = forecasts.walked(first, forecasts.CASES[0].model(hurst=0.55))[0].variance
    np.testing.assert_array_equal(mine.variance(insample.STATIC), static)
    for name in walks.NAMES:
        np.testing.assert_array_equal(mine.models[name].sigma, shocked.models[name].sigma)
        np.testing.assert_array_equal(mine.models[name].month, shocked.models[name].month)
    prices = mine.prices[walks.DYNAMIC]
    # The price at the money is that of its volatility: a share of the forward, by the usual approximation.
    np.testing.assert_allclose(prices.price, 0.3989 * prices.volatility * math.sqrt(21 / 252), rtol=0.01)
    assert np.all(prices.error < 0.02 * prices.price)


def test_exceedances_are_counted_against_the_static_model(found, days, made):
    returns = days.returns[days.days]
    for level, quantile in ((0.01, 2.326348), (0.05, 1.644854)):
        hits = {name: returns < -quantile * np.sqrt(made.variance(name)) for name in (walks.DYNAMIC, insample.STATIC)}
        mine, theirs = hits.values()
        change, p = found.risks.change(level, "normal")
        assert change == pytest.approx(1.0 - mine.sum() / theirs.sum())
        only = (mine & ~theirs).sum(), (theirs & ~mine).sum()
        tail = sum(math.comb(sum(only), k) for k in range(min(only) + 1)) / 2.0 ** sum(only)
        assert p == pytest.approx(min(1.0, 2.0 * tail))


def test_pricing_errors_are_those_of_volatility_at_the_closes_before(found, days, made):
    implied = 1.1 * math.sqrt(252.0) * volatility(len(days.returns) + 1)[days.days]  # the VIX of the day before
    for name in walks.NAMES:
        errors = np.abs(made.models[name].month / implied - 1.0)
        assert found.options.raw[name].mean_absolute == pytest.approx(errors.mean(), rel=0.01)
    sizes = np.abs(found.options.raw[walks.GARCH].errors)
    stress = found.regimes.high[days.days - 1 - days.first]
    assert found.options.rise(walks.GARCH) == pytest.approx(sizes[stress].mean() / sizes[~stress].mean() - 1.0)


def test_a_worse_rival_gives_the_dynamic_model_a_plus(found, days, made):
    worse = dict(made.models)
    worse[walks.GARCH] = walks.Walk(worse[walks.GARCH].sigma, 1.5 * worse[walks.GARCH].month)
    options_found = options.Options.of(found.options.calls, days, replace(made, models=worse), found.regimes.high)
    assert options_found.tested(walks.GARCH)[0] > 3.0


def test_regime_scores_are_jaccard_and_the_rate_of_high_days_found(found, days, made):
    sigma, rule = made.models[walks.GARCH].sigma, regimes.CALLS[0]
    called = np.array([sigma[t] > np.quantile(sigma[t - 252 : t], 0.8) for t in range(made.warm, len(sigma))])
    high = found.regimes.high[-len(days.days) :]
    one = found.regimes.scores[rule, walks.GARCH]
    assert one.jaccard == pytest.approx((called & high).sum() / (called | high).sum())
    assert one.true_positive_rate == pytest.approx(called[high].mean())


def test_the_difference_of_h_between_regimes_is_tested_by_turning_the_days(found, days):
    high, low, p = found.regimes.by_regime
    hurst, marked = found.regimes.hurst[days.first :], found.regimes.high
    assert (high, low) == (pytest.approx(hurst[marked].mean()), pytest.approx(hurst[~marked].mean()))
    other = regimes.Regimes(days, found.regimes.found, found.regimes.walks)
    # An exponent that is the regime itself differs more than under any turn.
    other.__dict__["hurst"] = np.append(np.zeros(days.first), 0.6 - 0.2 * marked)
    assert other.by_regime[2] < 0.01 < p


def test_sharpe_ratios_are_compared_on_the_returns_after_costs(found):
    gain = found.trading.gain(trading.MAIN, trading.COST, walks.GARCH)
    mine, other = (found.trading.trades[trading.MAIN, trading.COST, name] for name in (walks.DYNAMIC, walks.GARCH))
    assert gain.ratio == pytest.approx(mine.sharpe.ratio - other.sharpe.ratio)
    free = found.trading.trades[trading.MAIN, 0.0, walks.DYNAMIC]
    assert free.roi > mine.roi and free.costs == 0.0
    assert found.trading.held.turnover < mine.turnover


def test_scores_are_those_of_the_other_page(found, days, made):
    came, sigma = np.sqrt(days.targets[scored.MAIN]), np.sqrt(made.variance(walks.GARCH)[days.scored])
    row = next(row for section in found.sections for row in section.rows if row.name == "MAPE of volatility, GARCH")
    assert row.ours == f"{np.mean(np.abs(sigma - came) / came):.1%}"
    lower = next(
        row for section in found.sections for row in section.rows if row.name.startswith("RMSE lower than that of G")
    )
    mine = np.sqrt(made.variance(walks.DYNAMIC)[days.scored])
    assert lower.ours == f"{1.0 - np.sqrt(np.mean((mine - came) ** 2) / np.mean((sigma - came) ** 2)):+.1%}"


def test_direction_is_that_from_the_last_measured_volatility(days):
    realized = days.realized[days.days]
    oracle = {"knows": np.where(np.isfinite(realized), realized, 1.0) * days.scale(days.realized)}
    assert scored.directions(days, oracle)["knows"] == 1.0


def test_the_recovery_is_read_off_its_page():
    cells = settings.recovered((ROOT / "docs/results/webb_recovery.md").read_text(encoding="utf-8"))
    assert cells["paths"] == ("10,000",)
    truth, mean, bias, cover = cells["alpha"]
    assert float(truth) >= 0.0 and abs(float(bias)) < 1.0 and cover.endswith("%")
    assert float(mean) != float(truth)


def test_a_second_lag_helps_only_where_there_is_one(days):
    ratio, p = diagnosed.second_lag(days)
    assert ratio >= 0.0 and 0.0 <= p <= 1.0
    rng, variance, last, before = np.random.default_rng(8), 1.0, 0.0, 0.0
    values = []
    for _ in range(3000):
        variance = 0.3 + 0.6 * before**2
        last, before = math.sqrt(variance) * rng.standard_normal(), last
        values.append(0.01 * last)
    lagged = replace(days, returns=np.append(np.zeros(days.first), values), dates=days.dates)
    lagged.__dict__["first"] = days.first
    assert diagnosed.second_lag(lagged)[1] < 1e-6
