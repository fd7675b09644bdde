"""What lesson 12, a whole workflow, must have computed, cell by cell."""

import math

import pandas as pd
import torch
from torch import nn


def grams(loss, spread):
    """The root mean squared error of a loss in squared spreads, in grams."""
    return math.sqrt(loss) * spread


SOURCE = "the year of a publication about the penguins"

# %% load
assert table["body_mass_g"].equals(raw["Body Mass (g)"])  # the rows stand in one order
assert table.shape == (344, 10) and raw.shape[0] == 344
assert table["species"].tolist() == raw["Species"].str.split().str[0].tolist()
assert set(table["species"]) == {"Adelie", "Chinstrap", "Gentoo"}
cited("2014", SOURCE)
cited("2020", SOURCE)

# %% holes
holes_of = table.isna().sum()
assert holes_of["body_mass_g"] == 2  # two penguins have no mass
in_prose(f"{len(table)}")
in_prose(" ".join(str(count) for count in holes_of if count >= 10))

# %% columns
assert NUMBERS == ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "n15", "c13"]
assert len(table) == 342 and table[NUMBERS].isna().any().sum() == 2
assert table["sex"].isna().sum() == 9

# %% split
assert sorted([*train.index, *val.index, *test.index]) == sorted(table.index)
shares = [round(len(part) / len(table), 1) for part in (train, val, test)]
in_prose(" ".join(f"{100 * share:.0f}" for share in shares))

# %% baseline
errors_ = (val[LABEL] - train[LABEL].mean()).to_numpy()
assert math.isclose(blind, math.sqrt((errors_**2).mean()))

# %% encoded
X_ = encode(train, known)
assert X_.shape == (206, 14)
in_prose(f"{X_.shape[1]}")
assert known["seen"]["sex"] == ["female", "male", "unknown"]
assert [len(seen) for seen in known["seen"].values()] == [3, 3, 3]
assert X_[NUMBERS].mean().abs().max() < 1e-5
assert (X_[NUMBERS].std(ddof=0) - 1).abs().max() < 1e-5
assert (X_.iloc[:, 5:].sum(axis=1) == 3).all()
# Everything comes from the training part: another table is encoded by the same numbers.
shift = encode(val.assign(n15=100.0), known)["n15"]
assert ((shift - (100 - known["mean"]["n15"]) / known["spread"]["n15"]).abs() < 1e-3).all()
# Where the training part has no hole, a hole is refused like any new value.
assert train["species"].notna().all() and train["island"].notna().all()
for name in ("species", "island"):
    try:
        encode(val[:1].assign(**{name: None}), known)
    except ValueError as error_:
        assert str(error_).startswith(f"{name}: ['unknown'] is not among")
    else:
        raise AssertionError(f"a hole in {name} was taken")
# get_dummies makes too few columns of a single penguin.
assert pd.get_dummies(train[CATEGORIES][:1]).shape[1] < 9

# %% loaders
assert len(train_loader.dataset) == 206 and len(val_loader.dataset) == 68
assert [len(y) for _, y in train_loader] == [32] * 6 + [14]

# %% mean-loss
probe = nn.Linear(14, 1)
data_ = train_loader.dataset
whole_ = nn.functional.mse_loss(probe(data_.X), data_.y).item()
assert math.isclose(mean_loss(probe, nn.MSELoss(), train_loader, "cpu"), whole_, rel_tol=1e-5)
assert not probe.training

# %% fit
# A patience of 20, the best loss in epoch 30 and nothing better: the last epoch is 50.
model_ = nn.Linear(1, 1)
zero = torch.zeros(1, 1)


class Judges:
    """One validation batch, whose loss falls to epoch 30 and is larger later."""

    epoch = 0

    def __iter__(self):
        self.epoch += 1
        loss = 2 - 0.01 * self.epoch if self.epoch <= 30 else 3
        yield zero, model_(zero).detach() + loss**0.5


assert len(fit(model_, [(zero, zero)], Judges(), 0.0, 99, 20, "cpu")) == 50
in_prose("20 30 50")

