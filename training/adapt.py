"""A phase in closed form: another series' linear part and spread, nothing else moved, and nothing made worse."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import torch
from torch import Tensor

from vrx.errors import TrainingError
from vrx.training.calibration import distributions, explained
from vrx.training.linear_part import ridge
from vrx.training.losses import loss
from vrx.training.networks import Encoded
from vrx.training.windows import Samples

__all__ = ["KEPT", "adapt"]

# What a closed phase may keep, in the order in which ties are resolved.
KEPT = ("linear part", "spread", "nothing")
# A train part that the linear part meets exactly would leave a spread of zero.
LEAST_FACTOR = 1e-3


@torch.no_grad()
def adapt(
    network: Encoded, penalties: Sequence[float], train: Samples, validation: Samples, kind: str, *, refit: bool = False
) -> tuple[tuple[float, float], Mapping[str, Tensor], str]:
    """Re-solve the linear part by a ridge toward its coefficients, and fit the spread by one factor a horizon.

    Of the new linear part, the old one with the new spread, and the network as it came, that stays which has the lowest
    loss on the validation part: a series too short to learn from leaves the network as it was. With `refit`, a new
    linear part that was kept is then solved once more with the validation part among the samples.

    Parameters
    ----------
    network
        With a linear part; on return it holds what was kept.
    penalties
        Weights of the squared changes of the coefficients, one a horizon, as :func:`vrx.training.linear_part.ridge`
        takes them.
    train, validation
        The series' samples. The spread is fitted to `train`: its standardised errors get a mean square of one. Left at
        another market's, it would bias the log of every mean forecast by half the excess of its square.
    kind
        The loss.

    Returns
    -------
    losses : (float, float)
        On the train and the validation part, of what is kept, before any second solution.
    weights : dict of str to Tensor
        What the combiner decides, in the mean over the validation part.
    kept : str
        One of :data:`KEPT`.

    Raises
    ------
    TrainingError
        The loss is no number whatever is kept.
    """
    regression = network.combiner.regression
    if regression is None:
        raise ValueError("a network without a linear part has nothing to re-solve")
    held = {"gain": network.gain, **dict(regression.linear.named_parameters())}
    tries: dict[str, dict[str, Tensor]] = {"nothing": _copy(held)}
    _fit_gain(network, [train])
    tries["spread"] = _copy(held)
    # Too few samples, or none that move, leave equations without a solution: then there is one try less.
    with suppress(TrainingError):
        ridge(network, regression, [train], penalties)
        _fit_gain(network, [train])
        tries["linear part"] = _copy(held)
    found = {}
    for name in (name for name in KEPT if name in tries):
        _restore(held, tries[name])
        distribution, weights = explained(network, validation)
        fitted = float(loss(distributions(network, train), train.target, kind))
        validated = float(loss(distribution, validation.target, kind))
        if math.isfinite(fitted) and math.isfinite(validated):
            found[name] = (fitted, validated), weights
    if not found:
        raise TrainingError(
            "phase in closed form: the loss is no number, on the network as it came neither: look for days of the "
            "target whose variance is far from all others"
        )
    kept = min(found, key=lambda name: found[name][0][1])
    _restore(held, tries[kept])
    if refit and kept == "linear part":
        # Held to where it stood before the first solution, which would else count its samples twice.
        _restore(dict(regression.linear.named_parameters()), tries["nothing"])
        ridge(network, regression, [train, validation], penalties)
        _fit_gain(network, [train, validation])
    return *found[kept], kept


def _fit_gain(network: Encoded, parts: Sequence[Samples]) -> None:
    found = [(part, distributions(network, part)) for part in parts]
    errors = torch.cat([(part.target - mean) / spread for part, (mean, spread) in found])
    network.gain.mul_((errors**2).mean(0).sqrt().clamp(min=LEAST_FACTOR))


def _copy(held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in held.items()}


def _restore(held: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    for name, value in held.items():
        value.copy_(values[name])
