import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tests.reference import dynamic as reference
from vrx._ext import dynamic as kernels
from vrx.econometrics import DynamicFractionalVolatility, Result, daily_update
from vrx.econometrics._law import Law, Sample, memory, powers
from vrx.econometrics._scoring import Optimum
from vrx.econometrics._start import Start
from vrx.errors import InputError
from vrx.hurst import Wavelet

INNOVATIONS = ("signed", "absolute")
SIGNED = DynamicFractionalVolatility(hurst=0.55, innovation="signed")
ABSOLUTE = DynamicFractionalVolatility(hurst=0.55, innovation="absolute", alpha=(-2.0, 5.0))


def clustered(n, seed):
    """Returns whose volatility clusters: GARCH(1,1) with Student shocks."""
    random = np.random.default_rng(seed)
    variance, returns = 1e-4, np.empty(n)
    for t in range(n):
        returns[t] = np.sqrt(variance) * random.standard_t(8) * np.sqrt(0.75)
        variance = 2e-6 + 0.1 * returns[t] ** 2 + 0.88 * variance
    return returns


RETURNS = clustered(1000, 5)
HURST = np.random.default_rng(6).uniform(0.2, 0.8, 400)


def law(at, innovation, floor=0.002, ceiling=0.2):
    return Law(*(float(one) for one in at), floor, ceiling, innovation)


@pytest.fixture(scope="module")
def market():
    """The S&P 500 from 1999 to 2018, as it comes with arch."""
    data = pytest.importorskip("arch.data.sp500")
    return np.diff(np.log(data.load()["Adj Close"].to_numpy()))


@pytest.fixture(scope="module")
def fitted(market):
    return DynamicFractionalVolatility(innovation="absolute", alpha=(-5.0, 5.0)).fit(market[-1500:], days=1000)


# Windows of the S&P 500 (end, innovation, alpha) on which a single climb ends below a constant variance.
FAR = [(1000, "signed", 20.0), (1000, "signed", 10.0), (1300, "signed", -5.0), (1400, "absolute", 10.0)]
# Returns with a hollow of their likelihood between alpha = 0 and its maximum.
HOLLOW = clustered(400, 1709)


# -- the recursion -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("innovation", INNOVATIONS)
@pytest.mark.parametrize(
    "at", [(-4.6, 0.2, 1.0), (-4.6, -0.2, 0.5), (-4.4, 0.1, 0.0), (-4.6, -0.3, -0.7), (-4.6, -0.5, 2.0)]
)
def test_when_exponentials_carry_the_past_then_sigma_is_that_of_the_direct_sums(at, innovation):
    chosen = law(at, innovation)
    ours = np.exp(Sample(RETURNS[:400], memory(HURST)).run(chosen, 1)[0][:, 0])
    direct = reference.sigma(RETURNS[:400], HURST, at, (chosen.floor, chosen.ceiling), innovation == "absolute")
    np.testing.assert_allclose(ours, direct, rtol=2e-7)


def test_when_sigma_meets_its_floor_or_ceiling_then_it_stands_there_with_slopes_of_0():
    for at, limit in [((-4.6, -0.4, 1.0), "floor"), ((-4.6, -0.4, -1.0), "ceiling")]:
        chosen = law(at, "signed", floor=0.005, ceiling=0.02)
        out = Sample(RETURNS[:400], memory(HURST)).run(chosen, 4)[0]
        sigma = np.exp(out[:, 0])
        assert sigma.min() >= 0.005 * (1.0 - 1e-12) and sigma.max() <= 0.02 * (1.0 + 1e-12)
        assert np.any(np.isclose(sigma, getattr(chosen, limit), rtol=1e-12))
        there = np.isclose(sigma, 0.005, rtol=1e-12) | np.isclose(sigma, 0.02, rtol=1e-12)
        assert np.all(out[there, 1:] == 0.0)
        assert np.all(out[~there, 1] != 0.0)


@pytest.mark.parametrize("innovation", INNOVATIONS)
@pytest.mark.parametrize(
    "at", [(-4.6, 0.05, 1.0), (-4.6, -0.15, 0.4), (-4.5, 0.1, 0.0), (-4.5, 0.1, 1e-3), (-4.6, -0.1, -0.7)]
)
def test_the_score_is_the_slope_of_the_likelihood(at, innovation):
    at = np.array(at) if innovation == "signed" else np.abs(at) * [-1, 1, 1]
    sample = Sample(RETURNS[:400], memory(HURST))
    score = sample.point(law(at, innovation)).score
    for k in range(3):
        # Richardson: the error of the central difference falls with the fourth power of the step.
        step = np.zeros(3)
        step[k] = 1e-3
        one, two = (
            (sample.point(law(at + h * step, innovation)).value - sample.point(law(at - h * step, innovation)).value)
            / (2e-3 * h)
            for h in (1.0, 0.5)
        )
        assert score[k] == pytest.approx((4.0 * two - one) / 3.0, rel=1e-6, abs=1e-5)


