"""``vrx export``: a finished run, or several of one recipe, to one model file."""

from pathlib import Path
from typing import Annotated

import typer

from vrx.cli.common import Json, print_json
from vrx.cli.training_series import begun, series_of
from vrx.errors import require

__all__ = ["export"]


def export(
    run: Annotated[
        list[Path],
        typer.Argument(
            help="The folder that vrx train --out wrote. Of several runs that differ by the seed alone, or of the "
            "folder of --seeds, the file holds the mean."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The model file to write, ending in .onnx.")],
    name: Annotated[str | None, typer.Option("--name", help="The model's name; the file's if absent.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Where the files that the recipe names are now; for several runs, which read them."
        ),
    ] = None,
    with_card: Annotated[bool, typer.Option("--card", help="Also write the model's card, NAME.md.")] = False,
    as_json: Json = False,
) -> None:
    """Turn a finished run, or the mean of several, into one self-contained ONNX file with its spec beside it."""
    for module in ("torch", "onnx", "onnxscript"):
        require(module, "train", "vrx export")
    from vrx.export.card import card
    from vrx.export.package import export as write
    from vrx.training.checkpoint import write_text
    from vrx.training.ensemble import combine, folders_of, open_all

    folders = [inside for folder in run for inside in folders_of(folder)]
    runs = open_all(folders)
    finished = runs[0]
    if len(runs) > 1:
        plan, files = begun(folders[0])
        finished = combine(runs, *series_of(plan, files if data is None else {**files, "data": str(data)}))
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
