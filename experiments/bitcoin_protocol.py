"""How the figures on bitcoin came about, and what had been looked at before."""

from collections.abc import Iterator, Sequence

from bitcoin_networks import SCRATCH_PHASE, SHAPE
from bitcoin_scores import Table
from dhansoia_data import dates_in_order
from hurst_prose import bullet

__all__ = ["protocol"]


def protocol(tables: Sequence[Table]) -> Iterator[str]:
    """Days, rows, rules."""
    yield "## The protocol\n"
    yield from data_lines(tables)
    yield from rule_lines(tables)
    yield ""


def data_lines(tables: Sequence[Table]) -> Iterator[str]:
    """The parts of every set."""
    yield "| set | days | first | train to | validation to | last | samples: train | validation | test |"
    yield "|---|--:|---|---|---|---|--:|--:|--:|"
    for table in tables:
        market = table.market
        dates, split = dates_in_order(market.bars), market.data.split
        parts = " | ".join(str(len(part)) for part in (market.train, market.validation, market.test))
        yield (
            f"| {market.data.title} | {len(market.bars)} | {dates[0]} | {split.train_end} | {split.validation_end} | "
            f"{dates[-1]} | {parts} |"
        )
    yield ""


def rule_lines(tables: Sequence[Table]) -> Iterator[str]:
    """What was done, how it is scored, and how often it had been looked at."""
    recipe, sources = tables[0].market.recipe, tables[0].market.sources
    yield bullet(
        "Data as in sets (c) and (d) of experiments/dhansoia_2025.py: realized variance from hours to 2019 and from "
        "five minutes since; Garman-Klass plus the squared overnight return. Returns are those of closes. The split is "
        f"50/25/25 by time; a sample is a window of {recipe.lookback} days with the day after it."
    )
    yield bullet(
        f"The source is {len(sources)} equity indices, 2000 to 2019: up to the end of bitcoin's train part they teach, "
        "from there to the end of its validation part they choose the epoch."
    )
    yield bullet(
        f"The network is that of the recipe `{recipe.name}`: {SHAPE.encoder} over {SHAPE.sequence} days plus a linear "
        "part over the whole window, with displacements of the price and the day of the week, which it reads off the "
        "variances. Strategy `adapt`: pretrained, then the linear part re-solved on bitcoin by a ridge of "
        f"{recipe.phases[1].ridge:.0f} toward the pretrained coefficients, and the spread rescaled; of both, of the "
        "spread alone and of nothing, that stays which the validation part likes best. Zero-shot: bitcoin gives the "
        "constant of the mean variance and the quantiles, which RMSE does not see, and nothing else."
    )
    yield bullet(
        "From scratch: the same network on bitcoin alone, its linear part started at least squares (a ridge of 1e-8) "
        "or at a ridge of 30 or 100 toward zero, then all of it trained; or its encoder alone, without a linear part. "
        f"At most {SCRATCH_PHASE.epochs} epochs in batches of {SCRATCH_PHASE.batch_size}, rate "
        f"{SCRATCH_PHASE.learning_rate:g}, weight decay {SCRATCH_PHASE.weight_decay:g}; the best epoch on the "
        "validation part stays."
    )
    yield bullet(
        "RMSE is that of log volatility, against the mean that is forecast of it: half the mean of log variance. Of "
        "log-HAR it is taken the same way. QLIKE is that of variance, against its mean forecast. p is that of Diebold "
        "and Mariano's test (Newey-West, Harvey) against log-HAR, which is refitted every day on all that is known."
    )
    yield bullet(
        "Network, columns, the constants of the week, the ridge of 100 and the strategy were chosen on the validation "
        "part. But the test part was no secret: a prototype opened it five times (once for linear forecasts, three "
        "times for networks with a linear part, once for encoders alone), the first run of the production code once, "
        "with trials of `vrx train` and a look at the bias of its forecasts beside it; and now this page. Their days "
        "were the same; their returns of (c) went from open to close, their variance of (d) left out the night. Other "
        "networks are scored on the same days by experiments/dhansoia_2025.py. The p-values below are those of a "
        "single look; there were more."
    )
