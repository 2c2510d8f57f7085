"""The law of fractional volatility and its likelihood: parameters, recursion, score and information."""

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx._ext import dynamic as kernels
from vrx.econometrics._scoring import Point
from vrx.fractional._exponentials import Exponentials, exponentials

__all__ = ["EXPONENTS", "Array", "Innovation", "Law", "Sample", "memory", "powers", "sigma_of"]

Array: TypeAlias = NDArray[np.float64]
Innovation: TypeAlias = Literal["signed", "absolute"]

# The exponents that a memory kernel may have: beyond them it is white noise, or never forgets.
EXPONENTS = (0.1, 0.9)
# The nodes serve a century of days, so that a result can be updated without end and its bits do not depend on when.
HORIZON = 25_200
MEAN_ABSOLUTE = math.sqrt(2.0 / math.pi)


@dataclass(frozen=True)
class Law:
    """``log sigma_t = level + log(1 + power * slope * S_t) / power``, within a floor and a ceiling.

    This is ``sigma_t**alpha = kappa + lambda * S_t`` with ``alpha = power``, ``kappa = exp(alpha * level)`` and
    ``lambda = kappa * alpha * slope``. In these names nothing breaks at alpha = 0, where kappa is 1 and lambda 0
    whatever the data say: there the law is ``log sigma_t = level + slope * S_t``.
    """

    level: float
    """The logarithm of sigma when nothing has happened, sigma in decimals per day."""
    slope: float
    """What a unit of S adds to log sigma, near the level."""
    power: float
    """The paper's alpha."""
    floor: float
    """The least sigma, decimal per day."""
    ceiling: float
    """The largest sigma, decimal per day."""
    innovation: Innovation

    @property
    def centre(self) -> float:
        """What is taken from the size of z, 0 for signed shocks."""
        return MEAN_ABSOLUTE if self.innovation == "absolute" else 0.0

    @property
    def array(self) -> Array:
        """The numbers in the order of the kernel."""
        return np.array([self.level, self.slope, self.power, math.log(self.floor), math.log(self.ceiling), self.centre])

    @property
    def at(self) -> Array:
        """Level, slope and power, shape (3,)."""
        return self.array[:3]

    def moved(self, at: Array) -> "Law":
        """Return the law of another level, slope and power, within the same limits."""
        return replace(self, level=float(at[0]), slope=float(at[1]), power=float(at[2]))

    def natural(self, unit: float) -> tuple[Array, Array]:
        """Return (alpha, kappa, lambda) for sigma in units of `unit`, and their derivatives by the three parameters."""
        level, slope, alpha = self.level - math.log(unit), self.slope, self.power
        kappa = math.exp(alpha * level)
        jacobian = [
            [0.0, 0.0, 1.0],
            [kappa * alpha, 0.0, kappa * level],
            [kappa * alpha**2 * slope, kappa * alpha, kappa * slope * (1.0 + alpha * level)],
        ]
        return np.array([alpha, kappa, kappa * alpha * slope]), np.array(jacobian)


@dataclass(frozen=True, eq=False)
class Sample:
    """Returns with the weights of their shocks, ready to be run through any law."""

    returns: Array
    weights: Array
    """One row per day, or one for all days; shape (days, nodes)."""

    def run(self, law: Law, channels: int, states: Array | None = None) -> tuple[Array, Array]:
        """Return log sigma (and its derivatives) of every day and the day after, and the states after the last."""
        decays = powers().decays
        moved = np.zeros((channels, len(decays))) if states is None else states.copy()
        out = np.empty((len(self.returns) + 1, channels))
        kernels.run(self.returns, decays, self.weights, law.array, moved, out)
        return out, moved

    def point(self, law: Law) -> Point:
        """Return the log likelihood with its score and information by (level, slope, power)."""
        out = self.run(law, 4)[0][:-1]
        log_sigma, slopes = out[:, 0], out[:, 1:]
        squares = np.square(self.returns * np.exp(-log_sigma))
        value = -0.5 * math.log(2.0 * math.pi) * len(squares) - float(np.sum(log_sigma + 0.5 * squares))
        # Of a variance, d log(sigma^2) is twice the slope: hence no halves here.
        scores = (squares - 1.0)[:, np.newaxis] * slopes
        return Point(law.at, value, scores.sum(axis=0), 2.0 * slopes.T @ slopes, scores.T @ scores)


def memory(hurst: Array) -> Array:
    """The weights of the shocks of days with these Hurst exponents, shape (days, nodes)."""
    # BLAS multiplies a single row by another routine, with other last bits: one day goes in twice.
    days = hurst if len(hurst) > 1 else np.repeat(hurst, 2)
    return powers().weights(2.0 - 2.0 * np.clip(days, *EXPONENTS))[: len(hurst)]


def sigma_of(log_sigma: Array) -> Array:
    """Sigma, the same bits for a day by itself and among others: ``math.exp`` rounds differently."""
    return np.exp(np.ascontiguousarray(log_sigma))


def powers() -> Exponentials:
    """The nodes of every kernel here; made once."""
    return exponentials(HORIZON, 2.0 - 2.0 * EXPONENTS[1], 2.0 - 2.0 * EXPONENTS[0])