def test_the_likelihood_and_the_information_are_those_of_the_formulas():
    sample, chosen = Sample(RETURNS[:400], memory(HURST)), law((-4.6, 0.15, 0.8), "absolute")
    out, point = sample.run(chosen, 4)[0][:-1], sample.point(chosen)
    assert point.value == pytest.approx(reference.log_likelihood(RETURNS[:400], np.exp(out[:, 0])), rel=1e-12)
    # The paper writes it by log(sigma^2), whose slopes are twice those of log(sigma).
    slopes = 2.0 * out[:, 1:]
    np.testing.assert_allclose(point.information, 0.5 * slopes.T @ slopes, rtol=1e-12)


def test_when_alpha_crosses_0_then_the_likelihood_has_no_seam():
    sample = Sample(RETURNS[:400], memory(HURST))
    values = [sample.point(law((-4.6, 0.15, alpha), "absolute")).value for alpha in (-1e-7, 0.0, 1e-7)]
    assert values[1] == pytest.approx((values[0] + values[2]) / 2.0, abs=1e-8)


@given(at=st.integers(252, 399), value=st.floats(-0.5, 0.5), innovation=st.sampled_from(INNOVATIONS))
@settings(max_examples=30)
def test_when_a_return_changes_then_no_sigma_up_to_the_next_day_changes_a_bit(at, value, innovation):
    model = DynamicFractionalVolatility(innovation=innovation, alpha=0.5)
    result = model.fitted(RETURNS, np.full(1000, 0.5), RETURNS[-252:], law((-4.6, 0.15, 0.5), innovation))
    changed = RETURNS[:400].copy()
    changed[at] = value
    before, after = result.sigma_on(RETURNS[:400]), result.sigma_on(changed)
    np.testing.assert_array_equal(before[: at + 1], after[: at + 1])
    assert changed[at] == RETURNS[at] or before[at + 1] != after[at + 1]


def test_the_weights_of_a_day_have_the_same_bits_by_itself_and_among_others():
    together = memory(HURST)
    for k in range(len(HURST)):
        np.testing.assert_array_equal(memory(HURST[k : k + 1]), together[k : k + 1])