# %% rates
spread = known["spread"][LABEL]
lowest = {lr: min(v for _, v in run) for lr, run in runs.items()}
assert lowest[0.03] < 1.1 * min(lowest.values())
assert runs[0.003][-1][1] < 0.98 * runs[0.003][-9][1]  # too few epochs
assert runs[0.003][-1][1] > 1.2 * lowest[0.03]
assert not runs[3.0][0][1] < 1e3 and not runs[3.0][-1][1] < 1e6  # explodes at once
late = [v for _, v in runs[0.3][-30:]]
assert max(late) > 2 * min(late)  # jumps about
assert max(v for _, v in runs[0.03][-10:]) < 1.2 * lowest[0.03]  # does not
assert {len(run) for run in runs.values()} == {40}
in_prose(" ".join(f"{grams(runs[lr][-1][1], spread):.0f}" for lr in (0.003, 0.03, 0.3)))

# %% linear-curves
spread = known["spread"][LABEL]
val_losses = [v for _, v in runs[0.03]]
in_prose(f"{grams(runs[0.03][-1][0], spread):.0f} {grams(val_losses[-1], spread):.0f}")
in_prose(f"{grams(min(val_losses), spread):.0f} {val_losses.index(min(val_losses)) + 1}")
assert val_losses[-1] < 1.02 * min(val_losses)  # no overfitting
gaps = [grams(v, spread) - grams(t, spread) for t, v in runs[0.03]]
assert max(gaps[-20:]) < min(gaps[-20:]) + 15
in_prose(f"{len(train)}")

# %% net-run
number = sum(p.numel() for p in net.parameters())
in_prose(f"{number} 150")
assert 19.5 < number / len(train) < 20.5
assert len(history) == 150
# The rates that were tried, for 60 epochs each.
tried = {}
for lr_ in (0.003, 0.03, 0.1, 0.3):
    torch.manual_seed(0)
    tried[lr_] = fit(Net(14, 256).to(device), train_loader, val_loader, lr_, 60, 60, device)
best_ = {lr_: min(v for _, v in run) for lr_, run in tried.items()}
assert not tried[0.3][-1][1] < 1e6  # explodes
assert best_[0.003] > 1.05 * max(best_[0.03], best_[0.1])  # slow
assert abs(best_[0.03] / best_[0.1] - 1) < 0.1  # equally well
in_prose("0.003 0.3 0.03 0.1")

# %% net-curves
spread = known["spread"][LABEL]
val_losses = [v for _, v in history]
best = val_losses.index(min(val_losses))
in_prose(f"{best + 1} {grams(min(val_losses), spread):.0f}")
in_prose(f"{grams(history[-1][0], spread):.0f} {grams(val_losses[-1], spread):.0f}")
# The training loss falls on, the validation loss does not: means of twenty epochs.
early, middle, late = (torch.tensor(history[k : k + 20]).mean(dim=0) for k in (20, 70, 130))
assert early[0] > 1.2 * middle[0] > 1.3 * late[0]
assert min(middle[1], late[1]) > 0.95 * early[1]
# A patience of 20 ends at epoch 50 with the weights of epoch 30.
torch.manual_seed(0)
again = Net(14, 256).to(device)
short = [v for _, v in fit(again, train_loader, val_loader, 0.1, 150, 20, device)]
assert len(short) == 50 and short.index(min(short)) == 29
in_prose(f"20 50 30 {grams(min(short), spread):.0f}")
assert round(grams(min(short), spread)) - round(grams(min(val_losses), spread)) == 3
assert len(history) - len(short) == 100
linear_ = min(v for _, v in runs[0.03])
in_prose(f"{grams(linear_, spread):.0f}")
assert round(grams(linear_, spread)) - round(grams(min(val_losses), spread)) == 6
# What 68 penguins can tell: the standard errors of an rms error and of the difference.
squares = []
for model_ in (models[0.03], net):
    with torch.no_grad():
        z = model_(val_loader.dataset.X.to(device)).cpu()
    squares.append(((z - val_loader.dataset.y) * spread).square().flatten())
