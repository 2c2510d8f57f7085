import datetime
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx.errors import InputError
from vrx.series import Bars
from vrx.training.data import dates_of, fingerprint, read_all, without_ticks
from vrx.training.recipe import Split
from vrx.training.windows import PARTS, Cuts, cuts, origins, resolved, samples, targets


def calendar(days, start="2020-01-01", keep=None):
    dates = np.datetime64(start) + np.arange(days)
    return dates if keep is None else dates[np.asarray(keep)[:days]]


@st.composite
def dated(draw):
    """A series with random days missing, and where its parts end: on its days, between them, or beyond them."""
    keep = draw(st.lists(st.booleans(), min_size=60, max_size=160))
    dates = calendar(len(keep), keep=keep)
    first = np.datetime64("2020-01-01") + draw(st.integers(-5, 170))
    return dates, Cuts(first, first + draw(st.integers(0, 100)))


@given(dated(), st.integers(23, 40), st.lists(st.integers(1, 30), min_size=1, max_size=3, unique=True).map(sorted))
def test_no_target_crosses_the_border_of_a_part(tiny, case, lookback, horizons):
    dates, at = case
    recipe = replace(tiny(), lookback=lookback, horizons=tuple(horizons))
    furthest = max(horizons)
    seen = {part: origins(dates, recipe, at, part) for part in PARTS}
    bounds = {
        "train": (dates.min() if len(dates) else at.train_end, at.train_end),
        "validation": (at.train_end + 1, at.validation_end),
        "test": (at.validation_end + 1, np.datetime64("2100-01-01")),
    }
    for part, rows in seen.items():
        for t in rows:
            coming = dates[t + 1 : t + 1 + furthest]
            assert len(coming) == furthest
            assert bounds[part][0] <= coming[0]
            assert coming[-1] <= bounds[part][1]
            assert t + 1 >= lookback
    together = np.concatenate(list(seen.values()))
    assert len(np.unique(together)) == len(together)
    # Nothing is lost but the origins whose coming days lie on both sides of a border, or of a closure of over 10 days.
    every = range(lookback - 1, len(dates) - furthest)
    borders = (at.train_end, at.validation_end)
    crossing = [
        t
        for t in every
        if any(dates[t + 1] <= end < dates[t + furthest] for end in borders)
        or (np.diff(dates[t : t + furthest + 1]) > np.timedelta64(10, "D")).any()
    ]
    assert sorted(together.tolist() + crossing) == list(every)


def test_windows_of_train_hold_no_day_after_train_ends_whatever_follows(tiny, bars, only):
    series = only(bars, ("close",))
    at = cuts([series], Split())
    later = series.dates > at.train_end
    altered = replace(series, columns={"close": np.where(later, series["close"] * 3.0, series["close"])})
    recipe = tiny("close")
    before, after = (samples([one], recipe, at, "train") for one in (series, altered))
    every = torch.arange(len(before))
    assert len(before) > 0
    assert torch.equal(before.windows(every), after.windows(every))
    assert torch.equal(before.target, after.target)


def test_a_window_ends_at_its_origin_and_its_target_is_the_mean_of_the_days_after(tiny, bars, only):
    recipe = tiny("variance", lookback=22, horizons=(1, 3))
    at = cuts([bars], Split())
    part = samples([only(bars, ("variance",))], recipe, at, "validation")
    variance = bars["variance"]
    for k in (0, len(part) - 1):
        t = int(part.rows[k])
        assert part.windows(torch.tensor([k]))[0, :, 0].tolist() == variance[t - 21 : t + 1].tolist()
        np.testing.assert_allclose(
            part.target[k].exp().numpy(), [variance[t + 1], variance[t + 1 : t + 4].mean()], 1e-12
        )


def test_windows_never_mix_two_series(tiny, market):
    one, two = market(200, 1, "one"), market(150, 2, "two")
    at = cuts([one], Split())
    part = samples([one, two], tiny("close"), at, "train")
    windows = part.windows(torch.arange(len(part)))[:, :, 0].numpy()
    known = {tuple(w) for s in (one, two) for w in np.lib.stride_tricks.sliding_window_view(s["close"], 23)}
    assert {tuple(w) for w in windows} <= known
    assert {int(row) >= 200 for row in part.rows} == {False, True}


def test_the_source_is_cut_at_the_target_s_dates(tiny, market):
    target = market(120, 1)
    source = replace(market(300, 2), dates=np.datetime64("2019-09-01") + np.arange(300))
    at = cuts([target], Split())
    assert at == Cuts(target.dates[59], target.dates[89])
    part = samples([source], tiny("close"), at, "train")
    last = source.dates[part.rows + 22]
    assert last.max() <= target.dates[59]
    assert last.max() == target.dates[59]


