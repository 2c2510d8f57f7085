"""Whether a volatility forecast finds the turbulent days, and whether falls of the Hurst exponent announce them.

What is scored may know the past alone: every threshold on day t comes from days before t or from t itself. What it is
scored against, the smoothed regimes and the events that followed, is known afterwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import whole_number
from vrx.econometrics._marks import Days, falls, high_days, onsets, truths
from vrx.errors import InputError

__all__ = ["LeadTime", "RegimeScores", "falls", "high_days", "lead_time", "onsets", "regime_scores"]


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
    one, other = truths(called, "called"), truths(high, "high")
    use = np.ones(len(one), dtype=bool) if known is None else truths(known, "known")
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
    signals, outcomes = truths(warnings, "warnings"), truths(events, "events")
    most, number = whole_number(horizon, "horizon", 1), whole_number(shifts, "shifts", 1)
    use = np.ones(len(signals), dtype=bool) if known is None else truths(known, "known")
    if not len(signals) == len(outcomes) == len(use):
        lengths = f"{len(signals)}, {len(outcomes)} and {len(use)}"
        raise InputError(f"warnings, events and known have {lengths} days: give the same days")
    signals, outcomes = _stretch(signals, outcomes, use, most)
    n, at = len(signals), np.flatnonzero(outcomes)
    leads = _leads(signals, at, most)
    chance = _turned(signals, at, most, number, whole_number(seed, "seed", 0))
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
        shifts=len(chance),
        seed=seed,
    )


def _turned(signals: Days, events: NDArray[np.intp], horizon: int, number: int, seed: int) -> list[NDArray[np.int64]]:
    """The leads of the signals turned round by so many numbers of days; by all of them where there are fewer."""
    turns = np.arange(2 * horizon, len(signals) - 2 * horizon + 1)
    if number < len(turns):
        turns = np.random.default_rng(seed).choice(turns, number, replace=False)
    return [_leads(np.roll(signals, turn), events, horizon) for turn in turns.tolist()]


def _leads(signals: Days, events: NDArray[np.intp], horizon: int) -> NDArray[np.int64]:
    """Days from the last signal before each event to it, where they are at most a horizon."""
    place = np.where(signals, np.arange(len(signals)), -horizon - 1)
    last = np.append(-horizon - 1, np.maximum.accumulate(place))[events]  # of the days before the event
    leads: NDArray[np.int64] = events - last
    return leads[leads <= horizon]


def _stretch(signals: Days, outcomes: Days, use: Days, horizon: int) -> tuple[Days, Days]:
    """The days that count, if they follow one another and something can be told from them."""
    at = np.flatnonzero(use)
    if not len(at) or at[-1] - at[0] + 1 != len(at):
        raise InputError("known marks no days, or days apart: mark one stretch")
    if len(at) <= 4 * horizon:
        raise InputError(
            f"{len(at)} days are too few to turn by two horizons of {horizon}: give more than {4 * horizon}"
        )
    kept = signals[at[0] : at[-1] + 1], outcomes[at[0] : at[-1] + 1]
    for name, marked in zip(("warning", "event"), kept, strict=True):
        if not marked.any():
            raise InputError(f"there is no {name} in {len(at)} days: nothing can be told")
    return kept


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _mean(values: NDArray[np.float64] | NDArray[np.int64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _p_value(as_far: Days) -> float:
    """The share of turns that do as well, the one observed among them."""
    return (1 + int(as_far.sum())) / (1 + len(as_far))
