"""``vrx train-hurst``: a network of the rolling Hurst exponent from your own series, to one model file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrx.cli.common import DropBadRows, Json, day, print_json, slow_progress
from vrx.errors import InputError, require

if TYPE_CHECKING:
    from vrx.evaluation.split import Cuts
    from vrx.series import Bars
    from vrx.training.hurst_series import Market

__all__ = ["train_hurst"]


def train_hurst(
    series: Annotated[
        list[str],
        typer.Option("--series", help="A file of closes or returns by date, of one series or of many; repeatable."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The model file to write, ending in .onnx.")],
    train_end: Annotated[
        str | None,
        typer.Option("--train-end", metavar="DAY", help="Learn from no later day; half of the rows if absent."),
    ] = None,
    validation_end: Annotated[
        str | None,
        typer.Option(
            "--validation-end",
            metavar="DAY",
            help="Choose the weights on the days to this one, and score them on those after it; a quarter of the rows "
            "each if absent.",
        ),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Most epochs.")] = 60,
    hidden: Annotated[int, typer.Option("--hidden", min=1, help="Size of the LSTM's state.")] = 16,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights and order.")] = 0,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Do not compute what is known of the coming windows: leave all to the LSTM."),
    ] = False,
    drop_bad_rows: DropBadRows = False,
    as_json: Json = False,
) -> None:
    """Train an LSTM that forecasts the rolling Hurst exponent of returns 1, 5 and 22 days ahead, and export it.

    The exponent is that of `vrx hurst --of returns --method wavelet --rolling 252`. What is printed are root mean
    squared errors on the days after --validation-end, beside rivals that need no network; `vrx hurst --forecast` uses
    the file.
    """
    for module in ("torch", "safetensors", "onnx", "onnxscript"):
        require(module, "train", "vrx train-hurst")
    from dataclasses import replace

    from vrx.export.hurst_graph import export
    from vrx.export.model_file import refuse_path
    from vrx.training.hurst_network import train
    from vrx.training.hurst_scores import scored
    from vrx.training.hurst_series import HurstRecipe

    refuse_path(out)
    recipe = HurstRecipe(epochs=epochs, hidden=hidden, seed=seed, known=not plain)
    markets = _markets(series, recipe.window, drop_bad_rows)
    cuts = _cuts([one.bars for one in markets], train_end, validation_end)
    with slow_progress(f"training on {len(markets)} series") as progress:
        run = train(markets, recipe, cuts, lambda done: progress((done.epoch + 1) / epochs))
    run = replace(run, scores=scored(run, markets))
    package = export(run, out)
    document = {
        "path": str(package.path),
        "sha256": package.sha256,
        "bytes": package.size,
        "parity": package.spec.parity,
        "epochs": len(run.history),
        "horizons": list(recipe.horizons),
        "scores": dict(package.spec.scores),
    }
    if as_json:
        print_json(document)
    else:
        _show(document)


def _markets(series: list[str], window: int, drop_bad_rows: bool) -> "list[Market]":
    from vrx.training.data import read_all
    from vrx.training.hurst_series import market

    markets = [market(bars, window) for name in series for bars in read_all(name, drop_bad_rows=drop_bad_rows)]
    names = [one.name for one in markets]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"--series: {twice[0]} is there twice: give each series once")
    return markets


def _cuts(bars: "list[Bars]", train_end: str | None, validation_end: str | None) -> "Cuts":
    from vrx.training.recipe import Split
    from vrx.training.windows import cuts

    if (train_end is None) != (validation_end is None):
        raise InputError("--train-end and --validation-end: give both, or neither")
    if train_end is None or validation_end is None:
        return cuts(bars, Split())
    ends = day(train_end, "--train-end"), day(validation_end, "--validation-end")
    if ends[0] >= ends[1]:
        raise InputError(f"--validation-end {validation_end}: is not after --train-end {train_end}: give a later day")
    return cuts(bars, Split(train_end=ends[0], validation_end=ends[1]))


def _show(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    scores, console = document["scores"], Console(highlight=False, soft_wrap=True)
    if "rmse" in scores:
        count = scores["series"]
        console.print(
            f"RMSE of H from {scores['test_from']} on{f', mean of {count} series' if count > 1 else ''}", markup=False
        )
        table = Table(box=None, pad_edge=False, header_style="bold")
        for at, name in enumerate(("", *(f"{h} day{'s' if h > 1 else ''}" for h in document["horizons"]))):
            table.add_column(name, justify="right" if at else "left")
        for name, errors in scores["rmse"].items():
            table.add_row(name, *(f"{error:.5f}" for error in errors))
        console.print(table)
    else:
        console.print("no day after --validation-end to score it on", markup=False)
    console.print(
        f"{document['path']}: {document['bytes']:,} bytes, {document['epochs']} epochs, "
        f"within {document['parity']:.0e} of the network; sha256 {document['sha256']}",
        markup=False,
    )
