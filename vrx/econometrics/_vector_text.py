"""A vector autoregression as text."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vrx.econometrics.vector import VectorAutoregression

__all__ = ["aligned", "autoregression_text", "p_text"]


def autoregression_text(found: "VectorAutoregression") -> str:
    """Orders, tests, responses and what is to be doubted, as lines."""
    return "\n".join(_lines(found))


def _lines(found: "VectorAutoregression") -> Iterator[str]:
    orders = found.orders
    yield f"vector autoregression of {', '.join(found.columns)}: {found.rows} rows, order {found.order}"
    yield ""
    tried = (orders.aic, orders.bic, orders.hqic)
    best = [min(range(len(values)), key=values.__getitem__) for values in tried]
    rows = [
        (
            str(order),
            *(f"{it[order]:.4f}{' *' if order == least else '  '}" for it, least in zip(tried, best, strict=True)),
        )
        for order in range(len(orders.aic))
    ]
    yield from aligned(("order", "AIC  ", "BIC  ", "HQIC  "), rows)
    yield "* the least, which the criterion prefers"
    yield ""
    tests = [
        (f"{one.causing} -> {one.caused}", f"{one.statistic:.2f}", p_text(one.p_value), p_text(one.robust_p_value))
        for one in found.granger
    ]
    yield from aligned(("leads", "F", "p-value", "robust p-value"), tests)
    yield ""
    yield from _responses(found)
    yield ""
    white = found.whiteness
    yield (
        f"largest root {found.largest_root:.4f}, {'stable' if found.stable else 'not stable'}; residuals, {white.lags} "
        f"lags: portmanteau {white.statistic:.1f}, p-value {p_text(white.p_value)}"
    )
    yield from found.notes


def _responses(found: "VectorAutoregression") -> Iterator[str]:
    it = found.responses
    steps = sorted({0, 1, min(5, it.steps), it.steps})
    head = (f"response, {it.confidence:.0%} band", *("same row" if step == 0 else f"after {step}" for step in steps))
    rows = [
        (
            f"{shock} -> {response}",
            *(f"{it.mean[s, i, j]:.3g} [{it.low[s, i, j]:.3g}, {it.high[s, i, j]:.3g}]" for s in steps),
        )
        for j, shock in enumerate(found.columns)
        for i, response in enumerate(found.columns)
    ]
    yield from aligned(head, rows)
    yield f"shocks of one standard deviation, orthogonalised in the order {', '.join(found.columns)}"


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table whose first column stands on the left and the others on the right.

    Examples
    --------
    >>> list(aligned(("order", "AIC"), [("1", "-3.25"), ("12", "-10.5")]))
    ['order    AIC', '1      -3.25', '12     -10.5']
    """
    widths = [max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
    for first, *others in (head, *rows):
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join((first.ljust(widths[0]), *cells)).rstrip()


def p_text(value: float) -> str:
    """A p-value to four digits.

    Examples
    --------
    >>> p_text(0.0312), p_text(1e-9)
    ('0.0312', '<0.0001')
    """
    if not math.isfinite(value):
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"
