"""What the page of the published figures comes to, in sentences, and where the paper contradicts itself."""

from collections.abc import Iterator, Sequence

import numpy as np
from hurst_prose import bullet
from webb_diagnosed import PRINTED, implied_parameters
from webb_insample import STATIC, shown
from webb_options import Options
from webb_regimes import MAIN_EVENT, MAIN_FALL, Regimes
from webb_risk import Risks
from webb_rows import Section, number, percent
from webb_scored import LOWER, MAPE
from webb_trading import COST, HOLD, STRATEGIES, Trading
from webb_walks import DYNAMIC, GARCH, OTHERS, TITLES

from vrx.econometrics import LeadTime

__all__ = ["contradictions", "counted", "said"]


def counted(sections: Sequence[Section]) -> str:
    """How many figures come out."""
    rows = [row for section in sections for row in section.rows]
    asked = [row for row in rows if row.near is not None]
    near = [row for row in asked if row.near]
    return (
        f"{len(near)} of the {len(asked)} published results that ours can be held against come out within a tenth: "
        f"{'; '.join(f'{row.name} ({row.ours})' for row in near)}. P-values, settings that are taken over and figures "
        f"quoted of others, {len(rows) - len(asked)} rows, are not counted."
    )


def said(regimes: Regimes, options: Options, risks: Risks, trading: Trading) -> Iterator[str]:
    """One sentence for each claim that goes beyond the forecasts."""
    yield bullet(of_regimes(regimes))
    yield bullet(of_warnings(regimes))
    yield bullet(of_options(options))
    yield bullet(of_risk(risks))
    yield bullet(of_trading(trading))


def of_regimes(regimes: Regimes) -> str:
    high, low, p = regimes.by_regime
    scores = regimes.scores
    rules = list(dict.fromkeys(rule for rule, _ in scores))
    better = sum(scores[rule, DYNAMIC].jaccard > scores[rule, GARCH].jaccard for rule in rules)
    return (
        f"Regimes there are, and {regimes.found.breaks.count} breaks at 1% where the paper has 3; but H is "
        f"{high:.2f} in stress and {low:.2f} in calm (p {shown(p)} of the difference), not 0.38 and 0.62. By Jaccard "
        f"index the dynamic model finds the turbulent days better than GARCH by {better} of {len(rules)} rules."
    )


def of_warnings(regimes: Regimes) -> str:
    found = [one for one in regimes.leads.values() if isinstance(one, LeadTime)]
    main = regimes.leads[MAIN_FALL, MAIN_EVENT]
    first = (
        f"{main.warned} of {main.events} events follow within"
        if isinstance(main, LeadTime)
        else "no event follows within"
    )
    days = found[0].horizon if found else 0
    chance = np.mean([one.chance_mean_lead for one in found])
    return (
        f"Falls of H are no early warning: {first} {days} days of a fall below the lowest tenth of a year. Of "
        f"{len(found)} readings of fall and event {sum(one.hit_p_value < 0.05 for one in found)} warn of more than "
        f"chance at 5%. The paper has a mean lead of 3.7 days, chance under such a horizon one of {chance:.1f}."
    )


def of_options(options: Options) -> str:
    errors = ", ".join(
        f"{options.raw[name].mean_absolute:.1%} and {options.adjusted[name].mean_absolute:.1%} ({TITLES[name]})"
        for name in (DYNAMIC, *OTHERS)
    )
    tests = [options.tested(name, adjusted=True) for name in OTHERS]
    return (
        "Prices of 30-day calls are off those that the VIX implies, with the variance premium and without, by "
        f"{errors}; the paper has 1.8% to 2.7%. Without the premium the Diebold-Mariano statistics of the dynamic "
        f"model are {', '.join(f'{one:+.2f}' for one, _ in tests)}; a plus would be for it."
    )


def of_risk(risks: Risks) -> str:
    every = [(key, risks.change(*key)) for key in dict.fromkeys((level, law) for level, law, _ in risks.tests)]
    changes = [change for _, (change, _) in every if not np.isnan(change)]
    least = min(value for _, (_, value) in every)
    mine, static = (sum(risks.tests[*key, name].exceedances for key, _ in every) for name in (DYNAMIC, STATIC))
    return (
        f"Exceedances of value at risk, in the paper 23% fewer than with the static model: {mine} against {static} in "
        f"the {len(every)} combinations of level and law together, by {percent(min(changes))} to "
        f"{percent(max(changes))} fewer; the smallest p-value of a difference is {least:.2f}."
    )


def of_trading(trading: Trading) -> str:
    gains = [trading.gain(strategy, COST, GARCH) for strategy in STRATEGIES]
    shown_gains = ", ".join(f"{one.ratio:+.2f} (s.e. {one.error:.2f})" for one in gains)
    mine, other = (trading.trades[STRATEGIES[0], COST, name] for name in (DYNAMIC, GARCH))
    return (
        f"Trading: after costs the Sharpe ratio of the dynamic model less that of GARCH is {shown_gains} in three "
        f"strategies, where the paper has +0.31; the ROI of the first is {mine.roi:.1%} against {other.roi:.1%} with "
        f"GARCH and {trading.held.roi:.1%} of {HOLD}."
    )


def contradictions(days: int, forecasts: int) -> Iterator[str]:
    """What cannot be true together, by the printed numbers alone and the calendar."""
    lower = {name: 1.0 - number(MAPE[DYNAMIC]) / number(MAPE[name]) for name in OTHERS}
    mean = float(np.mean([number(one) for one in LOWER.values()]))
    yield "## Where the paper contradicts itself\n"
    yield bullet(
        "RMSE is 12.3% lower than that of benchmark models in abstract and conclusion; in the results it is lower by "
        + ", ".join(f"{one} ({TITLES[name]})" for name, one in LOWER.items())
        + f", {mean:.1%} on average. So 12.3% is none of these, and against GARCH it is 12.8%."
    )
    yield bullet(
        "MAPE is improved by 9.8% in abstract and conclusion; by the printed MAPEs it is "
        + ", ".join(f"{gain:.1%} against {TITLES[name]}" for name, gain in lower.items())
        + ". 9.8% is the MAPE of FIGARCH itself."
    )
    yield bullet(f"The RMSE of the VAR falls from 0.0053 to 0.0048, which is {1.0 - 0.0048 / 0.0053:.1%}, not 8.5%.")
    yield bullet(
        f"756 one-day-ahead forecasts from January 2, 2017 to the end of 2019: there were {forecasts} trading days, "
        "and the market was closed on January 2."
    )
    yield bullet("R-squared exceeds 0.72 in the abstract and is 0.72 in the results. There are two Tables 1 and two 2.")
    yield bullet(
        "BIC less AIC depends on the number of parameters alone: the printed pairs have "
        + ", ".join(f"{implied_parameters(name, days):.1f} ({TITLES[name]})" for name in PRINTED)
        + " where the models have 3, 4 and 3."
    )
    yield bullet(
        "The kernel |t - u|^(2H - 2) is said to give classical stochastic volatility at H = 0.5, "
        "where it is 1 / (t - u). The paper quotes Bollerslev et al. as reference 14 of a list of 13."
    )
    yield ""
