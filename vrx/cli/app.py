"""The commands, by name."""

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

import vrx

__all__ = ["COMMANDS", "build"]

# In the order of `vrx --help`. The command `train-hurst` is the function of that name in vrx/cli/train_hurst.py.
COMMANDS = (
    "predict",
    "train",
    "train-hurst",
    "evaluate",
    "export",
    "hurst",
    "volatility",
    "diagnose",
    "risk",
    "var",
    "models",
    "verify",
    "runs",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vrx {vrx.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Volatility forecasts from pretrained models."""


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line: only the command that the arguments begin with, or all if they begin with none.

    A command's module brings in what its options need; all of them together take a tenth of the time of a forecast.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for command in arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS:
        name = command.replace("-", "_")
        module = import_module(f"vrx.cli.{name}")
        if command == "runs":
            app.add_typer(module.app, name=command)
        else:
            app.command(command)(getattr(module, name))
    return app
