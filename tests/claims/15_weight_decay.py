"""What lesson 15 says, computed again in its own kernel."""

import numpy as np
import torch


def near(value, wanted, tolerance):
    """Assert that two numbers or tensors agree to an absolute tolerance."""
    value, wanted = (torch.as_tensor(v, dtype=torch.float64) for v in (value, wanted))
    torch.testing.assert_close(value, wanted, rtol=0, atol=tolerance)


def plain_ridge(Z, y, lam):
    """Weights of ridge with a free bias, as least squares on data with d rows more."""
    n, d = Z.shape
    more = (n * lam) ** 0.5 * torch.eye(d, dtype=Z.dtype)
    label = torch.cat([y - y.mean(), torch.zeros(d, 1, dtype=y.dtype)])
    return torch.linalg.lstsq(torch.cat([Z, more]), label).solution


def root_mean_square(values):
    """The root of the mean of the squares."""
    return (values**2).mean().sqrt().item()


# %% data
assert len(table) == 342 and X.shape == (342, 9) and y.shape == (342, 1)
assert y.dtype == X.dtype == torch.float64
assert -1 < x.min() < -0.7 and 0.8 < x.max() < 1  # between -1 and 1
near(x[0, 0], (table["bill_depth_mm"].iloc[0] - 17) / 5, 1e-9)
near(X[:, 3:4], x**4, 1e-12)
assert len(rest) == 60 and len(test) == 282
assert sorted([*rest.tolist(), *test.tolist()]) == list(range(342))
in_prose("342 60 282 17")

# %% fit
Q = scale(X[:40, :3], X[:40, :3])
near(Q.mean(0), torch.zeros(3), 1e-12)
near(Q.std(0, correction=0), torch.ones(3), 1e-12)
weights, bias = least_squares(Q, y[:40])
ones = torch.ones(40, 1, dtype=Q.dtype)
near(torch.cat([weights, bias]), torch.linalg.lstsq(torch.cat([Q, ones], 1), y[:40]).solution, 1e-6)

# %% three-degrees
in_prose("30")
assert set(train.tolist()) | set(held.tolist()) == set(rest.tolist())
line_seen, line_held, _ = table["degree 1"]
nine_seen, nine_held, nine_weight = table["degree 9"]
assert nine_seen < 0.8 * line_seen and nine_held > 1.4 * line_held  # much better, much worse
in_prose(f"{nine_weight:,.0f}")
weights, bias = least_squares(scale(X[train], X[train]), y[train])
assert weights.min() < -1000 < 1000 < weights.max()  # of both signs
residual = scale(X[held], X[train]) @ weights + bias - y[held]
near(nine_held, root_mean_square(residual), 1e-6)

# %% three-curves
turns = {name: int((c[:, 0].diff().sign().diff() != 0).sum()) for name, c in curves.items()}
assert turns == {"degree 1": 0, "degree 3": 2, "degree 9": 6}
low, high = y[rest].min(), y[rest].max()
margin = 0.15 * (high - low)
inside = {n: ((c >= low - margin) & (c <= high + margin)).all().item() for n, c in curves.items()}
assert inside == {"degree 1": True, "degree 3": True, "degree 9": False}

# %% many-splits
assert splits.shape == (500, 60) and all(len(errors) == 500 for errors in unseen.values())
in_prose("500")
middle = [unseen[degree].median().item() for degree in range(1, 10)]
below = [seen[degree].median().item() for degree in range(1, 10)]
for degree in range(2, 10):
    assert (seen[degree] <= seen[degree - 1] + 1e-6).all()  # in every split
assert middle.index(min(middle)) == 2
assert 1.3 < middle[8] / middle[2] < 1.4  # a third larger
assert unseen[9].quantile(0.75) > 2 * middle[8]  # in one of four, more than twice that
P = X[trains[7], :4]
near(scale(P, P), torch.cat([scale(p, p)[None] for p in [P]])[0], 1e-12)
alone = errors(X[:, :4], y, trains[7], helds[7], least_squares)
near([seen[4][7], unseen[4][7]], alone, 1e-6)

# %% errors-by-degree
for degree in (1, 9):
    in_prose(f"{seen[degree].quantile(0.5):.0f}")
for degree in (3, 9):
    in_prose(f"{unseen[degree].quantile(0.5):.0f}")
in_prose(f"{unseen[9].quantile(0.25):.0f} {unseen[9].quantile(0.75):.0f}")

