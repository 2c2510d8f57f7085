"""Where the loop of training stands after an epoch, and what its checkpoint holds of it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from vrx.errors import TrainingError
from vrx.training import checkpoint
from vrx.training.networks import Network

__all__ = ["Epoch", "Saved", "State", "opened", "save", "weights_of"]


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean losses of the recipe's kind, the rate, its seconds, and what the combiner decided."""

    phase: int
    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    weights: dict[str, float] = field(default_factory=dict)
    """Means over the validation part, after the epoch: `alpha`, or the probability of each regime; empty for others."""
    kept: str = ""
    """Of a phase in closed form: what of it validation kept, one of :data:`vrx.training.adapt.KEPT`."""


@dataclass
class State:
    """Where the loop stands, weights and moments apart; JSON in the header of the checkpoint."""

    phase: int = 0
    epoch: int = 0  # epochs finished in this phase
    rate: float = 0.0
    best: float = math.inf  # validation loss of what this phase keeps so far, at first the network entering it
    stale: int = 0  # epochs since then
    waited: int = 0  # epochs since then or since the rate was last halved
    history: list[Epoch] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: infinity, which JSON lacks, as None."""
        return {**asdict(self), "best": None if math.isinf(self.best) else self.best}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "State":
        """Read what :meth:`to_dict` wrote."""
        best = math.inf if document["best"] is None else document["best"]
        return cls(**{**document, "best": best, "history": [Epoch(**epoch) for epoch in document["history"]]})


@dataclass(frozen=True, eq=False)
class Saved:
    """What a checkpoint holds beside the network's weights."""

    state: State
    best: dict[str, Tensor]
    """The weights that the phase keeps of its epochs so far."""
    moments: dict[str, Tensor]
    """Those of the optimiser, by the number of the parameter and the moment's name."""


def weights_of(network: Network) -> dict[str, Tensor]:
    """A copy of the weights and buffers."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def save(path: Path, network: Network, best: Mapping[str, Tensor], moments: Mapping[str, Tensor], state: State) -> None:
    """Write the checkpoint of a finished epoch."""
    parts = {"model": network.state_dict(), "best": best, "adam": moments}
    tensors = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
    checkpoint.save(path, tensors, state.to_dict())


def opened(path: Path, network: Network) -> Saved:
    """Read what :func:`save` wrote, the weights into the network.

    Raises
    ------
    TrainingError
        The checkpoint is damaged, or that of another network.
    """
    tensors, document = checkpoint.load(path)
    try:
        state = State.from_dict(document)
        network.load_state_dict(_part(tensors, "model"))
    except (KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"{path}: not a checkpoint of this recipe ({reason}): train again") from None
    return Saved(state, _part(tensors, "best"), _part(tensors, "adam"))


def _part(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    return {name.partition("/")[2]: value for name, value in tensors.items() if name.startswith(f"{part}/")}
