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


@pytest.fixture(scope="module")
def market():
    from arch.data import sp500

    return np.diff(np.log(sp500.load()["Adj Close"].to_numpy()))[-1100:]


@pytest.fixture(scope="module", params=list(RIVALS))
def fitted(request, market):
    return RIVALS[request.param]().fit(market[:1000])


def test_when_a_rival_is_fitted_then_it_is_the_model_of_arch(market):
    import arch

    ours = Garch().fit(market)
    theirs = arch.arch_model(100.0 * market, mean="Zero", rescale=False).fit(disp="off")
    assert ours.parameters == pytest.approx(theirs.params.to_dict(), rel=1e-6)
    np.testing.assert_allclose(ours.sigma, theirs.conditional_volatility / 100.0, rtol=1e-6)
    expected = theirs.forecast(horizon=3).variance.to_numpy()[-1] / 1e4
    np.testing.assert_allclose(ours.forecast(3), np.cumsum(expected) / [1, 2, 3], rtol=1e-6)


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
        variance = model.forecast(5)
        assert variance.shape == (5,)
        assert np.all((variance > 1e-6) & (variance < 1e-2))
        np.testing.assert_array_equal(variance, model.forecast(5))


def test_when_a_day_is_added_then_the_same_parameters_forecast_the_next(fitted, market):
    longer = fitted.on(market[:1001])
    assert longer.parameters == fitted.parameters
    np.testing.assert_allclose(longer.sigma[:1000], fitted.sigma, rtol=1e-9)
    assert longer.sigma[1000] ** 2 == pytest.approx(fitted.forecast(1)[0], rel=1e-9)


@pytest.mark.parametrize("model", [Garch(), Egarch(), Har(), Figarch(truncation=200)], ids=lambda model: model.name)
def test_when_it_starts_from_yesterday_then_it_ends_at_the_same_likelihood(model, market):
    yesterday = model.fit(market[:1000])
    warm, fresh = model.fit(market[1:1001], start=yesterday), model.fit(market[1:1001])
    assert warm.log_likelihood == pytest.approx(fresh.log_likelihood, abs=0.01)


def test_when_a_fit_is_worse_than_a_constant_variance_then_it_has_not_converged_nor_starts_another(market, monkeypatch):
    sound = Garch().fit(market)
    monkeypatch.setattr(rivals, "_likelihood", lambda found, days: -1e8)
    absurd = Garch().fit(market)
    assert not absurd.converged
    assert absurd.note == "garch has not converged: a constant variance has a higher likelihood"
    monkeypatch.undo()
    absurd.parameters.update({"omega": 1e300})
    assert Garch().fit(market, start=absurd).parameters == sound.parameters


def test_when_a_start_lies_beyond_the_bounds_then_the_fit_goes_on_without_a_warning(market):
    start = Garch().fit(market)
    start.parameters["omega"] = -1e-12
    assert Garch().fit(market, start=start).log_likelihood == pytest.approx(
        Garch().fit(market).log_likelihood, abs=1e-3
    )


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
    with pytest.raises(InputError, match="truncation is 0"):
        Figarch(truncation=0).fit(RETURNS)


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
