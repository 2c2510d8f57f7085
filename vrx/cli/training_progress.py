"""The bar of ``vrx train``: loss and time left, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vrx.training.recipe import Recipe
    from vrx.training.state import Epoch

__all__ = ["epoch_bars"]


@contextmanager
def epoch_bars(plan: "Recipe", *, quiet: bool, title: str = "") -> "Iterator[Callable[[Epoch], None]]":
    """A callback for every epoch, which moves one bar a phase; bars with a title go when all is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    if not plan.network.encoded:  # closed form: over before a bar could be drawn
        yield lambda _: None
        return
    about = f"{title}, " if title else ""
    shown = console.is_terminal or not title
    with Progress(*columns, console=console, transient=bool(title), disable=not shown) as progress:
        tasks = [
            progress.add_task(
                f"{about}{phase.series} ({', '.join(phase.parameters)})", total=phase.length, losses="", start=False
            )
            for phase in plan.phases
        ]

        def report(epoch: "Epoch") -> None:
            task = tasks[epoch.phase]
            if epoch.epoch == 0 or not progress.tasks[task].started:
                progress.start_task(task)
            losses = (
                f"loss {epoch.train_loss:.4f}, validation {epoch.validation_loss:.4f}, rate {epoch.learning_rate:.0e}"
            )
            progress.update(task, completed=epoch.epoch + 1, losses=losses)

        try:
            yield report
        except BaseException:
            # What is refused before the first epoch is told in one line, without the bars of a run that never was.
            if not any(task.started for task in progress.tasks):
                progress.live.transient, console.quiet = True, not console.is_terminal
            raise
