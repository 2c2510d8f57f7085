"""What a store holds, as frozen records that are checked when they are made."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from vrx._arrays import shown, whole_number
from vrx.errors import InputError

__all__ = ["Artefact", "ForecastRow", "Row", "Run", "ScoreRow", "text_of"]

SHA256 = re.compile("[0-9a-f]{64}")
# Half of a SHA-256: two runs of one name are not to be expected among 2**64.
ID = 32
# What an integer of every database holds.
LARGEST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class ForecastRow:
    """What one model said at the end of one day of the mean variance of the next days.

    Examples
    --------
    >>> ForecastRow(series="btc", model="toy", as_of=date(2024, 12, 31), horizon=1, variance=4e-4).volatility
    0.02
    """

    KEY: ClassVar = ("series", "model", "model_sha256", "as_of", "horizon")

    series: str
    model: str
    model_sha256: str = ""
    """Hash of the model file; empty for a model that is no file."""
    as_of: date
    """The last day known."""
    horizon: int
    """Days ahead."""
    variance: float
    """Mean variance of those days, decimal, per day."""
    volatility: float = math.nan
    """Its root, unless given."""
    log_variance: float | None = None
    """Mean log variance, where the model says one."""
    quantiles: Mapping[str, float] | None = None
    """Quantiles of volatility by level, such as ``{"0.05": 0.011}``."""

    def __post_init__(self) -> None:
        _text(self.series, "series")
        _text(self.model, "model")
        _hash(self.model_sha256, "model_sha256", empty=True)
        if type(self.as_of) is not date:
            raise InputError(f"as_of is {self.as_of!r}: a forecast in a store has a day: give the series a date column")
        _set(self, "horizon", _count(self.horizon, "horizon", 1))
        _set(self, "variance", _number(self.variance, "variance", least=0.0))
        missing = isinstance(self.volatility, float) and math.isnan(self.volatility)
        volatility = math.sqrt(self.variance) if missing else self.volatility
        _set(self, "volatility", _number(volatility, "volatility", least=0.0))
        if self.log_variance is not None:
            _set(self, "log_variance", _number(self.log_variance, "log_variance"))
        if self.quantiles is not None:
            levels = {_text(level, "level"): _number(q, f"quantile {level}") for level, q in self.quantiles.items()}
            _set(self, "quantiles", levels)


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One score of one model; None where the number is not defined."""

    KEY: ClassVar = ("part", "model", "horizon", "name")

    part: str = "test"
    """The days that were scored."""
    model: str
    horizon: int
    name: str
    """Such as ``"qlike"``."""
    value: float | None

    def __post_init__(self) -> None:
        for name in ("part", "model", "name"):
            _text(getattr(self, name), name)
        _set(self, "horizon", _count(self.horizon, "horizon", 1))
        missing = self.value is None or (isinstance(self.value, float) and math.isnan(self.value))
        _set(self, "value", None if missing else _number(self.value, self.name))


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A file that a run read or wrote."""

    KEY: ClassVar = ("path",)

    path: str
    sha256: str
    bytes: int

    def __post_init__(self) -> None:
        _text(self.path, "path")
        _hash(self.sha256, "sha256")
        _set(self, "bytes", _count(self.bytes, "bytes", 0, 2**63 - 1))

    @classmethod
    def of(cls, path: Path, name: str | None = None) -> "Artefact":
        """Hash a file, a block at a time; it is called by its path unless named."""
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(path=text_of(name or str(path)), sha256=found, bytes=file.tell())


Row: TypeAlias = ForecastRow | ScoreRow | Artefact


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was done.

    Examples
    --------
    >>> row = ForecastRow(series="btc", model="toy", as_of=date(2024, 12, 31), horizon=1, variance=4e-4)
    >>> run = Run.of("predict", "btc", {"target": "close_to_close"}, [row])
    >>> run.id == Run.of("predict", "btc", {"target": "close_to_close"}, [row]).id
    True
    """

    id: str
    command: str
    series: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else there is to say, as JSON has it: options, versions, the target."""
    recorded: datetime | None = None
    """When the store first heard of it, in UTC; the store says so."""

    def __post_init__(self) -> None:
        for name in ("id", "command", "series"):
            _text(getattr(self, name), name)
        try:
            _set(self, "facts", json.loads(json.dumps(dict(self.facts), allow_nan=False)))
        except (TypeError, ValueError, RecursionError) as error:
            raise InputError(f"facts of run {self.id}: {error}: give strings, finite numbers, lists, objects") from None

    @classmethod
    def of(cls, command: str, series: str, facts: Mapping[str, Any], rows: Iterable[Row]) -> "Run":
        """A run named by its content: the same content is the same run, however often and wherever it is recorded."""
        content = [[type(row).__name__, vars(row)] for row in rows]
        unnamed = cls(id="-", command=command, series=series, facts=facts)
        text = json.dumps([command, series, unnamed.facts, content], sort_keys=True, allow_nan=False, default=str)
        return cls(id=hashlib.sha256(text.encode()).hexdigest()[:ID], command=command, series=series, facts=facts)


def text_of(text: str) -> str:
    """A text with what does not print escaped, so that a file of any name can be told."""
    return text if text.isprintable() else ascii(text)[1:-1]


def _set(row: object, name: str, value: object) -> None:
    object.__setattr__(row, name, value)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise InputError(f"{name} is {value!a}: give a text of characters that print")
    return value


def _hash(value: object, name: str, *, empty: bool = False) -> None:
    if not isinstance(value, str) or not (SHA256.fullmatch(value) or (empty and not value)):
        raise InputError(f"{name} is {value!a}: give the 64 hexadecimal digits of a SHA-256")


def _count(value: Any, name: str, least: int, most: int = LARGEST) -> int:
    if (found := whole_number(value, name, least)) > most:
        raise InputError(f"{name} is {found}: give at most {most}")
    return found


def _number(value: Any, name: str, least: float = -math.inf) -> float:
    try:
        found = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found) or found < least:
        what = "a finite number" if least < 0.0 else "a finite number, not negative"
        raise InputError(f"{name} is {shown(value)}: give {what}")
    return found
