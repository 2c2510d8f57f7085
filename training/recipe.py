"""A recipe: all that decides a training run, as frozen dataclasses that read from TOML.

Two runs of one recipe on the same data, machine and torch end with the same bits.
"""

import dataclasses
import datetime
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrx import contract
from vrx.errors import InputError
from vrx.training._recipe_checks import CLOSED, ENCODERS, LINEAR, MODELS, OVERLAPPING, PERCEPTRON, check

__all__ = [
    "MODELS",
    "OVERLAPPING",
    "PERCEPTRON",
    "Member",
    "NetworkShape",
    "Phase",
    "Recipe",
    "Split",
    "finally_",
    "named",
    "recipes",
]

FOLDER = Path(__file__).with_name("recipes")
_NAMED = {str: "a text in quotes", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class NetworkShape:
    """The network; the defaults are the sizes of Dhansoia (2025)."""

    kind: str = "encoder"  # how the forecast is put together: by the encoder alone, with a linear part, against HAR ...
    encoder: str = "lstm-attention"
    sequence: int = 22  # days that the encoder reads
    hidden: int = 64
    layers: int = 3
    heads: int = 4
    bottleneck: int = 32
    dropout: float = 0.1
    regimes: int = 3  # of kind "regimes"
    ridge: float = 0.0  # of kinds with a linear part: where its linear part starts; 0 for least squares
    week: bool = False  # of kinds with a linear part: columns for the day of the week, on markets that never close
    naive_unit: bool = False  # the spread in units of the errors that naive forecasts made inside the window
    season: int = 0  # of kind "overlap-network": bars after which a market repeats itself, 0 for none
    floor: float = 0.01  # share of the window's mean variance added to each day before the log

    @property
    def encoded(self) -> bool:
        """Whether it has an encoder, which takes epochs to train."""
        return self.kind not in CLOSED

    @property
    def model(self) -> str:
        """Its name: that of the encoder, where nothing else is in it."""
        return self.encoder if self.kind == "encoder" else self.kind

    def named(self, model: str) -> "NetworkShape":
        """The same sizes for the model of this name; what belongs to a linear part goes with it."""
        if model in LINEAR:
            return dataclasses.replace(self, kind=model)
        # What reads the columns of a linear part has nothing to read without one.
        encoder = NetworkShape.encoder if self.encoder == PERCEPTRON else self.encoder
        unit = self.naive_unit and model not in (*CLOSED, *OVERLAPPING)
        plain = dataclasses.replace(self, week=False, ridge=0.0, encoder=encoder, naive_unit=unit)
        if model in ENCODERS:
            return dataclasses.replace(plain, kind="encoder", encoder=model)
        return dataclasses.replace(plain, kind=model)


@dataclass(frozen=True)
class Phase:
    """One stretch of training: which series, which parameters, how fast, how long."""

    series: str  # "source" or "target"
    parameters: tuple[str, ...] = ("all",)
    learning_rate: float = 1e-3
    rates: tuple[float, ...] = ()  # one for each of parameters, instead of learning_rate
    weight_decay: float = 0.0
    batch_size: int = 32
    epochs: int = 50
    patience: int = 10  # epochs without a better validation loss, than at its start too, before it ends
    plateau: int = 5  # epochs without a better validation loss before the rate is halved
    anneal: bool = False  # let the rate fall to zero over the epochs along half a cosine
    # The weights of the epoch with the lowest validation loss; or "last", those of the last epoch, however many there
    # are: patience and plateau then have no say. A single year of validation may prefer a network hardly trained.
    keep: str = "best"
    clip: float = 1.0  # largest norm of the gradient
    # Above 0: no epochs; re-solve the linear part alone, held to where it stands with this weight times the horizon. Of
    # several, the mean by likelihood on the validation part.
    ridge: float | tuple[float, ...] = 0.0
    refit: bool = False  # with a ridge: once validation has kept the linear part, solve it with the validation part too

    @property
    def rate(self) -> float:
        """The largest rate."""
        return max(self.rates, default=self.learning_rate)

    @property
    def length(self) -> int:
        """The most epochs it can take; a closed form is one."""
        return 1 if self.ridges else self.epochs

    @property
    def ridges(self) -> tuple[float, ...]:
        """Those of a closed form; none where there are epochs."""
        given = self.ridge if isinstance(self.ridge, tuple) else (self.ridge,)
        return () if given == (0.0,) else given


@dataclass(frozen=True)
class Split:
    """Where training ends and validation ends: as shares of the target's rows, or as dates that overrule them."""

    train: float = 0.5
    validation: float = 0.25
    train_end: datetime.date | None = None
    validation_end: datetime.date | None = None


@dataclass(frozen=True)
class Member:
    """What sets a member of an ensemble apart from the others, the seed aside."""

    window: int = 0  # days of variance that it reads, the last ones of the lookback; 0 for all of them
    loss: str = ""  # the recipe's if absent


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, the data apart."""

    name: str
    phases: tuple[Phase, ...]
    channels: tuple[str, ...]
    lookback: int = 23
    horizons: tuple[int, ...] = (1, 5, 22)
    levels: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    measure: str = "auto"  # the variance to forecast, as vrx.measures.daily_variance names it
    rolling: int = 0  # forecast the variance of the last so many returns, as it will be tomorrow, not of days to come
    # Likelihood of log variance; or "squared", its squared error; or "faithful": squared errors teach the mean, the
    # likelihood the spread alone.
    loss: str = "gaussian"
    seed: int = 0
    # By turns of the seed: the network of seed k is the member k modulo their number. Networks that err differently
    # make a better mean than seeds of one kind.
    members: tuple[Member, ...] = ()
    threads: int = 1  # torch's threads; another count may end with other bits
    network: NetworkShape = NetworkShape()
    split: Split = Split()
    sources: tuple[str, ...] = ()  # files under --data, for recipes that name their own
    # Files of daily bars whose ranges stand in for realized variance. They teach with every so-many-th window alone:
    # ranges are noisier, and there are far more of them.
    proxies: tuple[str, ...] = ()
    proxy_stride: int = 1
    held_out: tuple[str, ...] = ()  # series of those files that are scored, and that training never sees
    left_out: tuple[str, ...] = ()  # series of those files that are not used at all
    final: Split | None = None  # where the parts end once the recipe is scored, and all days and series may teach
    about: str = ""  # Markdown for the model's card: where the data come from, what to beware of

    def __post_init__(self) -> None:
        check(self)

    @property
    def days(self) -> int:
        """Days of variance in a window."""
        return contract.days_of(self.channels or ("close",), self.lookback) - max(self.rolling - 1, 0)

    @property
    def member(self) -> Member:
        """What the network of this seed has of its own, nothing left open."""
        own = self.members[self.seed % len(self.members)] if self.members else Member()
        return Member(own.window or self.days, own.loss or self.loss)

    @property
    def adapts(self) -> bool:
        """Whether every phase is a closed form: the neural part and its calibration stay as they came."""
        return all(phase.ridges for phase in self.phases)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; dates as ISO text."""
        return typing.cast("dict[str, Any]", _plain(dataclasses.asdict(self)))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Recipe":
        """Read a recipe; an unknown key or a value of the wrong type is an :class:`InputError` that names it."""
        return typing.cast("Recipe", _read(cls, document, "recipe"))

    @classmethod
    def from_toml(cls, path: Path) -> "Recipe":
        """Read a recipe from a TOML file; its name is the file's unless the file says."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}: give the path of a recipe") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not TOML ({error}): see the recipes that `vrx train --help` names") from None
        return cls.from_dict({"name": path.stem, **document})


def finally_(recipe: Recipe) -> Recipe:
    """The recipe for the weights to ship: on all its series, and to the end of its days."""
    if recipe.final is None:
        raise InputError(
            f"recipe {recipe.name}: names no final split: add a table [final] with train_end and validation_end"
        )
    return dataclasses.replace(recipe, split=recipe.final, held_out=(), final=None)


def recipes() -> tuple[str, ...]:
    """Names of the recipes inside this installation."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def named(recipe: str) -> Recipe:
    """The recipe of this name, or in this file."""
    if recipe in recipes():
        return Recipe.from_toml(FOLDER / f"{recipe}.toml")
    if not recipe.endswith(".toml"):
        raise InputError(f"no recipe {recipe!r}: take one of {', '.join(recipes())}, or the path of a .toml file")
    return Recipe.from_toml(Path(recipe))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _read(kind: Any, value: Any, where: str) -> Any:
    """Build `kind`, a type of the fields above, from what TOML or JSON holds."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise InputError(f"{where} is {value!r}: give a table")
        hints = typing.get_type_hints(kind)
        if odd := sorted(value.keys() - hints.keys()):
            close = difflib.get_close_matches(odd[0], hints, n=1)
            meant = f"did you mean {close[0]}? " if close else ""
            raise InputError(f"{where}: unknown key {odd[0]!r}: {meant}known are {', '.join(hints)}")
        required = {f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING}
        if missing := sorted(required - value.keys()):
            raise InputError(f"{where}: {missing[0]} is missing: add it")
        built = {key: _read(hints[key], item, f"{where}.{key}") for key, item in value.items()}
        return typing.cast("Any", kind)(**built)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{where} is {value!r}: give a list")
        return tuple(_read(arguments[0], item, f"{where}[{k}]") for k, item in enumerate(value))
    if origin in (types.UnionType, typing.Union):
        # A number or several: the tuple is meant where a list is given.
        listed = isinstance(value, list | tuple)
        fitting = [one for one in arguments if (typing.get_origin(one) is tuple) == listed]
        return None if value is None else _read((fitting or arguments)[0], value, where)
    if kind is datetime.date:
        return _date(value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise InputError(f"{where} is {value!r}: give {_NAMED[kind]}")
    return value


def _date(value: Any, where: str) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {value!r}: give a date as YYYY-MM-DD") from None
