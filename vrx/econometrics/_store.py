"""A fitted model as JSON."""

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from vrx.econometrics._inference import Inference
from vrx.econometrics._law import Array, Law, powers
from vrx.errors import InputError

if TYPE_CHECKING:
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

__all__ = ["read", "write"]

FORMAT = 1


def write(
    model: "DynamicFractionalVolatility", law: Law, inference: Inference, series: Mapping[str, list[float]]
) -> str:
    """Everything that a result holds; exponents that the model was given are those of the days."""
    options = {field.name: getattr(model, field.name) for field in fields(model)}
    if not isinstance(model.hurst, str | float | int):
        options["hurst"] = None
    facts = asdict(inference) | {
        name: [[None if math.isnan(one) else one for one in row] for row in getattr(inference, name).tolist()]
        for name in ("covariance", "robust")
    }
    document = {"format": FORMAT, "model": options, "law": asdict(law), "inference": facts, "series": dict(series)}
    return json.dumps(document, allow_nan=False, default=operator.index)


def read(text: str) -> tuple["DynamicFractionalVolatility", Law, Inference, dict[str, list[float]]]:
    """Take apart what :func:`write` wrote, or say in one line why it cannot be."""
    # The model reads and writes results, and results hold their model.
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise InputError(f"the result has format {document['format']!r}, not {FORMAT}: fit anew")
        series = {name: _numbers(document["series"][name]).tolist() for name in _SERIES}
        law, facts = Law(**document["law"]), document["inference"]
        inference = Inference(**facts | {name: _square(facts[name]) for name in ("covariance", "robust")})
        options = {key: tuple(one) if isinstance(one, list) else one for key, one in document["model"].items()}
        given = options["hurst"] is None
        model = DynamicFractionalVolatility(**options | ({"hurst": series["hurst"]} if given else {}))
        days = len(series["returns"])
        whole = len(series["hurst"]) == days and len(series["sigma"]) == days + 1 and inference.days <= days
        if not (whole and len(series["states"]) == len(powers().decays) and np.isfinite(law.array).all()):
            raise ValueError("its parts do not fit together")
    except InputError:
        raise
    except (TypeError, KeyError, ValueError, RecursionError, AttributeError, OverflowError) as error:
        raise InputError(f"the result cannot be read ({error}): save it again, or fit anew") from None
    return model, law, inference, series


_SERIES = ("returns", "hurst", "sigma", "recent", "states")


def _numbers(values: Any) -> Array:
    """A list of finite numbers; anything else is a TypeError or ValueError."""
    if not isinstance(values, list) or any(isinstance(one, bool | str) or one is None for one in values):
        raise TypeError("a list of numbers is missing")
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError("a number is missing or infinite")
    return array


def _square(rows: Any) -> Array:
    array = np.array([[math.nan if one is None else one for one in row] for row in rows], dtype=np.float64)
    if array.shape != (3, 3):
        raise ValueError(f"a covariance has shape {array.shape}")
    return array
