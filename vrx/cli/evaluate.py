"""``vrx evaluate``: models side by side on the days that none of them has seen."""

from pathlib import Path
from typing import TYPE_CHECKING

from vrx.cli import evaluate_notes, evaluate_options, evaluate_table, storing, whole
from vrx.cli.common import Column, DropBadRows, Json, Series, SeriesId, print_json, read_series
from vrx.cli.evaluate_options import (
    Against,
    CsvFile,
    Epochs,
    Horizon,
    Models,
    PlotFile,
    Protocol,
    ProtocolName,
    Recipe,
    ReportFile,
    Seed,
    Source,
    Strategy,
    TrainEnd,
    TrainShare,
    ValidationEnd,
    ValidationShare,
    Window,
)
from vrx.errors import InputError, require

if TYPE_CHECKING:  # `vrx --help` loads none of it
    from vrx.cli.evaluate_models import Answer, Networks
    from vrx.evaluation import Comparison, Task

__all__ = ["evaluate"]

WINDOW = 22


def evaluate(
    series: Series,
    models: Models = None,
    protocol: ProtocolName = Protocol.next_day,
    window: Window = None,
    horizon: Horizon = 1,
    against: Against = "log-har",
    source: Source = None,
    strategy: Strategy = None,
    recipe: Recipe = None,
    seed: Seed = 0,
    epochs: Epochs = None,
    train_share: TrainShare = None,
    validation_share: ValidationShare = None,
    train_end: TrainEnd = None,
    validation_end: ValidationEnd = None,
    csv: CsvFile = None,
    plot: PlotFile = None,
    report: ReportFile = None,
    as_json: Json = False,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
    store: storing.Store = None,
) -> None:
    """Compare models on the test part of a series, beside random walk, EWMA, HAR and log-HAR."""
    read = [("--series", series), ("--source", source), ("--recipe", recipe), ("--store", store)]
    read += [("--models", name.strip()) for name in (models or "").split(",") if name.strip()]
    _writable([("--csv", csv, ".csv"), ("--plot", plot, ".png"), ("--report", report, ".html")], read)
    for module in ("statsmodels", "arch"):
        require(module, "research", "vrx evaluate")
    from vrx.cli.evaluate_models import Networks, asked_for, is_network
    from vrx.evaluation import Task

    names = asked_for(models, protocol.value)
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: stay inside 0 to 4294967295")
    if (recipe, strategy, source, epochs) != (None,) * 4 and not any(map(is_network, names)):
        raise InputError("--recipe, --strategy, --source and --epochs are for networks: name one in --models")
    if window is not None and protocol is not Protocol.rolling:
        raise InputError(f"--window {window}: the next day has no window: add --protocol rolling, or leave it out")
    storing.check(store)
    bars = read_series(series, series_id=series_id, column=column, drop_bad_rows=drop_bad_rows)
    at = evaluate_options.cuts(bars, train_share, validation_share, train_end, validation_end)
    task = Task(bars, protocol.value, horizon, WINDOW if window is None else window, at)
    found, answers = _compared(task, names, against, Networks(recipe, strategy, source, seed, epochs), quiet=as_json)
    notes, title = evaluate_notes.notes(found, answers), _title(series, bars.name)
    # What took an hour to find is on the screen before a full disk can lose it.
    networks = [one.training for one in answers if one.training]
    rest = {"networks": networks, "notes": notes, "versions": evaluate_table.versions()}
    if as_json:
        print_json(found.to_dict() | rest)
    else:
        evaluate_table.show(found, notes, title)
    if csv is not None:
        whole.write(csv, evaluate_table.long(found))
    if plot is not None or report is not None:
        _draw(found, answers, notes, title, plot, report)
    hashes = {one.name: one.sha256 for one in answers}
    storing.keep_comparison(store, found, rest, hashes, [series, source, recipe, csv, *names])


def _title(series: str, name: str) -> str:
    """The file, and the series in it where that has a name of its own."""
    from vrx._read.open import stem

    file = stem(Path(series.removeprefix("sample:")).name)
    return name if name == file else f"{file}, {name}"


def _compared(
    task: "Task", names: list[str], against: str, networks: "Networks", *, quiet: bool
) -> "tuple[Comparison, list[Answer]]":
    """Ask every model, and hold them against each other."""
    from vrx.cli.evaluate_models import answer
    from vrx.evaluation import baselines_of, compare

    forecasts = baselines_of(task)
    _known(against, [*forecasts, *(Path(name).stem if name.endswith(".onnx") else name for name in names)])
    answers = [answer(name, task, networks, quiet=quiet) for name in names]
    for one in answers:
        if one.name in forecasts:
            raise InputError(f"--models: two models are named {one.name}: give each once, rename the file")
        forecasts[one.name] = one.forecasts
    seen = {one.name: one.seen_until for one in answers if one.seen_until}
    return compare(task, forecasts, against=against, seed=networks.seed, seen=seen), answers


def _writable(outputs: list[tuple[str, Path | None, str]], read: list[tuple[str, str | None]]) -> None:
    """Refuse, before any work, what cannot be written, or would overwrite what is read or written too."""
    for option, path, suffix in outputs:
        if path is not None:
            whole.check(option, path, suffix, [*read, *(row[:2] for row in outputs if row[0] != option)])
            if option != "--csv":
                require("matplotlib", "research", option)


def _draw(
    found: "Comparison",
    answers: "list[Answer]",
    notes: list[str],
    title: str,
    plot: Path | None,
    report: Path | None,
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
        pictures.save(plot, kept, title=f"{title}, {found.n:,} days")
    if report is not None:
        whole.write(report, evaluate_report.html(found, notes, panels, title))


def _known(against: str, names: list[str]) -> None:
    """Refuse, before anything is trained, to test against a model that will not be there."""
    if against not in names:
        raise InputError(f"--against {against}: the models are {', '.join(names)}: take one of them")
