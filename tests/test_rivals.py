import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

from vrx.econometrics import RIVALS, DynamicFractionalVolatility, Egarch, Figarch, Fitted, Garch, Har, rivals
from vrx.errors import InputError

pytest.importorskip("arch")

RETURNS = 0.01 * np.random.default_rng(0).standard_normal(400)


def clustered(n):
    """Returns whose volatility clusters: GARCH(1,1) with Student shocks."""
    random, variance, returns = np.random.default_rng(5), 1e-4, np.empty(n)
    for t in range(n):
        returns[t] = np.sqrt(variance) * random.standard_t(8) * np.sqrt(0.75)
        variance = 2e-6 + 0.1 * returns[t] ** 2 + 0.88 * variance
    return returns


@pytest.fixture(scope="module")
def market():
    from arch.data import sp500

    return np.diff(np.log(sp500.load()["Adj Close"].to_numpy()))[-1100:]


@pytest.fixture(scope="module", params=list(RIVALS))
def fitted(request, market):
    return RIVALS[request.param]().fit(market[:1000])


def test_when_a_rival_is_fitted_then_it_is_the_model_of_arch(market):
    import arch

    for ours, vol in [(Garch().fit(market), {}), (Egarch().fit(market), {"vol": "EGARCH", "o": 1})]:
        theirs = arch.arch_model(100.0 * market, mean="Zero", rescale=False, **vol).fit(disp="off")
        # Where it starts from returns of another size, the climb ends elsewhere on the same flat top.
        assert ours.log_likelihood == pytest.approx(theirs.loglikelihood + 1100 * np.log(100.0), abs=1e-3)
        assert ours.parameters == pytest.approx(theirs.params.to_dict(), rel=5e-3)
        np.testing.assert_allclose(ours.sigma, theirs.conditional_volatility / 100.0, rtol=1e-3)
        expected = theirs.forecast(horizon=1).variance.to_numpy()[-1] / 1e4
        np.testing.assert_allclose(ours.forecast(1), expected, rtol=2e-3)
        assert ours.next_sigma**2 == pytest.approx(ours.forecast(1)[0], rel=1e-14)
        assert ours.robust_errors == pytest.approx(theirs.std_err.to_dict(), rel=0.02)
        classic = np.sqrt(np.diag(theirs.model.compute_param_cov(theirs.params.to_numpy(), robust=False)))
        np.testing.assert_allclose(list(ours.standard_errors.values()), classic, rtol=0.02)


@pytest.mark.parametrize("factor", [1e-4, 0.01, 0.3, 7.0])
@pytest.mark.parametrize("model", [Garch(), Egarch(), Har(), Figarch(truncation=200)], ids=lambda model: model.name)
@pytest.mark.parametrize("simulated", [False, True])
def test_when_returns_are_scaled_then_the_fit_is_the_same(simulated, model, factor, market):
    returns = clustered(1000) if simulated else market[:1000]
    one, other = model.fit(returns), model.fit(factor * returns)
    assert other.log_likelihood + len(returns) * np.log(factor) == pytest.approx(one.log_likelihood, abs=1e-5)
    np.testing.assert_allclose(other.sigma / factor, one.sigma, rtol=1e-4)
    assert other.next_sigma / factor == pytest.approx(one.next_sigma, rel=1e-4)
    assert other.converged == one.converged
    # All but the constant have no unit.
    for name in list(one.parameters)[1:]:
        assert other.parameters[name] == pytest.approx(one.parameters[name], rel=1e-3, abs=1e-5)


def test_when_a_currency_hardly_moves_then_garch_still_finds_its_maximum():
    # Like the Hong Kong dollar: a hundredth of a percent a day, in bursts.
    random, variance, returns = np.random.default_rng(4), 1e-8, np.empty(1000)
    for t in range(1000):
        returns[t] = np.sqrt(variance) * random.standard_t(5)
        variance = 2e-10 + 0.4 * min(returns[t] ** 2, 1e-6) + 0.55 * variance
    best = max(Garch().fit(returns * k).log_likelihood + 1000 * np.log(k) for k in (10.0, 50.0))
    assert Garch().fit(returns).log_likelihood == pytest.approx(best, abs=1e-3)


