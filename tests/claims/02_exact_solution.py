"""What the cells of lesson 2 must have computed."""

import itertools

import torch
from scipy import stats

from helpers import data

BOOK = {  # equation 8.17 of the textbook, in its own units: square feet, thousands of dollars
    "lot size": ("0.00207", "0.00064"),
    "living area": ("0.123", "0.013"),
    "bedrooms": ("13.85", "9.01"),
    "intercept": ("-21.77", "29.48"),
}


def least_squares(X, y):
    """Parameters, errors of both kinds, n times the explained share of squares; all by SVD."""
    X1 = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)
    n, k = X1.shape
    M = torch.linalg.pinv(X1)
    squares = (X1 @ (M @ y) - y) ** 2
    plain = (squares.sum() / (n - k) * (M**2).sum(1)).sqrt()
    robust = (n / (n - k) * (M**2 @ squares)[:, 0]).sqrt()
    left = ((X1 @ (M @ squares) - squares) ** 2).sum()
    share = 1 - left / ((squares - squares.mean()) ** 2).sum()
    return (M @ y)[:, 0], plain, robust, n * share.item()


# %% solve-two
assert (left.tolist(), right.tolist()) == ([[14, 6], [6, 3]], [[29], [12]])
x, prices = (1, 2, 3), (2, 3, 7)
assert sum(v * v for v in x) == 14 and sum(x) == 6 and sum(prices) == 12
assert sum(v * p for v, p in zip(x, prices, strict=True)) == 29
assert abs(w_best - 2.5) < 1e-5 and abs(b_best + 1) < 1e-5
sums = [x[2] * prices[2], sum(v * p for v, p in zip(x, prices, strict=True))]
in_prose(f"{sum(v * v for v in x)} {sum(prices)} {sums[0]} {sums[1]}")

# %% three-points-picture
residuals = w_best * x3 + b_best - y3
torch.testing.assert_close(residuals, torch.tensor([[-0.5], [1.0], [-0.5]]))
assert residuals.sum().abs() < 1e-5 and (residuals * x3).sum().abs() < 1e-5
in_prose(f"{residuals[0, 0].abs():.1f} {residuals[1, 0]:.1f} {w_best:.1f} {abs(b_best):.1f}")

# %% with-ones
torch.testing.assert_close(with_ones(x3), torch.tensor([[1.0, 1], [2, 1], [3, 1]]))

# %% products
assert torch.equal(X1.T @ X1, left) and torch.equal(X1.T @ y3, right)

# %% exact-solution
torch.testing.assert_close(exact_solution(X1, y3), torch.tensor([[2.5], [-1.0]]))

# %% load-houses
raw = data.house_prices()
torch.testing.assert_close(X[:, :2] * 1000, raw.X[:, :2])
torch.testing.assert_close(X[:, 2], raw.X[:, 2])
assert X.shape == (88, 3) and X.dtype == torch.float64
in_prose(f"{len(X)}")

# %% three-lines
torch.testing.assert_close(lines["exact solution"], torch.linalg.pinv(with_ones(area)) @ y)

# %% contours
for theta in lines.values():
    slope, bias = theta[:, 0].tolist()
    loss = (with_ones(area) @ theta - y).square().mean().item() / 2
    in_prose(f"{slope:.0f} {bias:.0f} {loss:.0f}")

# %% contour-losses
in_prose(f"{losses['rule A']:.0f} {losses['rule B']:.0f} {losses['exact solution']:.0f}")
best, H = lines["exact solution"], with_ones(area).T @ with_ones(area) / 88
assert (H @ best - with_ones(area).T @ y / 88).norm() < 1e-9  # the gradient vanishes at the star
curvatures = torch.linalg.eigvalsh(H)
assert curvatures.min() > 0 and 80 < curvatures.max() / curvatures.min() < 90  # a long valley
delta = torch.randn(2, 1000, dtype=torch.float64) * 20
moved = (with_ones(area) @ (best + delta) - y).square().mean(0) / 2
added = (with_ones(area) @ delta).square().mean(0) / 2
torch.testing.assert_close(moved, losses["exact solution"] + added)  # the lesson's identity
assert added.min() > 0
assert losses["rule A"] < 1.03 * losses["exact solution"]  # nearly as good

# %% three-ways
for way in (by_library, by_inverse):
    torch.testing.assert_close(theta, way, rtol=1e-9, atol=0)
torch.testing.assert_close(theta[:, 0], least_squares(X, y)[0])
torch.testing.assert_close(torch.linalg.pinv(X1), torch.linalg.inv(X1.T @ X1) @ X1.T)
assert (X1.T @ (X1 @ theta - y)).norm() / 88 < 1e-8

# %% fit-errors
w, b = theta[:3], theta[3]
assert new_house.tolist() == [[6, 2, 3, 1]]
assert abs((new_house[:, :3] @ w + b).item() - 277.7) < 0.05
in_prose(f"{rms_error(X1 @ theta, y):.1f} {rms_error(y.mean(), y):.1f}")

