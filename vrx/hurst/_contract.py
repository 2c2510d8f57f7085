"""The contract of a model file that forecasts the Hurst exponent: its graph, and the spec that travels inside it.

The input ``returns`` is float64 ``[batch, lookback]``, oldest first; the output ``hurst`` ``[batch, horizons]`` is the
rolling exponent of ``Wavelet(kind="noise")`` as it is forecast to be some days on. A window with a NaN or an infinity
in it, or without movement, answers NaN. The spec stands in the graph's metadata under ``vrx.hurst``. All else (opset,
IR version, size, one file) is as :mod:`vrx.contract` has it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

from vrx import contract
from vrx.contract import Origin
from vrx.errors import ModelFileError

__all__ = ["HurstSpec"]

FORMAT = 1
METADATA_KEY = "vrx.hurst"
INPUT, OUTPUT = "returns", "hurst"


@dataclass(frozen=True)
class HurstSpec:
    """What a model file of the Hurst exponent says of itself.

    Attributes
    ----------
    name, network
        The model's name, and one line on what computes the forecast.
    window
        Returns in a rolling window of the exponent.
    lookback
        Returns that one forecast reads.
    horizons
        Days ahead.
    trained_on
        The series that training and the choice of the model saw.
    parity
        Largest difference between the graph and the network that it came from, measured at export.
    versions
        Versions of the software that made the file.
    returns, hurst
        One window, and what the model answered for it on the day of export: its self-test.
    scores
        Root mean squared errors out of sample, beside those of the rivals.
    licence
        SPDX name of the licence of the weights.
    """

    name: str
    network: str
    window: int
    lookback: int
    horizons: tuple[int, ...]
    trained_on: tuple[Origin, ...]
    parity: float
    versions: Mapping[str, str]
    returns: tuple[float, ...]
    hurst: tuple[float, ...]
    scores: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"
    format: int = FORMAT

    def __post_init__(self) -> None:
        rising = bool(self.horizons) and all(a < b for a, b in pairwise((0, *self.horizons)))
        for wrong, message in (
            (not 1 < self.window <= self.lookback, f"lookback {self.lookback} does not hold a window of {self.window}"),
            (not rising, f"horizons {list(self.horizons)} do not rise from 1"),
            (len(self.returns) != self.lookback, "the self-test is no window of this model"),
            (len(self.hurst) != len(self.horizons), "the self-test has another number of horizons"),
        ):
            if wrong:
                raise ModelFileError(f"{METADATA_KEY}: {message}: export the model again")

    def to_json(self) -> str:
        """The spec as JSON, one key a line."""
        return contract.as_json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "HurstSpec":
        """Read a spec; anything that is missing, unknown or of the wrong type is a :class:`ModelFileError`."""
        try:
            document = json.loads(text)
            if (found := document["format"]) != FORMAT or isinstance(found, bool):
                raise ModelFileError(f"{METADATA_KEY}: format {found!r} is not {FORMAT}: install the vrx that wrote it")
            if odd := sorted({item.name for item in fields(cls)} ^ document.keys()):
                raise ModelFileError(f"{METADATA_KEY}: missing or unknown keys {odd}: export the model again")
            return cls(**{key: _READERS[key](value) for key, value in document.items()})
        except ModelFileError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            why = " ".join(str(error).split())
            raise ModelFileError(f"{METADATA_KEY} cannot be read ({why}): export the model again") from None


# How each kind of value is read, and refused, is the same for every model file.
_SHARED = ("name", "network", "licence", "lookback", "format", "horizons", "trained_on", "parity", "versions", "scores")
_READERS: dict[str, Callable[[Any], Any]] = {
    **{key: contract.READERS[key] for key in _SHARED},
    "window": contract.READERS["lookback"],
    "returns": contract.READERS["levels"],
    "hurst": contract.READERS["levels"],
}
