"""A fitted model as JSON."""

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vrx.econometrics._inference import Inference
from vrx.econometrics._law import EXPONENTS, Array, Law, Sample, memory, powers, sigma_of
from vrx.errors import InputError

if TYPE_CHECKING:
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

__all__ = ["read", "write"]

FORMAT = 2
# What is worked out again from the returns may differ by this share of it: other machines round exp otherwise.
ROUNDING = 1e-9
# No sigma of a market is e**100 times another.
WIDEST = 100.0
SERIES = ("returns", "hurst", "sigma", "recent", "states")

Series: TypeAlias = Mapping[str, list[float]]


def write(model: "DynamicFractionalVolatility", law: Law, inference: Inference, series: Series) -> str:
    """Everything that a result holds; exponents that the model was given are those of the days."""
    options = {field.name: getattr(model, field.name) for field in fields(model)}
    if not isinstance(model.hurst, str | float):
        options["hurst"] = None
    rows = [[None if math.isnan(one) else one for one in row] for row in inference.covariance.tolist()]
    facts = asdict(inference) | {"covariance": rows}
    document = {"format": FORMAT, "model": options, "law": asdict(law), "inference": facts, "series": dict(series)}
    return json.dumps(document, allow_nan=False, default=operator.index)


def read(text: str) -> tuple["DynamicFractionalVolatility", Law, Inference, dict[str, list[float]]]:
    """Take apart what :func:`write` wrote, or say in one line which field cannot be.

    What can be told from the returns is worked out again: a result that was altered is refused, not followed.
    """
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise _refusal(f"it is no JSON, {error}") from None
    if not isinstance(document, dict) or "format" not in document:
        raise _refusal("format is missing")
    if type(document["format"]) is not int or document["format"] != FORMAT:
        raise InputError(f"the result has format {document['format']!r}, not {FORMAT}: fit anew")
    for name in document.keys() - {"format", *_parts()}:
        raise _refusal(f"{name[:40]} is no part of a result")
    parts = {name: _part(document, name, wanted) for name, wanted in _parts().items()}
    series = {name: _numbers(parts["series"][name], f"series.{name}") for name in SERIES}
    law, inference, model = _law(parts["law"]), _inference(parts["inference"]), _model(parts["model"], series["hurst"])
    _fit_together(model, law, inference, series)
    _follow(law, inference, series)
    return model, law, inference, {name: values.tolist() for name, values in series.items()}


def _parts() -> dict[str, tuple[str, ...]]:
    """The fields of every part."""
    # The model reads and writes results, and results hold their model.
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

    kinds = {"model": DynamicFractionalVolatility, "law": Law, "inference": Inference}
    return {name: tuple(field.name for field in fields(kind)) for name, kind in kinds.items()} | {"series": SERIES}


def _part(document: dict[str, Any], name: str, wanted: tuple[str, ...]) -> dict[str, Any]:
    part = document.get(name)
    if not isinstance(part, dict):
        raise _refusal(f"{name} is missing")
    for field in wanted:
        if field not in part:
            raise _refusal(f"{name}.{field} is missing")
    for field in part:
        if field not in wanted:
            raise _refusal(f"{name}.{field[:40]!s} is no field of a result")
    return part


def _law(part: dict[str, Any]) -> Law:
    names = ("level", "slope", "power", "floor", "ceiling")
    level, slope, power, floor, ceiling = (_number(part[name], f"law.{name}") for name in names)
    _demand(abs(level) <= WIDEST, f"law.level is {level:g}, no logarithm of a volatility")
    _demand(0.0 < floor < ceiling, f"law.floor is {floor:g}, law.ceiling {ceiling:g}")
    _demand(ceiling < math.exp(WIDEST), f"law.ceiling is {ceiling:g}")
    innovation = part["innovation"]
    _demand(innovation in ("signed", "absolute"), f"law.innovation is {innovation!r}")
    return Law(level, slope, power, floor, ceiling, innovation)


def _inference(part: dict[str, Any]) -> Inference:
    counts = {name: part[name] for name in ("days", "estimated", "iterations", "evaluations")}
    for name, count in counts.items():
        _demand(type(count) is int and count >= 0, f"inference.{name} is {count!r}, no count")
    value, converged, note = (part[name] for name in ("log_likelihood", "converged", "note"))
    _demand(isinstance(converged, bool), f"inference.converged is {converged!r}")
    _demand(isinstance(note, str) and len(note.splitlines()) <= 1, "inference.note is no line of text")
    return Inference(
        log_likelihood=_number(value, "inference.log_likelihood"),
        covariance=_square(part["covariance"], "inference.covariance"),
        converged=converged,
        note=note,
        **counts,
    )


