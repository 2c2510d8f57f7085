"""``vrx train``: a model from real series."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrx.cli.common import Column, DropBadRows, Json, SeriesId, print_json, read_series
from vrx.cli.training_progress import epoch_bars
from vrx.errors import InputError, TrainingError, require
from vrx.series import Bars

if TYPE_CHECKING:
    from vrx.training.folder import Run
    from vrx.training.recipe import Recipe

__all__ = ["train"]


def train(
    source: Annotated[str | None, typer.Option("--source", help="The series to pretrain on.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The series to forecast.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to keep the run in.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", help="Go on with the run in this folder, from its last finished epoch."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="dhansoia (if absent), rolling, universal-ohlc, universal-close, universal-rv, or a .toml file.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="scratch, zero-shot, frozen, full, differential, gradual or aggressive, "
            "instead of the recipe's phases.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="lstm-attention, transformer, dilated-convolution, linear, hybrid, hybrid-from-har, "
            "dynamic-attention, residual, regimes, log-har or har, instead of the recipe's network.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Most epochs of every phase.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of weights, order and dropout.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the files that a recipe names itself.")] = None,
    series_id: SeriesId = None,
    column: Column = None,
    drop_bad_rows: DropBadRows = False,
    as_json: Json = False,
) -> None:
    """Train a model, by default pretrained on the source and fine-tuned on the target."""
    for module in ("torch", "safetensors"):
        require(module, "train", "vrx train")
    from vrx.training.run import execute

    files: dict[str, Any]
    if resume is not None:
        given = (out, source, target, recipe, strategy, model, epochs, seed, series_id, column)
        if given != (None,) * len(given) or drop_bad_rows:
            raise InputError("--resume: the folder knows the rest: give no other option but --data and --json")
        plan, files = _begun(resume)
        files = files if data is None else {**files, "data": str(data)}
    elif out is None:
        raise InputError("--out is missing: name the folder to keep the run in")
    else:
        plan = _plan(recipe or "dhansoia", strategy, model, epochs, seed, target)
        files = {"source": _absolute(source), "target": _absolute(target), "data": _absolute(data)}
        files |= {"id": series_id, "column": column, "drop_bad_rows": drop_bad_rows}
    sources, targets = _series(plan, files)
    plan = _fit_channels(plan, [*sources, *targets])
    folder = resume or out or Path()
    with epoch_bars(plan, quiet=as_json) as report:
        run = execute(plan, sources, targets, folder, files=files, resume=resume is not None, report=report)
    if as_json:
        print_json({"out": str(folder), "epochs": len(run.history), "scores": run.scores})
    else:
        _show(run, folder)


def _absolute(path: str | Path | None) -> str | None:
    """A path that still holds when the run is resumed from another folder; samples are no paths."""
    text = None if path is None else str(path)
    return text if text is None or text.startswith("sample:") else str(Path(text).absolute())


def _begun(folder: Path) -> tuple["Recipe", dict[str, Any]]:
    """The recipe and the files of a run that was begun."""
    from vrx.training.folder import read_run
    from vrx.training.recipe import Recipe

    document = read_run(folder)
    recipe, files = document.get("recipe"), document.get("files")
    if not (isinstance(recipe, dict) and isinstance(files, dict) and {"source", "target", "data"} <= files.keys()):
        raise TrainingError(f"{folder}: run.json does not say how the run was begun: train again")
    return Recipe.from_dict(recipe), files


def _plan(
    recipe: str,
    strategy: str | None,
    model: str | None,
    epochs: int | None,
    seed: int | None,
    target: str | None,
) -> "Recipe":
    """The recipe with what the options overrule."""
    from vrx.training.recipe import MODELS, named
    from vrx.training.strategies import STRATEGIES

    plan = named(recipe)
    if model is not None:
        if model not in MODELS:
            raise InputError(f"--model {model}: take one of {', '.join(MODELS)}")
        plan = dataclasses.replace(plan, network=plan.network.named(model))
        if not plan.network.encoded and strategy is None:
            strategy = "scratch"
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise InputError(f"--strategy {strategy}: take one of {', '.join(STRATEGIES)}")
        plan = dataclasses.replace(plan, phases=STRATEGIES[strategy])
    if epochs is not None:
        plan = dataclasses.replace(
            plan, phases=tuple(dataclasses.replace(phase, epochs=epochs) for phase in plan.phases)
        )
    if seed is not None:
        plan = dataclasses.replace(plan, seed=seed)
    if target is None and any(phase.series == "target" for phase in plan.phases):
        raise InputError(f"recipe {plan.name} trains on a target: give --target")
    return plan


def _series(plan: "Recipe", files: dict[str, Any]) -> tuple[list[Bars], list[Bars]]:
    """The sources and targets: those of the options, or the files under --data that the recipe names."""
    from vrx.training.data import read_all, without_ticks

    sources: list[Bars] = []
    if plan.sources and files["source"] is None and files["data"] is None:
        raise InputError(f"recipe {plan.name} reads {plan.sources[0]}: give --data with its folder, or --source")
    for name in plan.sources if files["source"] is None else ():
        for bars in read_all(Path(files["data"]) / name, drop_bad_rows=True):
            clean, dropped = without_ticks(bars)
            if bars.name not in plan.left_out:
                sources.append(clean)
            if dropped:
                typer.echo(f"{bars.name}: {dropped} days that only bad ticks explain are dropped", err=True)
    if files["source"] is not None and not any(phase.series == "source" for phase in plan.phases):
        raise InputError(
            f"recipe {plan.name} trains on no source, as --strategy scratch, har and log-har do not: drop --source"
        )
    if files["source"] is not None:
        sources = read_all(files["source"], drop_bad_rows=files["drop_bad_rows"])
    if files["target"] is None:
        return sources, []
    options = {"series_id": files.get("id"), "column": files.get("column"), "drop_bad_rows": files["drop_bad_rows"]}
    targets = [read_series(files["target"], **options)]
    return sources, targets


def _fit_channels(plan: "Recipe", series: list[Bars]) -> "Recipe":
    """Close-only series train a model of closes: one that reads highs and lows could never serve them."""
    lacking = [bars.name for bars in series if not all(channel in bars for channel in plan.channels)]
    if not lacking or plan.channels != ("open", "high", "low", "close"):
        return plan
    typer.echo(f"{lacking[0]}: no open, high and low, so the model reads closes alone", err=True)
    return dataclasses.replace(plan, channels=("close",))


def _show(run: "Run", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from vrx.training.networks import describe

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{describe(run.recipe, run.network)}", markup=False)
    console.print(
        f"train to {run.cuts.train_end}, validation to {run.cuts.validation_end}, test from {run.scores['test_from']}",
        markup=False,
    )
    for group in ("seen", "unseen"):
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