# %% ridge
for curvature, wanted in ((1.0, 909), (0.001, 10)):
    kept_part = curvature / (curvature + 0.1) * 1000
    assert abs(kept_part - wanted) < 0.5
    spot = torch.linspace(-10, 1010, 102_001, dtype=torch.float64)
    price = curvature / 2 * (spot - 1000) ** 2 + 0.1 / 2 * spot**2
    near(spot[price.argmin()], kept_part, 0.02)
in_prose(f"{1000 / 1.1:.0f} {0.001 / 0.101 * 1000:.0f} 0.001 0.1 1000")
Q, label = scale(X[:25], X[:25]), y[:25]
weights, bias = ridge(Q, label, 0.1)
near(weights, plain_ridge(Q, label, 0.1), 1e-4)
near(bias, [[label.mean().item()]], 1e-9)
free = weights.clone().requires_grad_()
((Q @ free + bias - label).square().mean() / 2 + 0.1 / 2 * free.square().sum()).backward()
near(free.grad, torch.zeros(9, 1), 1e-6)

# %% strengths
strengths = [0.0001, 0.001, 0.01, 0.1, 1.0]
assert list(rows) == [f"λ = {lam:g}" for lam in strengths]
seen_median, held_median = map(list, zip(*rows.values(), strict=True))
assert seen_median == sorted(seen_median)
best = held_median.index(min(held_median))
assert strengths[best] == 0.01
assert held_median[: best + 1] == sorted(held_median[: best + 1], reverse=True)
assert held_median[best:] == sorted(held_median[best:])
of_degree = errors(X[:, :3], y, trains, helds, least_squares)[1].median()
assert 0.97 < held_median[best] / of_degree < 1.0  # as well as degree 3
# Ten other draws of 60.
degrees = set()
for seed in range(1, 11):
    torch.manual_seed(seed)
    known = torch.randperm(342)[:60]
    parts = torch.stack([known[torch.randperm(60)] for _ in range(500)])
    parts = parts[:, :30], parts[:, 30:]
    of_degrees = [
        errors(X[:, :degree], y, *parts, least_squares)[1].median().item()
        for degree in range(1, 10)
    ]
    ridged = [errors(X, y, *parts, ridge, lam)[1].median().item() for lam in strengths]
    degrees.add(1 + of_degrees.index(min(of_degrees)))
    assert min(ridged) < 1.05 * min(of_degrees) and of_degrees[8] > 1.15 * min(of_degrees)
assert min(degrees) == 1 and max(degrees) == 6 and len(degrees) > 3

# %% bent
assert Z.shape == (30, 9) and mass.shape == (30, 1)
flat, wild = (c[:, 0].std() for c in (bent["λ = 1"], bent["λ = 0.01"]))
assert flat < 0.5 * wild

# %% ridge-picture
turns = {name: int((c[:, 0].diff().sign().diff() != 0).sum()) for name, c in bent.items()}
assert turns == {"λ = 0": 6, "λ = 0.01": 4, "λ = 1": 2}

# %% shrinkage
for lam in (0.001, 0.1):
    near(kept[lam], c / (c + lam), 1e-6)
shares = kept[0.1]
assert (shares > 0.5).sum() == 3 and (shares < 0.2).sum() == 5
near(V.T @ V, torch.eye(9), 1e-12)
H_lam = Z.T @ Z / 30 + 0.1 * torch.eye(9, dtype=Z.dtype)
near(H_lam @ V, V * (c + 0.1), 1e-9)
assert ridge(Z, mass, 0.1)[0].abs().min() > 1  # no weight is zero

# %% two-ways
assert by_penalty.shape == (500, 10)
torch.testing.assert_close(by_decay, by_penalty, rtol=1e-9, atol=1e-9)
in_prose(f"{len(by_penalty)}")
# Other batches than the full one: equal, too, at every update.
torch.manual_seed(3)
pair = [torch.nn.Linear(9, 1, dtype=torch.float64) for _ in range(2)]
pair[1].load_state_dict(pair[0].state_dict())
groups = [{"params": [pair[1].weight], "weight_decay": 0.1}, {"params": [pair[1].bias]}]
steppers = [SGD(pair[0].parameters(), 0.05), SGD(groups, 0.05)]
for _ in range(20):
    batch = torch.randperm(30)[:7]
    for k, net in enumerate(pair):
        steppers[k].zero_grad()
        loss = half_mse(net(Z[batch]), mass[batch])
        (loss + (0.1 / 2 * net.weight.square().sum() if k == 0 else 0)).backward()
        steppers[k].step()
    torch.testing.assert_close(pair[0].weight, pair[1].weight, rtol=1e-9, atol=1e-9)

