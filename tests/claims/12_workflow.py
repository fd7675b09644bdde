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

# %% dropout
assert layer.training is False

# %% rates
spread = known["spread"][LABEL]
lowest = {lr: min(v for _, v in run) for lr, run in runs.items()}
assert min(lowest, key=lowest.get) == 0.03
assert runs[0.003][-1][1] < 0.98 * runs[0.003][-9][1]  # too few epochs
assert runs[0.003][-1][1] > 1.2 * lowest[0.03]
assert not runs[3.0][0][1] < 1e3 and not runs[3.0][-1][1] < 1e6  # explodes at once
late = [v for _, v in runs[0.3][-30:]]
assert max(late) > 2 * min(late)  # jumps about
in_prose(" ".join(f"{grams(runs[lr][-1][1], spread):.0f}" for lr in (0.003, 0.03, 0.3)))

# %% linear-curves
spread = known["spread"][LABEL]
val_losses = [v for _, v in runs[0.03]]
in_prose(f"{grams(runs[0.03][-1][0], spread):.0f} {grams(val_losses[-1], spread):.0f}")
in_prose(f"{grams(min(val_losses), spread):.0f} {val_losses.index(min(val_losses)) + 1}")
assert val_losses[-1] < 1.01 * min(val_losses)  # no overfitting
gaps = [grams(v, spread) - grams(t, spread) for t, v in runs[0.03]]
assert max(gaps[-20:]) < min(gaps[-20:]) + 5
in_prose(f"{len(train)}")

# %% net-run
number = sum(p.numel() for p in net.parameters())
in_prose(f"{number}")
assert 4.9 < number / len(train) < 5.1
assert len(history) == 200

# %% net-curves
spread = known["spread"][LABEL]
val_losses = [v for _, v in history]
best = val_losses.index(min(val_losses))
in_prose(f"{best + 1} {best + 31} 30 {grams(min(val_losses), spread):.0f}")
in_prose(f"{grams(history[-1][0], spread):.0f} {grams(val_losses[-1], spread):.0f}")
assert val_losses[-1] > 1.1 * min(val_losses)
assert history[-1][0] < 0.8 * history[best][0] and history[best][0] < history[5][0]
assert sorted(val_losses)[1] - min(val_losses) > 1e-4 * min(val_losses)  # no tie
# A patience of 30 ends there, with the same weights.
torch.manual_seed(0)
again = Net(14, 64).to(device)
assert len(fit(again, train_loader, val_loader, 0.05, 200, 30, device)) == best + 31
for name, value in again.state_dict().items():
    torch.testing.assert_close(value, net.state_dict()[name], rtol=1e-3, atol=1e-4)

# %% test
rms_ = (predicted - truth).square().mean().sqrt().item()
in_prose(f"{rms_:.0f} {ends[0] ** 0.5:.0f} {ends[1] ** 0.5:.0f} {len(test)} {95}")
blind_ = ((test[LABEL] - baseline) ** 2).mean() ** 0.5
in_prose(f"{blind_:.0f} {baseline:.0f} 750")
assert abs(blind_ - 750) < 10 and abs(blind - 750) < 10
assert 0.35 < rms_ / blind_ < 0.45  # two fifths

# %% run
assert run.returncode == 1
assert run.stdout.split() == [f"{predicted[0].item():.0f}", "g"]
in_prose(f"{predicted[0].item():.0f}")
assert test["species"].iloc[0] == new["species"].iloc[0]

# %% equal
assert (by_lstsq[:, 0] - by_pipeline).abs().max() < 0.1
in_prose("3000 68")
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
assert 1.005 < math.sqrt(chosen_ / solved_) < 1.015  # one percent larger
largest = (ways["loop, chosen"] - by_pipeline).abs().max()
assert 80 < largest < 200  # some hundred grams

# %% ten-splits
singles = splits.iloc[:10]
assert (singles["net, test"] < singles["linear, test"]).sum() == 5
means_ = splits.loc["mean"]
in_prose("30")
assert round(means_["net, test"] - means_["linear, test"]) == 2
assert round(means_["linear, validation"] - means_["net, validation"]) == 6

# %% exercise-1-answer
in_prose("12 18")

# %% exercise-4-answer
in_prose("1500 1.05")
