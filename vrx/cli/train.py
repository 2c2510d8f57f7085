"""``vrx train``: a model from real series."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrx.cli import pictures, plots, storing
from vrx.cli.common import Column, DropBadRows, Json, SeriesId, day, print_json
from vrx.cli.train_from import train_from
from vrx.cli.training_plan import overruled
from vrx.cli.training_progress import epoch_bars
from vrx.cli.training_series import begun, fit_channels, series_of
from vrx.errors import InputError, require
from vrx.series import Bars

if TYPE_CHECKING:
    from vrx.training.folder import Run
    from vrx.training.recipe import Recipe

__all__ = ["train"]

DEFAULT = "dhansoia"
GROUPS = ("seen", "unseen")
# What a phase in closed form left of itself, as validation decided.
KEPT = {
    "linear part": "validation keeps the target's linear part and spread",
    "spread": "validation keeps the source's linear part, with the target's spread",
    "nothing": "validation keeps the network as it came from the source",
}


def train(
    source: Annotated[str | None, typer.Option("--source", help="The series to pretrain on.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The series to forecast.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to keep the run in.")] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Adapt a finished model to the target instead: a bundled one, such as universal-ohlc, a model file "
            "with its weights beside it, or the folder of a run.",
        ),
    ] = None,
    test_from: Annotated[
        str | None,
        typer.Option(
            "--test-from",
            metavar="DAY",
            help="With --from: hold this day and all later ones out, and score them; if absent, every day is used.",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", help="Go on with the run in this folder, from its last finished epoch."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="dhansoia (if absent), rolling, bitcoin-rv, universal-ohlc, universal-close, universal-rv, "
            "universal-variance, or a .toml file.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="scratch, zero-shot, frozen, full, differential, gradual, aggressive or adapt, "
            "instead of the recipe's phases.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="Instead of the recipe's network. Encoders alone: lstm-attention, transformer, dilated-convolution. "
            "The recipe's encoder with log-HAR: hybrid (weighed against it), hybrid-from-har (starting from it), "
            "dynamic-attention (weighed window by window), residual (on what it leaves over), regimes (correcting it "
            "in soft regimes); with a linear part over the whole window: linear, or with "
            "more columns, of ranges too: scales. Of rolling windows: overlap (keeps "
            "the returns already known), overlap-network (corrects its scale). Regressions: log-har, har.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Most epochs of every phase.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of weights, order and dropout.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", help="Train from so many seeds, --seed and the next ones, into OUT/seed-N each."),
    ] = None,
    final: Annotated[
        bool,
        typer.Option(
            "--final", help="Train the weights to ship, on all days and series; scores come from a run without it."
        ),
    ] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the files that a recipe names itself.")] = None,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Also draw the losses of every epoch, and the learned weights, into this PNG."),
    ] = None,
    store: storing.Store = None,
    as_json: Json = False,
) -> None:
    """Train a model, by default pretrained on the source and fine-tuned on the target."""
    for module in ("torch", "safetensors"):
        require(module, "train", "vrx train")
    if plot is not None:
        read = (("--source", source), ("--target", target), ("--recipe", recipe), ("--data", data), ("--store", store))
        plots.check(plot, read)
    storing.check(store)
    named = {"recipe": recipe, "strategy": strategy, "model": model, "epochs": epochs, "seed": seed}
    rows = {"id": series_id, "column": column, "drop_bad_rows": drop_bad_rows}
    others = [source, *named.values(), seeds]
    if begin is not None:
        if final or any(option is not None for option in (*others, resume, data, plot)):
            raise InputError(
                "--from: the model knows the rest: give no other option but --target, --out, --test-from, --id, "
                "--column, --drop-bad-rows, --store and --json"
            )
        files: dict[str, Any] = {"target": _absolute(target), **rows}
        storing.keep_training(store, *_adapt(begin, out, files, test_from, as_json=as_json))
        return
    if test_from is not None:
        raise InputError("--test-from: belongs to --from: a recipe says where its test part begins")
    if resume is not None:
        if drop_bad_rows or final or any(option is not None for option in (*others, target, out, series_id, column)):
            raise InputError(
                "--resume: the folder knows the rest: give no other option but --data, --plot, --store and --json"
            )
        plan, files = begun(resume)
        files = files if data is None else {**files, "data": str(data)}
    elif out is None:
        raise InputError("--out is missing: name the folder to keep the run in")
    else:
        plan, told = _plan(named, target, final=final)
        files = {"source": _absolute(source), "target": _absolute(target), "data": _absolute(data), **rows, **told}
    folder = resume or out or Path()
    sources, targets, plan = _series(plan, files, plot, seeds)
    if (kinds := len(plan.members)) and (seeds or 1) % kinds:
        typer.echo(
            f"note: {plan.name} has {kinds} kinds of members, in turns of the seed: --seeds {kinds}, or a multiple of "
            "it, holds as many of each",
            err=True,
        )
    if seeds is not None:
        run = _train_seeds(plan, sources, targets, folder, seeds, files, as_json=as_json)
    else:
        run = _train_one(plan, sources, targets, folder, files, plot, resume=resume is not None, as_json=as_json)
    storing.keep_training(store, run, folder)


def _series(
    plan: "Recipe", files: dict[str, Any], plot: Path | None, seeds: int | None
) -> tuple[list[Bars], list[Bars], "Recipe"]:
    """The series, and the recipe with the channels that they have; what cannot be drawn is refused before."""
    if plot is not None and not plan.network.encoded:
        raise InputError(
            f"--plot: {plan.network.kind} is fitted in one go, so there are no epochs to draw: leave it out"
        )
    if plot is not None and seeds is not None:
        raise InputError("--plot: draws the epochs of one run: leave out --seeds")
    sources, targets = series_of(plan, files)
    return sources, targets, fit_channels(plan, [*sources, *targets])


def _train_one(
    plan: "Recipe",
    sources: list[Bars],
    targets: list[Bars],
    folder: Path,
    files: dict[str, Any],
    plot: Path | None,
    *,
    resume: bool,
    as_json: bool,
) -> "Run":
    from vrx.training.run import execute

    with epoch_bars(plan, quiet=as_json) as report:
        run = execute(plan, sources, targets, folder, files=files, resume=resume, report=report)
    if plot is not None:
        pictures.save(
            plot, pictures.history_panels(run.history, plan.phases), title=f"{plan.name}, {plan.network.model}"
        )
    if as_json:
        print_json({"out": str(folder), "epochs": len(run.history), "scores": run.scores})
    else:
        _show(run, folder)
    return run


def _adapt(
    begin: str, out: Path | None, files: dict[str, Any], test_from: str | None, *, as_json: bool
) -> tuple["Run", Path]:
    """A finished model to the target, kept in a folder."""
    if files["target"] is None or out is None:
        missing = "target" if files["target"] is None else "out"
        raise InputError(f"--{missing} is missing: --from adapts a model to a target and keeps the run in a folder")
    files = {"source": None, "data": None, **files, "options": {"from": Path(begin).name, "test-from": test_from}}
    run = train_from(begin, out, files, None if test_from is None else day(test_from, "--test-from"), as_json=as_json)
    if not as_json:
        _show(run, out)
    return run, out


def _train_seeds(
    plan: "Recipe",
    sources: list[Bars],
    targets: list[Bars],
    out: Path,
    count: int,
    files: dict[str, Any],
    *,
    as_json: bool,
) -> "Run":
    """A process for each seed, and the scores of all together; the same command goes on where it was stopped."""
    from vrx.training.ensemble import combine
    from vrx.training.seeds import execute_seeds

    if count < 2 or not plan.network.encoded:
        raise InputError(
            f"--seeds {count} of {plan.network.model}: give 2 or more, of a network that epochs train, or none"
        )

    def report(seed: int) -> None:
        if not as_json:
            typer.echo(f"seed {seed} is trained", err=True)

    seeds = range(plan.seed, plan.seed + count)
    runs = execute_seeds(plan, sources, targets, out, seeds, files=files, report=report)
    together = combine(runs, sources, targets)
    if as_json:
        each = {str(run.recipe.seed): run.scores for run in runs}
        print_json({"out": str(out), "seeds": list(seeds), "scores": together.scores, "each": each})
    else:
        _show(together, out)
    return together


def _absolute(path: str | Path | None) -> str | None:
    """A path that still holds when the run is resumed from another folder; samples are no paths."""
    text = None if path is None else str(path)
    return text if text is None or text.startswith("sample:") else str(Path(text).absolute())


def _plan(named: dict[str, Any], target: str | None, *, final: bool) -> tuple["Recipe", dict[str, Any]]:
    """The recipe with what the options overrule, and what the run says of them."""
    from vrx.training import recipe as recipes

    name = named["recipe"] or DEFAULT
    options = {key: named[key] for key in ("model", "strategy", "epochs")}
    plan = overruled(recipes.named(name), **options, seed=named["seed"])
    if target is None and any(phase.series == "target" for phase in plan.phases):
        raise InputError(f"recipe {plan.name} trains on a target: give --target")
    told = {"options": {"recipe": Path(name).name, **options, **({"final": True} if final else {})}}
    return (recipes.finally_(plan) if final else plan), told


def _show(run: "Run", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from vrx.training.networks import describe

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{describe(run.recipe, run.network)}", markup=False)
    console.print(
        f"train to {run.cuts.train_end}, validation to {run.cuts.validation_end}, "
        + (f"test from {run.scores['test_from']}" if run.scores.keys() & set(GROUPS) else "no test part"),
        markup=False,
    )
    for epoch in run.history:
        if epoch.kept:
            console.print(f"phase {epoch.phase + 1}, in closed form: {KEPT[epoch.kept]}", markup=False)
    for group in GROUPS:
        if group not in run.scores:
            continue
        table = Table(box=None, pad_edge=False, header_style="bold", title=f"test part, {group}", title_justify="left")
        for name in ("model", "days ahead", "QLIKE", "against log-har", "RMSE of log variance"):
            table.add_column(name, justify="left" if name == "model" else "right")
        for row in run.scores[group]["mean"]["rows"]:
            table.add_row(
                row["model"],
                str(row["horizon"]),
                f"{row['qlike']:.4f}",
                f"{row['qlike_change_of_means']:+.1%}",
                f"{row['rmse_log']:.4f}",
            )
        console.print(table)
    console.print(f"next: vrx export {out} --out {out.name}.onnx", markup=False)
