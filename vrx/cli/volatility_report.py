"""The answers of ``vrx volatility``: as tables, as JSON and as CSV."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import typer

from vrx.cli.common import print_json
from vrx.cli.volatility_answer import HORIZONS, Answer
from vrx.cli.volatility_fits import Market, Row

if TYPE_CHECKING:  # JSON and CSV need no tables
    from rich.console import Console

__all__ = ["tell"]

# Narrower terminals wrap the table rather than lose digits.
WIDTH = 88
SCORES = ("log_likelihood", "aic", "bic")
ERRORS = {"standard_error": "std. error", "robust_error": "robust error"}
UNITS = (
    "forecast: decimals per day; parameters: of sigma in percent per day, but level and slope of the log of sigma in "
    "decimals; those of arch models for returns in percent"
)
BLANK = ("fitted", "parameters", *SCORES, "converged", "reason", "floored", "capped", "hurst", "forecast")


def tell(where: Market, rows: Sequence[Row], notes: Sequence[str], form: Literal["table", "json", "csv"]) -> None:
    """Print the answers; beside CSV, the doubts and notes go to standard error."""
    notes = [*notes, *where.notes]
    if form == "json":
        print_json(_document(where, rows, notes))
    elif form == "csv":
        out = io.StringIO()
        lines = _path(where, rows[0].answer) if rows[0].answer and len(rows) == 1 else _lines(where, rows)
        csv.writer(out, lineterminator="\n").writerows(lines)
        typer.echo(out.getvalue(), nl=False)
        for line in (*_doubts(rows), *notes):
            typer.echo(line, err=True)
    else:
        _show(where, rows, notes)


def _document(where: Market, rows: Sequence[Row], notes: Sequence[str]) -> dict[str, Any]:
    return {
        "series": where.series,
        "measure": where.measure,
        "n": len(where.returns),
        "first": where.days[0],
        "last": where.days[-1],
        "periods_per_year": where.periods_per_year,
        "units": UNITS,
        "models": [_record(row) for row in rows],
        "notes": list(notes),
    }


def _record(row: Row) -> dict[str, Any]:
    answer = row.answer
    if answer is None:
        return {"model": row.model, **dict.fromkeys(BLANK), "note": row.trouble}
    parameters = [
        {"name": one.name, "estimate": _number(one.estimate), **{name: getattr(one, name) for name in ERRORS}}
        for one in answer.parameters
    ]
    return {
        "model": answer.model,
        "fitted": answer.fitted,
        "parameters": parameters,
        **{name: _number(getattr(answer, name)) for name in SCORES},
        "converged": not answer.reason,
        "reason": answer.reason or None,
        "floored": answer.floored,
        "capped": answer.capped,
        "hurst": None if answer.hurst is None else _number(answer.hurst[-1]),
        "forecast": [{name: _number(value) for name, value in line.items()} for line in answer.forecast.rows()],
        "note": None,
    }


def _path(where: Market, answer: Answer) -> Iterator[Sequence[Any]]:
    """Every day with its return, sigma and Hurst exponent; the last line is the day after."""
    yield ("date", "return", "sigma", "hurst")
    known = min(len(where.returns), len(answer.sigma))
    hurst = [""] * known if answer.hurst is None else answer.hurst[-known:].tolist()
    columns = (where.days[-known:], where.returns[-known:].tolist(), answer.sigma[-known:].tolist(), hurst)
    yield from zip(*columns, strict=True)
    yield ("next", "", float(answer.forecast.volatility[0]), "")


def _lines(where: Market, rows: Sequence[Row]) -> Iterator[Sequence[Any]]:
    """A line a model."""
    head = ("series", "last", "model", "fitted", *SCORES, "converged", *(f"volatility_{days}" for days in HORIZONS))
    yield head
    for row in rows:
        begin, answer = (where.series, where.days[-1], row.model), row.answer
        if answer is None:
            yield (*begin, *[""] * (len(head) - len(begin)))
        else:
            scores = (getattr(answer, name) for name in SCORES)
            yield (*begin, answer.fitted, *scores, not answer.reason, *answer.forecast.volatility.tolist())


def _show(where: Market, rows: Sequence[Row], notes: Sequence[str]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    answers = [row.answer for row in rows if row.answer is not None]
    if len(rows) == 1:
        _show_fit(console, where, answers[0])
        _show_forecast(console, where, answers[0])
    else:
        _show_comparison(console, where, rows, answers)
    for line in _doubts(rows):
        console.print(line, markup=False)
    for line in (*_meanings(answers, compared=len(rows) > 1), *notes):
        console.print(line, markup=False, style="dim")


def _show_fit(console: "Console", where: Market, answer: Answer) -> None:
    console.print(f"{where.series}: {answer.model}, fitted to {_span(where, answer)}", markup=False)
    errors = [name for name in ERRORS if any(getattr(one, name) is not None for one in answer.parameters)]
    head = ("", "estimate", *(ERRORS[name] for name in errors))
    _table(
        console,
        head,
        [(one.name, _cell(one.estimate), *(_cell(getattr(one, name)) for name in errors)) for one in answer.parameters],
    )
    scores = zip(("log-likelihood", "AIC", "BIC"), SCORES, strict=True)
    console.print(", ".join(f"{name} {getattr(answer, key):.2f}" for name, key in scores), markup=False)
    if answer.floored is not None:
        console.print(f"days with sigma at its floor: {answer.floored}, at its ceiling: {answer.capped}", markup=False)
    if not answer.reason:
        console.print("converged", markup=False)


def _show_forecast(console: "Console", where: Market, answer: Answer) -> None:
    forecast = answer.forecast
    known = "" if answer.hurst is None else f", at Hurst exponent {answer.hurst[-1]:.3f}"
    console.print(f"after {where.days[-1]}: volatility, {forecast.periods_per_year} days a year{known}", markup=False)
    rows = zip(forecast.horizons, forecast.volatility, forecast.annualised(), strict=True)
    cells = [(str(days), f"{daily:.2%}", f"{yearly:.1%}") for days, daily, yearly in rows]
    _table(console, ("days ahead", "per day", "per year"), cells)


def _show_comparison(console: "Console", where: Market, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    console.print(f"{where.series}: {len(answers)} models, fitted to {_span(where, answers[0])}", markup=False)
    cells = []
    for row in rows:
        if row.answer is None:
            cells.append((row.model, *["-"] * 6))
            continue
        scores = (f"{getattr(row.answer, name):.1f}" for name in SCORES)
        ahead = (f"{row.answer.forecast.volatility[0]:.2%}", f"{row.answer.forecast.annualised()[0]:.1%}")
        cells.append((row.model, *scores, *ahead, "no" if row.answer.reason else "yes"))
    _table(console, ("model", "log-likelihood", "AIC", "BIC", "next day", "per year", "converged"), cells)
    console.print(f"least AIC: {_least(answers, 'aic')}; least BIC: {_least(answers, 'bic')}", markup=False)


def _least(answers: Sequence[Answer], name: str) -> str:
    scores = [getattr(answer, name) for answer in answers]
    return answers[int(np.nanargmin(scores))].model if np.isfinite(scores).any() else "-"


def _table(console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _doubts(rows: Sequence[Row]) -> Iterator[str]:
    """What must not be overlooked: models that could not be fitted, and fits that are no optimum."""
    for row in rows:
        if row.answer is None:
            yield f"{row.model}: {(row.trouble or '').removeprefix(row.model + ': ')}"
        elif row.answer.reason:
            yield f"{row.model} has not converged: {row.answer.reason.removeprefix(row.model + ' has not converged: ')}"


def _meanings(answers: Sequence[Answer], *, compared: bool) -> Iterator[str]:
    """What the numbers are."""
    yield "per day is the root of the mean variance of the log returns of the days ahead"
    if compared:
        return
    answer = answers[0]
    if answer.hurst is None:
        yield "parameters by the names of arch, for returns in percent; errors allow for shocks that are not normal"
        return
    yield "sigma^alpha = kappa + lambda S, percent per day; log sigma = level + slope S to first order, decimals"
    if answer.parameters[0].estimate == 0.0:
        yield "at alpha 0 kappa is 1 and lambda 0 whatever the returns are: read level and slope, which are exact there"


def _span(where: Market, answer: Answer) -> str:
    """The returns of the fit; an update has added later ones."""
    first = len(where.days) - len(answer.sigma)
    begin = f"from {where.days[first]} " if first >= 0 else ""
    return f"{answer.fitted} returns {begin}to {where.days[first + answer.fitted - 1]}"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
