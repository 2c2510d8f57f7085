"""How often the test of Bai and Perron (2003) finds a break at 5% in returns without any, of 2,500 days.

python benchmarks/breaks_size.py [SERIES, default 300]
"""

import sys

import numpy as np

from vrx.econometrics import breaks

DAYS, BURN = 2500, 500


def returns(rng: np.random.Generator, alpha: float, beta: float) -> np.ndarray:
    """Returns of a GARCH(1,1) with normal shocks and a mean variance of 1."""
    variance, out = 1.0, []
    for shock in rng.normal(size=DAYS + BURN).tolist():
        out.append(variance**0.5 * shock)
        variance = 1.0 - alpha - beta + alpha * out[-1] ** 2 + beta * variance
    return np.array(out[BURN:])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    rng = np.random.default_rng(1)
    print("alpha  beta  series with a break  breaks found on average")
    for alpha, beta in ((0.0, 0.0), (0.05, 0.90), (0.08, 0.90), (0.08, 0.91)):
        found = []
        for _ in range(count):
            made = returns(rng, alpha, beta)
            found.append(breaks(np.abs(made - made.mean())))
        share = np.mean([one.count > 0 for one in found])
        print(f"{alpha:5.2f} {beta:5.2f} {share:19.0%} {np.mean([one.count for one in found]):24.2f}")


if __name__ == "__main__":
    main()
