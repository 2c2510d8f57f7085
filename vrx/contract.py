"""The contract of a model file: what every ``NAME.onnx`` of vrx promises, and the frozen spec that travels inside it.

One file holds everything from raw bars to volatility. Its input ``bars`` is float64 ``[batch, lookback, channels]``,
oldest first; its outputs are ``variance`` and ``volatility`` ``[batch, horizons]`` and ``quantiles``
``[batch, horizons, levels]`` of volatility, all per day, decimal, not annualised. A window that holds a NaN, an
infinity or a price that is not positive answers NaN, never a number. The :class:`Spec` stands in the graph's metadata
under ``vrx.spec`` and, byte for byte, beside the file as ``NAME.json``.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

from vrx.errors import ModelFileError

__all__ = ["Origin", "SelfTest", "Spec", "days_of"]

FORMAT = 1
METADATA_KEY = "vrx.spec"
INPUT = "bars"
OUTPUTS = ("variance", "volatility", "quantiles")
# Opset 18 in IR version 8 is what onnxruntime reads from 1.15 to today.
OPSET = 18
IR_VERSION = 8
MAX_BYTES = 5_000_000
# Largest relative difference that export allows between graph and network, and verify between then and now.
TOLERANCE = 1e-5
CHANNEL_SETS = (
    ("close",),
    ("open", "high", "low", "close"),
    ("variance",),
    ("variance", "return"),
)
UNITS = "decimal, per day, not annualised"


def days_of(channels: tuple[str, ...], lookback: int) -> int:
    """Days of variance in a window: prices lose the first bar, which only anchors the first return.

    Examples
    --------
    >>> days_of(("close",), 23), days_of(("variance",), 22)
    (22, 22)
    """
    return lookback if channels[0] == "variance" else lookback - 1


@dataclass(frozen=True)
class Origin:
    """One series that a model was trained on.

    Attributes
    ----------
    name
        The series, such as ``"BTC"``.
    first, last
        ISO dates of the first and last bar that training and choosing the model saw.
    rows
        How many bars that was.
    sha256
        Hash of the numbers: of the float64 bars of those rows, oldest first, little-endian.
    """

    name: str
    first: str
    last: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class SelfTest:
    """One window and what the model answered for it on the day of export; ``vrx verify`` replays it."""

    bars: tuple[tuple[float, ...], ...]
    variance: tuple[float, ...]
    volatility: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Spec:
    """What a model file says of itself.

    Attributes
    ----------
    name
        The model's name.
    network
        One line on what computes the forecast.
    channels
        What the last axis of ``bars`` holds, such as ``("open", "high", "low", "close")``.
    lookback
        How many bars one window holds.
    horizons
        Days ahead: entry h is the mean daily variance of the next h days.
    levels
        Probabilities of the quantiles.
    target
        The definition of the variance that the model was fitted to.
    periods_per_year
        Trading days a year of the training series: only a default for display.
    trained_on
        The series that training and the choice of the model saw.
    scores
        Out-of-sample scores beside their baselines, as the model's card prints them.
    parity
        Largest relative difference between the graph and the network that it came from, measured at export.
    versions
        Versions of the software that made the file.
    licence
        SPDX name of the licence of the weights.
    self_test
        An input and the answer to it.
    """

    name: str
    network: str
    channels: tuple[str, ...]
    lookback: int
    horizons: tuple[int, ...]
    levels: tuple[float, ...]
    target: str
    periods_per_year: int
    trained_on: tuple[Origin, ...]
    parity: float
    versions: Mapping[str, str]
    self_test: SelfTest
    scores: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"
    units: str = UNITS
    format: int = FORMAT

    def __post_init__(self) -> None:
        for wrong, message in (
            (self.format != FORMAT, f"format {self.format} is not {FORMAT}: install the vrx that wrote it"),
            (self.channels not in CHANNEL_SETS, f"channels {list(self.channels)} are not known"),
            (self.lookback < 1, f"lookback {self.lookback} is not positive"),
            (
                not _rising(self.horizons) or self.horizons[0] < 1,
                f"horizons {list(self.horizons)} do not rise from 1",
            ),
            (
                not _rising(self.levels) or not 0 < self.levels[0] <= self.levels[-1] < 1,
                f"levels {list(self.levels)} do not rise inside (0, 1)",
            ),
            (self.periods_per_year < 1, f"periods_per_year {self.periods_per_year} is not positive"),
        ):
            if wrong:
                raise ModelFileError(f"{METADATA_KEY}: {message}")

    def to_json(self) -> str:
        """The spec as JSON, one key a line, the self-test last."""
        document = asdict(self)
        document["self_test"] = document.pop("self_test")
        return as_json(document)

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """Read a spec; anything that is missing, unknown or of the wrong type is a :class:`ModelFileError`."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{METADATA_KEY} is not JSON ({error}): export the model again") from None
        if not isinstance(document, dict):
            raise ModelFileError(f"{METADATA_KEY} is not a JSON object: export the model again")
        if document.get("format") != FORMAT or isinstance(document["format"], bool):
            raise ModelFileError(
                f"{METADATA_KEY}: format {document.get('format')!r} is not {FORMAT}: install the vrx that wrote it"
            )
        known = {item.name for item in fields(cls)}
        if odd := sorted(known ^ document.keys()):
            raise ModelFileError(f"{METADATA_KEY}: missing or unknown keys {odd}: export the model again")
        return cls(**{key: _read(key, value) for key, value in document.items()})


