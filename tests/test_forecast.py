import csv
import datetime
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vrx
from vrx.forecast import Forecast


@pytest.fixture(scope="module")
def forecast(exported, bars):
    return vrx.load(exported().path).predict(bars)


def test_a_forecast_names_its_series_its_day_and_its_model(forecast, bars, exported):
    assert (forecast.series, forecast.model) == ("toy", "lstm-attention-ohlc")
    assert forecast.as_of == datetime.date(2020, 11, 15) == bars.as_of
    assert forecast.trained_on == exported().spec.trained_on
    assert forecast.horizons == (1, 5, 22)
    assert forecast.volatility.shape == (3,)
    assert forecast.quantiles.shape == (3, 5)
    np.testing.assert_allclose(forecast.volatility**2, forecast.variance, 1e-12)
    assert (np.diff(forecast.quantiles, axis=1) > 0).all()


def test_the_python_face_reads_what_the_front_door_reads(exported, bars, csv_file, forecast):
    model = vrx.load(exported().path)
    from_file = model.predict(csv_file(bars), periods_per_year=252, name="mine")
    assert np.array_equal(from_file.quantiles, forecast.quantiles)
    assert (from_file.series, from_file.periods_per_year) == ("mine", 252)
    from_array = model.predict(bars.matrix(("open", "high", "low", "close")))
    assert np.array_equal(from_array.variance, forecast.variance)
    assert from_array.as_of is None


def test_options_are_not_lost_on_bars_that_are_read_already(exported, bars):
    assert vrx.load(exported().path).predict(bars, periods_per_year=252).periods_per_year == 252


@given(st.integers(1, 400))
def test_annualising_multiplies_by_the_root_of_the_periods(periods):
    one = Forecast("x", None, (1,), np.array([4e-4]), np.array([0.02]), (0.5,), np.array([[0.02]]), periods, "m")
    assert one.annualised().tolist() == [0.02 * math.sqrt(periods)]
    assert one.annualised(252).tolist() == [0.02 * math.sqrt(252)]
    assert next(one.rows())["volatility_annualised"] == 0.02 * math.sqrt(periods)


def test_json_holds_every_number_to_the_bit(forecast):
    document = json.loads(json.dumps(forecast.to_dict(), allow_nan=False))
    assert document["as_of"] == "2020-11-15"
    assert document["levels"] == list(forecast.levels)
    for k, row in enumerate(document["forecast"]):
        assert row["horizon"] == forecast.horizons[k]
        assert (row["variance"], row["volatility"]) == (forecast.variance[k], forecast.volatility[k])
        assert [row[f"q{level:g}"] for level in forecast.levels] == forecast.quantiles[k].tolist()


def test_csv_holds_every_number_to_the_bit_and_names_with_commas_survive(forecast):
    rows = list(csv.DictReader(io.StringIO(replace(forecast, series='a,"b"', as_of=None).to_csv())))
    assert [row["series"] for row in rows] == ['a,"b"'] * 3
    assert {row["as_of"] for row in rows} == {""}
    assert [float(row["volatility"]) for row in rows] == forecast.volatility.tolist()
    assert [float(row["q0.95"]) for row in rows] == forecast.quantiles[:, -1].tolist()
