"""What lesson 11, unseen houses, must have computed, cell by cell."""

# %% load
cited("8.17", "the number of the equation in Wooldridge's book")

# %% thousand-errors
mean = {name: e.mean().item() for name, e in errors.items()}
in_prose(f"{100 * (1 - mean['price model'] / mean['blind bid']):.0f} percent")
in_prose(f"{100 * (1 - mean['log model'] / mean['blind bid']):.0f} percent")
in_prose(f"{mean['log model']:.0f}")
low, high = errors["log model"].quantile(errors["log model"].new_tensor([0.05, 0.95]))
assert low < 40 and high > 79
in_prose("40 80")

# %% histogram
in_prose("22")
for e in errors.values():
    in_prose(f"{e.quantile(0.5):.0f} {e[~has_76].mean():.0f} {e[has_76].mean():.0f}")

# %% humps-table
assert abs(unseen - 22 / 88) < 0.03
assert table["price model"].iloc[1] > table["blind bid"].iloc[1]
in_prose("76")

# %% leak-table
early, exact = zip(*rows.values(), strict=True)
assert abs(exact[0] - exact[1]) < 1e-6
assert min(early) == early[2] and min(exact) == exact[2]
assert 15 < early[0] - early[1] < 18
in_prose("16 76")

# %% intervals
in_prose(f"{stats.norm.ppf(0.95):.2f}")

# %% coverage-table
in_prose("90 91 92")
assert rows["price model"][0] > 89 and rows["log model"][0] > 89
assert rows["price model"][3] == 0
in_prose(f"{rows['price model'][2]:.0f} {rows['log model'][1]:.0f}")

# %% bids
in_prose("2,200 8,000")
cited("1990", "the year of the sales, in the data set's description")
in_prose(" ".join(f"{table['bid'][k]:.0f}" for k in (0, 1, 3, 4)))
for share, got in zip(shares, reached, strict=True):
    assert abs(share - got) < 0.04
