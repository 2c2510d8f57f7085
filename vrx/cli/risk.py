"""``vrx risk``: what the next day may cost, and whether such forecasts were right."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vrx.cli.common import AsOf, Column, DropBadRows, Json, Series, SeriesId, day, read_series
from vrx.errors import InputError

__all__ = ["risk"]


class Law(StrEnum):
    """The law of returns over their volatility."""

    normal = "normal"
    student = "student"
    historical = "historical"


def risk(
    series: Series,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="What forecasts the volatility: garch, egarch, figarch, har, dynamic-fractional, static-fractional, "
            "a bundled model's name or an .onnx file.",
        ),
    ] = "garch",
    level: Annotated[
        list[float] | None,
        typer.Option("--level", help="The probability of a larger loss; repeatable; 0.01 and 0.05 if absent."),
    ] = None,
    law: Annotated[
        Law,
        typer.Option("--law", help="Of returns over their volatility: a law fitted to the past ones, or these alone."),
    ] = Law.student,
    backtest: Annotated[
        str | None,
        typer.Option("--backtest", metavar="DAY", help="Also forecast every day from this one, and test what came."),
    ] = None,
    as_of: AsOf = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw the backtest of the smallest level into this PNG.")
    ] = None,
    as_json: Json = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Forecast value at risk and expected shortfall of a long position over the next day.

    The models are refitted every 22 days of a backtest and see nothing of later days; a network is as it is, and its
    volatility is brought to the size of the returns before each day.

    --json prints {"series", "measure", "n", "first", "last", "model", "law", "sigma", "risk": [{"level", "var", "es",
    "var_of_position", "es_of_position"}], "backtest": null or {"first", "last", "days", "levels": [{"level",
    "expected", "exceedances", "dates", "tests": [{"name", "statistic", "p_value", "degrees", "rejects", "meaning"}]}]},
    "notes"}. Losses are positive: log returns as decimals, and shares of the position; what does not exist is null.
    """
    if plot is not None:
        from vrx.cli import plots

        if backtest is None:
            raise InputError(f"--plot {plot}: draws a backtest: add --backtest DAY, or leave it out")
        plots.check(plot, [("--series", series), ("--model", model)])
    from vrx.cli import risk_answer, risk_report, risk_sigma, volatility_fits

    levels = risk_answer.levels(level)
    first = None if backtest is None else day(backtest, "--backtest")
    source = risk_sigma.source(model)
    until = None if as_of is None else day(as_of)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    where = volatility_fits.market(bars, None)
    answer = risk_answer.ask(where, bars, source, levels, law.value, first)
    if plot is not None:
        from vrx.cli import risk_picture

        risk_picture.draw(plot, where, answer)
    risk_report.tell(where, answer, as_json=as_json)