# %% closed-form
near(by_decay[-1], closed_form, 0.01)
curvatures = torch.linalg.eigvalsh(Z.T @ Z / 30)
assert curvatures[-1] / curvatures[0] > 1e6
in_prose(f"{(curvatures[-1] + 0.1) / (curvatures[0] + 0.1):.0f}")
assert 2 / (curvatures[-1] + 0.1) > 0.2  # the rate is stable
# Without a penalty so many updates are too few.
unpenalised = train_net(Z, mass, half_mse, lr=0.2)[-1][:9]
assert (unpenalised - least_squares(Z, mass)[0][:, 0]).abs().max() > 1000

# %% slips
near(ends["no half"], ends["ridge, λ = 0.05"], 0.2)
assert ends["no half"][:9].norm() > 1.1 * closed_form[:9].norm()  # larger than promised
mean = mass.mean().item()
near(ends["bias decays"][9], mean / 1.1, 1e-6)
in_prose(f"{1 + 0.1:.1f}")
near(ends["bias decays"][:9], closed_form[:9], 0.01)
near(ends["from 4200 g"][9], (mean - 4200) / 1.1, 1e-6)
in_prose(f"{mean - mean / 1.1:.0f}")
shifted = (mean - 4200) / 1.1
in_prose(f"{shifted:.1f} {shifted + 4200:.1f} {mean - shifted - 4200:.0f}")
cure = train_net(Z, mass, torch.nn.MSELoss(), 0.1, (0.2, 0))[-1]
near(cure, closed_form, 0.05)

# %% decoupled-sgd
torch.testing.assert_close(torch.stack(path), by_penalty[:, :9], rtol=1e-9, atol=1e-7)
firsts = {}
for make in (SGD, Adam, AdamW):
    for strength in (0.0, 0.1):
        one = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
        one.grad = torch.tensor(40.0, dtype=torch.float64)
        make([one], lr=0.1, weight_decay=strength).step()
        firsts[make.__name__, strength] = one.item()
near([firsts["Adam", 0.0], firsts["Adam", 0.1]], [4.9, 4.9], 1e-6)
near([firsts["AdamW", 0.0], firsts["AdamW", 0.1]], [4.9, 4.85], 1e-6)
in_prose(f"{firsts['Adam', 0.1]:.1f} {firsts['AdamW', 0.1]:.2f} {40 + 0.1 * 5:.1f}")
in_prose(f"{1 - 0.1 * 0.1:.2f} 40 {0.1 * 5:.1f}")

# %% units
number = {name: table.loc[name].to_numpy() for name in table.index}
np.testing.assert_allclose(number["Adam"], number["ridge"], rtol=1e-4)
for name in ("least squares", "ridge", "Adam"):
    np.testing.assert_allclose(1000 * number[name][:2], number[name][2:], rtol=1e-4)
assert np.abs(number["AdamW"][2:]).max() < 1.001 * 10  # no weight beyond 1 over the strength
np.testing.assert_allclose(np.abs(number["AdamW"][2:]), [10, 10], rtol=1e-3)
in_prose(f"{1 / 0.1:.0f}")
near(ends[3], path[-1, :2, None], 0)
assert path[-1, 2].abs() < 1e-3  # the bias ends where it began
# In kilograms near least squares, much nearer than ridge.
kilo, least, ridged = (number[name][0] for name in ("AdamW", "least squares", "ridge"))
assert abs(kilo - least) < 0.15 * abs(ridged - least)
# With minibatches the end is yet another: neither ridge nor least squares.
torch.manual_seed(1)
noisy = torch.zeros(2, 1, dtype=Z.dtype, requires_grad=True)
grams = mass - mass.mean()
stepper = AdamW([noisy], 5.0, weight_decay=0.01)
tail = []
for k in range(600):
    rows = torch.randperm(30)[:3]
    stepper.zero_grad()
    half_mse(Z2[rows] @ noisy, grams[rows]).backward()
    stepper.step()
    if k >= 300:
        tail.append(noisy.detach()[0].item())
full = train_net(Z2, grams, half_mse, 5.0, (0.01, 0), make=AdamW)[-1][0].item()
assert abs(sum(tail) / len(tail) - full) > 0.1 * abs(full)

# %% fold-errors
strengths = torch.tensor([0.01, 1.0], dtype=torch.float64)
found = fold_errors(X, y, rest, strengths)
assert found.shape == (5, 2)
fold, others = rest[24:36], torch.cat([rest[:24], rest[36:]])
for k, lam in enumerate((0.01, 1.0)):
    weights = plain_ridge(scale(X[others], X[others]), y[others], lam)
    prediction = scale(X[fold], X[others]) @ weights + y[others].mean()
    near(found[2, k], ((prediction - y[fold]) ** 2).mean(), 1e-3)