def test_when_sizes_do_not_fit_then_the_kernels_say_so():
    nodes = len(powers().decays)
    decays, weights, states, out = np.ones(nodes), np.ones((3, nodes)), np.zeros((1, nodes)), np.empty((4, 1))
    parameters, returns = law((-4.6, 0.1, 1.0), "signed").array, np.zeros(3)
    kernels.run(returns, decays, weights, parameters, states, out)
    for wrong, message in [
        ((returns, decays, weights, parameters[:5], states, out), "law has 5 numbers"),
        ((returns[:2], decays, weights, parameters, states, out), "a row per day"),
        ((returns, decays[:-1].copy(), weights, parameters, states, out), "a multiple of 8"),
        ((returns, decays, weights, parameters, states, np.empty((3, 1))), "4 rows"),
        ((returns, decays, weights, parameters, states, np.empty((4, 4))), "states of shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            kernels.run(*wrong)
    with pytest.raises(ValueError, match="out of shape"):
        kernels.simulate(np.zeros((2, 3)), decays, weights, parameters, np.zeros((2, nodes)), np.empty((2, 2)))
    with pytest.raises(ValueError, match="do not fit the paths"):
        kernels.simulate(np.zeros((2, 3)), decays, weights, parameters, states, np.empty((2, 3)))


# -- the fit -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("innovation", INNOVATIONS)
def test_the_optima_are_those_of_l_bfgs_from_the_same_start_in_fewer_passes(market, innovation):
    model = DynamicFractionalVolatility(innovation=innovation)
    ours, theirs = 0, 0
    for end in (1258, 2000, 3000, 4000, 5000):
        returns = market[end - 1258 : end]
        sample = Sample(returns, memory(model.exponents(returns)))
        start = Start.of(sample, model)

        def downhill(at, sample=sample, start=start):
            point = sample.point(start.law(at))
            return -point.value, -point.score

        other = minimize(
            downhill, start.at, jac=True, method="L-BFGS-B", bounds=[(None, None), (None, None), (0.0, 5.0)],
            options={"ftol": 1e-14, "gtol": 1e-6, "maxls": 50},
        )  # fmt: skip
        result = model.fit(returns)
        assert result.log_likelihood == pytest.approx(-other.fun, abs=1e-6)
        assert result.converged
        assert ("end of its range" in result.note) == (result.law.power == 0.0)
        ours, theirs = ours + start.climb(start.at).evaluations, theirs + other.nfev
    assert ours < theirs


def test_when_alpha_wants_to_leave_its_range_then_the_result_says_so_and_is_the_best_inside(market):
    model = DynamicFractionalVolatility(innovation="signed")
    result = model.fit(market[-1258:])
    # A maximum within the range that was asked for: a constraint that binds is no failure.
    assert result.converged
    assert result.note == "alpha stands at 0, the end of its range: the likelihood rises beyond"
    held = dataclasses.replace(model, alpha=0.0).fit(market[-1258:])
    assert held.converged and held.note == ""
    assert held.log_likelihood == pytest.approx(result.log_likelihood, abs=1e-7)
    assert held.aic == pytest.approx(result.aic - 2.0)
    # There kappa is 1 and lambda 0 by definition: no data make them uncertain, or certain.
    for one in (result, held):
        assert np.isnan([*one.standard_errors.values(), *one.robust_errors.values()]).all()
        assert one.law_errors["slope"] > 0.0 and one.law_robust_errors["slope"] > 0.0
        assert np.isnan(one.law_errors["power"])


def test_when_the_returns_say_nothing_of_the_parameters_then_the_result_says_so():
    # Of equal size every return is as large as expected: sigma needs no past, and no power.
    returns = 0.01 * np.where(np.random.default_rng(1).random(600) < 0.5, -1.0, 1.0)
    result = DynamicFractionalVolatility(hurst=0.55, innovation="absolute").fit(returns)
    assert "do not tell" in result.note


def test_when_returns_are_simulated_then_the_parameters_are_found_again_within_their_errors():
    result = ABSOLUTE.fit(RETURNS)
    returns, _ = result.simulate(1, 20_000, seed=2, past=False)
    again = ABSOLUTE.fit(returns[0])
    assert again.converged
    for name, error in again.law_errors.items():
        assert abs(getattr(again.law, name) - getattr(result.law, name)) < 4.0 * error
    for name, error in again.standard_errors.items():
        assert 0.0 < error < 1.0
        assert abs(again.parameters[name] - result.parameters[name]) < 5.0 * error
        # The simulated shocks are normal, so that both errors estimate the same.
        assert again.robust_errors[name] == pytest.approx(error, rel=0.15)


def test_when_returns_are_scaled_then_sigma_scales_and_alpha_stays():
    one, ten = ABSOLUTE.fit(RETURNS), dataclasses.replace(ABSOLUTE, unit=0.001).fit(RETURNS / 10.0)
    np.testing.assert_allclose(ten.sigma, one.sigma / 10.0, rtol=1e-5)
    for name, value in one.parameters.items():
        assert ten.parameters[name] == pytest.approx(value, rel=1e-3)


def test_the_parameters_of_the_paper_give_the_same_sigma(fitted):
    alpha, kappa, slope = (fitted.parameters[name] for name in ("alpha", "kappa", "lambda"))
    shocks = np.abs(fitted.returns / fitted.sigma) - np.sqrt(2.0 / np.pi)
    lags = np.arange(len(shocks), 0, -1.0)
    total = np.sum(lags ** (2.0 * fitted.hurst - 2.0) * shocks)
    assert 0.01 * (kappa + slope * total) ** (1.0 / alpha) == pytest.approx(fitted.next_sigma, rel=1e-6)


def test_the_errors_of_the_parameters_are_those_of_the_law_by_their_derivatives(fitted):
    at = np.array([fitted.law.level, fitted.law.slope, fitted.law.power])
    numeric = np.empty((3, 3))
    for k, step in enumerate(1e-6 * np.eye(3)):
        high, low = (law(at + sign * step, "absolute").natural(0.01)[0] for sign in (1.0, -1.0))
        numeric[:, k] = (high - low) / 2e-6
    errors = np.sqrt(np.diag(numeric @ fitted.inference.covariance @ numeric.T))
    np.testing.assert_allclose(list(fitted.standard_errors.values()), errors, rtol=1e-6)


def test_the_hurst_exponents_are_those_known_at_the_end_of_the_day(market, fitted):
    for t in (0, 500, 999):
        end = len(market) - 1000 + t + 1
        assert fitted.hurst[t] == pytest.approx(Wavelet(kind="noise").fit(market[end - 252 : end]).h, abs=1e-9)
    early = DynamicFractionalVolatility(early=0.4).fit(market[:600])
    assert np.all(early.hurst[:251] == 0.4) and np.all(early.hurst[251:] != 0.4)


def test_when_an_exponent_lies_outside_then_it_counts_as_the_nearest_that_is_served(market):
    hurst = Wavelet(kind="noise").rolling(market).h[251:]
    assert hurst.min() < 0.1
    used = DynamicFractionalVolatility().exponents(market)
    np.testing.assert_array_equal(used[251:], np.clip(hurst, 0.1, 0.9))
    # What was used can be given back.
    given = DynamicFractionalVolatility(hurst=used[:600], alpha=1.0).fit(market[:600])
    assert given.log_likelihood == DynamicFractionalVolatility(alpha=1.0).fit(market[:600]).log_likelihood


@pytest.mark.parametrize("innovation", INNOVATIONS)
def test_the_robust_errors_are_those_of_the_sandwich_from_the_definition(innovation):
    model = DynamicFractionalVolatility(hurst=0.55, innovation=innovation, alpha=1.0)
    result = model.fit(RETURNS[:260])
    chosen = result.law
    at, limits = (chosen.level, chosen.slope, chosen.power), (chosen.floor, chosen.ceiling)
    direct = reference.sandwich(RETURNS[:260], np.full(260, 0.55), at, limits, innovation == "absolute")
    errors = [result.law_robust_errors[name] for name in ("level", "slope")]
    np.testing.assert_allclose(errors, np.sqrt(np.diag(direct)), rtol=1e-4)
    # Shocks with fat tails: the inverse information is another thing.
    plain = [result.law_errors[name] for name in ("level", "slope")]
    assert np.max(np.abs(np.log(np.divide(errors, plain)))) > 0.05


def test_when_the_likelihood_does_not_curve_down_then_there_are_no_robust_errors():
    result = DynamicFractionalVolatility(hurst=0.55, innovation="absolute", alpha=1.0).fit(RETURNS[:300])
    # Far from the maximum.
    result.law = dataclasses.replace(result.law, level=result.law.level + 3.0, slope=0.6)
    assert np.isnan(list(result.robust_errors.values())).all()


@pytest.mark.parametrize(("end", "innovation", "alpha"), FAR)
def test_when_alpha_is_fixed_far_out_then_the_fit_is_no_worse_than_a_constant_variance(market, end, innovation, alpha):
    returns = market[end - 1000 : end]
    result = DynamicFractionalVolatility(hurst=0.55, innovation=innovation, alpha=alpha).fit(returns)
    constant = -500.0 * (np.log(2.0 * np.pi * np.mean(returns**2)) + 1.0)
    assert result.log_likelihood >= constant
    assert result.converged


def test_when_nothing_reaches_a_constant_variance_then_it_has_not_converged(monkeypatch):
    whole = Start.climb

    def poor(self, at):
        found = whole(self, at)
        return dataclasses.replace(found, point=dataclasses.replace(found.point, value=0.0))

    assert ABSOLUTE.fit(RETURNS).converged
    monkeypatch.setattr(Start, "climb", poor)
    result = ABSOLUTE.fit(RETURNS)
    assert not result.converged
    assert result.note == "a constant variance has a higher likelihood"


def test_when_a_climb_does_not_end_then_it_has_not_converged_and_the_note_says_why(monkeypatch):
    whole = Start.climb

    def cut(self, at):
        found = whole(self, at)
        return Optimum(found.point, False, "the parameters still move after 100 steps", 100, 100)

    monkeypatch.setattr(Start, "climb", cut)
    result = ABSOLUTE.fit(RETURNS)
    assert not result.converged and not Result.from_json(result.to_json()).converged
    assert result.note == "the parameters still move after 100 steps"


@pytest.mark.parametrize("warm", [False, True])
def test_when_the_first_climb_ends_at_alpha_0_then_a_maximum_inside_is_found_from_1(warm):
    at_0 = dataclasses.replace(SIGNED, alpha=0.0).fit(HOLLOW)
    result = SIGNED.fit(HOLLOW, start=at_0 if warm else None)
    assert result.log_likelihood > at_0.log_likelihood + 3.0
    assert 0.0 < result.law.power < 5.0 and result.note == ""


def test_when_sigma_often_stands_at_a_limit_then_the_note_says_so():
    tight = DynamicFractionalVolatility(hurst=0.55, innovation="absolute", alpha=1.0, limits=(0.9, 20.0)).fit(RETURNS)
    assert tight.floored > 10 and tight.converged
    assert f"sigma stands at its floor on {tight.floored} of 1000 days" in tight.note
    assert tight.floored == np.sum(tight.sigma == tight.sigma.min())
    free = dataclasses.replace(tight.model, limits=(0.05, 20.0)).fit(RETURNS)
    assert (free.floored, free.capped, free.note) == (0, 0, "")


def test_the_days_whose_exponent_was_clipped_are_counted(market):
    hurst = Wavelet(kind="noise").rolling(market, 252).h[-4700:]
    result = DynamicFractionalVolatility(alpha=1.0).fit(market, days=4700)
    outside = int(np.sum((hurst < 0.1) | (hurst > 0.9)))
    assert result.clipped == outside > 0
    before = result.clipped
    result.update(0.001)
    assert result.clipped == before and ABSOLUTE.fit(RETURNS).clipped == 0


def test_numbers_of_numpy_and_lists_count_as_those_of_python():
    odd = DynamicFractionalVolatility(
        window=np.int32(252), hurst=np.float32(0.5), alpha=[np.int64(0), np.float64(5.0)],
        early=np.array(0.5), limits=[np.float32(0.0625), 20], unit=np.float32(1.0),
    )  # fmt: skip
    plain = DynamicFractionalVolatility(hurst=0.5, alpha=(0.0, 5.0), limits=(0.0625, 20.0), unit=1.0)
    for field in dataclasses.fields(plain):
        assert getattr(odd, field.name) == getattr(plain, field.name)
        assert type(getattr(odd, field.name)) is type(getattr(plain, field.name))
    result = odd.fit(RETURNS[:300])
    again = Result.from_json(result.to_json())
    assert result.update(0.01) == again.update(0.01)
    assert DynamicFractionalVolatility(alpha=np.int64(1)).powers == (1.0, 1.0)


@pytest.mark.parametrize(
    "hurst", [1.5, 0, 1, -0.1, None, True, float("nan"), np.float32(2.0), "dfa", 10**400, np.True_]
)
def test_when_hurst_is_no_exponent_then_the_model_refuses_it_before_any_returns(hurst):
    with pytest.raises(InputError, match=r"^hurst is [^\n]*$"):
        DynamicFractionalVolatility(hurst=hurst)


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_when_the_dates_of_a_series_do_not_rise_then_one_line_names_the_first(zone):
    pd = pytest.importorskip("pandas")
    series = pd.Series(RETURNS, pd.bdate_range("2015-01-01", periods=1000, tz=zone))
    result = ABSOLUTE.fit(series)
    np.testing.assert_array_equal(result.sigma, ABSOLUTE.fit(RETURNS).sigma)
    twice, hole = series.copy(), series.copy()
    twice.index = series.index[:500].append(series.index[499:-1])
    hole.index = series.index[:5].append(pd.DatetimeIndex([pd.NaT], tz=zone)).append(series.index[6:])
    for wrong, place in [(series[::-1], 1), (twice, 500), (hole, 5)]:
        for call in (ABSOLUTE.fit, result.sigma_on, lambda one: daily_update(one, days=300)):
            with pytest.raises(InputError) as caught:
                call(wrong)
            dates = wrong.index
            expected = (
                f"returns has {dates[place]} at {place}, after {dates[place - 1]}: pass each day once, oldest first"
            )
            assert str(caught.value) == expected
    # A plain count of rows is no date.
    ABSOLUTE.fit(pd.Series(RETURNS)[::-1])


# -- what comes of it --------------------------------------------------------------------------------------------------


def test_when_returns_arrive_one_by_one_then_sigma_is_that_of_the_whole(market):
    result = DynamicFractionalVolatility(innovation="absolute", alpha=1.0).fit(market[:1300])
    streamed = [result.next_sigma, *(result.update(value) for value in market[1300:1400])]
    np.testing.assert_array_equal(streamed, result.sigma_on(market[:1400])[1300:])
    assert len(result.returns) == len(result.hurst) == len(result.sigma) == 1400
    assert (
        result.log_likelihood
        == DynamicFractionalVolatility(innovation="absolute", alpha=1.0).fit(market[:1300]).log_likelihood
    )


def test_when_it_is_refitted_then_it_starts_where_it_was_and_ends_where_a_fresh_fit_ends(market):
    model = DynamicFractionalVolatility(innovation="absolute")
    result = model.fit(market[3000:4300], days=1000)
    for value in market[4300:4305]:
        result.update(value)
    again, fresh = result.refit(), model.fit(market[3000:4305], days=1000)
    assert again.log_likelihood == pytest.approx(fresh.log_likelihood, abs=1e-6)
    assert again.inference.evaluations < fresh.inference.evaluations
    np.testing.assert_allclose(again.hurst, fresh.hurst, rtol=1e-9)


@pytest.mark.parametrize("hurst", ["wavelet", 0.55, "given"])
def test_when_it_travels_as_json_then_every_later_forecast_has_the_same_bits(hurst):
    given = hurst == "given"
    chosen = np.random.default_rng(2).uniform(0.4, 0.6, 600) if given else hurst
    result = DynamicFractionalVolatility(hurst=chosen, innovation="absolute", alpha=0.5).fit(RETURNS[:600])
    other = Result.from_json(result.to_json())
    assert other.robust_errors["kappa"] == result.robust_errors["kappa"] > 0.0
    for value in (0.01, -0.02):
        extra = {"hurst": 0.5} if given else {}
        assert other.update(value, **extra) == result.update(value, **extra)
    np.testing.assert_array_equal(other.forecast(10), result.forecast(10))
    np.testing.assert_array_equal(other.refit().sigma, result.refit().sigma)
    assert other.parameters == result.parameters and other.standard_errors["kappa"] == result.standard_errors["kappa"]
    assert other.to_json() == result.to_json()


DAMAGE = [
    (("law",), None, "law is missing"),
    (("law", "level"), ..., "law.level is missing"),
    (("law", "level"), "a", "law.level is a, no number"),
    (("law", "level"), 1e4, "law.level is 10000, no logarithm of a volatility"),
    (("law", "level"), -5.0, "series.sigma does not follow from the returns and the law"),
    (("law", "slope"), True, "law.slope is True, no number"),
    (("law", "slope"), float("nan"), "law.slope is nan, no finite number"),
    (("law", "power"), 7.0, "law.power is 7, outside model.alpha"),
    (("law", "floor"), 10.0, "law.floor is 10, law.ceiling"),
    (("law", "innovation"), "both", "law.innovation is 'both'"),
    (("law", "innovation"), "signed", "law.innovation is 'signed', not model.innovation"),
    (("law", "unit"), 1.0, "law.unit is no field of a result"),
    (("model", "innovation"), "both", "model.innovation is 'both'"),
    (("model", "window"), "a", "model.window is 'a'"),
    (("model", "foo"), 1, "model.foo is no field of a result"),
    (("inference", "days"), 300.0, "inference.days is 300.0, no count"),
    (("inference", "days"), 400, "inference.days is 400 of 302 returns"),
    (("inference", "days"), 0, "inference.days is 0 of 302 returns"),
    (("inference", "estimated"), 2, "inference.estimated is 2, not 3"),
    (("inference", "converged"), 1, "inference.converged is 1"),
    (("inference", "note"), "a\nb", "inference.note is no line of text"),
    (("inference", "covariance"), [[1.0]], "inference.covariance is no table of 3 by 3 numbers"),
    (("inference", "covariance"), [[-1.0, 0, 0], [0, 1, 0], [0, 0, 1]], "inference.covariance is no covariance"),
    (("inference", "log_likelihood"), 1000.0, "inference.log_likelihood is 1000, that of the returns is"),
    (("series", "sigma"), [0.01], "series.sigma has 1 values, not 303"),
    (("series", "sigma", 4), 0.0, "series.sigma does not follow from the returns and the law"),
    (("series", "sigma", 301), 0.011, "series.sigma does not follow from the returns and the law"),
    (("series", "states"), [0.0], "series.states has 1 values, not 48"),
    (("series", "states", 3), 0.5, "series.states do not follow from the returns and the law"),
    (("series", "returns", 5), 2.0, "series.returns holds what is no log return"),
    (("series", "returns", 5), 0.05, "series.sigma does not follow from the returns and the law"),
    (("series", "recent"), [], "series.recent has 0 values, not 252"),
    (("series", "recent", -1), 0.02, "series.recent is not the end of series.returns"),
    (("series", "hurst", 3), "0.5", "series.hurst[3] is 0.5, no number"),
    (("model", "hurst"), 0.6, "series.hurst is not model.hurst, 0.6, on every day"),
    (("extra",), 1, "extra is no part of a result"),
    (("series", "hurst", 3), 0.95, "series.hurst leaves 0.1 .. 0.9"),
]


@pytest.mark.parametrize(("path", "value", "message"), DAMAGE, ids=lambda one: str(one)[:40])
def test_when_a_field_of_the_json_is_damaged_then_one_line_names_it(path, value, message):
    result = ABSOLUTE.fit(RETURNS[:300])
    for new in (0.01, -0.02):
        result.update(new)
    document = json.loads(result.to_json())
    Result.from_json(json.dumps(document))
    part = document
    for key in path[:-1]:
        part = part[key]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    with pytest.raises(InputError) as caught:
        Result.from_json(json.dumps(document))
    assert str(caught.value).startswith(f"the result cannot be read ({message}")
    assert str(caught.value).endswith("save it again, or fit anew") and "\n" not in str(caught.value)


def test_when_the_text_is_no_result_then_one_line_says_so():
    for text in ("", "[]", "{", "null", "3", None, "[" * 100_000):
        with pytest.raises(InputError, match=r"^the result cannot be read"):
            Result.from_json(text)
    document = json.loads(ABSOLUTE.fit(RETURNS[:300]).to_json()) | {"format": 1}
    with pytest.raises(InputError, match=r"^the result has format 1, not 2: fit anew$"):
        Result.from_json(json.dumps(document))


@pytest.mark.parametrize("innovation", INNOVATIONS)
def test_the_forecast_of_more_days_is_the_mean_of_simulated_variances(innovation):
    result = DynamicFractionalVolatility(hurst=0.5, innovation=innovation, alpha=1.0).fit(RETURNS)
    _, sigma = result.simulate(20_000, 5, seed=9)
    expected = np.cumsum(np.mean(sigma**2, axis=0)) / np.arange(1, 6)
    np.testing.assert_allclose(result.forecast(5), expected, rtol=0.02)
    assert result.forecast(1)[0] == result.next_sigma**2 == result.forecast(5)[0]
    np.testing.assert_array_equal(result.forecast(5), result.forecast(5))
    assert np.all(result.forecast(5)[1:] != result.forecast(5, seed=1)[1:])


@pytest.mark.parametrize(("innovation", "drawn"), [("signed", 501), ("absolute", 1001)])
def test_a_forecast_averages_over_as_many_paths_as_it_was_asked_for(innovation, drawn):
    result = DynamicFractionalVolatility(hurst=0.5, innovation=innovation, alpha=1.0).fit(RETURNS)
    normals = np.random.default_rng(3).standard_normal((drawn, 2))
    # Signed shocks: the second half mirrors the first, and one of an odd number has no mirror.
    paths = np.concatenate((normals, -normals[:500])) if innovation == "signed" else normals
    assert len(paths) == 1001
    weights, out = memory(np.array([0.5])), np.empty((1001, 2))
    kernels.simulate(paths, powers().decays, weights, result.law.array, np.repeat(result._states, 1001, axis=0), out)
    expected = 0.5 * (result.next_sigma**2 + np.mean(np.exp(2.0 * out[:, 1])))
    assert result.forecast(2, paths=1001, seed=3)[1] == pytest.approx(expected, rel=1e-12)


def test_when_paths_are_simulated_then_their_sigma_is_that_of_their_returns():
    result = ABSOLUTE.fit(RETURNS)
    hurst = np.random.default_rng(4).uniform(0.3, 0.7, 300)
    returns, sigma = result.simulate(3, 300, seed=1, hurst=hurst, past=False)
    for path, there in zip(returns, sigma, strict=True):
        np.testing.assert_allclose(np.exp(Sample(path, memory(hurst)).run(result.law, 1)[0][:-1, 0]), there, rtol=1e-12)
    follow = result.simulate(1, 1, seed=1)[1][0, 0]
    assert follow == pytest.approx(result.next_sigma, rel=1e-14)


# -- bad input ---------------------------------------------------------------------------------------------------------

CURE = "no log return of a day: pass numpy.diff(numpy.log(prices)), 0.01 for 1%"
HOLE = np.where(np.arange(1000) == 7, np.nan, RETURNS)


@pytest.mark.parametrize(
    ("returns", "options", "message"),
    [
        (np.full(300, 0.01), {}, "the returns are all 0.01: a constant has no volatility, pass returns that vary"),
        (np.zeros(300), {}, "the returns are all 0: a constant has no volatility, pass returns that vary"),
        (HOLE, {}, "returns[7] is nan, a day without a return: leave the day out"),
        (RETURNS[:5], {}, "5 returns are too few: pass at least 252"),
        (2000.0 + np.arange(300.0), {}, f"returns[0] is 2000, {CURE}"),
        (RETURNS[:300], {"window": 504}, "window is 504, more than the 300 returns: use a shorter window"),
        (RETURNS, {"window": 5}, "5 values are too few for wavelet: use at least 23 values"),
        (np.full(300, 100.0), {}, f"returns[0] is 100, {CURE}"),
        (np.append(1.25, 100.0 * RETURNS), {}, f"returns[0] is 1.25, {CURE}"),
        (RETURNS, {"hurst": np.full(1000, 1.2)}, "hurst[0] is 1.2, no Hurst exponent: use numbers between 0 and 1"),
        (RETURNS, {"hurst": "dfa"}, "hurst is 'dfa': use 'wavelet', a number such as 0.55 or one per return"),
        (RETURNS, {"hurst": [0.5, 0.6]}, "hurst has shape (2,): pass a number, or one for each of 1000 returns"),
        (RETURNS, {"innovation": "both"}, "innovation is 'both': use 'signed' or 'absolute'"),
        (RETURNS, {"alpha": (2.0, 1.0)}, "alpha is (2.0, 1.0): use a power, or a range of powers, from -5 to 20"),
        (RETURNS, {"alpha": "one"}, "alpha is 'one': use a power, or a range of powers, from -5 to 20"),
        (RETURNS, {"limits": (2, 3)}, "limits is (2, 3): use a floor below 1 and a ceiling above, such as (0.05, 20)"),
        (RETURNS, {"limits": 2.0}, "limits is 2.0: use a floor and a ceiling, such as (0.05, 20)"),
        (RETURNS, {"early": 0.0}, "early is 0.0: use a Hurst exponent between 0 and 1"),
        (RETURNS, {"unit": 0.0}, "unit is 0.0: use 0.01 for percent, 1.0 for decimals"),
    ],
)  # fmt: skip
def test_when_the_input_is_wrong_then_one_line_names_it(returns, options, message):
    with pytest.raises(InputError) as caught:
        DynamicFractionalVolatility(**options).fit(returns)
    assert str(caught.value) == message


def test_when_an_update_is_wrong_then_one_line_names_it_and_the_result_is_as_before():
    result, given = (
        ABSOLUTE.fit(RETURNS[:300]),
        DynamicFractionalVolatility(hurst=np.full(300, 0.5), alpha=1.0).fit(RETURNS[:300]),
    )
    before = result.to_json()
    for call, message in [
        (lambda: result.update(2000.0), "the return[0] is 2000, no log return of a day"),
        (lambda: result.update(float("nan")), "the return[0] is nan, no log return of a day"),
        (lambda: result.update([0.1, 0.2]), "the return has 2 values"),
        (lambda: result.update(0.01, hurst=0.5), "hurst is given, but this model finds its own"),
        (lambda: given.update(0.01), "hurst is missing"),
        (lambda: given.update(0.01, hurst=1.5), "the Hurst exponent is 1.5"),
        (lambda: given.update(0.01, hurst="0.5"), "the series has dtype <U3"),
        (lambda: given.update(0.01, hurst=[0.5, 0.6]), "the series has shape (1, 2)"),
        (lambda: result.refit(301), "days is 301, more than the 300 returns"),
        (lambda: result.forecast(0), "horizon is 0"),
        (lambda: result.forecast(1, seed=-1), "seed is -1"),
        (lambda: result.forecast(1, paths=0), "paths is 0"),
        (lambda: result.simulate(2, 5, hurst=[0.5, 0.6]), "hurst has shape"),
        (lambda: result.simulate(2, 5, hurst=1.5), "hurst[0] is 1.5, no Hurst exponent"),
        (lambda: result.simulate(2, 2, hurst=[0.5, 0.0]), "hurst[1] is 0, no Hurst exponent"),
        (lambda: ABSOLUTE.fit(RETURNS, days=2000), "days is 2000, more than the 1000 returns"),
        (lambda: ABSOLUTE.fit(RETURNS, start=result.law), "start is a Law: pass a result of this model"),
        (lambda: SIGNED.fit(RETURNS, start=result), "start has absolute shocks, this model signed: pass"),
    ]:
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value).startswith(message)
    assert result.to_json() == before