difference = squares[0] - squares[1]
assert difference.mean() < difference.std() / 68**0.5
off = difference.std() / 68**0.5 / (2 * squares[0].mean().sqrt())
assert 18 < off < 26
late_ = sum(grams(v, spread) for v in val_losses[-50:]) / 50
in_prose(f"50 {late_:.0f}")
in_prose("20 68")

# %% test
rms_ = (predicted - truth).square().mean().sqrt().item()
in_prose(f"{rms_:.0f} {ends[0] ** 0.5:.0f} {ends[1] ** 0.5:.0f} {len(test)} {95} 67")
blind_ = ((test[LABEL] - baseline) ** 2).mean() ** 0.5
in_prose(f"{blind_:.0f} {baseline:.0f} 750")
assert abs(blind - 750) < 10
assert 0.3 < rms_ / blind_ < 1 / 3  # less than a third
val_truth = torch.tensor(val[[LABEL]].to_numpy())
squares = (predict(linear, val, known) - val_truth).square().flatten().numpy()
val_ends = stats.t.interval(0.95, 67, squares.mean(), squares.std(ddof=1) / 68**0.5)
in_prose(f"{val_ends[0] ** 0.5:.0f} {val_ends[1] ** 0.5:.0f}")
assert rms_ < squares.mean() ** 0.5 and val_ends[0] < ends[1]  # lower, and they overlap

# %% run
first, *refused = there.splitlines()
assert first == f"{predicted[0].item():.0f} g"
assert [line.split(":")[0] for line in refused] == ["refused, species", "refused, island"]
assert "['Emperor']" in refused[0] and "['unknown']" in refused[1]

# %% equal
assert (by_lstsq[:, 0] - by_pipeline).abs().max() < 0.1
in_prose("1000 68")
moved = nn.Linear(14, 1)
moved.load_state_dict(exact.state_dict())
with torch.no_grad():
    moved.weight[0, 5:8] += 1
    moved.bias -= 1
torch.testing.assert_close(
    predict(moved, val, known), predict(exact, val, known), rtol=1e-4, atol=1
)
chosen_ = (ways["loop, chosen"] - torch.tensor(val[LABEL].to_numpy())).square().mean()
solved_ = (by_pipeline - torch.tensor(val[LABEL].to_numpy())).square().mean()
assert 1 < math.sqrt(chosen_ / solved_) < 1.01  # by no more than one percent
largest = (ways["loop, chosen"] - by_pipeline).abs().max()
assert 120 < largest < 180
in_prose("150")

# %% ten-splits
singles = splits.iloc[:10]
assert (singles["net, test"] < singles["linear, test"]).sum() == 4
assert round(singles["linear, test"][0]) - round(singles["net, test"][0]) == 10
in_prose("60 20")
means_ = splits.loc["mean"]
for part_, scatter_, off_ in (("validation", 14, 5), ("test", 20, 6)):
    differences_ = singles[f"net, {part_}"] - singles[f"linear, {part_}"]
    assert round(differences_.std()) == scatter_ and round(differences_.std() / 10**0.5) == off_
in_prose("14 20 5 6")
own_ = ((predict(net.cpu(), test, known) - truth) ** 2).mean() ** 0.5
assert own_ > 1.02 * ((predicted - truth) ** 2).mean() ** 0.5  # the lesson's net loses
assert round(means_["net, test"] - means_["linear, test"]) == 4
assert round(means_["linear, validation"] - means_["net, validation"]) == 5
# Row 0 is the split of the lesson.
by_pipeline_ = ((pipeline.predict(test) - test[LABEL]) ** 2).mean() ** 0.5
assert math.isclose(singles["linear, test"][0], by_pipeline_, rel_tol=1e-4)

# %% exercise-1-answer
in_prose("12 18")

# %% exercise-4-answer
in_prose("1500 1.05")
