"""``vrx export``: a finished run to one model file."""

from pathlib import Path
from typing import Annotated

import typer

from vrx.cli.common import Json, print_json
from vrx.errors import require

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="The folder that vrx train --out wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The model file to write, ending in .onnx.")],
    name: Annotated[str | None, typer.Option("--name", help="The model's name; the file's if absent.")] = None,
    with_card: Annotated[bool, typer.Option("--card", help="Also write the model's card, NAME.md.")] = False,
    as_json: Json = False,
) -> None:
    """Turn a finished run into one self-contained ONNX file with its spec beside it."""
    for module in ("torch", "onnx", "onnxscript"):
        require(module, "train", "vrx export")
    from vrx.export.card import card
    from vrx.export.package import export as write
    from vrx.training.checkpoint import write_text
    from vrx.training.folder import open_run

    finished = open_run(run)
    package = write(finished, out, name=name)
    if with_card:
        write_text(out.with_suffix(".md"), card(package, finished))
    if as_json:
        print_json(
            {
                "path": str(package.path),
                "sha256": package.sha256,
                "bytes": package.size,
                "parity": package.spec.parity,
            }
        )
        return
    typer.echo(
        f"{package.path}: {package.size:,} bytes, within {package.spec.parity:.0e} of the network at batches 1, 2, 7 "
        f"and 256; sha256 {package.sha256}"
    )
