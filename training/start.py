"""Where training starts: the scale of the inputs, and the linear part at pooled least squares."""

import torch

from vrx.training.networks import LstmAttention, Network
from vrx.training.windows import Samples

__all__ = ["start"]

CHUNK = 4096
# Share of the mean diagonal of X'X that is added to it, so that columns that say nothing (the mean over 252 days of a
# centred window of 252) get finite coefficients.
RIDGE = 1e-8


@torch.no_grad()
def start(network: Network, samples: Samples) -> None:
    """Set what is known in closed form from the train part of the first phase; other networks are left alone."""
    if not isinstance(network, LstmAttention):
        return
    squares, count = 0.0, 0
    gram: torch.Tensor | None = None
    moment: torch.Tensor | None = None
    for index in torch.arange(len(samples)).split(CHUNK):
        inputs = network.input(samples.windows(index))
        level, path, returns = network.path(inputs)
        squares += float((path**2).sum())
        count += path.numel()
        if network.linear is not None:
            columns = network.features(inputs, level, path, returns)
            columns = torch.cat([columns, torch.ones_like(columns[:, :1])], 1)
            above = samples.target[index] - level
            gram = columns.T @ columns + (0.0 if gram is None else gram)
            moment = columns.T @ above + (0.0 if moment is None else moment)
    network.scale.fill_((squares / count) ** 0.5 or 1.0)
    if network.linear is not None and gram is not None and moment is not None:
        gram += RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
        solution = torch.linalg.solve(gram, moment)
        network.linear.weight.copy_(solution[:-1].T)
        network.linear.bias.copy_(solution[-1])
