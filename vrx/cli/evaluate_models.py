"""The models of ``vrx evaluate``: networks trained on the spot, model files, and models refitted as the days go by."""

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vrx import runtime
from vrx.cli.common import slow_progress
from vrx.cli.training_plan import overruled
from vrx.cli.training_progress import epoch_bars
from vrx.errors import InputError, require
from vrx.evaluation.refit import ECONOMETRIC, refitted, windows_of
from vrx.evaluation.walk import BASELINES, Forecasts, Protocol, Task, returns_of
from vrx.rolling import LAGS

if TYPE_CHECKING:
    from vrx.training.recipe import Phase, Recipe
    from vrx.training.state import Epoch

__all__ = ["Answer", "Networks", "answer", "asked_for", "is_network"]

CHANNELS = {
    "variance": ("variance",),
    "garman_klass": ("open", "high", "low", "close"),
    "close_to_close": ("close",),
}
YEAR = 252
# The mean by three quantiles, whatever the skew: the extended Pearson-Tukey weights (Keefer and Bodily 1983, Management
# Science 29). The median alone costs 0.004 of RMSE on rolling windows of bitcoin, whose errors are skewed.
THREE = {0.05: 0.185, 0.5: 0.63, 0.95: 0.185}


@dataclass(frozen=True)
class Networks:
    """The options that decide how networks are trained."""

    recipe: str | None = None
    strategy: str | None = None
    source: str | None = None
    seed: int = 0
    epochs: int | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model said, and what there is to say of it."""

    name: str
    forecasts: Forecasts
    notes: tuple[str, ...]
    history: "tuple[Epoch, ...]" = ()
    phases: "tuple[Phase, ...]" = ()
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    training: Mapping[str, Any] | None = None
    """Of a network that was trained here: model, recipe, strategy, source, epochs and seed."""
    seen_until: str | None = None
    """The last day seen in training, where days of the test part lie before it."""
    sha256: str = ""
    """Hash of the model file, if it is one."""


def asked_for(models: str | None, protocol: Protocol) -> list[str]:
    """The models of --models that are no baselines; a wrong name is refused before any work."""
    from vrx.training.recipe import MODELS, OVERLAPPING

    found: list[str] = []
    for name in (part.strip() for part in (models or "").split(",") if part.strip()):
        if name in OVERLAPPING and protocol != "rolling":
            raise InputError(f"--models {name}: it keeps the returns that two windows share: add --protocol rolling")
        if any(name in names for names in BASELINES.values()):
            continue
        if not (name in (*MODELS, *ECONOMETRIC, *runtime.bundled()) or name.endswith(".onnx")):
            known = ", ".join(dict.fromkeys((*MODELS, *ECONOMETRIC, *runtime.bundled())))
            raise InputError(f"--models {name}: take from {known}, or the path of an .onnx file")
        if _shown(name) in BASELINES[protocol]:
            raise InputError(f"--models {name}: the baseline {_shown(name)} has that name: rename the file")
        if _shown(name) in map(_shown, found):
            raise InputError(f"--models {name}: two models are named {_shown(name)}: give each once, rename the file")
        found.append(name)
    return found


def is_network(name: str) -> bool:
    """Whether a model is a network that is trained here."""
    from vrx.training.recipe import MODELS

    return name in MODELS


def answer(name: str, task: Task, networks: Networks, *, quiet: bool) -> Answer:
    """Ask one model."""
    if is_network(name):
        return _trained(name, task, networks, quiet=quiet)
    if name in ECONOMETRIC:
        with slow_progress(f"fitting {name}") as progress:
            forecasts, notes = refitted(name, task, progress=progress)
        return Answer(name, forecasts, notes)
    return _loaded(name, task)


def _shown(name: str) -> str:
    return Path(name).stem if name.endswith(".onnx") else name


def _loaded(name: str, task: Task) -> Answer:
    """A model file, over the series; its training is what it is."""
    forecaster, shown = runtime.load(name), _shown(name)
    spec = forecaster.spec
    if task.horizon not in spec.horizons:
        days = ", ".join(map(str, spec.horizons))
        raise InputError(f"--models {name}: it forecasts {days} days ahead, not {task.horizon}: change --horizon")
    of_windows = spec.target.startswith("sample variance of the last ")
    if of_windows and not (task.is_rolling and f" last {task.window} " in spec.target):
        raise InputError(f"--models {name}: it forecasts the {spec.target}: use --protocol rolling and that --window")
    start = int(task.test_rows[0])
    if not set(THREE) <= set(spec.levels):
        start = max(start - YEAR, 0)  # the errors of a year show how far the log of its mean lies off
    with slow_progress(f"asking {shown}") as progress:
        found = forecaster.history(task.bars, start=start, progress=progress)
    column = spec.horizons.index(task.horizon)
    variance = found.variance[:, column]
    notes = [f"{shown}: forecasts the {spec.target}"]
    if task.is_rolling and not of_windows:
        forecasts = windows_of(returns_of(task.bars), variance, task.window)
        notes[0] += "; the returns that the window keeps are known, the new one is normal with that variance"
    else:
        forecasts = Forecasts(variance, _mean_log(found.quantiles[:, column], spec.levels))
    last = max((origin.last for origin in spec.trained_on), default="")
    if last > str(task.cuts.validation_end):
        end = min(last, str(task.target_days[-1]))
        notes.append(
            f"{shown}: saw data up to {last} in training, so that its scores on the days to {end} are not out of sample"
        )
    saw = last if last > str(task.cuts.validation_end) else None
    return Answer(shown, forecasts, tuple(notes), seen_until=saw, sha256=forecaster.sha256)


def _mean_log(quantiles: NDArray[np.float64], levels: tuple[float, ...]) -> NDArray[np.float64] | None:
    """The mean log variance that three quantiles of volatility show, shape (n,); None without them."""
    if not set(THREE) <= set(levels):
        return None
    parts = [weight * np.log(quantiles[:, levels.index(level)]) for level, weight in THREE.items()]
    return np.asarray(2.0 * np.sum(parts, axis=0))


def _trained(name: str, task: Task, networks: Networks, *, quiet: bool) -> Answer:
    """A network trained on the train part and chosen on the validation part, as ``vrx train`` does it."""
    for module in ("torch", "safetensors"):
        require(module, "train", f"the model {name}")
    from vrx.training.daily import every_day
    from vrx.training.data import read_all
    from vrx.training.networks import describe
    from vrx.training.run import execute

    plan = _plan(name, task, networks)
    sources = [] if networks.source is None else read_all(networks.source)
    with tempfile.TemporaryDirectory(prefix="vrx-") as folder, epoch_bars(plan, quiet=quiet, title=name) as report:
        run = execute(plan, sources, [task.bars], Path(folder) / "run", report=report)
    daily = every_day(run.network, run.recipe, task.bars, start=int(task.test_rows[0]))
    column = run.recipe.horizons.index(task.horizon)
    notes = [
        f"{name}: {describe(run.recipe, run.network)}; recipe {plan.name}, seed {plan.seed}, {len(run.history)} epochs"
    ]
    if sources:
        notes[0] += f", source {', '.join(bars.name for bars in sources[:3])}{' ...' if len(sources) > 3 else ''}"
    forecasts = Forecasts(daily.variance[:, column], daily.log_variance[:, column])
    training = {
        "model": name,
        "recipe": plan.name,
        "strategy": _strategy(plan.phases),
        "source": networks.source,
        "epochs": len(run.history),
        "seed": plan.seed,
    }
    return Answer(name, forecasts, tuple(notes), run.history, plan.phases, daily.weights, training)


def _strategy(phases: "Sequence[Phase]") -> str | None:
    """The strategy that these phases are, whatever their epochs; None where a recipe has its own."""
    from vrx.training.strategies import STRATEGIES

    def timeless(these: "Sequence[Phase]") -> "list[Phase]":
        return [dataclasses.replace(phase, epochs=1) for phase in these]

    return next((name for name, known in STRATEGIES.items() if timeless(known) == timeless(phases)), None)


def _plan(name: str, task: Task, networks: Networks) -> "Recipe":
    """The recipe, made to read what the baselines see and to forecast what they forecast."""
    from vrx.training.recipe import Split, named

    if task.is_rolling and "close" not in task.bars:
        raise InputError(
            f"--models {name}: networks read rolling windows from closes, which {task.bars.name} has not: leave it out"
        )
    plan = named(networks.recipe or ("rolling" if task.is_rolling else "dhansoia"))
    if plan.rolling and not task.is_rolling:
        raise InputError(f"--recipe {plan.name} forecasts rolling windows: add --protocol rolling")
    strategy = networks.strategy
    if strategy is None and networks.source is None and _reads_source(plan.phases):
        strategy = "scratch"
    plan = overruled(plan, model=name, strategy=strategy, epochs=networks.epochs, seed=networks.seed)
    if _reads_source(plan.phases) != (networks.source is not None):
        if networks.source is None:
            raise InputError(f"--strategy {strategy} trains on a source first: give --source")
        raise InputError(
            f"--source: recipe {plan.name} with its phases trains on no source: drop it, or change --strategy"
        )
    changes: dict[str, Any] = {
        "split": Split(train_end=_date(task.cuts.train_end), validation_end=_date(task.cuts.validation_end)),
        "held_out": (),
        "left_out": (),
    }
    if task.is_rolling:
        lookback = max(plan.lookback, task.window + max(LAGS, task.window - 1))
        changes |= {"rolling": task.window, "horizons": (1,), "channels": ("close",), "lookback": lookback}
        changes |= {"measure": "auto"}
    else:
        channels = CHANNELS[task.measure]
        if channels == ("variance",) and "return" in task.bars:
            channels = ("variance", "return")
        changes |= {"channels": channels, "measure": task.measure}
        if task.horizon not in plan.horizons:
            changes["horizons"] = (task.horizon,)
    return dataclasses.replace(plan, **changes)


def _date(day: np.datetime64) -> date:
    return date.fromisoformat(str(day))


def _reads_source(phases: "Sequence[Phase]") -> bool:
    return any(phase.series == "source" for phase in phases)
