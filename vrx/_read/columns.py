"""Which column of a table is which: the names that exchanges, Yahoo and realized libraries use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vrx.errors import InputError

PRICES = ("open", "high", "low", "close")
MEASURES = (
    "bipower",
    "medrv",
    "quarticity",
    "semivariance_positive",
    "semivariance_negative",
    "subsampled_variance",
)
CANONICAL = (*PRICES, "volume", "variance", "return", *MEASURES)

# A first column without a name is the index of a saved data frame. It ranks below a column that says it is
# the date and above those that often hold a time of day.
DATES = ("datetime", "date", "timestamp", "ds", "", "opentime", "time", "unix")
IDS = ("uniqueid", "symbol", "ticker")
ALIASES = {
    "open": ("open", "openprice"),
    "high": ("high", "highprice"),
    "low": ("low", "lowprice"),
    "close": ("close", "closeprice", "price"),
    "volume": ("volume", "vol"),
    "variance": ("rv5", "variance", "realizedvariance", "rv", "rv10", "rv15", "rv30", "rv60"),
    "return": ("return", "logreturn"),
}
# These carry the sampling of the variance they belong to, in minutes: bv5 beside rv5, bv60 beside rv60.
STEMS = {
    "bipower": ("bipower", "bipowervariation", "bv"),
    "medrv": ("medrv",),
    "quarticity": ("quarticity", "realizedquarticity", "rq"),
    "semivariance_positive": ("semivariancepositive", "rspos"),
    "semivariance_negative": ("semivariancenegative", "rsneg"),
    "subsampled_variance": ("subsampledvariance", "rvss", "rv5ss"),
}
HEADERLESS = {
    6: ("timestamp", "open", "high", "low", "close", "volume"),
    7: ("timestamp", "open", "high", "low", "close", "volume", "trades"),
    12: (
        "open_time",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "close_time",
        "quote_volume",
        "trades",
        "taker_base",
        "taker_quote",
        "ignore",
    ),
}


@dataclass(frozen=True)
class Layout:
    """Where the columns of a table stand; ``names`` are the source's own, for messages."""

    names: tuple[str, ...]
    date: int | None
    series: int | None
    values: Mapping[str, int]
    notes: tuple[str, ...]

    def own_names(self) -> dict[str, str]:
        """Canonical names, and "date", to the names that the source uses."""
        names = {name: self.names[i] for name, i in self.values.items()}
        return names if self.date is None else {"date": self.names[self.date], **names}


