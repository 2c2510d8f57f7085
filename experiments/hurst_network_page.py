"""The page on forecasts of the rolling Hurst exponent."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from hurst_network_found import BASE, GROUPS, PUBLISHED, RIVALS, RULE, Found, day, index_of, shown
from hurst_prose import bullet, paragraph
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hurst_network import Asset

__all__ = ["page"]

Array = NDArray[np.float64]

# What was tried on 2013-14, for the networks as they stand here and for others.
TRIALS = (
    "Settings were compared on 2013-14 alone: for the LSTM on what is known, states of 8, 16 and 32, learning rates "
    "from 0.0003 to 0.002, weight decay of 0 and 1, and errors weighed alike for all series or as they are (six "
    "trials; where they were weighed alike, the best lost 1.7% less than the rule by squared error, after its first "
    "epoch; the one here lies between them); for the plain one, two settings."
)


ABOUT = {
    "AR of all series": "least squares on the exponents of the last days, 1 to 22 of them as 2013-14 chooses, one "
    "equation for all series; `of the series alone`: one for each with enough days.",
    "drop-out": "the oldest squared coefficients, which are known to leave, are left out; the others keep their mean.",
    RULE: "`vrx.hurst.ahead`. The new coefficients are known too, but for the filter taps on returns to come, which "
    "count by their variance alone: the mean square of the window, or of 22 days. Of tomorrow's coefficient of level 1 "
    "that is 5% of the variance, of level 2 under a hundred thousandth.",
    "LSTM, plain": "22 days of H, returns and mean squares over 1, 5 and 22 days, in units of the window's volatility, "
    "to the change of H.",
    "LSTM on what is known": "the same, to the variance that the unknown part adds on every level; before training it "
    "is the rule.",
}


def page(found: Found) -> str:
    """The whole page."""
    lines = [
        "# Can tomorrow's rolling Hurst exponent be forecast?",
        "",
        "Written by `python experiments/hurst_network.py --data DIR`; all numbers come from there, with fixed seeds.",
        "",
        *_answer(found),
        "",
        *_task(found),
        *_errors(found),
        *_tests(found),
        *_index(found),
        *_groups(found),
        *_noise(found),
        *_training(found),
    ]
    return "\n".join(lines) + "\n"


def _answer(found: Found) -> Iterator[str]:
    seen, (known, plain) = found.seen, found.networks
    yield bullet(
        f"Yes, and mostly without a model. {_days(found)} ahead, arithmetic on the filters of the wavelets (the rule "
        f'"known" below) saves {_percents(found.saved(seen, RULE))} of the error of persistence (RMSE of H, mean over '
        f"{len(seen)} series, 2015-19), and on the S&P 500 alone {_percents(found.saved(index_of(found), RULE))}. "
        f"Webb et al. expect {PUBLISHED:.0f}% from an LSTM."
    )
    times = found.rmse(seen, plain) / found.rmse(seen, RULE)
    yield bullet(
        f"An LSTM on past H, returns and volatility, as they propose it, saves {_percents(found.saved(seen, plain))} "
        f"(an autoregression {_percents(found.saved(seen, RIVALS[1]))}); its error is {_listed(times, '.1f')} times "
        "that of the rule. It has learned part of the arithmetic from examples: on noise, where there is nothing else "
        f"to learn, it saves {_percents(_saved_on_noise(found, plain))}."
    )
    better, worse = zip(*(found.counted(known, RULE, column) for column in range(len(found.horizons))), strict=True)
    yield bullet(
        "An LSTM that is given the arithmetic and forecasts only what is left saves "
        f"{_percents(found.saved(seen, known, RULE), '.1f')} of the rule's error, on the S&P 500 "
        f"{_percents(found.saved(index_of(found), known, RULE), '.1f')}: significantly so for {_listed(better, 'd')} "
        f"of {len(seen)} series, and the contrary for {_listed(worse, 'd')}."
    )
    yield bullet(
        "What is forecast is the estimate, not the roughness of a market: on simulated independent normal returns, "
        f"whose exponent never moves, the rule saves {_percents(_saved_on_noise(found, RULE))}."
    )


def _task(found: Found) -> Iterator[str]:
    yield "## What is forecast, and by what"
    yield ""
    yield paragraph(
        'The exponent is that of `Wavelet(kind="noise").rolling(returns, 252)` (Daubechies-4, levels 1 to 5), '
        f"{_days(found)} ahead. It is one plus half the slope of log wavelet variances, each the mean of 35 to 245 "
        "squared coefficients, of which all but one are the same tomorrow."
    )
    for name, text in zip((BASE, *ABOUT), ("today's exponent.", *ABOUT.values()), strict=True):
        yield bullet(f"{name}: {text}")
    yield ""


def _errors(found: Found) -> Iterator[str]:
    yield f"## Errors, mean over {len(found.seen)} series that training saw, 2015-19"
    yield ""
    yield from _table(found, found.seen)
    yield paragraph(
        "RMSE of H; in brackets what is saved of that of persistence. A network's error is that of one network, the "
        f"mean square over {found.seeds} seeds; from seed to seed the mean RMSE of the LSTM on what is known differs "
        f"by up to {_spread(found, found.networks[0])}, of the plain one by up to {_spread(found, found.networks[1])}. "
        "The autoregressions of single series are of those that have one."
    )


def _table(found: Found, assets: Sequence["Asset"]) -> Iterator[str]:
    yield "| model | " + " | ".join(day(h) for h in found.horizons) + " |"
    yield "|---|" + "--:|" * len(found.horizons)
    for model in found.models:
        if any(found._has(one, model) for one in assets):
            cells = zip(found.rmse(assets, model), found.saved(assets, model), strict=True)
            yield f"| {model} | " + " | ".join(f"{error:.5f} ({saved:+.1f}%)" for error, saved in cells) + " |"
    yield ""


def _tests(found: Found) -> Iterator[str]:
    yield "## Is the difference more than chance?"
    yield ""
    yield "| | " + " | ".join(day(h) for h in found.horizons) + " |"
    yield "|---|" + "--:|" * len(found.horizons)
    known, plain = found.networks
    pairs = [(RULE, BASE), (RULE, "drop-out"), (plain, BASE), (plain, "AR of all series"), (plain, RULE), (known, RULE)]
    for model, against in pairs:
        cells = []
        for column in range(len(found.horizons)):
            statistic, p = found.tested(found.seen, model, against, column)
            better, worse = found.counted(model, against, column)
            cells.append(f"{statistic:+.1f} ({shown(p)}); {better} / {worse}")
        yield f"| {model} against {against} | " + " | ".join(cells) + " |"
    yield ""
    yield paragraph(
        "Diebold-Mariano on squared errors, Newey-West with the correction of Harvey, Leybourne and Newbold: minus "
        "where the first loses less. First on the mean over series of each day, in units of persistence's; then for "
        f"how many of {len(found.seen)} series the first is better / worse at 5%."
    )


def _index(found: Found) -> Iterator[str]:
    assets, (known, plain) = index_of(found), found.networks
    yield "## The S&P 500 alone"
    yield ""
    yield from _table(found, assets)
    for model, against in ((plain, BASE), (plain, RULE), (known, RULE)):
        said = []
        for column, horizon in enumerate(found.horizons):
            statistic, p = found.tested(assets, model, against, column)
            said.append(f"{day(horizon)} {statistic:+.2f} (p {shown(p)})")
        yield bullet(f"Diebold-Mariano, {model} against {against}: {', '.join(said)}.")
    yield ""


def _groups(found: Found) -> Iterator[str]:
    yield "## By kind of series"
    yield ""
    yield "What is saved of the error of persistence, percent:"
    yield ""
    heads = [f"{model}, {day(h)}" for model in (RULE, *found.networks) for h in found.horizons]
    yield "| series | " + " | ".join(heads) + " |"
    yield "|---|" + "--:|" * len(heads)
    for group in GROUPS:
        if assets := [one for one in found.assets if one.group == group]:
            cells = [value for model in (RULE, *found.networks) for value in found.saved(assets, model)]
            yield f"| {group} ({len(assets)}) | " + " | ".join(f"{value:.1f}" for value in cells) + " |"
    yield ""


def _noise(found: Found) -> Iterator[str]:
    yield "## The same on noise"
    yield ""
    yield "RMSE of H on independent normal returns, 20 series of 2,000 days:"
    yield ""
    yield "| model | " + " | ".join(day(h) for h in found.horizons) + " |"
    yield "|---|" + "--:|" * len(found.horizons)
    for model, errors in found.simulated.items():
        yield f"| {model} | " + " | ".join(f"{error:.5f}" for error in errors) + " |"
    yield ""


def _training(found: Found) -> Iterator[str]:
    yield "## Training"
    yield ""
    yield paragraph(
        f"{found.windows:,} windows of daily returns to 2012, from {found.first} on: equity indices (Oxford-Man "
        "realized library, and the S&P 500 of its own file), currencies and American stocks. Left out: CNY=X (pegged), "
        "STI (a hole of seven years), SPX (the S&P 500 once more), days of bad ticks. Kept are the weights that are "
        "best on 2013-14. "
        "For the networks 2015-19 was opened once; the rules, which fit nothing, had been looked at there before, "
        f"with variances of 10, 22, 66 and 252 days. {TRIALS}"
    ).rstrip("\n")


def _spread(found: Found, model: str) -> str:
    each = [
        np.mean([np.sqrt(one.squares[f"{model} {seed}"].mean(0)) for one in found.seen], axis=0)
        for seed in range(found.seeds)
    ]
    return f"{100.0 * float(np.max(np.ptp(each, axis=0) / np.mean(each, axis=0))):.1f}%"


def _percents(values: Array, form: str = ".0f") -> str:
    return _listed(values, form, "%")


def _listed(values: Iterable[float], form: str, unit: str = "") -> str:
    texts = [f"{value:{form}}{unit}" for value in values]
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def _days(found: Found) -> str:
    return f"{', '.join(str(h) for h in found.horizons[:-1])} and {found.horizons[-1]} days"


def _saved_on_noise(found: Found, model: str) -> Array:
    return 100.0 * (1.0 - np.array(found.simulated[model]) / np.array(found.simulated[BASE]))