# %% estimated-slopes
slopes_here = estimated_slopes(2000, 80)
assert slopes_here.shape == (2000,) and abs(slopes_here.mean() - 140) < 1.5

# %% town-slopes
for n, spread in zip(sizes, spreads, strict=True):
    exact = 60 / 0.6 / (n - 3) ** 0.5  # the spread of the slope, the areas being normal, too
    assert abs(spread / exact - 1) < 0.12
halves = [a / b for a, b in itertools.pairwise(spreads)]
assert all(1.8 < half < 2.4 for half in halves)
assert abs(spreads[-1] * 1280**0.5 / 100 - 1) < 0.08  # close to 100 once n is large
in_prose(f"{60 / 0.6:.0f}")
for seed in range(10):  # the theory, areas fixed: noise / (spread of the areas * sqrt(n))
    source = torch.Generator().manual_seed(seed)
    sigma, s_x, n = 10.0 + 20 * seed, 0.2 + 0.1 * seed, 50
    x = s_x * torch.randn(n, 1, generator=source, dtype=torch.float64)
    one = torch.cat([x, torch.ones_like(x)], dim=1)
    noise = sigma * torch.randn(n, 4000, generator=source, dtype=torch.float64)
    found = (torch.linalg.pinv(one) @ noise)[0].std()
    assert abs(found / (sigma / (x.std(correction=0) * n**0.5)) - 1) < 0.05
    torch.testing.assert_close(
        torch.linalg.pinv(one)[0], (x - x.mean())[:, 0] / (n * x.var(correction=0))
    )

# %% town-picture
for n, values in zip(sizes, slopes, strict=True):
    in_prose(f"{values[:100].min():.0f} {values[:100].max():.0f} {n}")

# %% two-errors
_, plain, hc1, _ = least_squares(X, y)
torch.testing.assert_close(two_errors(X1, y), (plain, hc1))
inverse = torch.linalg.inv(X1.T @ X1)
torch.testing.assert_close((torch.linalg.pinv(X1) ** 2).sum(1), inverse.diag())

# %% published-table
_, plain, hc1, _ = least_squares(X, y)
torch.testing.assert_close(errors, plain)
torch.testing.assert_close(robust, hc1)
assert 1.8 < robust[0] / errors[0] < 2  # nearly double
cited("8.17", "the equation's number in Wooldridge, Introductory Econometrics")
scale = torch.tensor([1000, 1000, 1, 1])  # the book counts square feet
for name, value, error in zip(BOOK, theta[:, 0] / scale, errors / scale, strict=True):
    digits = [len(text.split(".")[1]) for text in BOOK[name]]
    ours = (f"{value:.{digits[0]}f}", f"{error:.{digits[1]}f}")
    assert ours == BOOK[name]  # every digit that the book prints
cited("0.00207", "the book's weight of the lot size, per square foot")
cited("0.123", "the book's weight of the living area, per square foot")
assert table["book"].tolist() == ["2.07", "123", "13.85", "-21.77"]
assert table["book's error"].tolist() == ["0.64", "13", "9.01", "29.48"]
# %% breusch-pagan
assert abs(statistic - least_squares(X, y)[3]) < 1e-6
assert abs(p_value - 0.0028) < 5e-5
in_prose(f"{statistic:.1f} {100 * p_value:.1f}")
assert X.shape[1] == 3  # degrees of freedom, one per feature
cited("8.4", "the number of Wooldridge's example that tests equation 8.17: LM 14.09, p 0.0028")
assert round(statistic, 2) == 14.09
# If all four assumptions hold, the squared residuals hardly follow the features, and so large a
# statistic is as rare as the chi-square distribution says, or rarer: in ten times 2000 samples.
M = torch.linalg.pinv(X1)
for seed in range(10):
    source = torch.Generator().manual_seed(seed)
    even = (X1 @ theta) + 60 * torch.randn(88, 2000, generator=source, dtype=torch.float64)
    of_even = (X1 @ (M @ even) - even) ** 2
    rest = ((X1 @ (M @ of_even) - of_even) ** 2).mean(0)
    assert (88 * (1 - rest / of_even.var(0, correction=0)) > statistic).double().mean() < 0.006

# %% from-zero
far, usual = theta[:, 0] / robust, theta[:, 0] / errors
assert (usual[:2] > 2).all() and (usual[2:].abs() < 2).all()
assert far[1] > 2 and (far[[0, 2, 3]].abs() < 2).all()
in_prose(f"{theta[1, 0]:.0f} {theta[0, 0]:.2f} {10 * round(100 * theta[2, 0].item()):,}")
log_features = torch.cat([X[:, :2].log(), X[:, 2:]], dim=1)
assert stats.chi2.sf(least_squares(log_features, y.log())[3], df=3) > 0.1  # no longer objects

