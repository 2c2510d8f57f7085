"""A phase in closed form: another series' linear part and spread, nothing else moved, and nothing made worse."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import torch
from torch import Tensor

from vrx.errors import TrainingError
from vrx.training.linear_part import Read, added, read, ridge
from vrx.training.losses import loss
from vrx.training.networks import Encoded
from vrx.training.windows import Samples

__all__ = ["KEPT", "adapt"]

# What a closed phase may keep, in the order in which ties are resolved.
KEPT = ("linear part", "spread", "nothing")
# A train part that the linear part meets exactly would leave a spread of zero.
LEAST_FACTOR = 1e-3
# The power of the likelihood in the weights of several ridges: errors are fat-tailed, and a likelihood that holds them
# for normal is too sure. A quarter, a half and one were as good on 2009 to 2014 of equity indices and on 2018 of coins,
# currencies and stocks.
POWER = 0.5

Values = Mapping[str, Tensor]


@torch.no_grad()
def adapt(
    network: Encoded,
    ridges: Sequence[float],
    horizons: Sequence[int],
    train: Samples,
    validation: Samples,
    kind: str,
    *,
    refit: bool = False,
) -> tuple[tuple[float, float], str]:
    """Re-solve the linear part by a ridge toward its coefficients, and fit the spread by one factor a horizon.

    Of the new linear part, the old one with the new spread, and the network as it came, that stays which has the lowest
    loss on the validation part: a series too short to learn from leaves the network as it was. With `refit`, a new
    linear part that was kept is then solved once more with the validation part among the samples.

    Of several ridges none is chosen: the new linear part and spread are the mean of what each of them gives, of the new
    spread alone and of the network as it came, weighted horizon by horizon by their likelihood on the validation part.

    Parameters
    ----------
    network
        With a linear part; on return it holds what was kept.
    ridges
        Weights of the squared changes of the coefficients, as :func:`vrx.training.linear_part.ridge` takes them, for a
        horizon of one day.
    horizons
        Days ahead. Forecasts for h days overlap: h of their errors say what one of them says, so that a ridge counts h
        times.
    train, validation
        The series' samples. The spread is fitted to `train`: its standardised errors get a mean square of one. Left at
        another market's, it would bias the log of every mean forecast by half the excess of its square.
    kind
        The loss.

    Returns
    -------
    losses : (float, float)
        On the train and the validation part, of what is kept, before any second solution.
    kept : str
        One of :data:`KEPT`.

    Raises
    ------
    TrainingError
        The loss is no number whatever is kept.
    """
    held = {"gain": network.gain, **dict(added(network).linear.named_parameters())}
    came = _copy(held)
    fitted, chosen = read(network, train), read(network, validation)
    tries = _tries(network, held, ridges, horizons, [fitted])
    shares = _shares(network, held, tries, horizons, chosen) if len(ridges) > 1 else {}
    solved = _blend(tries, shares) if shares else tries.get(_name(ridges[0]))
    found = {}
    for name, values in {KEPT[0]: solved, KEPT[1]: tries["spread"], KEPT[2]: came}.items():
        if values is None:
            continue
        _restore(held, values)
        losses = _loss(network, fitted, kind), _loss(network, chosen, kind)
        if all(map(math.isfinite, losses)):
            found[name] = losses, values
    if not found:
        raise TrainingError(
            "phase in closed form: the loss is no number, on the network as it came neither: look for days of the "
            "target whose variance is far from all others"
        )
    kept = min(found, key=lambda name: found[name][0][1])
    losses, values = found[kept]
    if refit and kept == KEPT[0]:
        # Held to where it stood before the first solution, which would else count its samples twice.
        _restore(held, came)
        again = _tries(network, held, ridges, horizons, [fitted, chosen])
        values = _blend(again, shares) if shares else again[_name(ridges[0])]
    _restore(held, values)
    return losses, kept


def _tries(
    network: Encoded, held: Values, ridges: Sequence[float], horizons: Sequence[int], parts: Sequence[Read]
) -> dict[str, Values]:
    """The network as it came, its spread fitted, and each ridge solved; on return it is as it came."""
    came = _copy(held)
    tries: dict[str, Values] = {"nothing": came}
    _fit_gain(network, parts)
    tries["spread"] = _copy(held)
    for weight in ridges:
        _restore(held, came)
        # Too few samples, or none that move, leave equations without a solution: then there is one try less.
        with suppress(TrainingError):
            ridge(network, parts, [weight * horizon for horizon in horizons])
            _fit_gain(network, parts)
            tries[_name(weight)] = _copy(held)
    _restore(held, came)
    return tries


def _name(weight: float) -> str:
    return f"ridge {weight:g}"


def _shares(
    network: Encoded, held: Values, tries: Mapping[str, Values], horizons: Sequence[int], part: Read
) -> dict[str, Tensor]:
    """The weight of each try, (horizons,), by its likelihood on a part; they add up to one."""
    counts = POWER * len(part) / torch.tensor(horizons, dtype=torch.float64)
    logs = []
    for values in tries.values():
        _restore(held, values)
        mean, spread = part.distribution(network)
        log = -(torch.log(spread) + 0.5 * ((part.target - mean) / spread) ** 2).mean(0)
        logs.append(torch.where(torch.isfinite(log), counts * log, -torch.inf))
    _restore(held, tries["nothing"])
    return dict(zip(tries, torch.softmax(torch.stack(logs), 0), strict=True))


def _blend(tries: Mapping[str, Values], shares: Mapping[str, Tensor]) -> Values:
    """The weighted mean: of coefficients as they are, of factors of the spread by their logs."""
    both = [name for name in tries if name in shares]
    total = torch.stack([shares[name] for name in both]).sum(0)
    mean: dict[str, Tensor] = {}
    for key in tries["nothing"]:
        logs = key == "gain"
        parts = []
        for name in both:
            value = torch.log(tries[name][key]) if logs else tries[name][key]
            share = (shares[name] / total).to(value.dtype).reshape(-1, *[1] * (value.dim() - 1))
            # A try that says no number has no share, and nothing times it would be no number either.
            parts.append(torch.where(share > 0.0, share * value, 0.0))
        summed = torch.stack(parts).sum(0)
        mean[key] = torch.exp(summed) if logs else summed
    return mean


def _loss(network: Encoded, part: Read, kind: str) -> float:
    return float(loss(part.distribution(network), part.target, kind))


def _fit_gain(network: Encoded, parts: Sequence[Read]) -> None:
    found = [(part, part.distribution(network)) for part in parts]
    errors = torch.cat([(part.target - mean) / spread for part, (mean, spread) in found])
    network.gain.mul_((errors**2).mean(0).sqrt().clamp(min=LEAST_FACTOR))


def _copy(held: Values) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in held.items()}


def _restore(held: Values, values: Values) -> None:
    for name, value in held.items():
        value.copy_(values[name])
