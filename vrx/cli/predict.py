"""``vrx predict``: the volatility of the coming days."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from vrx.cli import storing
from vrx.cli.common import (
    Annualise,
    AsOf,
    Column,
    Csv,
    DropBadRows,
    Json,
    Series,
    SeriesId,
    Year,
    day,
    print_json,
    read_series,
)
from vrx.errors import InputError
from vrx.forecast import Forecast

__all__ = ["Year", "predict"]


def predict(
    series: Series,
    model: Annotated[
        str | None,
        typer.Option("--model", help="A bundled model's name or an .onnx file; chosen by the columns if absent."),
    ] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="Refuse a model file with another hash.")] = None,
    as_of: AsOf = None,
    annualise: Annualise = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw the past and the forecast into this PNG.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
    store: storing.Store = None,
) -> None:
    """Forecast the volatility of the next 1, 5 and 22 days."""
    if as_json and as_csv:
        raise InputError("--json and --csv: take one")
    if plot is not None:
        from vrx.cli import plots

        plots.check(plot, [("--series", series), ("--model", model), ("--store", store)])
    from vrx import runtime

    until = None if as_of is None else day(as_of)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    storing.check(store, bars)
    forecaster = runtime.load(runtime.matching(bars) if model is None else model, sha256=sha256)
    forecast = forecaster.predict(bars, periods_per_year=None if annualise is None else int(annualise.value))
    if plot is not None:
        plots.forecast(plot, bars, forecast, forecaster.spec.channels)
    if as_json:
        print_json(forecast.to_dict())
    elif as_csv:
        typer.echo(forecast.to_csv(), nl=False)
        for note in forecast.notes:
            typer.echo(note, err=True)
    else:
        _show(forecast)
    storing.keep_forecast(store, series, forecaster, forecast)


def _show(forecast: Forecast) -> None:
    # By hand: rich would take a seventh of the whole command's time for three rows of numbers.
    when = f" as of {forecast.as_of}" if isinstance(forecast.as_of, date) else ""
    typer.echo(f"{forecast.series}{when}: volatility, {forecast.periods_per_year} days a year")
    head = ("days ahead", "per day", "per year", *(f"{level:.0%}" for level in forecast.levels))
    rows = [
        (str(horizon), f"{daily:.2%}", f"{yearly:.1%}", *(f"{value:.2%}" for value in quantiles))
        for horizon, daily, yearly, quantiles in zip(
            forecast.horizons, forecast.volatility, forecast.annualised(), forecast.quantiles, strict=True
        )
    ]
    widths = [max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
    for cells in (head, *rows):
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        typer.secho(line, bold=cells is head or None)
    typer.echo(
        "per day is the root of the mean variance, above the median (50%) as variance is skewed; quantiles are per day"
    )
    typer.echo(f"of the {forecast.target}")
    typer.echo("model " + _origin(forecast))
    for note in forecast.notes:
        typer.secho(note, dim=True)


def _origin(forecast: Forecast) -> str:
    names = [origin.name for origin in forecast.trained_on]
    if not names:
        return forecast.model
    shown = ", ".join(names) if len(names) < 4 else f"{len(names)} series"
    last = max(origin.last for origin in forecast.trained_on)
    return f"{forecast.model}, trained on {shown} to {last}"