def test_the_likelihood_is_that_of_decimal_returns(fitted, market):
    sigma, returns = fitted.sigma, market[:1000]
    value = np.sum(-0.5 * np.log(2.0 * np.pi) - np.log(sigma) - 0.5 * (returns / sigma) ** 2)
    assert fitted.log_likelihood == pytest.approx(value, rel=1e-9)
    assert fitted.aic == pytest.approx(2.0 * len(fitted.parameters) - 2.0 * value)
    assert fitted.bic == pytest.approx(np.log(1000) * len(fitted.parameters) - 2.0 * value)
    assert fitted.converged and fitted.note == ""


def test_the_same_small_interface_fits_all_models(fitted, market):
    dynamic = DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(market[:1000])
    for one in (fitted, dynamic):
        model: Fitted = one
        assert all(np.isfinite(value) for value in model.parameters.values())
        assert model.converged
        assert model.note == "" and model.next_sigma**2 == pytest.approx(model.forecast()[0], rel=1e-14)
        assert model.sigma.shape == (1000,) and np.isfinite([model.aic, model.bic, model.log_likelihood]).all()
        for errors in (model.standard_errors, model.robust_errors):
            assert list(errors) == list(model.parameters)
        variance = model.forecast(5)
        assert variance.shape == (5,)
        assert np.all((variance > 1e-6) & (variance < 1e-2))
        np.testing.assert_array_equal(variance, model.forecast(5))


def test_when_a_day_is_added_then_the_same_parameters_forecast_the_next(fitted, market):
    longer = fitted.on(market[:1001])
    assert longer.parameters == fitted.parameters and longer.standard_errors == fitted.standard_errors
    np.testing.assert_allclose(longer.sigma[:1000], fitted.sigma, rtol=1e-9)
    assert longer.sigma[1000] ** 2 == pytest.approx(fitted.forecast(1)[0], rel=1e-9)


@pytest.mark.parametrize("model", [Garch(), Egarch(), Har(), Figarch(truncation=200)], ids=lambda model: model.name)
def test_when_it_starts_from_yesterday_then_it_ends_at_the_same_likelihood(model, market):
    yesterday = model.fit(market[:1000])
    warm, fresh = model.fit(market[1:1001], start=yesterday), model.fit(market[1:1001])
    assert warm.log_likelihood == pytest.approx(fresh.log_likelihood, abs=0.01)


def test_when_a_fit_is_worse_than_a_constant_variance_then_it_has_not_converged_nor_starts_another(market, monkeypatch):
    sound = Garch().fit(market)
    monkeypatch.setattr(rivals, "_constant_variance", lambda days: 1e8)
    absurd = Garch().fit(market)
    assert not absurd.converged
    assert absurd.note == "garch has not converged: a constant variance has a higher likelihood"
    monkeypatch.undo()
    absurd.parameters.update({"omega": 1e300})
    assert Garch().fit(market, start=absurd).parameters == sound.parameters


