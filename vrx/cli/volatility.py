"""``vrx volatility``: a volatility model fitted to the returns of a series, and what it expects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vrx.cli.common import Column, DropBadRows, Json, SeriesId, read_series, slow_progress
from vrx.cli.predict import Year
from vrx.errors import InputError

if TYPE_CHECKING:  # numpy and the kernels load when the command runs
    from vrx.cli.volatility_fits import Asked, Market, Row

__all__ = ["volatility"]


class Innovation(StrEnum):
    """What a shock is."""

    signed = "signed"
    absolute = "absolute"


@dataclass(frozen=True)
class Wish:
    """How an answer is wanted."""

    window: int
    plot: Path | None
    save: Path | None
    form: Literal["table", "json", "csv"]


def volatility(
    series: Annotated[str, typer.Option("--series", help="A CSV (also .gz) or parquet file of bars, or sample:sp500.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            help="dynamic-fractional (the default), static-fractional, garch, figarch, egarch, har or all; repeatable.",
        ),
    ] = None,
    innovation: Annotated[
        Innovation | None,
        typer.Option("--innovation", help="Shocks of the fractional models: returns as they are (signed), or sizes."),
    ] = None,
    window: Annotated[
        int | None, typer.Option("--window", metavar="DAYS", help="The days of each Hurst exponent; 252 if absent.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", metavar="DAYS", help="Fit to the last so many returns; to all if absent.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Use nothing after this day.")
    ] = None,
    annualise: Annotated[
        Year | None, typer.Option("--annualise", help="Days a year; by the calendar of the series if absent.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw sigma and the Hurst exponent, day by day, into this PNG.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Also write the fractional model, as fitted, into this JSON file.")
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option("--update", help="Fit nothing: take the model from this file on to the last day of the series."),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for machines.")] = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Fit a volatility model to the daily log returns of a series and forecast the next 1, 5 and 22 days.

    --csv prints the volatility of every day, as known the day before, and the Hurst exponent known at its end; of
    several models, a line each. --json prints {"series", "measure", "n", "first", "last", "periods_per_year",
    "units", "models": [{"model", "fitted", "parameters": [{"name", "estimate", "standard_error", "robust_error"}],
    "log_likelihood", "aic", "bic", "converged", "reason", "floored", "capped", "hurst", "forecast": [{"horizon",
    "variance", "volatility", "volatility_annualised"}], "note"}], "notes"}. What does not exist is null.
    """
    if as_json and as_csv:
        raise InputError("--json and --csv: take one")
    if plot is not None:
        from vrx.cli import plots

        plots.check(plot)
    from vrx.cli import volatility_answer, volatility_fits, volatility_saved

    if save is not None:
        volatility_saved.check(save)
    asked = _asked(model, innovation, window, days, update)
    if save is not None and (len(asked) > 1 or any(one.name not in volatility_fits.FRACTIONAL for one in asked)):
        raise InputError(f"--save {save}: takes one of {' or '.join(volatility_fits.FRACTIONAL)}: name one --model")
    saved = None if update is None else volatility_saved.load(update)
    until = None if as_of is None else as_of.date()
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    where = volatility_fits.market(bars, None if annualise is None else int(annualise.value))
    notes = []
    if saved is None:
        with slow_progress("fitting") as progress:
            rows = volatility_fits.ask(where, asked, progress=progress)
    else:
        notes = volatility_saved.updated(saved, where)
        rows = [volatility_fits.Row(saved.model, volatility_answer.answer_of(where, saved.model, saved.result))]
        window = saved.result.model.window
    wish = Wish(window or 252, plot, save, "json" if as_json else "csv" if as_csv else "table")
    _tell(where, rows, notes, wish)


def _asked(
    model: list[str] | None, innovation: Innovation | None, window: int | None, days: int | None, update: Path | None
) -> "list[Asked]":
    """The models to fit; none for an update."""
    from vrx.cli import volatility_fits

    given = {"--model": model, "--innovation": innovation, "--window": window, "--days": days}
    names = [name for name, value in given.items() if value not in (None, [])]
    if update is not None:
        if names:
            raise InputError(f"--update {update}: nothing is fitted, so leave out {' and '.join(names)}")
        return []
    chosen = volatility_fits.named(model)
    fractional = [name for name in chosen if name in volatility_fits.FRACTIONAL]
    for name in ("--innovation", "--window"):
        if given[name] is not None and not fractional:
            raise InputError(f"{name}: has no meaning for {', '.join(chosen)}: leave it out")
    kind = "signed" if innovation is None else innovation.value
    asked = [volatility_fits.Asked(name, 252 if window is None else window, kind, days) for name in chosen]
    for one in asked:
        one.check()
    return asked


def _tell(where: "Market", rows: "list[Row]", notes: list[str], wish: Wish) -> None:
    from vrx.cli import volatility_report, volatility_saved

    answers = [row.answer for row in rows if row.answer is not None]
    if wish.plot is not None:
        from vrx.cli import plots

        plots.volatility(wish.plot, where, answers, wish.window)
    if wish.save is not None and answers[0].result is not None:
        volatility_saved.save(wish.save, where, answers[0].result)
    volatility_report.tell(where, rows, notes, wish.form)
