"""``vrx hurst``: how rough the volatility of a series is, by every method."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vrx.cli.common import Column, DropBadRows, Json, SeriesId, day, read_series, slow_progress
from vrx.errors import InputError

if TYPE_CHECKING:  # numpy and the kernels load when the command runs
    from vrx.cli.hurst_survey import Sample
    from vrx.hurst import Estimator

__all__ = ["hurst"]


class Values(StrEnum):
    """What the exponent is of."""

    volatility = "log-volatility"
    returns = "returns"


class Interval(StrEnum):
    """How intervals are found."""

    asymptotic = "asymptotic"
    bootstrap = "bootstrap"


@dataclass(frozen=True)
class Wish:
    """How an answer is wanted."""

    interval: Literal["asymptotic", "bootstrap"]
    confidence: float
    seed: int
    plot: Path | None
    form: Literal["table", "json", "csv"]


def hurst(
    series: Annotated[str, typer.Option("--series", help="A CSV (also .gz) or parquet file of bars, or sample:sp500.")],
    of: Annotated[
        Values | None,
        typer.Option(
            "--of", help="volatility (if absent): half the log of each day's finest variance; returns: log returns."
        ),
    ] = None,
    method: Annotated[list[str] | None, typer.Option("--method", help="Only this method; repeatable.")] = None,
    rolling: Annotated[
        int | None,
        typer.Option(
            "--rolling",
            metavar="DAYS",
            help="The exponent of every window of so many days, by one method: exact if none is named.",
        ),
    ] = None,
    ci: Annotated[
        Interval, typer.Option("--ci", help="Intervals from theory, or from 1,000 resamples of the coefficients.")
    ] = Interval.asymptotic,
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals, between 0 and 1.")] = 0.95,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the bootstrap.")] = 0,
    noise: Annotated[
        bool | None,
        typer.Option(
            "--noise/--no-noise",
            help="Also allow for measurement error in each value; by default in the table of log volatility.",
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="Use nothing after this day, such as 2022-12-30.")
    ] = None,
    forecast: Annotated[
        Path | None,
        typer.Option(
            "--forecast",
            metavar="MODEL",
            help="Instead forecast the rolling exponent of returns with a model file of vrx train-hurst.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Also draw the fits, or the rolling exponent, into this PNG.")
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for machines.")] = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Estimate the Hurst exponent of log volatility or of returns, by every method.

    --json prints {"series", "of", "measure", "kind", "n", "first", "last", "confidence", "methods": [{"method",
    "noise", "h", "standard_error", "low", "high", "interval", "effective", "noise_variance", "line": {"scales",
    "values", "slope", "intercept", "r_squared"} or null, "note"}], "note", "notes"}; with --rolling, "window",
    "method", "noise", "interval" and "rolling": [{"date", "h", "low", "high"}] instead of "methods" and "note".
    What could not be estimated is null. With --forecast it prints {"series", "of", "measure", "last", "window", "h",
    "forecast": [{"horizon", "h", "known"}], "model": {"name", "sha256"}, "notes"}; "h" is today's exponent, "known" the
    forecast without a model.
    """
    if as_json and as_csv:
        raise InputError("--json and --csv: take one")
    if not 0.5 < 0.5 + confidence / 2.0 < 1.0:  # where it rounds to 0 or 1 there are no quantiles
        raise InputError(f"--confidence {confidence:g}: give a number between 0 and 1, such as 0.95")
    if rolling is not None and rolling < 1:
        raise InputError(f"--rolling {rolling}: give a number of days, such as 252")
    if plot is not None:
        from vrx.cli import plots

        plots.check(plot, [("--series", series)])
    from vrx.cli import hurst_survey

    until = None if as_of is None else day(as_of)
    if forecast is not None:
        other = method or (rolling, noise, plot) != (None, None, None) or ci is not Interval.asymptotic
        if other or of is Values.volatility:
            raise InputError(
                "--forecast: the model says of which exponent: give no other option but --series, --as-of, --json, "
                "--csv, --id, --column and --drop-bad-rows"
            )
        from vrx.cli import hurst_forecast

        bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
        found = hurst_forecast.report(hurst_survey.sample(bars, "returns"), forecast)
        found.tell("json" if as_json else "csv" if as_csv else "table")
        return
    values = Values.volatility if of is None else of
    wish = Wish(ci.value, confidence, seed, plot, "json" if as_json else "csv" if as_csv else "table")
    if rolling is None:
        asked = hurst_survey.estimators(values.value, method, noise)
    else:
        asked = [hurst_survey.one_estimator(values.value, method, bool(noise))]
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows, until=until)
    what = hurst_survey.sample(bars, values.value)
    if rolling is None:
        _whole(what, asked, wish)
    else:
        _windows(what, asked[0], rolling, wish)


def _whole(what: "Sample", asked: "Sequence[Estimator]", wish: Wish) -> None:
    from vrx.cli import hurst_agreement, hurst_report, hurst_survey

    with slow_progress("estimating") as progress:
        rows = hurst_survey.survey(
            what, asked, interval=wish.interval, confidence=wish.confidence, seed=wish.seed, progress=progress
        )
    if wish.plot is not None:
        from vrx.cli import plots

        plots.hurst_fits(wish.plot, what.title, rows)
    report = hurst_report.of_rows(what, rows, wish.confidence, hurst_agreement.disagreement(rows, what.of))
    report.tell(wish.form)


def _windows(what: "Sample", estimator: "Estimator", window: int, wish: Wish) -> None:
    from vrx.cli import hurst_report, hurst_survey

    if wish.interval == "bootstrap" and not estimator.bootstraps:
        raise InputError(f"--ci bootstrap: there is nothing to resample in {estimator.method}: take --method exact")
    try:
        with slow_progress("estimating") as progress:
            windows = estimator.rolling(
                what.values,
                window,
                interval=wish.interval,
                confidence=wish.confidence,
                seed=wish.seed,
                threads=os.cpu_count() or 1,
                progress=progress,
            )
    except InputError as error:
        raise InputError(f"--rolling {window}: {error}") from None
    report = hurst_report.of_windows(what, estimator, window, windows, wish.confidence, wish.interval)
    if wish.plot is not None:
        from vrx.cli import plots

        name = hurst_survey.called(estimator.method, bool(getattr(estimator, "noise", False)))
        plots.hurst_rolling(wish.plot, f"{what.title}, {name}, {window} days", what.days, windows)
    report.tell(wish.form)
