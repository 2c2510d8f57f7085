"""A published number beside ours: the rows of the page, and how they become Markdown."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webb_insample import shown
from webb_market import Market

__all__ = [
    "Row",
    "Section",
    "ahead",
    "measured",
    "number",
    "p",
    "p_row",
    "percent",
    "rows_table",
    "table",
    "told",
    "within",
]

NEAR = 0.1


@dataclass(frozen=True)
class Row:
    """One published figure."""

    name: str
    published: str
    """As it is printed."""
    ours: str
    sample: str
    comment: str = ""
    near: bool | None = None
    """Whether ours lies within a tenth of the printed number; None where that is no question."""


@dataclass(frozen=True)
class Section:
    """Rows under one title."""

    title: str
    rows: tuple[Row, ...]


def number(printed: str) -> float:
    """The number that is printed: "12.8%" is 0.128.

    >>> number("19,723.11"), number("12.5%"), number("-0.18")
    (19723.11, 0.125, -0.18)
    """
    plain = printed.replace(",", "")
    return float(plain[:-1]) / 100.0 if plain.endswith("%") else float(plain)


def measured(name: str, published: str, ours: float, form: str, sample: str, comment: str = "") -> Row:
    """A row of two numbers; `form` writes ours, and `published` is read for the comparison."""
    return Row(name, published, form.format(ours), sample, comment, _near(ours, number(published)))


def told(name: str, published: str, ours: str, sample: str, comment: str) -> Row:
    """A row of another experiment; where both cells are numbers it is known whether they are near."""
    try:
        printed, found = number(published), number(ours)
    except ValueError:
        return Row(name, published, ours, sample, comment)
    return Row(name, published, ours, sample, comment, _near(found, printed))


def _near(ours: float, printed: float) -> bool:
    return bool(abs(ours - printed) <= NEAR * abs(printed))


def p(value: float) -> str:
    """A p-value inside a sentence."""
    return f"p {shown(value)}"


def p_row(published: str, ours: float, own: float, sample: str, comment: str = "") -> Row:
    """A row of the p-value of the row before; `own` is the one that the printed statistic has."""
    said = f"The printed statistic has {shown(own)}. {comment}".strip()
    return Row("its p-value", published, shown(ours), sample, said)


def percent(share: float) -> str:
    """A share with its sign, but none for a zero that rounding made; none of nothing has a dash."""
    if math.isnan(share):
        return "-"
    text = f"{share:+.0%}"
    return "0%" if text in ("+0%", "-0%") else text


def within(market: Market) -> str:
    """The sample that models are fitted to, in words."""
    return f"{_years(market, market.first)}, {len(market.sample):,} days"


def ahead(market: Market, days: int | None = None) -> str:
    """The days that are forecast, in words; so many of them, if not all."""
    return f"{_years(market, int(market.days[0]))}, {days or len(market.days)} days"


def _years(market: Market, first: int) -> str:
    years = [str(market.dates[at])[:4] for at in (first, -1)]
    return "-".join(dict.fromkeys(years))


def rows_table(rows: Iterable[Row]) -> Iterator[str]:
    """The published figures of one section."""
    yield from table(
        ("what", "published", "ours", "sample", "comment"),
        [
            (row.name, row.published, f"**{row.ours}**" if row.near else row.ours, row.sample, row.comment)
            for row in rows
        ],
        words=(0, 3, 4),
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[int] = (0,)) -> Iterator[str]:
    """A Markdown table; the columns of `words` stand to the left, the others to the right."""
    yield "| " + " | ".join(header) + " |"
    yield "|" + "|".join("---" if k in words else "--:" for k in range(len(header))) + "|"
    for row in rows:
        yield "| " + " | ".join(cell.strip().replace("|", "\\|") for cell in row) + " |"
    yield ""
