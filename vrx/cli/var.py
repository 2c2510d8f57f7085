"""``vrx var``: how return, log volatility and Hurst exponent lead each other, and what the last is worth."""

from pathlib import Path
from typing import Annotated

import typer

from vrx.cli.common import AsOf, Column, DropBadRows, Json, Series, SeriesId, day, read_series

__all__ = ["var"]


def var(
    series: Series,
    window: Annotated[int, typer.Option("--window", min=2, help="Returns behind each Hurst exponent.")] = 252,
    order: Annotated[
        int | None, typer.Option("--order", min=1, help="Days before that count; chosen if absent.")
    ] = None,
    max_order: Annotated[int, typer.Option("--max-order", min=1, help="The largest order tried.")] = 10,
    criterion: Annotated[str, typer.Option("--criterion", help="What chooses the order: aic, bic or hqic.")] = "bic",
    steps: Annotated[int, typer.Option("--steps", min=1, help="Days after a shock that responses are given of.")] = 22,
    every: Annotated[int, typer.Option("--every", min=1, help="Days from one refit to the next, out of sample.")] = 22,
    as_of: AsOf = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Also draw the impulse responses into this PNG.")] = None,
    as_json: Json = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Fit a vector autoregression of daily return, log volatility and rolling Hurst exponent, and test it.

    The second half of the days is also forecast out of sample, with the moving exponent and without it.

    --json prints {"series", "measure", "window", "n", "first", "last", "columns", "order", "orders": {"aic", "bic",
    "hqic", "preferred"}, "constant", "coefficients", "standard_errors", "covariance", "log_likelihood", "granger":
    [{"causing", "caused", "statistic", "p_value", "robust_statistic", "robust_p_value", "rejects"}], "responses":
    {"steps", "confidence", "mean", "standard_error", "low", "high"}, "largest_root", "stable", "whiteness": {"lags",
    "statistic", "degrees", "p_value"}, "next": {column: mean}, "comparison": {"rows", "start", "dynamic", "static",
    "dynamic_order", "static_order", "log_volatility": {"rmse_dynamic", "rmse_static", "gain", "statistic", "p_value"},
    "volatility": the same}, "notes"}. Coefficients are [lag][caused][causing], responses [step][response][shock].
    """
    if plot is not None:
        from vrx.cli import plots

        plots.check(plot, [("--series", series)])
    from vrx.cli import var_report

    until = None if as_of is None else day(as_of)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    found = var_report.answer(
        bars, window=window, order=order, max_order=max_order, criterion=criterion, steps=steps, every=every
    )
    if plot is not None:
        from vrx.cli import var_picture

        var_picture.draw(plot, found.system, found.fit)
    var_report.tell(found, as_json=as_json)