# %% cross-validation
mean = folds.mean(0)
best = mean.argmin()
in_prose(f"{lams[best]:.2g}")
assert 0 < best < len(lams) - 1
flat = (lams > 0.00099) & (lams < 0.032)
in_prose("0.001 0.03")
in_prose(f"{(mean[flat].sqrt() - mean[best].sqrt()).max():.0f}")
spread = folds[:, best].std() / 5**0.5  # of the mean square; of its root, by the chain rule:
in_prose(f"{spread / (2 * mean[best].sqrt()):.0f}")
assert len(choices) == 20
in_prose(f"20 {min(choices):.2g} {max(choices):.2g}")
assert 10 < max(choices) / min(choices) < 100

# %% cv-picture
mean = folds.mean(0).sqrt()
in_prose(f"{mean[0]:.0f} {mean.min():.0f} {mean[-1]:.0f} {lams[0]:.2g} {lams[-1]:.2g}")

# %% test-once
blind, line, three, nine, ridged = once
in_prose(f"{round(ridged, -1):.0f} {round(nine, -1):.0f}")
assert 2.9 < nine / blind < 3.1 and ridged < min(blind, line, three, nine)
weights = plain_ridge(scale(X[rest], X[rest]), y[rest], lams[folds.mean(0).argmin()].item())
prediction = scale(X[test], X[rest]) @ weights + y[rest].mean()
near(ridged, root_mean_square(prediction - y[test]), 0.01)

# %% other-draws
draws = np.array(draws)
assert draws.shape == (100, 5)
in_prose("100 50 95")
middle = np.median(draws, 0)
assert 80 < middle[3] - middle[4] < 200
in_prose(f"{round(middle[3] - middle[4], -1):.0f}")
assert abs(middle[4] / middle[2] - 1) < 0.03  # as well as degree 3
assert np.quantile(draws[:, 4], 0.95) > 1000 > draws[:, 2].max()
# In the bad draws it is the penguins outside the range of the 60 that are missed.
torch.manual_seed(5)
bad, inner, strengths = 0, [], []
for _ in range(60):
    known, new = torch.randperm(342).split([60, 282])
    lam = lams[fold_errors(X, y, known, lams).mean(0).argmin()]
    weights, bias = ridge(scale(X[known], X[known]), y[known], lam)
    miss = (scale(X[new], X[known]) @ weights + bias - y[new])[:, 0]
    within = ((x[new] >= x[known].min()) & (x[new] <= x[known].max()))[:, 0]
    inner.append(root_mean_square(miss[within]))
    if root_mean_square(miss) > 1000:
        bad += 1
        strengths.append(lam.item())
        assert root_mean_square(miss[within]) < 750 and root_mean_square(miss[~within]) > 2000
assert bad >= 2 and max(inner) < 1000
assert np.mean(np.array(strengths) < 0.001) > 0.5  # mostly a weak one

# %% exercise-5-answer
assert house_X.shape == (88, 9) and house_y.shape == (88, 1) and len(house_lams) == 13
cited("2000", "the exercise counts doublings from here")
cited("11", "the exercise sets so many folds")

# %% exercise-1-answer
cited("0.05", "the exercise sets this curvature")
cited("0.2", "the exercise sets this strength")
cited("300", "the exercise sets this part")

# %% sklearn-ridge
assert len(rest) - len(rest) // 5 == 48
near(-scores, folds[:, best], 1e-4 * folds[:, best].max())

# %% lasso
zero = lasso.coef_ == 0
assert zero.sum() == 5 and (ridge(Z, mass, 0.01)[0].abs() > 1).all()
# The conditions of the least loss: the slope is -λ or λ where a weight is, smaller where none is.
slope = (Z.T @ (Z @ torch.tensor(lasso.coef_)[:, None] - (mass - mass.mean())) / 30)[:, 0]
near(slope[~zero].abs(), torch.full((4,), 20.0), 0.05)
assert (slope[zero].abs() <= 20.05).all()
# Other draws keep other powers.
sets = set()
for k in range(6):
    part = splits[k, :30]
    Q = scale(X[part], X[part])
    fitted = Lasso(alpha=20, tol=1e-6, max_iter=100_000).fit(Q.numpy(), y[part].numpy())
    sets.add(tuple(fitted.coef_ != 0))
assert len(sets) > 2
