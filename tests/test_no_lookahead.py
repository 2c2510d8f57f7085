"""Nothing after day t changes anything that is said at the end of day t: not in its last bit."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import vrx
from vrx import har
from vrx.measures import MEASURES, daily_variance

OHLC = ("open", "high", "low", "close")
CASES = [("lstm-attention", "ohlc"), ("lstm-attention", "variance-return"), ("har", "close"), ("log-har", "variance")]
across = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def futures(draw, least=40):
    """A day, and another future after it: other values, fewer rows, or more."""
    day = draw(st.integers(least, 300))
    return day, draw(st.integers(1, 80)), draw(st.floats(0.05, 20.0)), draw(st.integers(0, 2**31))


def otherwise(bars, future):
    """The same days up to the day, then a market of another size and length."""
    day, rows, size, seed = future
    rng = np.random.default_rng(seed)
    scale = size * np.exp(0.1 * rng.normal(size=rows))
    columns = {}
    for name in bars.columns:
        new = bars[name][rng.integers(0, len(bars), rows)]
        columns[name] = np.concatenate([bars[name][: day + 1], new])
    shape = rng.integers(0, len(bars), rows)
    for name in OHLC:
        columns[name][day + 1 :] = bars[name][shape] * scale
    columns["variance"][day + 1 :] *= scale**2
    dates = bars.dates[0] + np.arange(day + 1 + rows)
    return replace(bars, columns=columns, dates=dates)


def same(one, two):
    assert np.array_equal(one, two, equal_nan=True)


@across
@given(st.sampled_from(CASES), futures())
def test_the_forecast_of_a_day_is_that_day_s_whatever_came_after(exported, bars, case, future):
    other, day = otherwise(bars, future), future[0]
    forecaster = vrx.load(exported(*case).path)
    one, two = (forecaster.predict(series.until(str(bars.dates[day]))) for series in (bars, other))
    assert one.as_of == two.as_of == bars.dates[day].item()
    for part in ("variance", "volatility", "quantiles"):
        same(getattr(one, part), getattr(two, part))
    history, altered = forecaster.history(bars), forecaster.history(other)
    for part in ("variance", "volatility", "quantiles"):
        same(getattr(history, part)[: day + 1], getattr(altered, part)[: day + 1])
        same(getattr(history, part)[: day + 1], getattr(forecaster.history(bars.head(day + 1)), part))
    # The test can fail: what comes after is another forecast.
    assert not np.array_equal(history.variance[day + 1], altered.variance[day + 1])


@settings(across, max_examples=12)
@given(futures())
def test_the_command_line_as_of_a_day_prints_the_same_bytes(say, tmp_path, csv_text, model_file, bars, future):
    day = str(bars.dates[future[0]])
    said = []
    for name, series in (("one", bars), ("two", otherwise(bars, future)), ("cut", bars.head(future[0] + 1))):
        (tmp_path / name).mkdir(exist_ok=True)
        path = tmp_path / name / "toy.csv"
        path.write_text(csv_text(series))
        for form in ("--json", "--csv", "--annualise=252"):
            command = ("predict", "--series", path, "--model", model_file, "--as-of", day, form)
            said.append((form, say(*command)))
    answers = {form: {answer for asked, answer in said if asked == form} for form, _ in said}
    assert all(len(found) == 1 for found in answers.values())
    (found,) = answers["--json"]
    assert found.code == 0
    assert json.loads(found.out)["as_of"] == day


@across
@given(st.sampled_from([name for name in MEASURES if name != "auto"]), futures())
def test_measures_of_a_day_know_nothing_of_the_next(bars, measure, future):
    day = future[0]
    one, two = (daily_variance(series, measure)[1] for series in (bars, otherwise(bars, future)))
    same(one[: day + 1], two[: day + 1])
    assert one[day + 1] != two[day + 1]


@across
@given(st.booleans(), st.sampled_from([1, 5, 22]), futures(least=80))
@pytest.mark.parametrize("refit", ["expanding", "rolling"])
def test_refits_of_har_know_nothing_of_the_next_day(bars, refit, log, horizon, future):
    day = future[0]
    fit = {"expanding": lambda v: har.expanding(v, horizon, log=log, start=60)}.get(
        refit, lambda v: har.rolling(v, horizon, log=log, window=30)
    )
    one, two, cut = (
        fit(v) for v in (bars["variance"], otherwise(bars, future)["variance"], bars["variance"][: day + 1])
    )
    assume(np.isfinite(one[day]))
    same(one[: day + 1], two[: day + 1])
    same(one[: day + 1], cut)
    # In levels both may rest on the floor.
    assert one[day + 1] != two[day + 1] or not log
