"""The published figures on regimes, on the Hurst exponent in them, and on warnings before events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from webb_market import Array, Market
from webb_rows import Row, Section, ahead, measured, p, table, within
from webb_walks import DYNAMIC, GARCH, NAMES, TITLES, Walks

from vrx.econometrics import (
    Diagnosis,
    LeadTime,
    RegimeScores,
    falls,
    high_days,
    lead_time,
    onsets,
    regime_scores,
)
from vrx.hurst import Wavelet

__all__ = ["Regimes", "calls_table", "leads_table", "regimes_section"]

Days = NDArray[np.bool_]

WINDOW, YEAR, MONTH = 252, 252, 22
TURNS, SMALL = 999, 0.05
MAIN_FALL, MAIN_EVENT = "below the lowest tenth of a year", "range-based, above 95% of a year"
CALLS = ("above 80% of a year", "above two thirds of a year", "above the middle of both regimes")


@dataclass(frozen=True, eq=False)
class Regimes:
    """Regimes, exponents and events of one market."""

    market: Market
    found: Diagnosis
    walks: Walks

    @cached_property
    def hurst(self) -> Array:
        """The exponent known at the end of every day, from the 252 returns that end with it; NaN before there are."""
        return Wavelet(kind="noise").rolling(self.market.returns, WINDOW).h

    @cached_property
    def high(self) -> Days:
        """The days of the sample that are of the regime of high variance, as all days show."""
        states = self.found.regimes
        if states is None:
            raise RuntimeError("the returns show no regimes")
        return np.asarray(states.smoothed[:, -1] > 0.5)

    @cached_property
    def by_regime(self) -> tuple[float, float, float]:
        """Mean H on days of the high and of the other regime, and the p-value of the difference by turning the days."""
        hurst, high = self.hurst[self.market.first :], self.high
        gap = float(hurst[high].mean() - hurst[~high].mean())
        turned = [np.roll(high, turn) for turn in range(1, len(high))]
        gaps = np.array([hurst[one].mean() - hurst[~one].mean() for one in turned])
        centre = float(gaps.mean())
        share = (1 + int(np.sum(np.abs(gaps - centre) >= abs(gap - centre)))) / (1 + len(gaps))
        return float(hurst[high].mean()), float(hurst[~high].mean()), share

    @cached_property
    def scores(self) -> Mapping[tuple[str, str], RegimeScores]:
        """By rule and model: the days that its forecasts call turbulent against those of the high regime."""
        start = self.walks.warm
        came = self.high[-len(self.market.days) :]
        states = self.found.regimes
        middle = float(np.sqrt(np.prod([one.volatility for one in states.regimes]))) if states else np.nan
        found = {}
        for name in NAMES:
            sigma = self.walks.models[name].sigma
            called = (high_days(sigma, quantile=0.8), high_days(sigma, quantile=2.0 / 3.0), sigma > middle)
            for rule, days in zip(CALLS, called, strict=True):
                found[rule, name] = regime_scores(days[start:], came)
        return found

    @cached_property
    def leads(self) -> Mapping[tuple[str, str], LeadTime | str]:
        """By what a fall of H is and what an event is: how far falls precede events; why not, where there are none."""
        market, first = self.market, self.market.first
        warnings = {
            MAIN_FALL: falls(self.hurst),
            "below the lowest twentieth of a year": falls(self.hurst, quantile=0.05),
            "by 0.02 in 5 days": falls(self.hurst, drop=0.02),
        }
        events = {
            MAIN_EVENT: onsets(high_days(np.sqrt(market.ranged), quantile=0.95), quiet=MONTH),
            "range-based, above 80% of a year": onsets(high_days(np.sqrt(market.ranged)), quiet=MONTH),
            "absolute return, above 95% of a year": onsets(
                high_days(np.abs(market.returns), quantile=0.95), quiet=MONTH
            ),
            "a day of the high regime begins": onsets(np.append(np.zeros(first, dtype=bool), self.high), quiet=MONTH),
        }
        return {
            (fall, event): led(onsets(warning)[first:], begun[first:])
            for fall, warning in warnings.items()
            for event, begun in events.items()
        }


def led(warning: Days, event: Days) -> LeadTime | str:
    if not warning.any() or not event.any():
        return "none in these days"
    return lead_time(warning, event, shifts=TURNS)


def regimes_section(regimes: Regimes) -> Section:
    """Markov switching, breaks, the exponent in the regimes, early warnings and the scores of Table 6."""
    rows = (*regime_rows(regimes), *hurst_rows(regimes), *lead_rows(regimes), *score_rows(regimes))
    return Section("Regimes, the Hurst exponent in them, and warnings (Table 6: Jaccard index and TPR)", rows)


def regime_rows(regimes: Regimes) -> Iterator[Row]:
    found, sample = regimes.found, within(regimes.market)
    states = found.regimes
    if states is None:
        raise RuntimeError("the returns show no regimes")
    stays = [one.stays for one in states.regimes]
    sigma = " and ".join(f"{100.0 * one.volatility:.2f}%" for one in states.regimes)
    yield Row(
        "Markov switching: transition probabilities", "above 95% at the breakpoints",
        " and ".join(f"{one:.1%}" for one in stays), sample,
        f"To stay from one day to the next, with daily volatilities of {sigma}. One variance throughout has a BIC "
        f"{states.bic_one - states.bic:.0f} higher. A probability of transition is one of the model, not of a "
        "breakpoint.",
        near=min(stays) > 0.95,
    )  # fmt: skip
    breaks = found.breaks
    dates = ", ".join(str(regimes.market.dates[regimes.market.first + start]) for start in breaks.starts) or "none"
    value = found.clustered_p_value
    clusters = "" if value is None else f": against paths of a GARCH without any, one has {p(value)}"
    yield Row(
        "Bai-Perron: structural breaks", "3 (p < 0.01)", f"{breaks.count} at 1%", sample,
        f"Of the mean absolute deviation; new segments begin {dates}. 3 breaks against none have F "
        f"{breaks.sup_f[2]:.1f} (critical value {breaks.critical(breaks.level)[0][2]}), but a third after two "
        f"{breaks.following[2]:.1f} ({breaks.critical(breaks.level)[1][2]}); Yao's criterion prefers "
        f"{breaks.count_bic}. Clusters look like breaks{clusters}.",
        near=breaks.count == 3,
    )  # fmt: skip


def hurst_rows(regimes: Regimes) -> Iterator[Row]:
    sample, hurst = within(regimes.market), regimes.hurst[regimes.market.first :]
    high, low, share = regimes.by_regime
    middle = np.quantile(hurst, (0.05, 0.95))
    for name, printed, ours in (("stress", "0.38", high), ("calm", "0.62", low)):
        yield measured(
            f"H in {name}, mean (also discussion)", printed, ours, "{:.2f}", sample,
            f"Days of the {'high' if name == 'stress' else 'other'} Markov regime. The difference has {p(share)} by "
            "turning the regimes round against the days. By the VIX: [hurst.md](hurst.md).",
        )  # fmt: skip
    for name, printed, ours in (("lowest", "0.38", hurst.min()), ("highest", "0.62", hurst.max())):
        yield measured(
            f"{name} H (discussion: between 0.38 and 0.62)", printed, float(ours), "{:.2f}", sample,
            f"The middle 90% of days lie between {middle[0]:.2f} and {middle[1]:.2f}. How much of it is "
            "chance: [hurst.md](hurst.md).",
        )  # fmt: skip


def lead_rows(regimes: Regimes) -> Iterator[Row]:
    found, sample = regimes.leads[MAIN_FALL, MAIN_EVENT], within(regimes.market)
    every = [one for one in regimes.leads.values() if isinstance(one, LeadTime)]
    name, printed = "lead time of falls of H before volatility events, days", "3.7"
    if isinstance(found, str):
        yield Row(name, printed, found, sample)
        return
    leads = [one.mean_lead for one in every if one.warned]
    others = (
        f"{min(leads):.1f} to {max(leads):.1f} days in the {len(leads)} that warn of any"
        if leads
        else "none warns of any"
    )
    comment = (
        f"A fall: {MAIN_FALL}; an event: {MAIN_EVENT}; at most {found.horizon} days between them. {found.warned} of "
        f"{found.events} events are warned of, by chance {found.chance_hit_rate * found.events:.1f} "
        f"({p(found.hit_p_value)}), and by chance the lead is {found.chance_mean_lead:.1f} days: any lead at all "
        f"follows from the horizon. Over {len(every)} readings of fall and event: {others}, and "
        f"{sum(one.hit_p_value < SMALL for one in every)} warn of more events than chance at 5%."
    )
    if found.warned:
        yield measured(name, printed, found.mean_lead, "{:.1f}", sample, comment)
    else:
        yield Row(name, printed, "no event is warned of", sample, comment, near=False)


def score_rows(regimes: Regimes) -> Iterator[Row]:
    printed = {("Jaccard index", DYNAMIC): "0.67", ("Jaccard index", GARCH): "0.55"}
    printed |= {("true-positive rate", DYNAMIC): "78%", ("true-positive rate", GARCH): "65%"}
    best = max(NAMES, key=lambda name: regimes.scores[CALLS[0], name].jaccard)
    for (score, name), text in printed.items():
        every = [regimes.scores[rule, name] for rule in CALLS]
        values = [one.jaccard if score.startswith("Jaccard") else one.true_positive_rate for one in every]
        form = "{:.2f}" if score.startswith("Jaccard") else "{:.0%}"
        others = " and ".join(form.format(value) for value in values[1:])
        yield measured(
            f"{score} of high-volatility days, {TITLES[name]}", text, values[0], form, ahead(regimes.market),
            f"Called: forecasts {CALLS[0]} before; true: days of the high regime, smoothed. By the other two rules "
            f"{others}. The paper has no rule. Best of six: {best}.",
        )  # fmt: skip


def calls_table(regimes: Regimes) -> Iterator[str]:
    """Jaccard index and rates of all models under all rules."""
    rows = []
    for (rule, name), one in regimes.scores.items():
        rates = (one.true_positive_rate, one.false_positive_rate)
        rows.append((rule, name, str(one.called), f"{one.jaccard:.2f}", *(f"{rate:.0%}" for rate in rates)))
    header = ("a day is called where the forecast is", "model", "called", "Jaccard", "TPR", "false positives")
    yield from table(header, sorted(rows, key=lambda row: CALLS.index(row[0])), words=(0, 1))


def leads_table(regimes: Regimes) -> Iterator[str]:
    """All readings of what a fall and an event are."""
    rows = []
    for (fall, event), one in regimes.leads.items():
        if isinstance(one, str):
            rows.append((fall, event, one, *("-" for _ in range(6))))
            continue
        leads = ("-", f"{one.chance_mean_lead:.1f}", "-")
        if one.warned:
            leads = (f"{one.mean_lead:.1f}", leads[1], f"{one.lead_p_value:.3f}")
        hits = (f"{one.warned} of {one.events}", f"{one.chance_hit_rate * one.events:.1f}", f"{one.hit_p_value:.3f}")
        rows.append((fall, event, str(one.warnings), *hits, *leads))
    header = ("fall of H", "event", "falls", "events warned of", "by chance", "p", "mean lead", "by chance", "p")
    yield from table(header, rows, words=(0, 1))
