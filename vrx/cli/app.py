"""The commands, by name."""

from typing import Annotated

import typer

import vrx
from vrx.cli import (
    diagnose,
    evaluate,
    export,
    hurst,
    models,
    predict,
    risk,
    runs,
    train,
    train_hurst,
    var,
    verify,
    volatility,
)

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vrx {vrx.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Volatility forecasts from pretrained models."""


app.command("predict")(predict.predict)
app.command("train")(train.train)
app.command("train-hurst")(train_hurst.train_hurst)
app.command("evaluate")(evaluate.evaluate)
app.command("export")(export.export)
app.command("hurst")(hurst.hurst)
app.command("volatility")(volatility.volatility)
app.command("diagnose")(diagnose.diagnose)
app.command("risk")(risk.risk)
app.command("var")(var.var)
app.command("models")(models.models)
app.command("verify")(verify.verify)
app.add_typer(runs.app, name="runs")
