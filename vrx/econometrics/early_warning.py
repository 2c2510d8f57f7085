"""Whether a volatility forecast finds the turbulent days, and whether falls of the Hurst exponent announce them.

What is scored may know the past alone: every threshold on day t comes from days before t or from t itself. What it is
scored against, the smoothed regimes and the events that followed, is known afterwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_number, whole_number
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["LeadTime", "RegimeScores", "falls", "high_days", "lead_time", "onsets", "regime_scores"]

Days = NDArray[np.bool_]


@dataclass(frozen=True)
class RegimeScores:
    """How well days called turbulent agree with those that were."""

    days: int
    """That could be called."""
    called: int
    high: int
    """That were of the high regime."""
    jaccard: float
    """Days both called and high over days either; NaN where there are none."""
    true_positive_rate: float
    """The share of the high days that was called; NaN where there are none."""
    false_positive_rate: float
    """The share of the other days that was called; NaN where there are none."""


def regime_scores(called: ArrayLike, high: ArrayLike, known: ArrayLike | None = None) -> RegimeScores:
    """Score days called turbulent against those that were.

    Parameters
    ----------
    called
        Whether each day is called turbulent, such as by :func:`high_days`, shape (n,).
    high
        Whether it was: such as ``markov_regimes(returns).smoothed[:, -1] > 0.5``, shape (n,).
    known
        The days to count, shape (n,); all of them by default.

    Examples
    --------
    >>> regime_scores([True, True, False, False], [False, True, True, False]).jaccard
    0.3333333333333333
    """
    one, other = _truths(called, "called"), _truths(high, "high")
    use = np.ones(len(one), dtype=bool) if known is None else _truths(known, "known")
    if not len(one) == len(other) == len(use):
        raise InputError(
            f"called, high and known have {len(one)}, {len(other)} and {len(use)} days: give the same days"
        )
    one, other = one[use], other[use]
    both = int(np.sum(one & other))
    return RegimeScores(
        days=len(one),
        called=int(one.sum()),
        high=int(other.sum()),
        jaccard=_share(both, int(np.sum(one | other))),
        true_positive_rate=_share(both, int(other.sum())),
        false_positive_rate=_share(int(np.sum(one & ~other)), int(np.sum(~other))),
    )


def high_days(volatility: ArrayLike, *, quantile: float = 0.8, memory: int = 252) -> Days:
    """Days whose volatility is above a quantile of the days before, shape (n,).

    Parameters
    ----------
    volatility
        The volatility of each day, as known on it or before, shape (n,); NaN where there is none.
    quantile
        Between 0 and 1.
    memory
        The days before that the quantile is of; a day with fewer, or with a NaN among them, is not high.

    Examples
    --------
    >>> high_days([1.0, 2.0, 3.0, 9.0, 1.0], quantile=0.5, memory=3).tolist()
    [False, False, False, True, False]
    """
    values = real_array(volatility, dimensions=(1,))
    share = real_number(quantile, "quantile", 0.0, 1.0, inside=True)
    return np.asarray(values > _past_quantile(values, share, whole_number(memory, "memory", 2)))


def falls(
    hurst: ArrayLike, *, quantile: float | None = 0.1, memory: int = 252, drop: float | None = None, days: int = 5
) -> Days:
    """Days on which a rolling exponent has fallen, shape (n,): below a quantile of its past, or by so much.

    Parameters
    ----------
    hurst
        The exponent known at the end of each day, shape (n,); NaN where there is none yet.
    quantile
        Of the `memory` days before; None if `drop` is given instead.
    memory
        The days before that the quantile is of.
    drop
        By how much it is lower than so many `days` before; overrides `quantile`.
    days
        See `drop`.

    Examples
    --------
    >>> falls([0.5, 0.5, 0.4, 0.4, 0.4], drop=0.05, days=1).tolist()
    [False, False, True, False, False]
    """
    values = real_array(hurst, dimensions=(1,))
    if drop is not None:
        least, back = real_number(drop, "drop", 0.0, inside=True), whole_number(days, "days", 1)
        fallen = np.zeros(len(values), dtype=bool)
        fallen[back:] = values[:-back] - values[back:] >= least
        return fallen
    if quantile is None:
        raise InputError("neither quantile nor drop is given: say what a fall is, such as quantile=0.1")
    share = real_number(quantile, "quantile", 0.0, 1.0, inside=True)
    return np.asarray(values < _past_quantile(values, share, whole_number(memory, "memory", 2)))


def onsets(marked: ArrayLike, *, quiet: int = 1) -> Days:
    """The marked days before which so many days were not marked, shape (n,).

    Examples
    --------
    >>> onsets([True, False, True, True, False, False, True], quiet=2).tolist()
    [False, False, False, False, False, False, True]
    """
    days, rest = _truths(marked, "marked"), whole_number(quiet, "quiet", 1)
    count = np.append(0, np.cumsum(days))
    first = np.zeros(len(days), dtype=bool)
    if rest < len(days):
        first[rest:] = days[rest:] & (count[rest:-1] == count[: len(days) - rest])
    return first


@dataclass(frozen=True)
class LeadTime:
    """By how many days warnings precede events, and by how many they would by chance."""

    days: int
    warnings: int
    events: int
    warned: int
    """Events with a warning within the horizon before."""
    hit_rate: float
    """`warned` over `events`."""
    chance_hit_rate: float
    """Its mean over the shifts."""
    hit_p_value: float
    """The share of shifts that warn of as many events or more."""
    precision: float
    """The share of warnings that an event follows within the horizon."""
    mean_lead: float
    """Days from the last warning to the event, over the events warned of; NaN without any."""
    chance_mean_lead: float
    """Its mean over the shifts."""
    lead_p_value: float
    """The share of shifts whose mean lead is as far from that mean, on either side."""
    horizon: int
    shifts: int
    """Turns that stand for chance."""
    seed: int


def lead_time(
    warnings: ArrayLike,
    events: ArrayLike,
    *,
    horizon: int = 10,
    known: ArrayLike | None = None,
    shifts: int = 999,
    seed: int = 0,
) -> LeadTime:
    """Measure by how many days warnings precede events, and whether chance does as well.

    Chance is what remains when the warnings are turned round against the events like a dial, by a random number of days
    of at least two horizons: their number and their clusters stay, their tie to the events is cut. Any lead at all
    follows from a horizon, so that a mean lead of some days says nothing without its mean under chance beside it.

    Parameters
    ----------
    warnings
        Whether each day brings a warning, known at its end, shape (n,): such as ``onsets(falls(h))``.
    events
        Whether an event begins on each day, shape (n,): such as ``onsets(high_days(volatility), quiet=22)``.
    horizon
        The most days by which a warning may precede its event; the least is 1.
    known
        The days on which both could have come, shape (n,), such as those with an exponent and a year before; all by
        default. They must follow one another.
    shifts
        How many turns are tried; all of them where there are fewer.
    seed
        Of the turns.

    Raises
    ------
    InputError
        The days differ in number, do not follow one another, or are too few for a turn; or there is no event or no
        warning.

    Examples
    --------
    >>> events = np.zeros(400, dtype=bool)
    >>> events[[50, 130, 190, 260, 340]] = True
    >>> found = lead_time(np.roll(events, -3), events)
    >>> found.mean_lead, found.hit_rate, found.hit_p_value < 0.05
    (3.0, 1.0, True)
    """
    signals, outcomes = _truths(warnings, "warnings"), _truths(events, "events")
    most, number = whole_number(horizon, "horizon", 1), whole_number(shifts, "shifts", 1)
    use = np.ones(len(signals), dtype=bool) if known is None else _truths(known, "known")
    if not len(signals) == len(outcomes) == len(use):
        lengths = f"{len(signals)}, {len(outcomes)} and {len(use)}"
        raise InputError(f"warnings, events and known have {lengths} days: give the same days")
    signals, outcomes = _stretch(signals, outcomes, use)
    n = len(signals)
    if n <= 4 * most:
        raise InputError(f"{n} days are too few to turn by two horizons of {most}: give more than {4 * most}")
    for name, marked in (("warning", signals), ("event", outcomes)):
        if not marked.any():
            raise InputError(f"there is no {name} in {n} days: nothing can be told")
    at = np.flatnonzero(outcomes)
    leads = _leads(signals, at, most)
    turns = np.arange(2 * most, n - 2 * most + 1)
    if number < len(turns):
        turns = np.random.default_rng(seed).choice(turns, number, replace=False)
    chance = [_leads(np.roll(signals, turn), at, most) for turn in turns.tolist()]
    rates = np.array([len(one) for one in chance]) / len(at)
    means = np.array([one.mean() for one in chance if len(one)])
    mean, usual = _mean(leads), _mean(means)
    follows = _leads(outcomes[::-1], n - 1 - np.flatnonzero(signals), most)
    return LeadTime(
        days=n,
        warnings=int(signals.sum()),
        events=len(at),
        warned=len(leads),
        hit_rate=len(leads) / len(at),
        chance_hit_rate=float(rates.mean()),
        hit_p_value=_p_value(rates >= len(leads) / len(at)),
        precision=len(follows) / int(signals.sum()),
        mean_lead=mean,
        chance_mean_lead=usual,
        lead_p_value=_p_value(np.abs(means - usual) >= abs(mean - usual)) if len(leads) else float("nan"),
        horizon=most,
        shifts=len(turns),
        seed=seed,
    )


def _leads(signals: Days, events: NDArray[np.intp], horizon: int) -> NDArray[np.int64]:
    """Days from the last signal before each event to it, where they are at most a horizon."""
    place = np.where(signals, np.arange(len(signals)), -horizon - 1)
    last = np.append(-horizon - 1, np.maximum.accumulate(place))[events]  # of the days before the event
    leads: NDArray[np.int64] = events - last
    return leads[leads <= horizon]


def _past_quantile(values: Array, share: float, memory: int) -> Array:
    """The quantile of the days before each day; NaN, which nothing exceeds, where they are too few or hold a NaN."""
    result = np.full(len(values), np.nan)
    if len(values) > memory:
        windows = np.lib.stride_tricks.sliding_window_view(values[:-1], memory)
        result[memory:] = np.quantile(windows, share, axis=1)
    return result


def _stretch(signals: Days, outcomes: Days, use: Days) -> tuple[Days, Days]:
    at = np.flatnonzero(use)
    if not len(at) or at[-1] - at[0] + 1 != len(at):
        raise InputError("known marks no days, or days apart: mark one stretch")
    return signals[at[0] : at[-1] + 1], outcomes[at[0] : at[-1] + 1]


def _truths(marked: ArrayLike, name: str) -> Days:
    values = np.asarray(marked)
    if values.dtype != np.bool_ or values.ndim != 1:
        raise InputError(f"{name} has dtype {values.dtype} and shape {values.shape}: pass one truth value a day")
    return values


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _mean(values: NDArray[np.float64] | NDArray[np.int64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _p_value(as_far: Days) -> float:
    """The share of turns that do as well, the one observed among them."""
    return (1 + int(as_far.sum())) / (1 + len(as_far))
