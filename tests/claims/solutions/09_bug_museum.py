"""What the solutions of lesson 9, the bug museum, must have computed."""

# %% exercise-1-answer
in_prose(f"{lr_needed} {lr_needed / 200:.4f} {error}")
assert lr_needed / 200 / 0.01 == times_healthy == 0.25

# %% before-training-table
wrong_ = pd.DataFrame(rows, index=list("abcdef"), columns=columns)
assert (wrong_["strangers"] > 0).tolist() == [False, True, False, False, False, False]
assert wrong_["untrained"].tolist() == ["", "", "", "", "bias", ""]
assert (wrong_["lr"] > wrong_["largest rate"]).tolist() == [False] * 5 + [True]
assert set(wrong_["lr"]) == {0.1}

# %% in-the-loop-table
assert table.loc["a"].tolist() == [False, False, False, True]
for name_ in "ce":
    assert table.loc[name_].tolist() == [False, True, True, True]
for name_ in "bdf":
    assert not any(table.loc[name_])
sizes_ = [len(y_) for _, y_ in check.mystery_loops()[0].train_loader]
assert sizes_ == [30, 30, 30, 10]
in_prose(f"{sizes_[0]} {sizes_[-1]}")

# %% noisy-loop
assert best_loss(loop.X, loop.y) <= loss < 1.1 * best_loss(loop.X, loop.y)
