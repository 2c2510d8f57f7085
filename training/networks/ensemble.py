"""Networks of one recipe and several seeds, in one graph."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from vrx.training.networks.base import Distribution, Inputs, Interface, Network
from vrx.training.recipe import Recipe

__all__ = ["Ensemble"]


class Ensemble(Network):
    """The members' mean log variance, with the spread of their mixture and an answer calibrated for the whole.

    Parameters
    ----------
    recipe
        Theirs, but for the seed.
    members
        Trained; what their own answers were calibrated to is not used unless asked for.

    Notes
    -----
    Of M members with means m_k and spreads s_k the spread is ``sqrt(mean(s_k^2) + variance(m_k))``, the standard
    deviation of a law drawn from them at random: where they disagree, the quantiles are wider.
    """

    def __init__(self, recipe: Recipe, members: Sequence[Network]) -> None:
        super().__init__(Interface.of(recipe))
        self.members = nn.ModuleList(members)

    def each(self) -> list[Network]:
        """The members."""
        return cast("list[Network]", list(self.members))

    @torch.no_grad()
    def take_answers(self) -> None:
        """Answer with the mean of what the members' own answers were calibrated to."""
        for name, value in self.answer.state_dict().items():
            value.copy_(torch.stack([member.answer.state_dict()[name] for member in self.each()]).mean(0))

    @torch.no_grad()
    def give_answer(self) -> None:
        """Let every member answer as the whole does."""
        for member in self.each():
            member.answer.load_state_dict(self.answer.state_dict())

    def distribution(self, inputs: Inputs) -> Distribution:
        """Mix the members' distributions."""
        found = [member.distribution(inputs.last(member.input.window)) for member in self.each()]
        means = torch.stack([part.mean for part in found])
        squares = torch.stack([part.spread for part in found]) ** 2
        mean = means.mean(0)
        return Distribution(mean, torch.sqrt(squares.mean(0) + ((means - mean) ** 2).mean(0)))