# %% error-bars
beyond = (theta[:, 0].abs() > 2 * errors).tolist(), (theta[:, 0].abs() > 2 * robust).tolist()
assert beyond == ([True, True, False, False], [False, True, False, False])

# %% bedrooms-alone
assert alone > 4 * theta[2, 0]
in_prose(f"{1000 * round(alone):,}")
assert torch.corrcoef(X.T)[1, 2] > 0.4  # large houses have more bedrooms

# %% singular
assert torch.linalg.matrix_rank(pair) == 1 and pair.shape == (88, 2)
assert torch.equal(pair, pair.round())  # whole numbers: the zero is exact on every machine
silent = []
for factor in (3.0, 7.0, 0.1, 0.7, 92.903, 1 / 3, 1.1, 13.7):  # rounding often hides it
    repeated = with_ones(torch.cat([area, factor * area], dim=1))
    try:
        silent.append(exact_solution(repeated, y))
    except torch.linalg.LinAlgError:
        continue
assert silent

# %% rank
torch.testing.assert_close(torch.tensor([w1, w1 + w2]), torch.tensor([w2, alone]))
one = with_ones(bedrooms)
torch.testing.assert_close(twice @ answer.solution, one @ exact_solution(one, y))
assert answer.solution.norm() < exact_solution(one, y).norm()  # nearest to zero: not (62, 0)
in_prose(f"{w1 + w2:.1f} {w1:.1f}")

# %% trough
loss = [((twice @ torch.tensor([[w1 + t], [w2 - t], [base]]).double() - y) ** 2).mean()
        for t in (0, 30, -70)]  # fmt: skip
torch.testing.assert_close(loss[1:], loss[:1] * 2)  # equally good

# %% square-metres
assert theta_both[3] < -1  # as if a square metre made a house cheaper
in_prose(f"{errors[1]:.0f}")
assert errors_both[1] > 100 * errors[1]  # more than a hundredfold
assert (both @ theta_both - X1 @ theta).abs().max() < 3  # good predictions all the same
_, plain_both, _, _ = least_squares(both[:, :4], y)
torch.testing.assert_close(errors_both, plain_both, rtol=1e-4, atol=0)
torch.testing.assert_close(theta_both[3], torch.linalg.pinv(both)[3] @ y, rtol=1e-3, atol=0)

# %% exercise-1-answer
cited("43.56", "thousands of square feet in an acre, by definition")

# %% exercise-5-answer
in_prose(f"{len(births)}")

# %% test-function
A, b = torch.randn(30, 4, dtype=torch.float64), torch.randn(30, 1, dtype=torch.float64)
for k in (0, 1):
    found = breusch_pagan(with_ones(A), torch.cat([b, b**3], dim=1))[k].item()
    assert abs(found - least_squares(A, b ** (1 + 2 * k))[3]) < 1e-8

# %% three-tests
assert abs(rows["prices"]["statistic"] - statistic) < 0.06
assert rows["prices"]["p"] == 0.0028
assert rows["logarithms"]["p"] > 0.1 and rows["with squares"]["p"] > 0.1  # both quiet it
assert bent.shape == (88, 6)

# %% three-towns
cited("0.05", "the usual level of a test, a convention")
for seed in range(10):
    noise = torch.randn(
        88, 1000, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    shares = []
    for A, labels in ((X1, y), (bent, y), (logs, y.log())):
        y_hat, spread = fitted(A, labels)
        invented = y_hat + spread * noise
        invented = invented.exp() if A is logs else invented
        shares.append((breusch_pagan(X1, invented) > limit).double().mean().item())
    assert shares[0] < 0.05 and shares[1] > 0.5 and shares[2] > 0.5

# %% two-worlds
spreads = {name: torch.tensor(column) for name, column in rows.items()}
assert ((spreads["world 1: same"] / errors - 1).abs() < 0.06).all()
assert ((spreads["world 2: own"] / robust - 1).abs() < 0.06).all()
assert ((spreads["world 2: own"] / errors - 1)[0]) > 0.8

# %% house-76
assert X[:, 0].argmax() == leverage.argmax() == M[0].abs().argmax() == 76
torch.testing.assert_close(leverage, (X1 @ M).diag())
in_prose(f"{leverage.argmax()} {len(y)}")
assert 0.8 < share < 0.85 and 3.6 < (r[76] / s).item() ** 2 < 3.8
drop = torch.arange(88) != 76  # leaving the house out, its residual is that over 1 - leverage
without = (X1[76] @ torch.linalg.lstsq(X1[drop], y[drop]).solution - y[76]).item()
assert abs(without / (r[76] / (1 - leverage[76])).item() - 1) < 1e-9
assert hc3[0] > 5 * robust[0]
assert 88 * 2 * stats.norm.sf((r.abs().max() / s).item()) < 0.1  # hardly among 88

# %% few
in_prose(f"{rms_error(y.mean(), y):.0f} {unseen:.0f} {len(y) - 3}")
assert seen < 1e-6 and unseen > 2 * rms_error(y.mean(), y)
