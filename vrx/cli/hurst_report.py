"""The answers of ``vrx hurst``: as a table, as JSON and as CSV."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import typer

from vrx.cli.common import print_json
from vrx.cli.hurst_agreement import biased
from vrx.cli.hurst_survey import Row, Sample, called
from vrx.errors import InputError
from vrx.hurst import Estimator, Rolling

__all__ = ["Report", "of_rows", "of_windows"]

# Narrower terminals wrap the table rather than lose digits.
WIDTH = 72
NUMBERS = ("h", "standard_error", "low", "high")
DATED = ("date", "h", "low", "high")


@dataclass(frozen=True)
class Report:
    """One answer in its three forms."""

    title: str
    document: dict[str, Any]
    csv_head: Sequence[str]
    csv_rows: Sequence[Sequence[Any]]
    table_head: Sequence[str]
    table_rows: Sequence[Sequence[str]]
    note: str | None
    """What the numbers say together."""
    notes: Sequence[str]
    """How they came about, and what could not be estimated."""

    def tell(self, form: Literal["table", "json", "csv"]) -> None:
        """Print it; beside CSV, the notes go to standard error."""
        if form == "json":
            print_json(self.document)
        elif form == "csv":
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerows([self.csv_head, *self.csv_rows])
            typer.echo(out.getvalue(), nl=False)
            for line in (*filter(None, [self.note]), *self.notes):
                typer.echo(line, err=True)
        else:
            self._show()

    def _show(self) -> None:
        from rich.console import Console
        from rich.table import Table

        console = Console(highlight=False, soft_wrap=True)
        console.width = max(console.width, WIDTH)
        console.print(self.title, markup=False)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for at, name in enumerate(self.table_head):
            table.add_column(name, justify="right" if at else "left")
        for row in self.table_rows:
            table.add_row(*row)
        console.print(table)
        if self.note:
            console.print(self.note, markup=False)
        for line in self.notes:
            console.print(line, markup=False, style="dim")


def of_rows(what: Sample, rows: Sequence[Row], confidence: float, note: str | None) -> Report:
    """Report every method's answer for the whole series, and whether they agree."""
    records = [_record(row) for row in rows]
    flat = ("method", "noise", *NUMBERS, "effective")
    notes = [*_bent(what, rows), *_mixed(rows), *_errors(rows), *what.notes]
    return Report(
        title=f"{what.title}, {_span(what)}",
        document={**_document(what, confidence), "methods": records, "note": note, "notes": notes},
        csv_head=flat,
        csv_rows=[[record[name] for name in flat] for record in records],
        table_head=("method", "H", "std. error", f"{100 * confidence:g}% from", "to", "coefficients"),
        table_rows=[
            (row.name, *(_cell(record[name]) for name in NUMBERS), _cell(record["effective"], ",.0f"))
            for row, record in zip(rows, records, strict=True)
        ],
        note=note,
        notes=[*dict.fromkeys(trouble for row in rows if (trouble := _trouble(row))), *notes],
    )


def of_windows(
    what: Sample, estimator: Estimator, window: int, windows: Rolling, confidence: float, interval: str
) -> Report:
    """Report the exponent of every window: all of them for machines, the last and the extremes for people.

    Raises
    ------
    InputError
        No window gives an exponent.
    """
    noise = bool(getattr(estimator, "noise", False))
    name = called(estimator.method, noise)
    bands = [np.full_like(windows.h, math.nan) if part is None else part for part in (windows.low, windows.high)]
    columns = (column[window - 1 :] for column in (windows.h, *bands))
    found = [(day, *map(_number, row)) for day, *row in zip(what.days[window - 1 :], *columns, strict=True)]
    known = sorted((row for row in found if row[1] is not None), key=lambda row: (row[1], row[0]))
    if not known:
        raise InputError(f"{what.series}: {name} finds no exponent in any window: take another --method")
    picks = {"last": found[-1], "lowest": known[0], "median": known[(len(known) - 1) // 2], "highest": known[-1]}
    empty = len(found) - len(known)
    notes = [*what.notes, *([f"{empty} of {len(found)} windows give no exponent"] if empty else [])]
    asked = {"window": window, "method": estimator.method, "noise": noise, "interval": interval}
    rolling = [dict(zip(DATED, row, strict=True)) for row in found]
    return Report(
        title=f"{what.title}, {name}, windows of {window} of {_span(what)}",
        document={**_document(what, confidence), **asked, "rolling": rolling, "notes": notes},
        csv_head=DATED,
        csv_rows=found,
        table_head=("", "window to", "H", f"{100 * confidence:g}% from", "to"),
        table_rows=[(pick, day, *map(_cell, row)) for pick, (day, *row) in picks.items()],
        note=None,
        notes=notes,
    )


def _document(what: Sample, confidence: float) -> dict[str, Any]:
    return {
        "series": what.series,
        "of": what.of,
        "measure": what.measure,
        "kind": what.kind,
        "n": len(what.values),
        "first": what.days[0],
        "last": what.days[-1],
        "confidence": confidence,
    }


def _record(row: Row) -> dict[str, Any]:
    answer = row.estimate
    return {
        "method": row.method,
        "noise": row.noise,
        **{name: _number(getattr(answer, name)) if answer else None for name in NUMBERS},
        "interval": answer.interval if answer else None,
        "effective": _number(answer.effective) if answer else None,
        "noise_variance": None if row.noise_variance is None else _number(row.noise_variance),
        "line": _line(row),
        "note": _trouble(row),
    }


def _line(row: Row) -> dict[str, Any] | None:
    line = row.estimate.line if row.estimate else None
    if line is None:
        return None
    return {
        "scales": list(map(_number, line.scales)),
        "values": list(map(_number, line.values)),
        **{name: _number(getattr(line, name)) for name in ("slope", "intercept", "r_squared")},
    }


def _trouble(row: Row) -> str | None:
    if row.known:
        return None
    return row.trouble or f"{row.name} finds no exponent in this series"


def _mixed(rows: Sequence[Row]) -> list[str]:
    """Which intervals are bootstrapped, where only some are."""
    means = {row.name: row.estimate.interval for row in rows if row.estimate}
    if len(set(means.values())) < 2:
        return []
    able = ", ".join(name for name, how in means.items() if how == "bootstrap")
    return [f"bootstrap intervals for {able}; the other methods have nothing to resample and keep those of theory"]


def _bent(what: Sample, rows: Sequence[Row]) -> list[str]:
    """That the wavelet regression answers with a bias that its interval leaves out."""
    if not any(row.known and biased(row, what.of) for row in rows):
        return []
    return ["wavelet: a straight line is biased on sampled motion, see exact"]


def _errors(rows: Sequence[Row]) -> list[str]:
    """How large the measurement error of each value comes out."""
    return [
        f"{row.name}: the error of each value has a standard deviation of {math.sqrt(row.noise_variance):.3f}"
        for row in rows
        if row.known and row.noise_variance is not None
    ]


def _span(what: Sample) -> str:
    return f"{len(what.values)} days from {what.days[0]} to {what.days[-1]}"


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _cell(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else f"{value:{form}}"