@given(st.integers(3, 400), st.floats(0.1, 0.8), st.floats(0.05, 0.95))
def test_shares_cut_the_rows_and_dates_overrule_them(days, train, rest):
    validation = (1.0 - train) * min(rest, 0.9)
    series = Bars({"close": np.ones(days)}, calendar(days), "x", 365, ())
    wanted = int(days * train)
    if wanted == 0:
        with pytest.raises(InputError, match="too few to split"):
            cuts([series], Split(train, validation))
        return
    at = cuts([series], Split(train, validation))
    assert int((series.dates <= at.train_end).sum()) == wanted
    assert int((series.dates <= at.validation_end).sum()) == int(days * (train + validation))
    first, second = datetime.date(2020, 1, 2), datetime.date(2020, 1, 3)
    assert cuts([series], Split(train, validation, first, second)) == Cuts(np.datetime64(first), np.datetime64(second))


def test_when_the_coming_variance_is_zero_then_the_sample_is_left_out_and_counted(tiny, bars):
    variance = bars["variance"].copy()
    variance[100] = 0.0
    still = replace(bars, columns={"variance": variance})
    recipe = tiny("variance", lookback=22, horizons=(1,))
    at = cuts([bars], Split())
    whole, less = (samples([one], recipe, at, "train") for one in (bars, still))
    assert (whole.dropped, less.dropped) == (0, 1)
    assert set(whole.rows.tolist()) - set(less.rows.tolist()) == {99}


def test_when_a_series_has_no_dates_then_it_cannot_be_split(bars):
    with pytest.raises(InputError, match="no dates, and training splits by date"):
        dates_of(replace(bars, dates=None))


def test_targets_are_the_mean_variance_of_the_coming_days(tiny, bars, only):
    recipe = resolved(tiny(), [bars])
    variance, coming = targets(only(bars, ("open", "high", "low", "close")), recipe)
    assert recipe.measure == "garman_klass"
    assert coming.shape == (len(bars), 3)
    np.testing.assert_allclose(coming[40, 1], variance[41:46].mean(), 1e-12)


def test_the_measure_is_resolved_once_for_all_series(tiny, bars, only):
    closes = only(bars, ("close",))
    assert resolved(tiny("close"), [bars]).measure == "garman_klass"
    assert resolved(tiny("close"), [bars, closes]).measure == "close_to_close"
    # The toy has a variance column too: a network that reads prices is not fitted to what it cannot see.
    assert resolved(tiny(), [bars]).measure == "garman_klass"
    assert resolved(tiny("variance"), [bars]).measure == "variance"


def test_har_takes_no_measure_but_its_own(tiny, bars):
    linear = replace(tiny("close"), network=replace(tiny("close").network, kind="log-har"))
    assert resolved(linear, [bars]).measure == "close_to_close"
    with pytest.raises(InputError, match="log-har on close forecasts close_to_close, not garman_klass"):
        resolved(replace(linear, measure="garman_klass"), [bars])


def test_when_the_market_was_closed_for_months_then_no_target_reaches_across(tiny, bars):
    recipe = tiny()
    dates = bars.dates.copy()
    dates[150:] += np.timedelta64(90, "D")
    at = Cuts(dates[200], dates[260])
    rows = origins(dates, recipe, at, "train")
    assert not {t for t in rows.tolist() if t < 150 <= t + 22}
    assert {127, 150} <= set(rows.tolist())


@settings(max_examples=30)
@given(st.integers(0, 319), st.floats(1e-6, 1e6))
def test_the_fingerprint_hangs_on_every_number_up_to_the_day_and_on_none_after(bars, row, change):
    last = bars.dates[199]
    close = bars["close"].copy()
    close[row] *= 1.0 + change
    altered = fingerprint(replace(bars, columns={"close": close}), ("close",), last)
    same = fingerprint(bars, ("close",), last)
    assert (altered == same) == (row > 199)
    assert (same.rows, same.first, same.last) == (200, "2020-01-01", str(last))


def test_when_a_day_is_a_bad_tick_it_is_dropped_and_a_real_jump_stays(bars, only):
    close = bars["close"].copy()
    close[150] *= 10.0
    jump = np.where(np.arange(len(close)) >= 150, bars["close"] * 3.0, bars["close"])
    clean, dropped = without_ticks(replace(bars, columns={"close": close}))
    assert dropped == 1
    assert bars.dates[150] not in clean.dates
    assert without_ticks(replace(bars, columns={"close": jump}))[1] == 0
    assert without_ticks(only(bars, ("close",)))[1] == 0


def test_a_long_table_gives_every_series_in_the_order_of_the_file(tmp_path, market, csv_text):
    one, two = market(40, 1), market(30, 2)
    lines = [f"{line},{name}" for name, s in (("B", one), ("A", two)) for line in csv_text(s).splitlines()[1:]]
    path = tmp_path / "panel.csv"
    path.write_text("Date,open,high,low,close,ticker\n" + "\n".join(lines) + "\n")
    found = read_all(path)
    assert [bars.name for bars in found] == ["B", "A"]
    assert found[0]["close"].tolist() == one["close"].tolist()
    assert len(found[1]) == 30
