"""``--store``: what the commands record of themselves."""

import platform
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import vrx
from vrx.errors import InputError

if TYPE_CHECKING:  # `vrx --help` loads none of it
    from vrx.evaluation import Comparison
    from vrx.forecast import Forecast
    from vrx.runtime import Forecaster
    from vrx.series import Bars
    from vrx.store import Artefact, ForecastRow, Row, ScoreRow
    from vrx.training.folder import Run as Training

__all__ = ["SHORT", "Store", "check", "command", "keep_comparison", "keep_forecast", "keep_training"]

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE|URL",
        help="Also record the run in this store: an SQLite file, or postgresql+psycopg://user@host/database.",
    ),
]
# Digits of a run's id on the screen.
SHORT = 12


def check(store: str | None, bars: "Bars | None" = None) -> None:
    """Refuse, before any work, a store that cannot be written, or a series that it cannot hold forecasts of."""
    if store is None:
        return
    from vrx.store import check_store

    check_store(store)
    if bars is not None and bars.as_of is None:
        raise InputError(f"--store: {bars.name} has no dates, and a forecast in a store has a day: give a date column")


def keep_forecast(store: str | None, series: str, forecaster: "Forecaster", forecast: "Forecast") -> None:
    """Record what ``vrx predict`` said."""
    if store is None or forecast.as_of is None:
        return
    from vrx.store import Artefact, ForecastRow

    rows: list[Row] = [
        ForecastRow(
            series=forecast.series,
            model=forecast.model,
            model_sha256=forecaster.sha256,
            as_of=forecast.as_of,
            horizon=horizon,
            variance=float(forecast.variance[h]),
            volatility=float(forecast.volatility[h]),
            quantiles={f"{level:g}": float(q) for level, q in zip(forecast.levels, forecast.quantiles[h], strict=True)},
        )
        for h, horizon in enumerate(forecast.horizons)
    ]
    model = Artefact.of(forecaster.path, forecaster.path.name)
    facts = {"target": forecast.target, "notes": forecast.notes, "versions": _versions("numpy", "onnxruntime")}
    _keep(store, "predict", forecast.series, facts, [*rows, model, *_files([series])])


def keep_comparison(
    store: str | None,
    found: "Comparison",
    facts: Mapping[str, Any],
    hashes: Mapping[str, str],
    files: Iterable[str | Path | None],
) -> None:
    """Record the forecasts and scores of ``vrx evaluate``, with the hashes of its models that are files."""
    if store is None:
        return
    document = found.to_dict()
    scores = _scores("test", ({"horizon": found.task.horizon, **row} for row in document.pop("scores")))
    rows: list[Row] = [*_forecasts(found, hashes), *scores, *_files(files)]
    _keep(store, "evaluate", document["series"], {**document, **facts}, rows)


def keep_training(store: str | None, run: "Training", folder: Path) -> None:
    """Record the scores of ``vrx train``, and the hashes of what it left in its folder."""
    if store is None:
        return
    names = list(dict.fromkeys(origin.name for origin in run.origins))
    facts = {
        "trained_on": names,
        "recipe": run.recipe.name,
        "network": run.recipe.network.model,
        "measure": run.measure,
        "seeds": run.seeds,
        "train_end": str(run.cuts.train_end),
        "validation_end": str(run.cuts.validation_end),
        "versions": _versions("numpy", "torch"),
    }
    scores = [
        score
        for part in ("seen", "unseen")
        if part in run.scores
        for score in _scores(part, run.scores[part]["mean"]["rows"])
    ]
    left = sorted(path for path in folder.rglob("*") if path.name in ("run.json", "model.safetensors"))
    series = ", ".join(names) if len(names) < 4 else f"{len(names)} series"
    _keep(store, "train", series, facts, [*scores, *_files(left)])


def command() -> str:
    """The command line, without the password of its store."""
    from vrx.store import shown

    words, hidden = ["vrx"], False
    for word in sys.argv[1:]:
        option, equals, value = word.partition("=")
        given = option == "--store" and equals == "="
        words.append(shown(word) if hidden else f"{option}={shown(value)}" if given else word)
        hidden = word == "--store"
    return shlex.join(words)


def _keep(store: str, name: str, series: str, facts: Mapping[str, Any], rows: "Sequence[Row]") -> None:
    from vrx.store import Run, open_store, shown

    run = Run.of(name, series, facts, rows)
    with open_store(store) as opened:
        new = opened.record(run, rows)
    # Standard output is for the answer, which may be JSON.
    typer.echo(f"{shown(store)}: run {run.id[:SHORT]}{'' if new else ', which was there already'}", err=True)


def _forecasts(found: "Comparison", hashes: Mapping[str, str]) -> "list[ForecastRow]":
    from vrx.store import ForecastRow

    task, rows = found.task, []
    days = task.dates[found.rows].tolist()
    for name, forecasts in found.forecasts.items():
        said = (part[found.rows].tolist() for part in (forecasts.variance, forecasts.log_variance))
        for day, variance, log_variance in zip(days, *said, strict=True):
            row = ForecastRow(
                series=task.bars.name,
                model=name,
                model_sha256=hashes.get(name, ""),
                as_of=day,
                horizon=task.horizon,
                variance=variance,
                log_variance=log_variance,
            )
            rows.append(row)
    return rows


def _scores(part: str, rows: Iterable[Mapping[str, Any]]) -> "list[ScoreRow]":
    """A score a number; what is said in words stays out."""
    from vrx.store import ScoreRow

    return [
        ScoreRow(part=part, model=row["model"], horizon=row["horizon"], name=name, value=value)
        for row in rows
        for name, value in row.items()
        if name not in ("model", "horizon", "seen_until") and not isinstance(value, str)
    ]


def _files(paths: Iterable[str | Path | None]) -> "list[Artefact]":
    """Those that are files: a series may be sample:sp500, a model may be bundled."""
    from vrx.store import Artefact

    named = {str(path): Path(path) for path in paths if path is not None}
    return [Artefact.of(path) for path in named.values() if path.is_file()]


def _versions(*packages: str) -> dict[str, str]:
    from importlib import metadata  # brings in email and socket, which no forecast on the screen needs

    found = {"vrx": vrx.__version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in packages}
