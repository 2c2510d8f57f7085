"""Slow twin of the vector autoregression: least squares equation by equation, and derivatives by small steps."""

import numpy as np
from scipy import stats


def design(values, order, offset=0):
    """What explains each row from `order` + `offset` on, and these rows."""
    first = order + offset
    rows = [
        np.concatenate([[1.0], *(values[t - lag] for lag in range(1, order + 1))]) for t in range(first, len(values))
    ]
    return np.array(rows), values[first:]


def least_squares(values, order, offset=0):
    """Coefficients, shape (1 + columns * order, columns), and residuals."""
    rows, came = design(values, order, offset)
    params = np.column_stack([np.linalg.lstsq(rows, column, rcond=None)[0] for column in came.T])
    return rows, params, came - rows @ params


def criteria(values, order, most):
    """AIC, BIC and HQIC on the rows that the largest order leaves."""
    _, params, residuals = least_squares(values, order, most - order)
    n, free = len(residuals), params.size
    level = np.log(np.linalg.det(residuals.T @ residuals / n))
    return [level + weight * free / n for weight in (2.0, np.log(n), 2.0 * np.log(np.log(n)))]


def covariance(values, order):
    """Of the residuals, over rows less coefficients."""
    rows, _, residuals = least_squares(values, order)
    return residuals.T @ residuals / (len(rows) - rows.shape[1])


def standard_errors(values, order):
    rows, _, _ = least_squares(values, order)
    return np.sqrt(np.outer(np.diag(np.linalg.inv(rows.T @ rows)), np.diag(covariance(values, order))))


def log_likelihood(values, order):
    """Of normal errors with the covariance that makes it largest."""
    _, _, residuals = least_squares(values, order)
    sigma = residuals.T @ residuals / len(residuals)
    return sum(stats.multivariate_normal(np.zeros(len(sigma)), sigma).logpdf(row) for row in residuals)


def granger(values, order, caused, causing):
    """F by the sums of squares with and without the past of a column, and its p-value as a test of one equation in a
    system of so many degrees of freedom."""
    rows, _, residuals = least_squares(values, order)
    k = values.shape[1]
    left = [j for j in range(rows.shape[1]) if j == 0 or (j - 1) % k != causing]
    came = values[order:, caused]
    short = came - rows[:, left] @ np.linalg.lstsq(rows[:, left], came, rcond=None)[0]
    free = len(rows) - rows.shape[1]
    full = residuals[:, caused] @ residuals[:, caused]
    statistic = (short @ short - full) / order / (full / free)
    return statistic, stats.f.sf(statistic, order, k * free)


def robust_granger(values, order, caused, causing):
    """Wald's statistic over the order with White's covariance, summed row by row."""
    rows, params, residuals = least_squares(values, order)
    n, m = rows.shape
    meat = sum(u**2 * np.outer(row, row) for u, row in zip(residuals[:, caused], rows, strict=True))
    bread = np.linalg.inv(rows.T @ rows)
    spread = bread @ meat @ bread * n / (n - m)
    at = [1 + lag * values.shape[1] + causing for lag in range(order)]
    effect = params[at, caused]
    statistic = effect @ np.linalg.inv(spread[np.ix_(at, at)]) @ effect / order
    return statistic, stats.f.sf(statistic, order, n - m)


def responses(params, sigma, steps):
    """What a shock of one standard deviation does, by following it through the recursion; [step, response, shock]."""
    k = len(sigma)
    order = (len(params) - 1) // k
    root = np.linalg.cholesky(sigma)
    paths = np.zeros((steps + 1, k, k))
    for shock in range(k):
        paths[0, :, shock] = root[:, shock]
        for step in range(1, steps + 1):
            for lag in range(1, min(order, step) + 1):
                matrix = params[1 + (lag - 1) * k : 1 + lag * k].T
                paths[step, :, shock] += matrix @ paths[step - lag, :, shock]
    return paths


def response_errors(values, order, steps, step=1e-5):
    """By the delta method: derivatives by central differences, normal errors of one variance."""
    rows, params, _ = least_squares(values, order)
    sigma, k = covariance(values, order), values.shape[1]
    below = np.tril_indices(k)

    def at(coefficients, halves):
        full = np.zeros((k, k))
        full[below] = halves
        full = full + np.tril(full, -1).T
        return responses(coefficients.reshape(params.shape), full, steps).ravel()

    def slopes(function, point):
        columns = []
        for j in range(len(point)):
            width = step * max(abs(point[j]), 1e-3)
            up, down = point.copy(), point.copy()
            up[j] += width
            down[j] -= width
            columns.append((function(up) - function(down)) / (2.0 * width))
        return np.column_stack(columns)

    flat, half = params.ravel(), sigma[below]
    by_params = slopes(lambda x: at(x, half), flat)
    by_sigma = slopes(lambda x: at(flat, x), half)
    of_params = np.kron(np.linalg.inv(rows.T @ rows), sigma)
    pairs = list(zip(*below, strict=True))
    of_sigma = np.array(
        [[sigma[a, c] * sigma[b, d] + sigma[a, d] * sigma[b, c] for c, d in pairs] for a, b in pairs]
    ) / len(rows)
    spread = by_params @ of_params @ by_params.T + by_sigma @ of_sigma @ by_sigma.T
    return np.sqrt(np.maximum(np.diag(spread), 0.0)).reshape(steps + 1, k, k)


def largest_root(params, k):
    """Of the companion matrix."""
    order = (len(params) - 1) // k
    companion = np.eye(k * order, k=-k)
    companion[:k] = params[1:].T
    return np.abs(np.linalg.eigvals(companion)).max()


def whiteness(values, order, lags):
    """Hosking's portmanteau and its p-value."""
    _, _, u = least_squares(values, order)
    n, k = u.shape
    first = np.linalg.inv(u.T @ u / n)
    total = 0.0
    for lag in range(1, lags + 1):
        c = sum(np.outer(u[t], u[t - lag]) for t in range(lag, n)) / n
        total += n**2 / (n - lag) * np.trace(c.T @ first @ c @ first)
    return total, stats.chi2.sf(total, k**2 * (lags - order))


def one_ahead(values, order):
    """The mean of the row after the last, and the variances of the residuals."""
    _, params, _ = least_squares(values, order)
    row = np.concatenate([[1.0], *(values[len(values) - lag] for lag in range(1, order + 1))])
    return row @ params, np.diag(covariance(values, order))
