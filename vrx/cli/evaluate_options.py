"""The options of ``vrx evaluate`` that no other command has, and the parts of the days that four of them name."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrx.cli.common import day
from vrx.errors import InputError

if TYPE_CHECKING:  # `vrx --help` loads none of it
    from vrx.evaluation.split import Cuts
    from vrx.series import Bars

__all__ = [
    "Against",
    "CsvFile",
    "Epochs",
    "Horizon",
    "Models",
    "PlotFile",
    "Protocol",
    "ProtocolName",
    "Recipe",
    "ReportFile",
    "Seed",
    "Source",
    "Strategy",
    "TrainEnd",
    "TrainShare",
    "ValidationEnd",
    "ValidationShare",
    "Window",
    "cuts",
]


class Protocol(StrEnum):
    """What is forecast."""

    next_day = "next-day"
    rolling = "rolling"


Models = Annotated[
    str | None,
    typer.Option(
        "--models",
        help="Beside the baselines, with commas: networks of vrx train (lstm-attention, hybrid, ...), bundled "
        "models, .onnx files, garch, egarch, figarch, dynamic-fractional.",
    ),
]
ProtocolName = Annotated[
    Protocol,
    typer.Option("--protocol", help="next-day: the variance of the days to come; rolling: that of a window."),
]
Window = Annotated[
    int | None, typer.Option("--window", help="Returns in a rolling window, with --protocol rolling; 22 if absent.")
]
Horizon = Annotated[int, typer.Option("--horizon", help="Days ahead, of which the mean is forecast.")]
Against = Annotated[str, typer.Option("--against", help="The model that the others are tested against.")]
Source = Annotated[str | None, typer.Option("--source", help="The series that networks are pretrained on.")]
Strategy = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help="scratch, zero-shot, frozen, full, differential, gradual, aggressive or adapt; the recipe decides if "
        "absent, or scratch without --source.",
    ),
]
Recipe = Annotated[
    str | None, typer.Option("--recipe", help="Of the networks: dhansoia, or rolling with --protocol rolling.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the networks and of the confidence set.")]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Most epochs of every phase.")]
TrainShare = Annotated[
    float | None, typer.Option("--train-share", help="Share of the days to train on; 0.5 if absent.")
]
ValidationShare = Annotated[
    float | None, typer.Option("--validation-share", help="Share of the days to choose on; 0.25 if absent.")
]
TrainEnd = Annotated[
    str | None, typer.Option("--train-end", metavar="DAY", help="Last day to train on, instead of shares.")
]
ValidationEnd = Annotated[str | None, typer.Option("--validation-end", metavar="DAY", help="Last day to choose on.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Also write every forecast into this CSV.")]
PlotFile = Annotated[Path | None, typer.Option("--plot", help="Also draw forecasts and errors into this PNG.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Also write it all into this HTML file, pictures included.")
]


def cuts(
    bars: "Bars", train: float | None, validation: float | None, train_end: str | None, validation_end: str | None
) -> "Cuts | None":
    """Where the parts end, by shares or by days; None for a series without dates, which nothing can cut."""
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
    first, last = day(train_end, "--train-end"), day(validation_end, "--validation-end")
    if not first < last:
        raise InputError(f"--validation-end {last}: let it come after --train-end {first}")
    return Cuts(datetime64(first, "D"), datetime64(last, "D"))
