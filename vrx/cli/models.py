"""``vrx models``: what there is to load."""

import typer

from vrx.cli.common import Json, print_json

__all__ = ["models"]


def models(as_json: Json = False) -> None:
    """List the bundled models."""
    from vrx import runtime

    found = [runtime.load(name) for name in runtime.bundled()]
    if as_json:
        print_json(
            [
                {
                    "name": model.spec.name,
                    "channels": model.spec.channels,
                    "lookback": model.spec.lookback,
                    "horizons": model.spec.horizons,
                    "network": model.spec.network,
                    "target": model.spec.target,
                    "trained_on": len(model.spec.trained_on),
                    "trained_to": max((origin.last for origin in model.spec.trained_on), default=None),
                    "sha256": model.sha256,
                    "path": str(model.path),
                }
                for model in found
            ]
        )
        return
    for model in found:
        spec = model.spec
        last = max((origin.last for origin in spec.trained_on), default="?")
        typer.echo(f"{spec.name}: reads {spec.lookback} days of {', '.join(spec.channels)}")
        typer.echo(f"  forecasts the {spec.target}, h = {', '.join(map(str, spec.horizons))}")
        typer.echo(f"  {spec.network}; trained on {len(spec.trained_on)} series to {last}")
