"""Webb et al. (2025) on the same days: does a Hurst exponent that moves help? Write docs/results/webb_2025.md.

    python experiments/webb_2025.py --data DIR [--out docs/results/webb_2025.md]

Needs vrx[research]. Five minutes on one core.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from hurst_prose import bullet
from webb_forecasts import CASES
from webb_found import MAIN, Found
from webb_insample import HEADLINE, STATIC, shown
from webb_market import Market, load
from webb_outsample import Score
from webb_published import BEST, implied_scale, published_section
from webb_sections import insample_section, method_section, moving_section, scores_section

SMALL = 0.05


def page(market: Market) -> Iterator[str]:
    found = Found.of(market)
    yield "# Webb et al. (2025): does a Hurst exponent that moves help to forecast volatility?\n"
    yield "Written by `python experiments/webb_2025.py --data DIR`; all numbers come from there, nothing is random.\n"
    yield "Every figure that the paper publishes, one by one, beside ours: [webb_tables.md](webb_tables.md).\n"
    yield from answers(found)
    yield ""
    yield from moving_section(found)
    yield from insample_section(found.fits)
    yield from scores_section(found)
    yield from published_section(market, found.fits, found.scores[MAIN])
    yield from method_section(found)


def answers(found: Found) -> Iterator[str]:
    """What it comes to, before the tables."""
    main = found.scores[MAIN]
    yield bullet(f"No. {verdict(found)} The comparisons are not independent: they share the days and the moving H.")
    yield bullet(in_the_setting_of_the_paper(found))
    best = next(name for name in found.fits if "likeliest" in name)
    gain = found.fits[best].log_likelihood - found.fits[HEADLINE].log_likelihood
    yield bullet(
        f"What the model lacks is memory, not movement: the likeliest fixed H is {best.split()[2]}, far above the "
        f"{found.pairs[CASES[0], 252][1].mean():.2f} that the wavelets find in the returns on average; its log "
        f"likelihood is {gain:.1f} above that of the moving one."
    )
    order = sorted(found.fits, key=lambda name: found.fits[name].aic)
    yield bullet(
        f"The printed AIC of 19,723 cannot be that of these returns: it is {found.fits[HEADLINE].aic:,.0f}, and the "
        f"printed one would take returns multiplied by {implied_scale(found.fits):,.0f}. By AIC the order here is "
        f"{', '.join(order[:3])}; the dynamic model of the paper is number {order.index(HEADLINE) + 1} of {len(order)}."
    )
    mine = main[HEADLINE]
    yield bullet(
        f"The printed forecast scores (RMSE 0.0041, MAPE 7.5%, R^2 0.72) reproduce against no measure: here the model "
        f"has {mine.rmse:.4f}, {mine.mape:.0%} and {mine.r_squared:.2f} against scaled realized variance. Of the "
        f"rivals that it beats in the paper, {rivals_line(main)}."
    )
    closes = min(found.forecasts.failed, key=lambda name: main[name].qlike)
    yield bullet(
        f"What does better: from closes alone {closes} (R^2 {main[closes].r_squared:.2f}, QLIKE "
        f"{main[closes].qlike:.3f}); with returns from within the day {BEST} (R^2 {main[BEST].r_squared:.2f}, QLIKE "
        f"{main[BEST].qlike:.3f}); the dynamic model of the paper has {mine.r_squared:.2f} and {mine.qlike:.3f}."
    )


def verdict(found: Found) -> str:
    """How many comparisons speak for the moving exponent, in one sentence."""
    within = [pair for *_, pairs in found.pairs.values() for pair in pairs]
    ahead = [pair for _, pairs in found.compared[MAIN].values() for pair in pairs]
    said = [
        f"{sum(pair.gain > 0.0 for pair in pairs)} of {len(pairs)} comparisons {where} "
        f"({sum(pair.gain > 0.0 and pair.p < SMALL for pair in pairs)} of these significant at 5%; it does worse, "
        f"significantly, in {sum(pair.gain < 0.0 and pair.p < SMALL for pair in pairs)})"
        for pairs, where in ((within, "in sample"), (ahead, "out of sample"))
    ]
    return f"With everything else equal, a moving H does better than a fixed one in {said[0]} and in {said[1]}."


def in_the_setting_of_the_paper(found: Found) -> str:
    """The moving exponent of 252 days against 0.55 and against its own mean, signed shocks and alpha free."""
    pairs, gains = found.pairs[CASES[0], 252][2][1:], found.compared[MAIN][CASES[0], 252][1][1:]
    within = [f"{pair.gain:+.1f} against {{}} (Vuong {pair.statistic:+.2f}, p {shown(pair.p)})" for pair in pairs]
    ahead = [
        f"{abs(pair.gain):.1f}% {'lower' if pair.gain > 0.0 else 'higher'} than with {{}} "
        f"(Diebold-Mariano {pair.statistic:+.2f}, p {shown(pair.p)})"
        for pair in gains
    ]
    names = ("H = 0.55", "H fixed at the mean of the moving one")
    return (
        "In the setting of the paper (252 days, signed shocks, alpha free) the moving H changes the log likelihood of "
        f"2015-2019 by {' and by '.join(text.format(name) for text, name in zip(within, names, strict=True))}; the "
        "QLIKE of the forecasts of 2017-2019 is "
        f"{' and '.join(text.format(name) for text, name in zip(ahead, names, strict=True))}."
    )


def rivals_line(scores: Mapping[str, Score]) -> str:
    names = {STATIC: "the model with H = 0.55", "garch": "GARCH", "figarch": "FIGARCH"}
    return ", ".join(
        f"{title} has a QLIKE of {scores[name].qlike:.3f} to its {scores[HEADLINE].qlike:.3f} (Diebold-Mariano "
        f"{scores[name].statistic:+.2f}, p {shown(scores[name].p)})"
        for name, title in names.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Webb et al. (2025) on the same days.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data files")
    parser.add_argument("--out", type=Path, default=Path("docs/results/webb_2025.md"), help="the page to write")
    options = parser.parse_args()
    lines = list(page(load(options.data)))
    options.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
