"""Everything that the page on Webb et al. says, computed once."""

from dataclasses import dataclass

import webb_insample as insample
import webb_outsample as outsample
from webb_forecasts import CASES, Case
from webb_insample import Fit, Pair
from webb_market import Array, Market
from webb_outsample import Forecasts, Score

from vrx.cli.common import slow_progress

__all__ = ["MAIN", "Found"]

MAIN = "realized variance, scaled"


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that the page says."""

    market: Market
    fits: dict[str, Fit]
    pairs: dict[tuple[Case, int], tuple[Fit, Array, tuple[Pair, ...]]]
    wide: Pair
    """Signed shocks and negative alpha: H over 252 days against H = 0.55."""
    shifted: dict[Case, tuple[float, float]]
    forecasts: Forecasts
    compared: dict[str, dict[tuple[Case, int], tuple[float, tuple[Pair, ...]]]]
    recent: dict[Case, Pair]
    scores: dict[str, dict[str, Score]]

    @classmethod
    def of(cls, market: Market) -> "Found":
        """Fit, forecast and score."""
        targets, shifted = market.targets, {}
        for case in CASES:
            with slow_progress(f"wrong dates, {case.title}") as progress:
                shifted[case] = insample.shifted(market, case, progress)
        made = outsample.forecasts(market)
        return cls(
            market=market,
            fits=insample.fits(market),
            pairs=dict(insample.pairs(market)),
            wide=insample.wide(market),
            shifted=shifted,
            forecasts=made,
            compared={name: outsample.compared(market, made, came) for name, came in targets.items()},
            recent=outsample.recent(market, made, targets[MAIN]),
            scores={name: outsample.scores(market, made.models, came) for name, came in targets.items()},
        )