def fold(name: str) -> str:
    """Fold a column name: case, spaces and punctuation do not count.

    >>> fold(" Adj Close "), fold("rs_pos5")
    ('adjclose', 'rspos5')
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def detect(names: Sequence[str], columns: Mapping[str, str] | None, where: str) -> Layout:
    """Assign the columns of a table; ``columns`` (source name -> canonical name) overrides the detection."""
    folded = [fold(name) for name in names]
    chosen = _asked(names, columns or {}, where)
    free = {name: i for i, name in reversed(list(enumerate(folded))) if i not in chosen.values()}
    if any(folded.count(name) > 1 for name in free if name in _KNOWN):
        twice = next(names[i] for i, name in enumerate(folded) if folded.count(name) > 1 and name in _KNOWN)
        raise InputError(f"{where}: two columns are called {twice!r}: keep one of them")
    adjusted = "close" in chosen and folded[chosen["close"]] == "adjclose"
    prices = {c: ALIASES[c] for c in PRICES if not adjusted}
    for canonical, aliases in {
        "date": _dates(folded),
        "id": IDS,
        **prices,
        "volume": ALIASES["volume"],
    }.items():
        _take(chosen, canonical, aliases, free)
    _take(chosen, "variance", ALIASES["variance"], free)
    if "variance" in chosen:
        _take(chosen, "return", ALIASES["return"], free)
        grid = folded[chosen["variance"]].removeprefix("rv")
        for canonical, stems in STEMS.items():
            grids = dict.fromkeys((grid, "", "5"))
            _take(chosen, canonical, [stem + suffix for suffix in grids for stem in stems], free)
    values = {canonical: chosen[canonical] for canonical in CANONICAL if canonical in chosen}
    if not {"close", "variance", "return"} & values.keys():
        raise InputError(f"{where}: {_nothing_usable(names, free)}")
    ignored = [i for i in range(len(names)) if i not in chosen.values()]
    return Layout(tuple(names), chosen.get("date"), chosen.get("id"), values, _notes(names, ignored, values))


_KNOWN = {*DATES, *IDS, *(alias for aliases in ALIASES.values() for alias in aliases)} - {""}


# What a column of one ticker may be called in a frame of several.
FIELDS = {"adjclose", *(alias for aliases in ALIASES.values() for alias in aliases)}


def means_closes(name: str) -> bool:
    """Tell whether a series of this name holds closes: the name has no other meaning, and hints at no variance.

    >>> means_closes("BTC-USD"), means_closes("rv5"), means_closes("Realized variance, 5 min"), means_closes("high")
    (True, False, False, False)
    """
    folded = fold(name)
    measures = {stem for stems in STEMS.values() for stem in stems}
    hints = any(word in folded for word in ("variance", "volatil", "return")) or folded.startswith(("rv", "realized"))
    return not (folded == "y" or folded in _KNOWN or folded.rstrip("0123456789") in measures or hints)


def _dates(folded: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in DATES if name or "" in folded[:1])


def _take(chosen: dict[str, int], canonical: str, aliases: Sequence[str], free: dict[str, int]) -> None:
    if canonical not in chosen:
        found = next((alias for alias in aliases if alias in free), None)
        if found is not None:
            chosen[canonical] = free.pop(found)


def _asked(names: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, int]:
    chosen: dict[str, int] = {}
    if not (isinstance(columns, Mapping) and all(isinstance(one, str) for pair in columns.items() for one in pair)):
        raise InputError(f"columns is {columns!r}: map names of the source to meanings, such as {{'y': 'close'}}")
    for source, canonical in columns.items():
        if canonical not in (*CANONICAL, "date", "id"):
            allowed = ", ".join(("date", "id", *CANONICAL))
            raise InputError(f"columns: {canonical!r} is no column of vrx; there are {allowed}")
        if canonical in chosen:
            raise InputError(f"columns: {canonical!r} is given twice: name one source column for it")
        exact = [i for i, name in enumerate(names) if name == source]
        alike = exact or [i for i, name in enumerate(names) if fold(name) == fold(source)]
        if len(alike) != 1:
            raise InputError(f"{where}: no column {source!r}; there are {listed(names)}")
        chosen[canonical] = alike[0]
    return chosen


def _nothing_usable(names: Sequence[str], free: Mapping[str, int]) -> str:
    if "y" in free:
        return (
            "column 'y' may hold prices or variances: give columns={'y': 'close'} or {'y': 'variance'} "
            "(--column y=close or --column y=variance)"
        )
    return (
        f"no close and no variance column among {listed(names)}: "
        "name one with columns={'NAME': 'close'} (--column NAME=close, or NAME=return for log returns)"
    )


def _notes(names: Sequence[str], ignored: Sequence[int], values: Mapping[str, int]) -> tuple[str, ...]:
    notes = []
    used = [c if fold(names[i]) == fold(c) else f"{c} from {names[i]!r}" for c, i in values.items()]
    notes.append(f"columns found: {', '.join(used)}")
    plain = [names[i] for i in ignored if fold(names[i]) != "adjclose"]
    if len(plain) < len(ignored):
        notes.append("ignored 'Adj Close': open, high and low are not adjusted, so close is used")
    if plain:
        notes.append(f"ignored columns: {listed(plain)}")
    return tuple(notes)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Write the first names and the count of all.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more (3 in all)"
    """
    shown = ", ".join(repr(name[:40]) for name in names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more ({len(names)} in all)" if rest > 0 else shown


def choose(known: Sequence[str], series_id: str | None, where: str) -> str:
    """Return the one series that is meant, or list those there are."""
    if series_id is None and len(known) == 1:
        return known[0]
    if series_id is not None and series_id in known:
        return series_id
    asked = f"no series {series_id!r}" if series_id is not None else "several series"
    raise InputError(f"{where}: {asked}; choose one with series_id (--id): {listed(sorted(known))}")


def unnamed(series_id: str, where: str) -> InputError:
    """What to say where one series is asked for of a table that holds one alone."""
    return InputError(
        f"{where}: no column unique_id, symbol or ticker to find series {series_id!r} in: leave series_id (--id) out"
    )