def as_json(document: Mapping[str, Any]) -> str:
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rising(values: tuple[float, ...]) -> bool:
    return len(values) > 0 and all(a < b for a, b in pairwise(values))


def _read(key: str, value: Any) -> Any:
    try:
        return READERS[key](value)
    except (TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
        raise ModelFileError(f"{METADATA_KEY}: {key} cannot be read ({error}): export the model again") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    # Names and licences are printed: one with line breaks or terminal escapes in it was forged or damaged.
    if not value.isprintable():
        raise ValueError(f"{value!a} holds characters that do not print")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError(f"{value!r} is not a finite number")
    return float(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def _scores(value: Any) -> dict[str, Any]:
    json.dumps(value, allow_nan=False)  # what cannot be written back is no score
    return _object(value)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(_number(value) for value in _list(values))


def _table(rows: Any) -> tuple[tuple[float, ...], ...]:
    table = tuple(_numbers(row) for row in _list(rows))
    if len({len(row) for row in table}) > 1:
        raise ValueError("its rows differ in length")
    return table


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return values


def _origin(value: Any) -> Origin:
    item = _object(value)
    return Origin(
        name=_text(item["name"]),
        first=_text(item["first"]),
        last=_text(item["last"]),
        rows=_whole(item["rows"]),
        sha256=_text(item["sha256"]),
    )


def _self_test(value: Any) -> SelfTest:
    item = _object(value)
    return SelfTest(
        bars=_table(item["bars"]),
        variance=_numbers(item["variance"]),
        volatility=_numbers(item["volatility"]),
        quantiles=_table(item["quantiles"]),
    )


READERS: dict[str, Callable[[Any], Any]] = {
    "name": _text,
    "network": _text,
    "target": _text,
    "licence": _text,
    "units": _text,
    "lookback": _whole,
    "periods_per_year": _whole,
    "parity": _number,
    "format": _whole,
    "channels": lambda values: tuple(_text(value) for value in _list(values)),
    "horizons": lambda values: tuple(_whole(value) for value in _list(values)),
    "levels": _numbers,
    "trained_on": lambda values: tuple(_origin(value) for value in _list(values)),
    "versions": lambda value: {_text(key): _text(item) for key, item in _object(value).items()},
    "scores": _scores,
    "self_test": _self_test,
}
