"""What several commands share: the options that mean the same in each, reading the series that they name, printing."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from vrx import series
from vrx.errors import InputError

__all__ = [
    "Annualise",
    "AsOf",
    "Column",
    "Csv",
    "DropBadRows",
    "Json",
    "Series",
    "SeriesId",
    "Year",
    "day",
    "print_json",
    "read_series",
    "slow_progress",
]


class Year(StrEnum):
    """Trading days a year."""

    calendar = "365"
    trading = "252"


Series = Annotated[str, typer.Option("--series", help="A CSV (also .gz) or parquet file of bars, or sample:sp500.")]
SeriesId = Annotated[str | None, typer.Option("--id", help="Which series of a table that holds several.")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=MEANING", help="What a column means, such as y=close; repeatable."),
]
DropBadRows = Annotated[bool, typer.Option("--drop-bad-rows", help="Leave out rows with a bad value, and say which.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="Use nothing after this day, such as 2022-12-30.")
]
Annualise = Annotated[
    Year | None, typer.Option("--annualise", help="Days a year; by the calendar of the series if absent.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV for machines.")]
# A bar for less than this is noise.
PATIENCE = 2.0


def read_series(
    source: str,
    *,
    series_id: str | None = None,
    column: list[str] | None = None,
    drop_bad_rows: bool = False,
    until: date | None = None,
) -> series.Bars:
    """Read the series that the options name, up to a day if one is given, with a bar where it takes long."""
    names = dict(_pair(item) for item in column or [])
    with slow_progress(f"reading {source}") as progress:
        return series.read(
            source,
            series_id=series_id,
            columns=names or None,
            drop_bad_rows=drop_bad_rows,
            until=until,
            progress=progress,
        )


def print_json(document: Any) -> None:
    """Print a document as JSON; NaN and infinity have no place in it."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def day(text: str, option: str = "--as-of") -> date:
    """Read the day of an option, written as ISO 8601 has it and in no other way.

    Examples
    --------
    >>> day("2022-12-30")
    datetime.date(2022, 12, 30)
    """
    found: date | None = None
    with suppress(ValueError):
        found = date.fromisoformat(text)
    # Python also reads 20221230 and 2022-W52-5.
    if found is None or found.isoformat() != text:
        raise InputError(f"{option} {text}: is no day: write it as 2022-12-30")
    return found


@contextmanager
def slow_progress(title: str) -> Iterator[Callable[[float], None]]:
    """A callback for the share done, which shows a bar on standard error once two seconds have passed."""
    began = time.monotonic()
    bar: Any = None
    task: Any = None

    def progress(share: float) -> None:
        nonlocal bar, task
        if bar is None and time.monotonic() - began > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            # Off a terminal a bar that comes and goes would leave an empty line.
            bar = Progress(console=console, transient=True, disable=not console.is_terminal)
            bar.start()
            task = bar.add_task(title, total=1.0)
        if bar is not None:
            bar.update(task, completed=share)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.stop()


def _pair(item: str) -> tuple[str, str]:
    name, equals, meaning = item.partition("=")
    if not (name and equals and meaning):
        raise InputError(f"--column {item}: write it as NAME=MEANING, such as y=close")
    return name, meaning
