"""``vrx export``: a finished run, or several of one recipe, to one model file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrx.cli import whole
from vrx.cli.common import Json, print_json
from vrx.cli.training_series import begun, series_of
from vrx.errors import require

if TYPE_CHECKING:
    from vrx.training.folder import Run

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
    scores: Annotated[
        Path | None,
        typer.Option(
            "--scores",
            help="Of weights that vrx train --final made: the folder of the same recipe without it, whose scores they "
            "carry.",
        ),
    ] = None,
    with_weights: Annotated[
        bool,
        typer.Option("--weights", help="Also write NAME.safetensors, which vrx train --from NAME.onnx begins from."),
    ] = False,
    with_card: Annotated[
        bool,
        typer.Option(
            "--card", help="Also write the model's card, NAME.md, and a picture of its calibration, NAME.png."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Turn a finished run, or the mean of several, into one self-contained ONNX file with its spec beside it."""
    for module in ("torch", "onnx", "onnxscript"):
        require(module, "train", "vrx export")
    if with_card:
        require("matplotlib", "train", "--card")
    from vrx.export import calibration_plot
    from vrx.export.card import card
    from vrx.export.package import export as write
    from vrx.export.scored import with_scores
    from vrx.training.checkpoint import write_text
    from vrx.training.pretrained import keep

    finished = _opened(run, data)
    if scores is not None:
        finished = with_scores(finished, _opened([scores], data))
    package = write(finished, out, name=name)
    if with_weights:
        keep(out.with_suffix(".safetensors"), finished)
    if with_card:
        picture = out.with_suffix(".png")
        # Before the card, which must not name what is not there.
        if (drawn := calibration_plot.png(finished)) is not None:
            with whole.written(picture) as beside:
                beside.write_bytes(drawn)
        write_text(out.with_suffix(".md"), card(package, finished, picture.name if drawn is not None else None))
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


def _opened(given: list[Path], data: Path | None) -> "Run":
    """The run of these folders, or the mean of several."""
    from vrx.training.ensemble import combine, folders_of, open_all

    folders = [inside for folder in given for inside in folders_of(folder)]
    runs = open_all(folders)
    if len(runs) == 1:
        return runs[0]
    plan, files = begun(folders[0])
    return combine(runs, *series_of(plan, files if data is None else {**files, "data": str(data)}))
