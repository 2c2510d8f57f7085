"""What ``vrx volatility`` is asked for: models with their options, and the days ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from vrx.econometrics import RIVALS, DynamicFractionalVolatility
from vrx.errors import InputError
from vrx.hurst import Wavelet

__all__ = ["DYNAMIC", "FRACTIONAL", "MODELS", "STATIC", "WINDOW", "Asked", "Given", "asked", "horizons", "named"]

DYNAMIC, STATIC = FRACTIONAL = ("dynamic-fractional", "static-fractional")
MODELS = (*FRACTIONAL, *RIVALS)
# What each option is for; the others are for all.
TAKERS = {"--innovation": FRACTIONAL, "--alpha": FRACTIONAL, "--window": (DYNAMIC,)}
# The exponent of the static variant of Webb et al., and what the models take: beyond, the memory stays as there.
EXPONENT, EXPONENTS = 0.55, (0.1, 0.9)
WINDOW, ALPHA = 252, (0.0, 5.0)
HORIZONS, FARTHEST = (1, 5, 22), 1000


@dataclass(frozen=True, kw_only=True)
class Given:
    """The options that say what is fitted, as they were typed."""

    model: Sequence[str] | None = None
    innovation: Literal["signed", "absolute"] | None = None
    hurst: str | None = None
    alpha: str | None = None
    window: int | None = None
    days: int | None = None
    refit: bool = False
    update: Path | None = None

    @property
    def names(self) -> list[str]:
        """Those that were given at all."""
        values = {f"--{field.name}": getattr(self, field.name) for field in fields(self)}
        # A window of 0 days was given.
        return [name for name, value in values.items() if value is not None and value is not False and value != []]

    def check_update(self, path: Path) -> None:
        """Refuse what an update cannot heed: its model is that of the file."""
        able = {"--update", "--refit", "--days"} if self.refit else {"--update"}
        left = [name for name in self.names if name not in able]
        if left:
            why = "its model is fitted again as it was" if self.refit else "nothing is fitted"
            raise InputError(f"--update {path}: {why}, so leave out {' and '.join(left)}")


@dataclass(frozen=True)
class Asked:
    """A model and what it is fitted to."""

    name: str
    window: int = WINDOW
    innovation: Literal["signed", "absolute"] = "absolute"
    days: int | None = None
    """Only the last so many returns; None for all."""
    exponent: float = EXPONENT
    """Of the static model."""
    alpha: float | tuple[float, float] = ALPHA

    @property
    def model(self) -> Any:
        """The model itself."""
        if self.name not in FRACTIONAL:
            return RIVALS[self.name]()
        hurst = "wavelet" if self.name == DYNAMIC else self.exponent
        return DynamicFractionalVolatility(
            window=self.window, hurst=hurst, innovation=self.innovation, alpha=self.alpha
        )


def asked(given: Given) -> list[Asked]:
    """The models to fit, in the order of `MODELS`, and none for an update; options without meaning are refused.

    Examples
    --------
    >>> asked(Given(hurst="0.3", alpha="1"))
    [Asked(name='static-fractional', window=252, innovation='absolute', days=None, exponent=0.3, alpha=1.0)]
    """
    if given.update is not None:
        given.check_update(given.update)
        return []
    if given.refit:
        raise InputError("--refit: without --update every fit is a new one: leave it out, or add --update FILE")
    exponent = None if given.hurst in (None, "wavelet") else _exponent(str(given.hurst))
    meant = DYNAMIC if exponent is None else STATIC
    chosen = named(given.model) if given.model else [meant]
    takers = TAKERS if given.hurst is None else TAKERS | {"--hurst": (meant,)}
    for option, able in takers.items():
        if option in given.names and not set(able) & set(chosen):
            told = f"{option} {given.hurst}" if option == "--hurst" else option
            raise InputError(
                f"{told}: has no meaning for {', '.join(chosen)}, only for {' and '.join(able)}: leave it out"
            )
    alpha = ALPHA if given.alpha is None else _powers(given.alpha)
    if given.window is not None:
        _check_window(given.window)
    window, innovation = given.window or WINDOW, given.innovation or "absolute"
    return [Asked(name, window, innovation, given.days, exponent or EXPONENT, alpha) for name in chosen]


def named(names: Sequence[str]) -> list[str]:
    """The models that are meant, each once, in the order of `MODELS`.

    Examples
    --------
    >>> named(["har", "garch"])
    ['garch', 'har']
    """
    for name in names:
        if name not in (*MODELS, "all"):
            raise InputError(f"--model {name}: there is no such model: take one of {', '.join(MODELS)}, or all")
    return [name for name in MODELS if name in names or "all" in names]


def horizons(texts: Iterable[str] | None) -> tuple[int, ...]:
    """The days ahead, each once and in order; 1, 5 and 22 if none is given.

    Examples
    --------
    >>> horizons(["22", "1..3"])
    (1, 2, 3, 22)
    """
    wanted: set[int] = set()
    for text in texts or ():
        first, dots, last = text.partition("..")
        ends = [first, last if dots else first]
        # isdecimal alone lets other alphabets' digits pass.
        sound = all(end.isascii() and end.isdecimal() and len(end) <= len(str(FARTHEST)) for end in ends)
        low, high = map(int, ends) if sound else (0, 0)
        if not 1 <= low <= high <= FARTHEST:
            raise InputError(f"--horizon {text}: give days ahead from 1 to {FARTHEST}, such as 22 or 1..22")
        wanted.update(range(low, high + 1))
    return tuple(sorted(wanted)) or HORIZONS


def _exponent(text: str) -> float:
    number = _number(text)
    if number is None or not EXPONENTS[0] <= number <= EXPONENTS[1]:
        ends = " to ".join(map(str, EXPONENTS))
        raise InputError(f"--hurst {text}: give a number from {ends} such as {EXPONENT}, or wavelet")
    return number


def _powers(text: str) -> float | tuple[float, float]:
    first, dots, last = text.partition("..")
    low, high = _number(first), _number(last if dots else first)
    try:
        if low is None or high is None:
            raise InputError
        found = (low, high) if dots else low
        DynamicFractionalVolatility(alpha=found)
    except InputError:
        raise InputError(f"--alpha {text}: give a power from -5 to 20 such as 1, or a range such as 0..5") from None
    return found


def _check_window(window: int) -> None:
    least = next(days for days in range(1, WINDOW + 1) if _trouble(days) is None)
    if window < least:
        raise InputError(f"--window {window}: a Hurst exponent takes at least {least} days")
    if (trouble := _trouble(window)) is not None:
        raise InputError(f"--window {window}: {trouble}")


def _trouble(window: int) -> str | None:
    """Why no exponent can be estimated from so many days."""
    try:
        Wavelet(kind="noise").stream(window)
    except InputError as error:
        return str(error)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
