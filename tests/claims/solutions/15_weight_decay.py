"""What the solutions of lesson 15 say, computed again in their own kernel."""

import torch

# %% exercise-1-answer
assert abs(steep - 4 / 4.2 * 10) < 1e-9 and abs(flat + 60) < 1e-9 and halving == 0.05
in_prose("4.2 0.05 0.25 100 50 300")
assert abs(abs(flat) / 300 - 1 / 5) < 1e-9 and steep / 10 > 0.95
torch.manual_seed(0)
Z, y = torch.randn(50, 2, dtype=torch.float64), torch.randn(50, 1, dtype=torch.float64)
sums = torch.linalg.solve(2 * Z.T @ Z + decay_for_sum * torch.eye(2).double(), 2 * Z.T @ y)
means = torch.linalg.solve(Z.T @ Z / 50 + 0.2 * torch.eye(2).double(), Z.T @ y / 50)
torch.testing.assert_close(sums, means)

# %% exercise-2-answer
torch.manual_seed(0)
Z, y = torch.randn(7, 3, dtype=torch.float64), torch.randn(7, 1, dtype=torch.float64)
w_0 = torch.randn(3, 1, dtype=torch.float64)
Z = Z - Z.mean(0)
c, V = torch.linalg.eigh(Z.T @ Z / 7)
u, v = V.T @ torch.linalg.lstsq(Z, y).solution, V.T @ w_0
mean = (c[:, None] * u + 0.3 * v) / (c[:, None] + 0.3)
torch.testing.assert_close(V.T @ ridge_towards(Z, y, 0.3, w_0), mean)

# %% exercise-3-answer
torch.manual_seed(0)
Z, y = torch.randn(9, 2, dtype=torch.float64), torch.randn(9, 1, dtype=torch.float64) + 3
Z = Z - Z.mean(0)


def wrong(lr, num_updates):
    """The program of the exercise."""
    net = nn.Linear(2, 1, dtype=Z.dtype)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    optimizer = torch.optim.SGD(net.parameters(), lr, weight_decay=0.4)
    for _ in range(num_updates):
        loss = nn.functional.mse_loss(net(Z), y) + 0.4 / 2 * net.weight.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.weight.detach().T, net.bias.detach()


end, bias = wrong(0.1, 500)
torch.testing.assert_close(end, train_ridge(Z, y, 0.4, 0.1, 1000)[0], rtol=1e-6, atol=1e-9)
torch.testing.assert_close(bias, y.mean(0) / (1 + 0.4 / 2), rtol=1e-6, atol=1e-9)
bound = (2 / (torch.linalg.eigvalsh(Z.T @ Z / 9)[-1] + 0.4)).item()
assert (
    wrong(0.6 * bound, 300)[0].abs().max() > 1e6 > train_ridge(Z, y, 0.4, 0.6 * bound, 300)[0].max()
)

# %% exercise-5-answer
best = house_errors.sort().values
assert best[1] / best[0] > 1.002  # no tie
assert house_lam == house_lams[house_errors.argmin()]
