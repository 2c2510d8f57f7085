"""``vrx diagnose``: what the returns of a series are like, and which model of volatility they call for."""

from pathlib import Path
from typing import Annotated

import typer

from vrx.cli.common import AsOf, Column, DropBadRows, Json, Series, SeriesId, day, read_series

__all__ = ["diagnose"]


def diagnose(
    series: Series,
    regimes: Annotated[int, typer.Option("--regimes", min=2, max=3, help="How many regimes of variance.")] = 2,
    as_of: AsOf = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw returns, regimes and breaks into this PNG.")
    ] = None,
    as_json: Json = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Test the daily log returns of a series and say what the answers mean for the choice of a model.

    --json prints {"series", "measure", "n", "first", "last", "periods_per_year", "moments": {"mean",
    "standard_deviation", "skewness", "kurtosis", "least", "most", "annualised_volatility"}, "tests": [{"name", "null",
    "statistic", "p_value", "lags", "rejects", "meaning"}], "regimes": {"regimes": [{"volatility", "share", "stays",
    "expected_duration", "probability"}], "mean", "transition", "log_likelihood", "bic", "bic_one", "converged",
    "meaning"} or null, "breaks": {"of", "level", "count", "count_bic", "dates", "ud_max", "ud_max_critical",
    "ud_max_p_below", "clustered_p_value", "tests": [{"breaks", "sup_f", "critical", "p_below", "one_more",
    "one_more_critical", "bic", "dates"}], "segments": [{"first", "last", "days", "volatility"}], "meaning"}, "notes"}.
    Volatilities are decimals per day; what does not exist is null.
    """
    if plot is not None:
        from vrx.cli import plots

        plots.check(plot, [("--series", series)])
    from vrx import econometrics
    from vrx.cli import diagnose_report, volatility_fits

    until = None if as_of is None else day(as_of)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    where = volatility_fits.market(bars, None)
    found = econometrics.diagnose(bars, regimes=regimes)
    if plot is not None:
        from vrx.cli import diagnose_picture

        diagnose_picture.draw(plot, found)
    diagnose_report.tell(where, found, as_json=as_json)
