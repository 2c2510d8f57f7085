"""Fisher scoring: climb a likelihood by its score and information, which costs one pass over the data a step."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "Optimum", "Point", "covariance", "maximise"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The stopping rule of Webb et al.: three steps in a row that change no parameter by more than a millionth of it.
TOLERANCE, IN_A_ROW = 1e-6, 3
# A parameter this small counts as this large there; 0 itself has no relative change.
SMALLEST = 0.01
MOST = 100
# Steps that are remembered with what they did to the score.
PAIRS = 5
# An information whose correlations come this near to 1 leaves a direction that the data say nothing about.
SINGULAR = 1e-10
# A parameter whose standard error is so many times what one step may change it by is anybody's guess.
VAGUE = 100.0


@dataclass(frozen=True, eq=False)
class Point:
    """A likelihood at one place."""

    at: Array
    """The parameters, shape (p,)."""
    value: float
    """The log likelihood."""
    score: Array
    """Its derivatives, shape (p,)."""
    information: Array
    """The expected information, shape (p, p)."""
    products: Array
    """The sum of outer products of the daily scores, shape (p, p)."""


@dataclass(frozen=True, eq=False)
class Box:
    """Where the parameters may be, and how far one step may take them."""

    names: tuple[str, ...]
    low: Array
    high: Array
    """Where it equals `low`, the parameter is fixed."""
    reach: Array

    def free(self, point: Point) -> Flags:
        """The parameters that the score does not press against an end of the box."""
        low, high = point.at <= self.low, point.at >= self.high
        return ~((low & high) | (low & (point.score < 0.0)) | (high & (point.score > 0.0)))

    def at_end(self, point: Point) -> bool:
        """Whether the score presses a parameter that is not fixed against an end of the box."""
        return bool(np.any(~self.free(point) & (self.low < self.high)))

    def doubts(self, point: Point) -> str:
        """What an optimum there leaves to be desired; empty if nothing."""
        free = self.free(point)
        doubts = [
            f"{self.names[i]} stands at {point.at[i] + 0.0:g}, the end of its range: the likelihood rises beyond"
            for i in (~free & (self.low < self.high)).nonzero()[0]
        ]
        errors = np.sqrt(np.diag(covariance(point, free)))[free]
        doubts += [
            f"the returns do not tell {self.names[i]}: its standard error is {error:.3g}"
            for i, error in zip(free.nonzero()[0], errors, strict=True)
            if not error <= VAGUE * self.reach[i]
        ]
        return "; ".join(doubts)


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the climb ended."""

    point: Point
    converged: bool
    """Whether the stopping rule held."""
    note: str
    """What is to be doubted of it, in one line; empty if nothing."""
    iterations: int
    evaluations: int


def covariance(point: Point, free: Flags) -> Array:
    """The inverse information of the free parameters, NaN for the others and where there is none; shape (p, p)."""
    out = np.full_like(point.information, np.nan)
    part = point.information[np.ix_(free, free)]
    if np.all(np.isfinite(part)) and np.linalg.matrix_rank(part) == len(part) > 0:
        out[np.ix_(free, free)] = np.linalg.inv(part)
    return out


@dataclass
class _Curvature:
    """The expected curvature of the free parameters, corrected by what the last steps did to the score."""

    free: Flags
    pairs: list[tuple[Array, Array]] = field(default_factory=list)

    def learn(self, before: Point, after: Point) -> None:
        step, fall = (after.at - before.at)[self.free], (before.score - after.score)[self.free]
        # Where the likelihood curves upwards a pair would turn the next step downhill.
        if step @ fall > 1e-12 * np.sqrt((step @ step) * (fall @ fall)):
            self.pairs = [*self.pairs, (step, fall)][-PAIRS:]

    def step(self, point: Point) -> Array:
        """The inverse curvature times the score (Nocedal and Wright 2006, Numerical Optimization, algorithm 7.4)."""
        direction: Array = point.score[self.free]
        shares: list[float] = []
        for step, fall in reversed(self.pairs):
            shares.append(float(step @ direction) / float(step @ fall))
            direction = direction - shares[-1] * fall
        expected = point.information[np.ix_(self.free, self.free)]
        direction = np.asarray(np.linalg.solve(expected, direction), dtype=np.float64)
        for (step, fall), share in zip(self.pairs, reversed(shares), strict=True):
            direction = direction + step * (share - float(fall @ direction) / float(step @ fall))
        whole = np.zeros(len(self.free))
        whole[self.free] = direction
        return whole


def maximise(evaluate: Callable[[Array], Point], start: Array, box: Box) -> Optimum:
    """Climb from `start` until the stopping rule holds.

    Plain scoring takes ``information**-1 @ score`` as its step. Where the data hardly tell two parameters apart the
    likelihood curves less or more than expected, and plain scoring needs up to 200 steps on daily returns; the last
    few steps tell the true curvature, and correct the expected one. The first step is plain.
    """
    point, evaluations, quiet = evaluate(np.clip(start, box.low, box.high)), 1, 0
    curvature = _Curvature(box.free(point))
    for iteration in range(1, MOST + 1):
        if np.any(box.free(point) != curvature.free):
            curvature = _Curvature(box.free(point))
        if _least_eigenvalue(point.information, curvature.free) < SINGULAR:
            note = "the information is singular: the returns do not tell the parameters apart"
            return Optimum(point, False, note, iteration - 1, evaluations)
        new, tries = _climb(evaluate, point, curvature.step(point), box)
        evaluations += tries
        if new is None and curvature.pairs:
            curvature = _Curvature(curvature.free)
            continue
        if new is None:
            return Optimum(point, False, "no step along the score raises the likelihood", iteration, evaluations)
        curvature.learn(point, new)
        small = np.abs(new.at - point.at) <= TOLERANCE * np.maximum(np.abs(new.at), SMALLEST)
        point, quiet = new, quiet + 1 if small.all() else 0
        if quiet == IN_A_ROW:
            return Optimum(point, True, box.doubts(point), iteration, evaluations)
    return Optimum(point, False, f"the parameters still move after {MOST} steps", MOST, evaluations)


def _climb(evaluate: Callable[[Array], Point], point: Point, step: Array, box: Box) -> tuple[Point | None, int]:
    """Shorten the step until the likelihood does not fall, but for rounding."""
    step = step / max(1.0, float(np.max(np.abs(step) / box.reach)))
    rise, least = float(step @ point.score), point.value - 1e-13 * abs(point.value)
    for tries in range(1, 31):
        new = evaluate(np.clip(point.at + step, box.low, box.high))
        if new.value >= least:
            return new, tries
        # Half, or less: where the parabola through both values and the slope has its top.
        share = min(0.5, max(0.1, rise / (2.0 * (rise + point.value - new.value)))) if rise > 0.0 else 0.5
        step, rise = share * step, share * rise
    return None, 30


def _least_eigenvalue(information: Array, free: Flags) -> float:
    """That of the information of the free parameters, scaled to a diagonal of ones; 0 where that cannot be."""
    part = information[np.ix_(free, free)]
    scales = np.sqrt(np.diag(part))
    if not np.all(np.isfinite(part)) or not np.all(scales > 0.0):
        return 0.0
    return float(np.linalg.eigvalsh(part / np.outer(scales, scales))[0]) if len(part) else 1.0