def test_when_the_first_days_stand_still_then_egarch_takes_new_returns_without_a_warning():
    still = np.append(np.zeros(200), RETURNS[:300])
    found = Egarch().fit(still[:-1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        longer = found.on(still)
    assert longer.next_sigma > 0.0 and len(longer.sigma) == 500


def test_when_a_start_lies_beyond_the_bounds_then_the_fit_goes_on_without_a_warning(market):
    start = Garch().fit(market)
    start.parameters["omega"] = -1e-12
    assert Garch().fit(market, start=start).log_likelihood == pytest.approx(
        Garch().fit(market).log_likelihood, abs=1e-3
    )


@pytest.mark.parametrize("seed", [0, 5, 11])
def test_when_the_climb_leads_nowhere_then_another_from_a_quiet_place_converges(seed):
    # Without volatility that clusters the first step of arch on EGARCH may lead to variances without bound.
    returns = 0.01 * np.random.default_rng(seed).standard_normal(400)
    constant = -200.0 * (np.log(2.0 * np.pi * np.mean(returns**2)) + 1.0)
    for factor in (1.0, 1e-4, 0.01, 0.3, 7.0):
        fitted = Egarch().fit(factor * returns)
        assert fitted.converged
        assert fitted.log_likelihood + 400 * np.log(factor) > constant - 5.0


@pytest.mark.parametrize("seed", range(3))
def test_when_nothing_clusters_then_no_rival_is_called_worse_than_a_constant_variance(seed):
    returns = 0.01 * np.random.default_rng(seed).standard_normal(600)
    assert [name for name, model in RIVALS.items() if "constant variance" in model().fit(returns).note] == []


def test_when_the_optimiser_gives_up_then_the_note_says_so_without_a_warning(market, monkeypatch):
    import arch.univariate

    whole = arch.univariate.ZeroMean.fit

    def short(self, *args, **options):
        return whole(self, *args, **options, options={"maxiter": 1})

    monkeypatch.setattr(arch.univariate.ZeroMean, "fit", short)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = Garch().fit(market)
    assert not fitted.converged
    assert fitted.note.startswith("garch has not converged: ")
    assert fitted.note in repr(fitted)


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (np.full(300, 0.01), "the returns are all 0.01: a constant has no volatility, pass returns that vary"),
        ([0.01, -0.01, 0.02, 0.0, 0.01], "5 returns are too few: pass at least 100"),
        ([0.01, float("nan")], "returns[1] is nan, a day without a return: leave the day out"),
        (
            [2058.2, 2020.58],
            "returns[0] is 2058.2, no log return of a day: pass numpy.diff(numpy.log(prices)), 0.01 for 1%",
        ),
        (["a"], "the series has dtype <U1: pass real numbers, such as numpy.asarray(x, dtype=float)"),
    ],
)
def test_when_the_returns_are_wrong_then_one_line_names_it(returns, message):
    for model in RIVALS.values():
        with pytest.raises(InputError) as caught:
            model().fit(returns)
        assert str(caught.value) == message
    with pytest.raises(InputError, match="pass a result of Har, or nothing"):
        Har().fit(RETURNS, start=Garch().fit(RETURNS))
    for truncation in (0, 1.5, None):
        with pytest.raises(InputError, match=f"truncation is {truncation}: use a whole number of at least 1"):
            Figarch(truncation=truncation)


@pytest.mark.parametrize("model", RIVALS.values(), ids=list(RIVALS))
def test_when_there_are_fewer_returns_than_the_least_then_the_message_names_it(model):
    least = model().least
    assert model().fit(RETURNS[:least]).sigma.shape == (least,)
    with pytest.raises(InputError, match=f"{least - 1} returns are too few: pass at least {least}"):
        model().fit(RETURNS[: least - 1])


def test_when_dates_do_not_rise_then_the_rivals_refuse_them_too():
    pd = pytest.importorskip("pandas")
    series = pd.Series(RETURNS, pd.bdate_range("2015-01-01", periods=400))
    fitted = Garch().fit(series)
    for call in (Garch().fit, fitted.on):
        with pytest.raises(InputError, match=r"at 1, after .*: pass each day once, oldest first"):
            call(series[::-1])


def test_when_a_forecast_is_asked_for_by_no_count_then_every_rival_refuses_it(fitted):
    for wrong, name in [({"horizon": 0}, "horizon"), ({"seed": -1}, "seed"), ({"horizon": 3, "seed": 0.5}, "seed")]:
        with pytest.raises(InputError, match=f"^{name} is "):
            fitted.forecast(**wrong)


def test_when_the_variance_explodes_then_the_forecast_is_refused_in_one_line_without_a_warning(market):
    fitted = Egarch().fit(market)
    fitted._found = fitted._found.model.fix([0.0, 300.0, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError) as caught:
            fitted.forecast(30)
    assert str(caught.value).startswith("the variance that egarch forecasts of day ")
    assert str(caught.value).endswith(": fit it to other days, or use another model")


def test_when_arch_is_missing_then_the_model_of_webb_fits_and_the_rivals_name_the_install():
    script = """
import json, sys
for name in ("arch", "scipy", "pandas", "statsmodels"):
    sys.modules[name] = None
import numpy as np
from vrx.econometrics import DynamicFractionalVolatility, Garch
from vrx.errors import MissingExtraError
returns = 0.01 * np.random.default_rng(1).standard_normal(400)
answer = [DynamicFractionalVolatility(alpha=1.0).fit(returns).next_sigma]
try:
    Garch().fit(returns)
except MissingExtraError as error:
    answer.append(str(error))
print(json.dumps(answer))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    volatility, message = json.loads(done.stdout)
    assert 0.005 < volatility < 0.02
    assert message == 'the model garch needs arch: pip install "vrx[research]"'
