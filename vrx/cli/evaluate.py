"""``vrx evaluate``: models side by side on the days that none of them has seen."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrx.cli import evaluate_table, whole
from vrx.cli.common import Column, DropBadRows, Json, SeriesId, print_json, read_series
from vrx.errors import InputError, require

if TYPE_CHECKING:  # `vrx --help` loads none of it
    from vrx.cli.evaluate_models import Answer
    from vrx.evaluation import Comparison
    from vrx.evaluation.split import Cuts
    from vrx.series import Bars

__all__ = ["evaluate"]


class Protocol(StrEnum):
    """What is forecast."""

    next_day = "next-day"
    rolling = "rolling"


def evaluate(
    series: Annotated[str, typer.Option("--series", help="The series to forecast, or sample:sp500.")],
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            help="Beside the baselines, with commas: networks of vrx train (lstm-attention, hybrid, ...), bundled "
            "models, .onnx files, garch, egarch, figarch, dynamic-fractional.",
        ),
    ] = None,
    protocol: Annotated[
        Protocol,
        typer.Option("--protocol", help="next-day: the variance of the days to come; rolling: that of a window."),
    ] = Protocol.next_day,
    window: Annotated[int, typer.Option("--window", help="Returns in a rolling window.")] = 22,
    horizon: Annotated[int, typer.Option("--horizon", help="Days ahead, of which the mean is forecast.")] = 1,
    against: Annotated[
        str, typer.Option("--against", help="The model that the others are tested against.")
    ] = "log-har",
    source: Annotated[str | None, typer.Option("--source", help="The series that networks are pretrained on.")] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="scratch, zero-shot, frozen, full, differential, gradual, aggressive or adapt; the recipe decides if "
            "absent, or scratch without --source.",
        ),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="Of the networks: dhansoia, or rolling with --protocol rolling.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the networks and of the confidence set.")] = 0,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Most epochs of every phase.")] = None,
    train_share: Annotated[
        float | None, typer.Option("--train-share", help="Share of the days to train on; 0.5 if absent.")
    ] = None,
    validation_share: Annotated[
        float | None, typer.Option("--validation-share", help="Share of the days to choose on; 0.25 if absent.")
    ] = None,
    train_end: Annotated[
        str | None, typer.Option("--train-end", metavar="DAY", help="Last day to train on, instead of shares.")
    ] = None,
    validation_end: Annotated[
        str | None, typer.Option("--validation-end", metavar="DAY", help="Last day to choose on.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write every forecast into this CSV.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Also draw forecasts and errors into this PNG.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write it all into this HTML file, pictures included.")
    ] = None,
    as_json: Json = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
) -> None:
    """Compare models on the test part of a series, beside random walk, EWMA, HAR and log-HAR."""
    read = [("--series", series), ("--source", source), ("--recipe", recipe)]
    read += [("--models", name.strip()) for name in (models or "").split(",") if name.strip()]
    _writable([("--csv", csv, ".csv"), ("--plot", plot, ".png"), ("--report", report, ".html")], read)
    for module in ("statsmodels", "arch"):
        require(module, "research", "vrx evaluate")
    from vrx.cli.evaluate_models import Networks, answer, asked_for, is_network
    from vrx.evaluation import Task, baselines_of, compare

    names = asked_for(models, protocol.value)
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: stay inside 0 to 4294967295")
    if (recipe, strategy, source, epochs) != (None,) * 4 and not any(map(is_network, names)):
        raise InputError("--recipe, --strategy, --source and --epochs are for networks: name one in --models")
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows)
    at = _cuts(bars, train_share, validation_share, train_end, validation_end)
    task = Task(bars, protocol.value, horizon, window, at)
    forecasts = baselines_of(task)
    _known(against, [*forecasts, *(Path(name).stem if name.endswith(".onnx") else name for name in names)])
    networks = Networks(recipe, strategy, source, seed, epochs)
    answers = [answer(name, task, networks, quiet=as_json) for name in names]
    for one in answers:
        if one.name in forecasts:
            raise InputError(f"--models: two models are named {one.name}: give each once, rename the file")
        forecasts[one.name] = one.forecasts
    found = compare(
        task,
        forecasts,
        against=against,
        seed=seed,
        seen={one.name: one.seen_until for one in answers if one.seen_until},
    )
    notes = evaluate_table.notes(found, answers)
    # What took an hour to find is on the screen before a full disk can lose it.
    if as_json:
        print_json(found.to_dict() | {"notes": notes, "versions": evaluate_table.versions()})
    else:
        evaluate_table.show(found, notes)
    if csv is not None:
        whole.write(csv, evaluate_table.long(found))
    if plot is not None or report is not None:
        _draw(found, answers, notes, plot, report)


def _writable(outputs: list[tuple[str, Path | None, str]], read: list[tuple[str, str | None]]) -> None:
    """Refuse, before any work, what cannot be written, or would overwrite what is read or written too."""
    for option, path, suffix in outputs:
        if path is not None:
            whole.check(option, path, suffix, [*read, *(row[:2] for row in outputs if row[0] != option)])
            if option != "--csv":
                require("matplotlib", "research", option)


def _draw(
    found: "Comparison", answers: "list[Answer]", notes: list[str], plot: Path | None, report: Path | None
) -> None:
    from vrx.cli import evaluate_report, pictures

    rows = found.rows
    days = found.task.dates[rows]
    panels = [pictures.predictions(found, [one.name for one in answers]), pictures.errors(found)]
    for one in answers:
        by_epoch = pictures.history_panels(one.history, one.phases, one.name) if one.history else []
        decided = {name: values[rows] for name, values in one.weights.items()}
        # A weight that is the same on all days is told by its epochs.
        moves = any(values.min() < values.max() for values in decided.values())
        daily = [pictures.decisions(one.name, days, decided)] if moves else []
        panels += [*(by_epoch if report is not None else by_epoch[1:]), *daily]
    if plot is not None:
        kept = [panel for panel in panels if not panel.title.endswith("loss by epoch")]
        pictures.save(plot, kept, title=f"{found.task.bars.name}, {found.n:,} days")
    if report is not None:
        whole.write(report, evaluate_report.html(found, notes, panels))


def _known(against: str, names: list[str]) -> None:
    """Refuse, before anything is trained, to test against a model that will not be there."""
    if against not in names:
        raise InputError(f"--against {against}: the models are {', '.join(names)}: take one of them")


def _cuts(
    bars: "Bars", train: float | None, validation: float | None, train_end: str | None, validation_end: str | None
) -> "Cuts | None":
    from numpy import datetime64

    from vrx.evaluation.split import Cuts, cut

    if train_end is None and validation_end is None:
        shares = 0.5 if train is None else train, 0.25 if validation is None else validation
        if not (0.0 < shares[0] < 1.0 and 0.0 < shares[1] < 1.0 - shares[0]):
            raise InputError(
                f"--train-share {shares[0]:g}, --validation-share {shares[1]:g}: leave room for a test part"
            )
        return None if bars.dates is None else cut(bars.dates, *shares)
    if train is not None or validation is not None:
        raise InputError("--train-end and --train-share: cut by days or by shares, not by both")
    if train_end is None or validation_end is None:
        raise InputError("--train-end and --validation-end: give both")
    first, last = (_day(option, text) for option, text in (("train", train_end), ("validation", validation_end)))
    if not first < last:
        raise InputError(f"--validation-end {last}: let it come after --train-end {first}")
    return Cuts(datetime64(first, "D"), datetime64(last, "D"))


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--{option}-end {text}: is no day: write it as 2022-12-30") from None
