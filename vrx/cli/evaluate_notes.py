"""What has to be said below the table of ``vrx evaluate``: what its columns mean, of the models and of the days."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vrx.cli.evaluate_models import Answer
    from vrx.evaluation import Comparison

__all__ = ["SEEN", "footnotes", "notes"]

SEEN = "\N{DAGGER}"
LOGS = (
    "a forecast of log volatility is half the mean log variance where a model knows it (log-har, overlap, networks), "
    "by three quantiles of an .onnx file; else the log of the root of the mean variance, plus half the mean of the "
    "model's own log errors so far (all days from its first forecast, those before the test part too)"
)
DIRECTION = "direction: from where the random walk stands, which has none"
DIEBOLD_MARIANO = (
    "DM: Diebold-Mariano against {against} (HAC with {lags} lags, Harvey), negative where the model loses less, "
    "two-sided p in brackets"
)
CONFIDENCE_SET = (
    "MCS: p in the model confidence set of QLIKE (1,000 stationary bootstraps, blocks of {block} days, seed {seed}); "
    "'in' above {size:.0%}"
)
OVERLAP = (
    "errors of forecasts of several days overlap, so that these tests reject too often: in simulations with "
    "250 to 1,258 days about 8% of the time at 5 days and 12% at 22, where 5% is meant"
)


def footnotes(found: "Comparison") -> list[str]:
    """What the columns mean."""
    mape = "" if found.task.squared_returns else "MAPE: of volatility; "
    lines = [f"RMSE, MAE, R^2, correlation and direction: of log volatility; {mape}QLIKE: of variance; * best"]
    lines += [LOGS, DIRECTION, *_of_tests(found)]
    if found.task.squared_returns:
        lines.append("no MAPE: squared returns are at times next to nothing, and a share of that has no bound")
    if found.near_zero.days:
        near = found.near_zero
        are, make = ("lies", "makes") if near.days == 1 else ("lie", "make")
        lines.append(
            f"{near.days} of the {found.n:,} days scored {are} under a thousandth of the median variance and {make} "
            f"{near.qlike_share:.0%} of the QLIKE of {found.against} and {near.squared_log_share:.0%} of its squared "
            "log errors: the level of both hangs on them, as that of a random walk does on the days after"
        )
    if any(score.seen_until for score in found.scores):
        lines.append(f"{SEEN} saw days scored here in training: never best, and left out of the confidence set")
    return lines


def _of_tests(found: "Comparison") -> list[str]:
    """How the tests were made, or why there are none."""
    from vrx.evaluation._significance import FEWEST_HORIZONS, fewest_in_set, fewest_tested
    from vrx.evaluation.confidence import block

    n, ahead = found.n, found.task.horizon
    if n < fewest_tested(ahead):
        return [f"no tests: differences between models over {n} days, fewer than {fewest_tested(ahead)}, mean nothing"]
    lags = max(ahead - 1, math.ceil(n ** (1 / 3)))
    lines = [DIEBOLD_MARIANO.format(against=found.against, lags=lags)]
    if n < fewest_in_set(ahead):
        lines.append(f"no confidence set: {n} days are fewer than {FEWEST_HORIZONS} horizons of {ahead}")
    else:
        lines.append(CONFIDENCE_SET.format(block=block(n, ahead), seed=found.seed, size=found.size))
    return [*lines, OVERLAP] if ahead > 1 else lines


def notes(found: "Comparison", answers: "Sequence[Answer]") -> list[str]:
    """All that is to be said of the models and of the days."""
    task = found.task
    lines = ["har and log-har: refitted every day to all days so far; ewma: decay 0.94"]
    if task.is_rolling:
        lines.append("overlap: fitted once, to the days before the test part; it keeps the returns that are known")
    if trained := [one.name for one in answers if one.training]:
        lines.append(
            f"{', '.join(trained)}: trained once, to {task.cuts.train_end}, and chosen by the days to "
            f"{task.cuts.validation_end}, where har and log-har learn of every day"
        )
    lines += [note for one in answers for note in one.notes]
    lines += [
        f"{name}: no forecast on {count} of the {len(task.rows)} test days, which are left out for all"
        for name, count in found.missing.items()
    ]
    if still := len(task.test_rows) - len(task.rows):
        lines.append(f"{still} test days on which nothing moved, or without a measure, have no log and are left out")
    return [*lines, *task.bars.notes]
