"""Which day of the week the last row of a window is, read off the variances themselves: the contract has no dates."""

import torch
from torch import Tensor, nn

from vrx.training.networks.base import constant

__all__ = ["Week"]

DAYS = 7
# The shape of a week on a market that never closes: log variance from Monday to Friday, and on Saturday and Sunday. Its
# sizes were chosen on bitcoin's validation part, with the half-life and the belief below; the plain means of d_t on its
# train part are about a third of them.
WORKDAY, WEEKEND = 0.12, -0.30
# Days after which a deviation counts half: long enough to see eight weekends, short enough that a missing row, which
# moves the phase of all that came before, is forgotten.
HALFLIFE = 60.0
# How far a single deviation is to be believed: half of what independent Gaussian noise of variance 0.8 would justify.
BELIEF = 0.5 / 0.8


class Week(nn.Module):
    """The effect of the weekday that tomorrow is, and that today is, each expected under the inferred phase.

    With d_t the log variance less its mean over the seven rows before (0 for the window's first seven), w the week
    above less its mean, and p the place of the last row in the week,

        score(p) = sum over ages a of 0.5^(a / 60) d_{t - a} w[(p - a) mod 7],   P = softmax(0.5 / 0.8 score),

    the columns are P . w shifted by one day, and P . w. The score is linear in the path: one constant matrix.

    Parameters
    ----------
    days
        Days in a window.

    Notes
    -----
    It is for series with a row for every day. Where markets close at weekends a row is a trading day, seven of them are
    no week, and P stays near what noise makes of it; columns that mean nothing get coefficients near zero from as many
    windows as pretraining has, so indices with five rows a week do no harm as sources. In the smaller units that their
    spread has there, a coin's columns are large and its coefficients are found against a weak penalty.
    """

    def __init__(self, days: int) -> None:
        super().__init__()
        week = torch.tensor([WORKDAY] * 5 + [WEEKEND] * 2, dtype=torch.float64)
        week -= week.mean()
        ages = torch.arange(days - 1, -1, -1)
        match = week[(torch.arange(DAYS) - ages[:, None]) % DAYS] * 0.5 ** (ages[:, None].double() / HALFLIFE)
        # Row t of the path enters the deviation of day t, and those of the seven days after it, less a seventh each.
        deviation = torch.eye(days, dtype=torch.float64)
        for t in range(days):
            deviation[max(t - DAYS, 0) : t, t] = -1.0 / DAYS
        deviation[:, :DAYS] = 0.0
        constant(self, "score", BELIEF * deviation @ match)
        constant(self, "effect", torch.stack([week.roll(-1), week], 1))
        self.score: Tensor
        self.effect: Tensor

    def forward(self, logs: Tensor) -> Tensor:
        """From centred log variance (batch, days) to tomorrow's and today's expected effect, (batch, 2)."""
        return torch.softmax(logs @ self.score, 1) @ self.effect
