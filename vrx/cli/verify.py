"""``vrx verify``: whether model files are sound."""

from typing import TYPE_CHECKING, Annotated

import typer

from vrx.cli.common import Json, print_json
from vrx.errors import ModelFileError

if TYPE_CHECKING:
    from vrx.hurst import HurstForecaster
    from vrx.runtime import Forecaster

__all__ = ["verify"]


def verify(
    model: Annotated[list[str], typer.Argument(help="Model files, or names of bundled models.")],
    sha256: Annotated[str | None, typer.Option("--sha256", help="Refuse a file with another hash.")] = None,
    as_json: Json = False,
) -> None:
    """Check a model file against the contract and replay its self-test; exit code 3 if it fails."""
    lines = []
    for name in model:
        forecaster = _opened(name, sha256)
        lines.append(
            {
                "model": name,
                "name": forecaster.spec.name,
                "sha256": forecaster.sha256,
                "difference": forecaster.verify(),
            }
        )
    if as_json:
        print_json(lines)
        return
    for line in lines:
        typer.echo(f"{line['model']}: sound; self-test within {line['difference']:.0e}; sha256 {line['sha256']}")


def _opened(name: str, sha256: str | None) -> "Forecaster | HurstForecaster":
    """A model of volatility, or one of the Hurst exponent."""
    from vrx import runtime

    try:
        return runtime.load(name, sha256=sha256)
    except ModelFileError as error:
        from vrx.hurst._network import HurstForecaster, OtherModelError

        try:
            return HurstForecaster(name, sha256=sha256)
        except OtherModelError:
            raise error from None