def _model(part: dict[str, Any], hurst: Array) -> "DynamicFractionalVolatility":
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

    try:
        return DynamicFractionalVolatility(**part | ({"hurst": hurst} if part["hurst"] is None else {}))
    except InputError as error:
        raise _refusal(f"model.{error}") from None


def _fit_together(
    model: "DynamicFractionalVolatility", law: Law, inference: Inference, series: dict[str, Array]
) -> None:
    """Refuse parts that are not of one result."""
    days, low, high = len(series["returns"]), *model.powers
    _demand(low <= law.power <= high, f"law.power is {law.power:g}, outside model.alpha")
    _demand(law.innovation == model.innovation, f"law.innovation is {law.innovation!r}, not model.innovation")
    fitted, free = inference.days, 2 + (low < high)
    _demand(model.least <= fitted <= days, f"inference.days is {fitted} of {days} returns")
    _demand(inference.estimated == free, f"inference.estimated is {inference.estimated}, not {free}")
    shapes = {"hurst": days, "sigma": days + 1, "states": len(powers().decays)}
    for name, size in shapes.items():
        _demand(len(series[name]) == size, f"series.{name} has {len(series[name])} values, not {size}")
    for name in ("returns", "recent"):
        _demand(bool(np.all(np.abs(series[name]) < 1.0)), f"series.{name} holds what is no log return")
    inside = (series["hurst"] >= EXPONENTS[0]) & (series["hurst"] <= EXPONENTS[1])
    _demand(bool(inside.all()), "series.hurst leaves 0.1 .. 0.9")
    if isinstance(model.hurst, float):
        kept = min(max(model.hurst, EXPONENTS[0]), EXPONENTS[1])
        _demand(bool(np.all(series["hurst"] == kept)), f"series.hurst is not model.hurst, {kept:g}, on every day")
    # The newest exponent is that of `recent`, which may reach further back than the fit.
    least = model.window if isinstance(model.hurst, str) else min(model.window, days)
    recent, both = series["recent"], min(len(series["recent"]), days)
    _demand(least <= len(recent) <= model.window, f"series.recent has {len(recent)} values, not {least}")
    _demand(np.array_equal(recent[-both:], series["returns"][-both:]), "series.recent is not the end of series.returns")


def _follow(law: Law, inference: Inference, series: dict[str, Array]) -> None:
    """Refuse what does not follow from the returns, the exponents and the law."""
    fitted, returns = inference.days, series["returns"]
    log_sigma, states = Sample(returns, memory(series["hurst"])).run(law, 1)
    sigma = sigma_of(log_sigma[:, 0])
    _demand(_equal(series["sigma"], sigma), "series.sigma does not follow from the returns and the law")
    _demand(_equal(series["states"], states[0]), "series.states do not follow from the returns and the law")
    squares = np.square(returns[:fitted] / sigma[:fitted])
    value = -float(np.sum(0.5 * math.log(2.0 * math.pi) + log_sigma[:fitted, 0] + 0.5 * squares))
    right = abs(value - inference.log_likelihood) <= ROUNDING * max(abs(value), float(fitted))
    _demand(right, f"inference.log_likelihood is {inference.log_likelihood:g}, that of the returns is {value:g}")


def _equal(stored: Array, found: Array) -> bool:
    """Whether they differ by rounding alone, measured on the largest of a series."""
    return bool(np.all(np.abs(stored - found) <= ROUNDING * np.maximum(np.abs(found), 1e-3 * np.max(np.abs(found)))))


def _number(value: Any, name: str) -> float:
    _demand(isinstance(value, float | int) and not isinstance(value, bool), f"{name} is {str(value)[:40]}, no number")
    _demand(abs(value) < 1e300, f"{name} is {str(value)[:40]}, no finite number")
    return float(value)


def _numbers(values: Any, name: str) -> Array:
    _demand(isinstance(values, list), f"{name} is no list of numbers")
    return np.array([_number(one, f"{name}[{k}]") for k, one in enumerate(values)], dtype=np.float64)


def _square(rows: Any, name: str) -> Array:
    whole = isinstance(rows, list) and len(rows) == 3 and all(isinstance(row, list) and len(row) == 3 for row in rows)
    _demand(whole, f"{name} is no table of 3 by 3 numbers")
    array = np.array([[math.nan if one is None else _number(one, name) for one in row] for row in rows])
    known = np.isfinite(np.diag(array))
    part = array[np.ix_(known, known)]
    sound = np.all(np.isfinite(part)) and np.isfinite(array).sum() == part.size and np.allclose(part, part.T)
    _demand(bool(sound and np.all(np.diag(part) >= 0.0)), f"{name} is no covariance")
    return array


def _demand(right: bool, wrong: str) -> None:
    if not right:
        raise _refusal(wrong)


def _refusal(wrong: str) -> InputError:
    return InputError(f"the result cannot be read ({wrong}): save it again, or fit anew")
