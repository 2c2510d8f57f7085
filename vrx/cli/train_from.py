"""``vrx train --from``: a finished model adapted to one series."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vrx.cli.common import print_json, read_series, slow_progress

if TYPE_CHECKING:
    from vrx.training.folder import Run

__all__ = ["train_from"]


def train_from(model: str, out: Path, files: dict[str, Any], test_from: date | None, *, as_json: bool) -> "Run":
    """Adapt every member of a model to the target, into OUT/seed-N each, or a single one into OUT itself."""
    from vrx.training.ensemble import combine
    from vrx.training.pretrained import open_members
    from vrx.training.run import execute
    from vrx.training.seeds import execute_seeds
    from vrx.training.tuning import ENOUGH, tuning, validation_losses, windows_of

    members = open_members(model)
    options = {"series_id": files["id"], "column": files["column"], "drop_bad_rows": files["drop_bad_rows"]}
    target = read_series(files["target"], **options)
    plan = tuning(members, target, test_from=test_from)
    begin = {member.recipe.seed: member for member in members}
    with slow_progress(f"adapting {len(members)} networks") as progress:
        done: list[int] = []

        def report(seed: int) -> None:
            done.append(seed)
            progress(len(done) / len(begin))

        if len(members) == 1:
            runs = [execute(plan, [], [target], out, files=files, begin=members[0])]
        else:
            runs = execute_seeds(plan, [], [target], out, list(begin), files=files, begin=begin, report=report)
        run = runs[0] if len(runs) == 1 else combine(runs, [], [target])
    came = validation_losses(members, runs[0].recipe, target)
    kept = [one.history[-1] for one in runs]
    decided = [
        {"seed": one.recipe.seed, "kept": epoch.kept, "loss": epoch.validation_loss, "loss_before": before}
        for one, epoch, before in zip(runs, kept, came, strict=True)
    ]
    if as_json:
        print_json({"out": str(out), "from": model, "validation": decided, "scores": run.scores})
        return run
    moved = sum(epoch.kept == "linear part" for epoch in kept)
    after = sum(epoch.validation_loss for epoch in kept) / len(kept)
    typer.echo(
        f"{target.name}: validation keeps the target's linear part in {moved} of {len(runs)} networks: loss "
        f"{after:.4f}, {sum(came) / len(came):.4f} of {model} as it came"
    )
    if (count := len(windows_of(members, target, test_from=test_from))) < ENOUGH:
        typer.echo(
            f"note: {count} windows are few: on past markets, adapting to fewer than {ENOUGH:,} of one asset gained "
            "nothing on average; hold days out with --test-from before you prefer it",
            err=True,
        )
    return run
