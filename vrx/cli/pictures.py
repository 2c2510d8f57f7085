"""Pictures of training and of comparisons; need matplotlib (extra research)."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vrx.cli import evaluate_table, plots

if TYPE_CHECKING:  # what draws needs neither torch nor the tests of significance
    from vrx.evaluation import Comparison
    from vrx.training.recipe import Phase
    from vrx.training.state import Epoch

__all__ = ["Panel", "bars_of", "decisions", "errors", "history_panels", "png", "predictions", "save"]

WIDTH = 9.5
LINES = 3
# Days on which hardly anything moved would squeeze all others on an axis of logarithms.
SHOWN = (0.005, 1.0)
# Of the median: the root of a thousandth, below which the table counts days as next to nothing.
LEAST = 0.03
# Of the median bar: a model that explodes would leave no difference to see between the others.
LONGEST = 3.0
INK = "#d8d8d8"
LETTERS = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "axes.titlecolor")


@dataclass(frozen=True)
class Panel:
    """A picture that stands alone or below others."""

    title: str
    draw: Callable[[Any], None]
    """Takes a figure or a part of one."""
    height: float = 3.2


def save(path: Path, panels: Sequence[Panel], title: str) -> None:
    """Draw panels below one another into a PNG."""
    from matplotlib.figure import Figure

    heights = [panel.height for panel in panels]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.4), layout="constrained")
    parts = figure.subfigures(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, panel in zip(parts, panels, strict=True):
        panel.draw(part)
        part.suptitle(panel.title, fontsize=9)
    figure.suptitle(title, fontsize=10)
    plots.save(figure, path)


def png(panel: Panel, *, dark: bool) -> bytes:
    """One panel as a PNG without a background, to stand on a light or a dark page."""
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with _page(dark=dark):
        figure = Figure(figsize=(WIDTH, panel.height), layout="constrained")
        panel.draw(figure)
        figure.savefig(out, dpi=110, format="png", transparent=True, metadata={"Software": None})
    return out.getvalue()


def history_panels(history: "Sequence[Epoch]", phases: "Sequence[Phase]", name: str = "") -> list[Panel]:
    """The losses of every epoch, phases apart, and what the combiner decided, if it did."""
    about = f"{name}: " if name else ""
    losses = Panel(f"{about}loss by epoch", lambda part: _losses(part.subplots(), history, phases))
    if not any(epoch.weights for epoch in history):
        return [losses]
    known = {name for epoch in history for name in epoch.weights}
    what = "weight of HAR" if known == {"alpha"} else "mean probability of each regime"
    weights = Panel(
        f"{about}{what} by epoch, on the validation part", lambda part: _weights(part, history, phases), 2.4
    )
    return [losses, weights]


def predictions(found: "Comparison", asked: Sequence[str]) -> Panel:
    """What came, and what the best of the models asked for said the day before, beside the one tested against."""
    ranked = sorted(found.scores, key=lambda score: score.qlike)
    wanted = [score.model for score in ranked if score.model in asked and score.model != found.against]
    wanted = wanted or [score.model for score in ranked if score.model != found.against]
    shown = [found.against, *wanted[:LINES]]
    labels = {score.model: evaluate_table.marked(score) for score in found.scores}

    def draw(part: Any) -> None:
        from matplotlib.ticker import LogLocator, NullFormatter

        task, axes = found.task, part.subplots()
        scale = 100.0 * np.sqrt(task.bars.periods_per_year)
        days = task.dates[found.rows + task.horizon]
        came = scale * np.sqrt(task.actual[found.rows])
        axes.semilogy(days, came, ".", ms=2.5, color=_ink(), alpha=0.6, zorder=3, label="what came")
        for k, name in enumerate(shown):
            said = scale * np.exp(0.5 * found.forecasts[name].log_variance[found.rows])
            axes.semilogy(days, said, color=f"C{k}", lw=0.9, alpha=0.85, label=labels[name])
        low, high = np.quantile(came, SHOWN)
        axes.set_ylim(0.8 * max(low, LEAST * np.median(came)), 1.4 * high)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set(ylabel="volatility, % a year")
        axes.legend(frameon=False, fontsize=8, ncols=len(shown) + 1)

    return Panel(f"{found.task.bars.name}: {found.task.target}, test part", draw, 3.8)


def errors(found: "Comparison") -> Panel:
    """Bars of QLIKE and RMSE, the members of the confidence set in colour."""
    measures = {"qlike": "QLIKE", "rmse": "RMSE of log volatility"}
    values = {field: np.array([getattr(score, field) for score in found.scores]) for field in measures}

    def draw(part: Any) -> None:
        names = [evaluate_table.marked(score) for score in found.scores]
        at = np.arange(len(names))
        colours = ["C0" if score.in_mcs else "0.6" for score in found.scores]
        for axes, (field, title) in zip(part.subplots(1, 2, sharey=True), measures.items(), strict=True):
            lengths, labels = bars_of(values[field])
            axes.bar_label(axes.barh(at, lengths, color=colours, height=0.7), labels=labels, fontsize=7, padding=2)
            axes.set_xlim(right=1.3 * lengths.max())
            axes.set_xlabel(title)
            axes.set_yticks(at, names, fontsize=8)
        axes.invert_yaxis()

    title = f"errors, lower is better; blue: in the {1 - found.size:.0%} confidence set of QLIKE"
    return Panel(title, draw, 1.0 + 0.24 * len(found.scores))


def bars_of(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """The lengths of bars, none beyond three times the median, and what stands beside them: the number itself.

    Examples
    --------
    >>> bars_of(np.array([0.4, 0.5, 812.0]))
    (array([0.4, 0.5, 1.5]), ['0.4000', '0.5000', '812.0000, cut'])
    """
    lengths = np.minimum(values, LONGEST * np.median(values))
    cut = lengths < values
    return lengths, [f"{value:.4f}{', cut' * bool(beyond)}" for value, beyond in zip(values, cut, strict=True)]


def decisions(name: str, days: NDArray[np.datetime64], weights: Mapping[str, NDArray[np.float64]]) -> Panel:
    """What a combiner decided day by day: the weight of HAR, or the probabilities of the regimes."""

    def draw(part: Any) -> None:
        axes = part.subplots()
        if len(weights) > 1:
            axes.stackplot(days, *weights.values(), labels=list(weights), alpha=0.75, lw=0)
            axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=len(weights))
        else:
            for values in weights.values():
                axes.plot(days, values, lw=0.9, color="C0")
        axes.set_ylim(0.0, 1.0)
        axes.set(ylabel="probability" if len(weights) > 1 else "weight of HAR")

    what = "probabilities of the regimes" if len(weights) > 1 else "weight of HAR"
    return Panel(f"{name}: {what}, day by day", draw, 2.4)


def _losses(axes: Any, history: "Sequence[Epoch]", phases: "Sequence[Phase]") -> None:
    at = np.arange(1, len(history) + 1)
    for k, part in _by_phase(history):
        first = k == history[0].phase
        for which, colour in (("train_loss", "C0"), ("validation_loss", "C1")):
            label = which.partition("_")[0] if first else None
            axes.plot(
                at[part],
                [getattr(epoch, which) for epoch in history[part]],
                color=colour,
                lw=1.2,
                marker=".",
                ms=3,
                label=label,
            )
        row = _kept(history, part, phases[k])
        kept = "kept" if first else None
        axes.plot(at[row], history[row].validation_loss, "o", ms=5, color="C1", label=kept)
    _phases(axes, history, phases)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend(frameon=False, fontsize=8)


def _kept(history: "Sequence[Epoch]", part: slice, phase: "Phase") -> int:
    """The epoch of a phase whose weights it ended with."""
    if phase.keep == "last":
        return int(part.stop) - 1
    return min(range(part.start, part.stop), key=lambda row: history[row].validation_loss)


def _weights(part: Any, history: "Sequence[Epoch]", phases: "Sequence[Phase]") -> None:
    axes = part.subplots()
    at = np.arange(1, len(history) + 1)
    for j, name in enumerate(history[-1].weights):
        for k, rows in _by_phase(history):
            values = [epoch.weights.get(name, np.nan) for epoch in history[rows]]
            label = name if k == history[0].phase else None
            axes.plot(at[rows], values, color=f"C{j}", lw=1.2, marker=".", ms=3, label=label)
    _phases(axes, history, phases)
    axes.set(xlabel="epoch", ylabel="mean weight")
    axes.legend(frameon=False, fontsize=8)


def _by_phase(history: "Sequence[Epoch]") -> Iterator[tuple[int, slice]]:
    starts = [0, *(row for row in range(1, len(history)) if history[row].phase != history[row - 1].phase), len(history)]
    for first, end in pairwise(starts):
        yield history[first].phase, slice(first, end)


def _phases(axes: Any, history: "Sequence[Epoch]", phases: "Sequence[Phase]") -> None:
    """A line between phases, and what each trained on."""
    axes.margins(y=0.15)
    axes.xaxis.get_major_locator().set_params(integer=True)
    for k, part in _by_phase(history):
        if part.start:
            axes.axvline(part.start + 0.5, color=_ink(), alpha=0.4, lw=0.8)
        if len(phases) > 1:
            where = (part.start + 0.6, 0.98)
            text = f"{phases[k].series}: {', '.join(phases[k].parameters)}"
            axes.text(*where, text, transform=axes.get_xaxis_transform(), va="top", fontsize=7)


def _ink() -> str:
    import matplotlib

    return str(matplotlib.rcParams["text.color"])


@contextmanager
def _page(*, dark: bool) -> Iterator[None]:
    import matplotlib

    changes: dict[Any, str] = {**dict.fromkeys(LETTERS, INK), "legend.facecolor": "none"} if dark else {}
    with matplotlib.rc_context(changes):
        yield
