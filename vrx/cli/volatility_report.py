"""The answers of ``vrx volatility``: as JSON and as CSV, or handed on to the tables."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal

import typer

from vrx.cli import volatility_table
from vrx.cli.common import print_json
from vrx.cli.volatility_answer import Answer
from vrx.cli.volatility_fits import Market, Row

__all__ = ["tell"]

SCORES = ("log_likelihood", "aic", "bic")
LIMITS = ("floored", "capped", "clipped")
UNITS = (
    "forecast: decimals per day; parameters: of sigma in percent per day, but level and slope of the log of sigma in "
    "decimals; those of arch models for returns in percent"
)
BLANK = ("fitted", "options", "parameters", *SCORES, "converged", "note", *LIMITS, "hurst", "forecast")


def tell(
    where: Market, rows: Sequence[Row], notes: Sequence[str], form: Literal["table", "json", "csv"], *, seed: int
) -> None:
    """Print the answers; beside CSV, the doubts and notes go to standard error."""
    notes = [*notes, *where.notes]
    if form == "json":
        print_json(_document(where, rows, [*where.doubts, *notes], seed))
    elif form == "csv":
        out = io.StringIO()
        lines = _path(where, rows[0].answer) if rows[0].answer and len(rows) == 1 else _lines(where, rows)
        csv.writer(out, lineterminator="\n").writerows(lines)
        typer.echo(out.getvalue(), nl=False)
        for line in (*volatility_table.doubts(where, rows), *notes):
            typer.echo(line, err=True)
    else:
        volatility_table.show(where, rows, notes)


def _document(where: Market, rows: Sequence[Row], notes: Sequence[str], seed: int) -> dict[str, Any]:
    return {
        "series": where.series,
        "measure": where.measure,
        "n": len(where.returns),
        "first": where.days[0],
        "last": where.days[-1],
        "periods_per_year": where.periods_per_year,
        "units": UNITS,
        "seed": seed,
        "models": [_record(row) for row in rows],
        "notes": list(notes),
    }


def _record(row: Row) -> dict[str, Any]:
    answer = row.answer
    if answer is None:
        return {"model": row.model, **dict.fromkeys(BLANK), "note": row.trouble}
    return {
        "model": answer.model,
        "fitted": answer.fitted,
        "options": None if answer.options is None else asdict(answer.options),
        "parameters": [one.record() for one in answer.parameters],
        **{name: _number(getattr(answer, name)) for name in SCORES},
        "converged": answer.converged,
        "note": answer.note or None,
        **{name: None if answer.result is None else getattr(answer.result, name) for name in LIMITS},
        "hurst": None if answer.hurst is None else _number(answer.hurst[-1]),
        "forecast": [{name: _number(value) for name, value in line.items()} for line in answer.forecast.rows()],
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
    days = next(row.answer.forecast.horizons for row in rows if row.answer is not None)
    head = ("series", "last", "model", "fitted", *SCORES, "converged", *(f"volatility_{day}" for day in days))
    yield head
    for row in rows:
        begin, answer = (where.series, where.days[-1], row.model), row.answer
        if answer is None:
            yield (*begin, *[""] * (len(head) - len(begin)))
        else:
            scores = (getattr(answer, name) for name in SCORES)
            yield (*begin, answer.fitted, *scores, answer.converged, *answer.forecast.volatility.tolist())


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
