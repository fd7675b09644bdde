"""What the solutions of lesson 16 say, computed again in their own kernel."""

# %% exercise-1-answer
in_prose(f"{-log10(2**-24):.1f} {log10(500):.1f} {digits_qr:.1f} {digits_normal:.1f}")
in_prose(f"$10^{log10(kappa_limit):.0f}$")
in_prose("2^{26.5} -24 -53")
cited("10", "the base of the logarithm")
assert 2**26.5 == (2**53) ** 0.5 and kappa_limit == 2**26.5
assert round(-log10(2**-53) - log10(kappa_limit)) == 8

# %% exercise-3-answer
for first in (3.0, -3.0, 0.0):
    a = torch.tensor([first, 4.0, 1.0], dtype=torch.float64)
    v = mirror_for(a)
    torch.testing.assert_close(2 * v @ a / (v @ v), torch.tensor(1.0, dtype=torch.float64))
    torch.testing.assert_close((a - v)[1:], torch.zeros(2, dtype=torch.float64))

# %% year-kappas
kappas = []
for degree in (1, 2, 3):
    columns = years[:, None] ** torch.arange(degree + 1)
    kappas.append(torch.linalg.cond(columns / columns.norm(dim=0)).item())
left = [-log10(2**-24) - log10(kappa) for kappa in kappas]
assert 3.5 < left[0] < 4.5 and 0.5 < left[1] < 1.7 and left[2] < 0
assert (years.min(), years.max()) == (2001, 2020) and t.abs().max() == 1

in_prose(f"{years.min():.0f} {years.max():.0f}")

# %% longley-in-pieces
assert error < 1e-9
