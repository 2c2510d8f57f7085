"""``vrx runs``: what a store holds."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrx.cli.common import Json, print_json
from vrx.cli.storing import SHORT
from vrx.errors import InputError

if TYPE_CHECKING:  # `vrx --help` loads none of it
    from vrx.store import ForecastRow, Run, ScoreRow

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Place = Annotated[
    str,
    typer.Option("--store", metavar="FILE|URL", help="An SQLite file, or postgresql+psycopg://user@host/database."),
]
Name = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run, or its beginning.")]
# Forecasts on the screen; --json prints all.
MOST = 20


@app.callback()
def _root() -> None:
    """Show the runs that --store has recorded."""


@app.command("list")
def list_runs(
    store: Place,
    last: Annotated[int, typer.Option("--last", help="How many, the newest last.")] = 50,
    as_json: Json = False,
) -> None:
    """List the newest runs.

    --json prints {"store", "total", "runs": [{"id", "command", "series", "recorded", "forecasts", "scores",
    "artefacts"}]}, the newest last.
    """
    from vrx.store import open_store

    if last < 1:
        raise InputError(f"--last {last}: give 1 or more")
    with open_store(store, new=False) as opened:
        found, total, name = opened.runs(last), opened.count(), opened.name
    rows = [_head(one.run) | {key: getattr(one, key) for key in ("forecasts", "scores", "artefacts")} for one in found]
    if as_json:
        print_json({"store": name, "total": total, "runs": rows})
        return
    names = ("run", "recorded", "command", "series", "forecasts", "scores", "artefacts")
    _table(names, ([row["id"][:SHORT], *list(row.values())[1:]] for row in rows), left=4)
    if total > len(rows):
        typer.echo(f"the last {len(rows):,} of {total:,}: --last {total} shows all")


@app.command("show")
def show_run(run: Name, store: Place, as_json: Json = False) -> None:
    """Show all that there is of a run.

    --json prints {"id", "command", "series", "recorded", "facts", "forecasts": [{"series", "model", "model_sha256",
    "as_of", "horizon", "variance", "volatility", "log_variance", "quantiles"}], "scores": [{"part", "model",
    "horizon", "name", "value"}], "artefacts": [{"path", "sha256", "bytes"}]}.
    """
    from vrx.store import open_store

    with open_store(store, new=False) as opened:
        found = opened.run(run)
        forecasts, scores = opened.forecasts(found.id), opened.scores(found.id)
        artefacts = opened.artefacts(found.id)
    if as_json:
        said = [asdict(row) | {"as_of": row.as_of.isoformat()} for row in forecasts]
        rows = {"forecasts": said, "scores": list(map(asdict, scores)), "artefacts": list(map(asdict, artefacts))}
        print_json(_head(found) | {"facts": found.facts} | rows)
        return
    _tell(f"run {found.id}: {found.command}, {found.series}, recorded {_when(found)}")
    for name, value in found.facts.items():
        _tell(f"  {name}: {value if isinstance(value, str) else json.dumps(value)}")
    _show_forecasts(forecasts)
    _show_scores(scores)
    if artefacts:
        _table(("file", "bytes", "sha256"), ([row.path, f"{row.bytes:,}", row.sha256] for row in artefacts), left=1)


@app.command("compare")
def compare_runs(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Ids of runs, or their beginnings.")],
    store: Place,
    as_json: Json = False,
) -> None:
    """Hold the scores and the forecasts of runs against each other, and say in what the runs differ.

    --json prints {"runs": [{"id", "command", "series", "recorded"}], "differs": {fact: [value of each run]}, "scores":
    [{"part", "model", "horizon", "name", "values": [of each run]}], "forecasts": [{"shared", "largest_difference"}]},
    the last of each run against the first: how many forecasts both have made, by series, model, day and horizon, and
    the largest relative difference of their volatility. What a run lacks is null.
    """
    from vrx.store import open_store

    if len(runs) < 2:
        raise InputError(f"RUN: one run, {runs[0]!a}, has nothing to be compared with: name another")
    with open_store(store, new=False) as opened:
        found = [opened.run(name) for name in runs]
        if len({run.id for run in found}) < len(found):
            raise InputError("RUN: a run is named twice: name each once")
        scores = _joined([opened.scores(run.id) for run in found])
        first, *rest = (_by_key(opened.forecasts(run.id)) for run in found)
    differs = _differences(found)
    shared = [_against(first, other) for other in rest]
    if as_json:
        heads = [_head(run) for run in found]
        print_json({"runs": heads, "differs": differs, "scores": scores, "forecasts": shared})
        return
    for run in found:
        _tell(f"{run.id[:SHORT]}: {run.command}, {run.series}, recorded {_when(run)}")
    for name, values in differs.items():
        _tell(f"  {name}: " + " | ".join(value if isinstance(value, str) else json.dumps(value) for value in values))
    names = ("part", "model", "days ahead", "score", *(run.id[:SHORT] for run in found))
    _table(names, ([*list(row.values())[:4], *map(_number, row["values"])] for row in scores), left=2)
    for run, row in zip(found[1:], shared, strict=True):
        much = "" if not row["shared"] else f"; volatility differs by {row['largest_difference']:.2g} at most, relative"
        _tell(f"{run.id[:SHORT]} and {found[0].id[:SHORT]} share {row['shared']:,} forecasts{much}")


def _joined(scores: "Sequence[Sequence[ScoreRow]]") -> list[dict[str, Any]]:
    """One row a score that any run has, with the value of each."""
    tables = [{(row.part, row.model, row.horizon, row.name): row.value for row in rows} for rows in scores]
    keys = sorted({key for table in tables for key in table})
    names = ("part", "model", "horizon", "name")
    return [dict(zip(names, key, strict=True)) | {"values": [one.get(key) for one in tables]} for key in keys]


def _by_key(rows: "Iterable[ForecastRow]") -> dict[tuple[Any, ...], float]:
    return {(row.series, row.model, row.as_of, row.horizon): row.volatility for row in rows}


def _against(first: dict[tuple[Any, ...], float], other: dict[tuple[Any, ...], float]) -> dict[str, Any]:
    apart = [abs(other[key] - first[key]) / max(first[key], other[key]) for key in first.keys() & other if first[key]]
    return {"shared": len(first.keys() & other), "largest_difference": max(apart, default=None)}


def _differences(runs: "Sequence[Run]") -> dict[str, list[Any]]:
    """The facts that are not the same in all runs; notes are sentences, which their figures tell better."""
    documents = [{"command": run.command, "series": run.series} | dict(run.facts) for run in runs]
    names = dict.fromkeys(name for document in documents for name in document if name != "notes")
    rows = {name: [document.get(name) for document in documents] for name in names}
    return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}


def _show_forecasts(rows: "Sequence[ForecastRow]") -> None:
    names = ("series", "as of", "model", "days ahead", "variance", "volatility")
    shown = ([r.series, r.as_of, r.model, r.horizon, f"{r.variance:.4e}", f"{r.volatility:.3%}"] for r in rows[:MOST])
    if rows:
        _table(names, shown, left=3)
    if len(rows) > MOST:
        _tell(f"{MOST} of {len(rows):,} forecasts: --json prints all")


def _show_scores(rows: "Sequence[ScoreRow]") -> None:
    if not rows:
        return
    names = list(dict.fromkeys(row.name for row in rows))
    found: dict[tuple[str, str, int], dict[str, float | None]] = {}
    for row in rows:
        found.setdefault((row.part, row.model, row.horizon), {})[row.name] = row.value
    lines = ([*key, *(_number(values.get(name)) for name in names)] for key, values in found.items())
    _table(("part", "model", "days ahead", *names), lines, left=2)


def _head(run: "Run") -> dict[str, Any]:
    return {"id": run.id, "recorded": _when(run), "command": run.command, "series": run.series}


def _when(run: "Run") -> str:
    return "" if run.recorded is None else run.recorded.strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _tell(line: str) -> None:
    from vrx.store import text_of

    typer.echo(text_of(line))


def _table(names: Sequence[str], rows: Iterable[Sequence[object]], left: int) -> None:
    """Print rows below names, the first columns to the left; nothing of a store is markup or moves the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vrx.store import text_of

    table = Table(box=None, pad_edge=False, header_style="bold")
    for k, name in enumerate(names):
        table.add_column(Text(text_of(name)), justify="left" if k < left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(text_of(str(value))) for value in row))
    console = Console(highlight=False)
    console.width = 1000  # a terminal wraps what is wider; digits are never cut
    console.print(table)
