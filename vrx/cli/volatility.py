"""``vrx volatility``: a volatility model fitted to the returns of a series, and what it expects."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vrx.cli.common import Column, DropBadRows, Json, SeriesId, day, read_series, slow_progress
from vrx.cli.predict import Year
from vrx.errors import InputError

if TYPE_CHECKING:  # numpy and the kernels load when the command runs
    from vrx.cli.volatility_asked import Given
    from vrx.cli.volatility_fits import Market, Row
    from vrx.cli.volatility_saved import Saved

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
    horizons: tuple[int, ...]
    seed: int


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
    hurst: Annotated[
        str | None,
        typer.Option("--hurst", help="wavelet (dynamic-fractional), or the number of static-fractional, else 0.55."),
    ] = None,
    alpha: Annotated[
        str | None,
        typer.Option("--alpha", help="The power of the fractional models, or where it is sought; 0..5 if absent."),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option("--window", metavar="DAYS", help="The days of each wavelet Hurst exponent; 252 if absent."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", metavar="DAYS", help="Fit to the last so many returns; to all if absent.")
    ] = None,
    horizon: Annotated[
        list[str] | None,
        typer.Option(
            "--horizon", metavar="DAYS", help="Days ahead, or a range as 1..10; repeatable; 1, 5 and 22 if absent."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the simulated paths beyond the next day.")] = 0,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="Use nothing after this day.")] = None,
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
    refit: Annotated[
        bool, typer.Option("--refit", help="After --update fit anew from there, to as many of the last days as before.")
    ] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for machines.")] = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Fit a volatility model to the daily log returns of a series and forecast the days to come.

    --csv prints the volatility of every day, as known the day before, and the Hurst exponent known at its end; of
    several models, a line each. --json prints {"series", "measure", "n", "first", "last", "periods_per_year",
    "units", "seed", "models": [{"model", "fitted", "options": {"window", "hurst", "innovation", "alpha"},
    "parameters": [{"name", "estimate", "standard_error", "robust_error", "t_value"}], "log_likelihood", "aic", "bic",
    "converged", "note", "floored", "capped", "clipped", "hurst", "forecast": [{"horizon", "variance", "volatility",
    "volatility_annualised"}]}], "notes"}. What does not exist is null; "note" is what must be doubted of a model.
    """
    from vrx.cli import volatility_asked, volatility_fits

    kind: Literal["signed", "absolute"] | None = None if innovation is None else innovation.value
    given = volatility_asked.Given(
        model=model, innovation=kind, hurst=hurst, alpha=alpha, window=window, days=days, refit=refit, update=update
    )
    asked = volatility_asked.asked(given)
    if as_json and as_csv:
        raise InputError("--json and --csv: take one")
    if as_csv and horizon and len(asked) < 2:
        raise InputError("--csv: of one model it has every day so far and the next: take --json for --horizon")
    wish = Wish(
        window or volatility_asked.WINDOW,
        plot,
        save,
        "json" if as_json else "csv" if as_csv else "table",
        volatility_asked.horizons(horizon),
        seed,
    )
    _check_files(wish, [one.name for one in asked], series, update)
    saved = None if update is None else _load(update)
    until = None if as_of is None else day(as_of)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    where = volatility_fits.market(bars, None if annualise is None else int(annualise.value))
    if saved is None:
        with slow_progress("fitting") as progress:
            rows = volatility_fits.ask(where, asked, wish.horizons, seed=seed, progress=progress)
        _tell(where, rows, [], wish)
    else:
        _tell_update(where, saved, given, wish)


def _load(path: Path) -> "Saved":
    from vrx.cli import volatility_saved

    return volatility_saved.load(path)


def _check_files(wish: Wish, names: list[str], series: str, update: Path | None) -> None:
    """Refuse, before any work, what cannot be written or would overwrite what is read; an update may save itself."""
    if wish.plot is not None:
        from vrx.cli import plots

        plots.check(wish.plot, [("--series", series), ("--update", update), ("--save", wish.save)])
    if wish.save is not None:
        from vrx.cli import volatility_asked, whole

        whole.check("--save", wish.save, wish.save.suffix.lower(), [("--series", series)])
        if len(names) > 1 or not set(names) <= set(volatility_asked.FRACTIONAL):
            able = " or ".join(volatility_asked.FRACTIONAL)
            raise InputError(f"--save {wish.save}: takes one of {able}: name one --model")


def _tell_update(where: "Market", saved: "Saved", given: "Given", wish: Wish) -> None:
    from vrx.cli import volatility_answer, volatility_fits, volatility_saved

    result, notes = volatility_saved.updated(saved, where, refit=given.refit, days=given.days)
    answer = volatility_answer.answer_of(where, saved.model, result, wish.horizons, seed=wish.seed)
    row = volatility_fits.Row(saved.model, answer)
    _tell(where, [row], notes, replace(wish, window=result.model.window))


def _tell(where: "Market", rows: "list[Row]", notes: list[str], wish: Wish) -> None:
    from vrx.cli import volatility_report

    answers = [row.answer for row in rows if row.answer is not None]
    if wish.plot is not None:
        from vrx.cli import plots

        plots.volatility(wish.plot, where, answers, wish.window)
    if wish.save is not None and answers[0].result is not None:
        from vrx.cli import volatility_saved

        volatility_saved.save(wish.save, where, answers[0].result)
    volatility_report.tell(where, rows, notes, wish.form, seed=wish.seed)
