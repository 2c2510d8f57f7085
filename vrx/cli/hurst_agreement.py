"""Whether the methods of ``vrx hurst`` agree, and why not."""

from collections.abc import Sequence

from vrx.cli.hurst_survey import Of, Row

__all__ = ["biased", "disagreement"]

# Its line is straight for noise alone: sampled motion bends at the first levels, which its interval leaves out.
BENT = "wavelet"
SHORT, LONG = ("variogram", "exact", "mle"), ("rs", "dfa")
# An estimate whose standard error is larger tells rough from smooth no longer, so it settles no disagreement.
VAGUE = 0.15


def disagreement(rows: Sequence[Row], of: Of) -> str | None:
    """One line that says which methods disagree beyond their errors, and why; None where they do not.

    Two methods disagree where their intervals do not overlap. Both read the same data, so their errors are
    correlated, to a degree that nobody knows; the difference of two estimates varies by no more than the sum of
    their standard errors whatever that degree is, and by less where they err together. So this is the careful side:
    at 95% far fewer than one pair in twenty is called out for nothing. The pair named is the one farthest apart.
    The wavelet regression on motion takes no part: its bias is known.

    Parameters
    ----------
    rows
        Of one series, at one confidence.
    of
        What the values are.

    Examples
    --------
    >>> from vrx.hurst import Estimate
    >>> def row(method, h, error):
    ...     ends = {"low": h - 1.96 * error, "high": h + 1.96 * error}
    ...     known = {"kind": "motion", "n": 900, "confidence": 0.95, "interval": "asymptotic"}
    ...     return Row(method, False, Estimate(method, h=h, standard_error=error, effective=9.0, line=None,
    ...                                        **known, **ends))
    >>> disagreement([row("exact", 0.12, 0.02), row("dfa", 0.15, 0.03)], "log-volatility") is None
    True
    >>> print(disagreement([row("exact", 0.12, 0.02), row("dfa", 0.31, 0.03)], "log-volatility"))
    methods disagree beyond their errors: exact 0.120 (0.081 to 0.159) against dfa 0.310 (0.251 to 0.369): short
    scales look rougher than long ones, as the measurement error of a day's variance makes them: compare "exact, with
    noise"
    """
    pair = _farthest([row for row in rows if row.known and not biased(row, of)])
    if pair is None:
        return None
    said = " against ".join(
        f"{row.name} {answer.h:.3f} ({answer.low:.3f} to {answer.high:.3f})" for row in pair if (answer := row.known)
    )
    return f"methods disagree beyond their errors: {said}: {_reason(*pair, of)}"


def biased(row: Row, of: Of) -> bool:
    """Whether it fits a straight line to what is known to bend."""
    return of == "log-volatility" and row.method == BENT


def _farthest(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """The pair with the widest gap between its intervals, the lower one first."""
    gaps = [(b.known.low - a.known.high, i, j) for i, a in enumerate(rows) for j, b in enumerate(rows)
            if a.known and b.known and b.known.low > a.known.high]  # fmt: skip
    if not gaps:
        return None
    _, i, j = max(gaps)
    return rows[i], rows[j]


def _reason(low: Row, high: Row, of: Of) -> str:
    if of == "returns":
        return "volatility that clusters and heavy tails widen the true errors, so this may be no difference at all"
    if low.noise != high.noise:
        allowing = (low if low.noise else high).known
        if allowing is None or allowing.standard_error > VAGUE:
            return "the series is too short to tell measurement error from roughness"
        return "the measurement error of a day's variance makes its log look rougher: believe the row with noise"
    if low.method in SHORT and high.method in LONG:
        return (
            "short scales look rougher than long ones, as the measurement error of a day's variance makes them: "
            'compare "exact, with noise"'
        )
    if low.method in LONG and high.method in SHORT:
        return (
            "long scales look rougher than short ones: overlapping or smoothed values do that at short scales, and a "
            "volatility that returns to its mean at long ones"
        )
    return "they weigh the scales differently, and no single exponent holds at all of them"
