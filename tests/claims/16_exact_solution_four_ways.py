"""What lesson 16 says, computed again in its own kernel."""

from fractions import Fraction

import numpy

U64, U32 = 2.0**-53, 2.0**-24


def near(found, wanted, atol):
    """Both are equal up to `atol`, whatever their types."""
    found, wanted = (torch.as_tensor(v, dtype=torch.float64).detach() for v in (found, wanted))
    torch.testing.assert_close(found, wanted, rtol=0, atol=atol)


def condition(X):
    """The condition number of X with columns of length 1."""
    S = torch.linalg.svdvals(X / X.norm(dim=0))
    return (S[0] / S[-1]).item()


def means(found):
    """The mean correct digits of each way, a dictionary."""
    return {way: values.mean().item() for way, values in found.items()}


# %% longley
assert longley.X1.shape == (16, 7) and (longley.X1[:, -1] == 1).all()
in_prose(f"{len(longley.y)}")
cited("1967", "the year of Longley's article")
cited("15", "NIST certifies its parameters in 15 digits")
correlations = torch.corrcoef(longley.X1[:, :-1].T)[-1]
assert (correlations > 0.98).sum() == 4 and correlations.min() < 0.6
# The features have six digits at most.
assert all(float(f"{v:.6g}") == v for v in longley.X1.flatten().tolist())

# %% correct-digits
truth = torch.tensor([[10.0], [-2.0]]).double()
near(correct_digits(truth * torch.tensor([[1.001], [1.0]]), truth), 3, 1e-4)
near(correct_digits(truth * torch.tensor([[1.0], [1 - 1e-5]]), truth), 5, 1e-3)
assert correct_digits(truth, truth) == 16 and correct_digits(-truth, truth) == 0
near(-torch.log10(torch.tensor([U64, U32])), [15.95, 7.22], 0.01)
in_prose("16")
cited("10", "the base of the logarithm")

# %% cholesky-small
small = torch.tensor([[4.0, 2.0], [2.0, 5.0]])
L = torch.linalg.cholesky(small)
near(L, [[2, 0], [1, 2]], 1e-6)
near(L @ L.T, small, 1e-6)

# %% by-normal-equations
torch.testing.assert_close(
    torch.linalg.solve(longley.X1.T @ longley.X1, longley.X1.T @ longley.y),
    by_normal_equations(longley.X1, longley.y),
    rtol=1e-3,
    atol=0,
)

# %% digits-function
in_prose(f"{len(digits(by_lstsq, longley))}")
calls = []


def spy(X1, y):
    calls.append((X1, y))
    return by_lstsq(X1, y)


digits(spy, longley, torch.float64, orders=3)
for X1, y in calls:
    assert (X1[:, -1] == 1).all() and X1.shape == (16, 7)
    near(X1.sum(0).sort().values, longley.X1.sum(0).sort().values, 1e-6)
    near(sorted(y[:, 0].tolist()), sorted(longley.y[:, 0].tolist()), 0)
assert not torch.equal(calls[0][0], calls[1][0])

# %% first-digits
normal, direct = (digits(f, longley).mean().item() for f in (by_normal_equations, by_lstsq))
assert 6.5 < normal < 7.5 and 10.5 < direct < 11.7
assert (16 - round(normal), 16 - round(direct)) == (9, 5)

# %% hair
assert hair.dtype == torch.float32
near(hair.T @ hair, torch.ones(2, 2), 0)
assert torch.tensor(1.0) + torch.tensor(1e-4) ** 2 == 1
assert f"{1 + 0.01**2:.4f}" == "1.0001" and f"{1.0001:.4g}" == "1"
in_prose("0.01 1.0001 1.000 0.0001")
e = 0.01  # with more digits nothing is lost
near(
    torch.tensor([[1, 1], [e, 0], [0, e]]).double().T
    @ torch.tensor([[1.0, 1], [e, 0], [0, e]]).double(),
    [[1 + e * e, 1], [1, 1 + e * e]],
    1e-7,
)

# %% hair-fails
near(y_hair[:, 0], [2, 1e-4, 1e-4], 1e-6)

# %% hair-lstsq
for way in (by_lstsq, lambda X1, y: torch.linalg.lstsq(X1, y, driver="gels").solution):
    near(way(hair, y_hair), [[1], [1]], 2e-3)

# %% stretches
wide = hair.double()
for arrow, stretch in (([1.0, 1.0], largest), ([1.0, -1.0], smallest)):
    v = torch.tensor(arrow, dtype=wide.dtype)
    near((wide @ v).norm() / v.norm(), stretch, 1e-9)
e = 1e-4
near(largest, (2 + e * e) ** 0.5, 1e-7)
near(smallest, e, 1e-9)
u = torch.finfo(torch.float32).eps / 2
in_prose(rf"${u * 2 * 1e7:.1f} \cdot 10^{{-7}}$ 0.0001 {u * 2 / 1e-4:.4f}")
for arrow, factor in (([1.0, 1.0], largest**2), ([1.0, -1.0], smallest**2)):
    v = torch.tensor(arrow, dtype=wide.dtype)
    near(wide.T @ (wide @ v), (factor * v).tolist(), 1e-9)
# The square stretches by the squares, and its condition number is the square.
values = torch.linalg.eigvalsh(wide.T @ wide)
near(values, [e * e, 2 + e * e], 1e-7)
square = (values[1] / values[0]).item()
assert abs(square / (largest / smallest) ** 2 - 1) < 1e-3
near(
    torch.linalg.svdvals(longley.X1)[0] ** 2 / torch.linalg.eigvalsh(longley.X1.T @ longley.X1)[-1],
    1,
    1e-9,
)
in_prose("$10^{-16}$")
in_prose(r"$6 \cdot 10^{-8}$")
cited("10", "the base of the logarithm")
assert f"{U64:.0e}" == "1e-16" and f"{U32:.0e}" == "6e-08"

# %% unit-columns
Z, lengths = unit_columns(longley.X1)
near(Z.norm(dim=0), torch.ones(7), 1e-12)
near(Z * lengths, longley.X1, 1e-6)
# Powers of two as units change no digit.
powers = 2.0 ** torch.arange(-3, 4)
for way in (by_normal_equations, lambda X1, y: torch.linalg.lstsq(X1, y, driver="gels").solution):
    once = way(longley.X1, longley.y)
    torch.testing.assert_close(
        way(longley.X1 * powers, longley.y) * powers[:, None], once, rtol=1e-5, atol=0
    )
for seed in range(10):  # log10(kappa) digits and twice as many, on other data with a perfect fit
    source = torch.Generator().manual_seed(seed)
    Q, _ = torch.linalg.qr(torch.randn(30, 4, generator=source, dtype=torch.float64))
    V, _ = torch.linalg.qr(torch.randn(4, 4, generator=source, dtype=torch.float64))
    M = Q * torch.tensor([1, 0.1, 1e-3, 1e-5]).double() @ V.T
    theta = torch.ones(4, 1).double()
    on_X, on_squares = predicted_digits(M, torch.float64)
    y = M @ theta
    found = [correct_digits(f(M, y), theta) for f in (by_lstsq, by_normal_equations)]
    assert abs(found[0] - on_X) < 2 and abs(found[1] - on_squares) < 2.5, (found, on_X, on_squares)

# %% predicted
kappa = condition(longley.X1)
near(log10(kappa), 4.636, 0.002)
in_prose(f"{round(kappa, -3):,.0f}")
in_prose(f"{-log10(U32):.1f} {log10(kappa):.1f} {-log10(U32 * kappa):.1f} {2 * log10(kappa):.1f}")
in_prose(f"{-log10(U64 * kappa):.1f} {-log10(U64 * kappa**2):.1f}")
assert 2 * log10(kappa) > -log10(U32)
counted = digits(by_lstsq, longley).mean(), digits(by_normal_equations, longley).mean()
in_prose(f"{counted[0]:.0f}")
assert round(counted[1].item()) == 7

# %% mirror-picture
a, v = torch.tensor([3.0, 4.0]), torch.tensor([8.0, 4.0])
assert a.norm() == 5 and v @ a == 40 and v @ v == 80
near(v * (v @ a) / (v @ v), [4, 2], 1e-6)
near(a - 2 * v * (v @ a) / (v @ v), [-5, 0], 1e-6)
in_prose(f"{v @ a:.0f} {v @ v:.0f}")

# %% sign
assert a.norm() == 1
near(a - torch.tensor([1.0, 0.0]), [0, 1e-4], 1e-9)
near(a - torch.tensor([-1.0, 0.0]), [2, 1e-4], 1e-9)
near(reflect(a, torch.tensor([0.0, 1e-4])), [1, -1e-4], 1e-9)
assert reflect(a, torch.tensor([2.0, 1e-4]))[1].abs() < 1e-8
in_prose("0.0001")
wide = a.double()  # with more digits the other mirror works, too
assert reflect(wide, wide - torch.tensor([wide.norm(), 0]))[1].abs() < 1e-10

# %% triangle
# A column close to the axis: with the other sign the digits cancel, and nothing vanishes.
steep = torch.tensor([[1, 1], [1e-9, 0], [0, 1e-9]]).double()
for sign in (1, -1):
    R, c = triangle(sign * steep, steep.sum(dim=1, keepdim=True))
    assert R[0, 0] == -sign  # the first entry of the image has the other sign
    near(torch.linalg.solve_triangular(R, c, upper=True), [[sign], [sign]], 1e-5)

# %% both-triangles
S, S_R = torch.linalg.svdvals(longley.X1), torch.linalg.svdvals(R)
near(S_R / S, torch.ones(7), 1e-5)  # R stretches as X1 does
Q, R_library = torch.linalg.qr(longley.X1)
near(Q.T @ Q, torch.eye(7), 1e-12)
torch.testing.assert_close(c.abs(), (Q.T @ longley.y).abs(), rtol=1e-6, atol=1e-4)
theta = torch.linalg.solve_triangular(R, c, upper=True)
assert correct_digits(theta, longley.theta) > 9
rest = (longley.y**2).sum() - (c**2).sum()
best = ((longley.X1 @ longley.theta - longley.y) ** 2).sum()
near(rest / best, 1, 1e-3)  # what stands below is the residual's length

# %% svd-way
U, S, Vt = torch.linalg.svd(longley.X1, full_matrices=False)
torch.testing.assert_close(U * S @ Vt, longley.X1, rtol=1e-9, atol=1e-6)
near(U.T @ U, torch.eye(7), 1e-12)
near(Vt @ Vt.T, torch.eye(7), 1e-12)

# %% measure-all
cited("1970", "the year of Wampler's article")
x = torch.arange(21).double()
near(problems["Wampler1"].X1, torch.stack([x**k for k in (1, 2, 3, 4, 5, 0)], 1), 0)
near(problems["Wampler1"].theta, torch.ones(6, 1), 0)
near(problems["Wampler2"].theta[:, 0], [0.1**k for k in (1, 2, 3, 4, 5, 0)], 1e-8)
in_prose("0.1")
cited("10", "the base of the logarithm")
for pair in predicted.values():  # the lines of the picture
    in_prose(" ".join(f"{max(0, value):.1f}" for value in pair))
in_prose(f"{x[-1]:.0f}")
in_prose(f"{round(x[-1].item() ** 5, -5):,.0f}")
for title in ("Longley, float64", "Wampler2, float64"):
    on_X1, on_squares = predicted[title]
    found = means(measured[title])
    for way in ("QR by hand", "QR", "lstsq"):
        assert abs(found[way] - on_X1) < 1, (title, way, found)
    assert abs(found["Cholesky"] - on_squares) < 1.2, (title, found)
    assert found["SVD"] > on_X1 - 2 and found["SVD"] - found["Cholesky"] > 1.5
for title in ("Longley, float32", "Wampler2, float32"):
    on_X1, on_squares = predicted[title]
    found = means(measured[title])
    for way in ("QR by hand", "QR"):
        assert abs(found[way] - on_X1) < 1.2, (title, way, found)
    assert found["Cholesky"] < max(on_squares, 0) + 1.2
for name in problems:
    found = means(measured[f"{name}, float32"])
    assert found["lstsq"] < 0.3 and found["Cholesky"] < 1.5
found = means(measured["Wampler1, float64"])
on_X1, on_squares = predicted["Wampler1, float64"]
assert on_X1 - found["QR"] > 1.5 and on_squares - found["Cholesky"] > 1.5
assert abs((found["QR"] - found["Cholesky"]) - (on_X1 - on_squares)) < 1.2
# Against the largest term the digits of Wampler1 are all there.
for way, wanted in (("QR", on_X1), ("Cholesky", on_squares)):
    scale = problems["Wampler1"].X1.norm(dim=0)[:, None]
    truth = scale * problems["Wampler1"].theta
    theta = ways[way](problems["Wampler1"].X1, problems["Wampler1"].y)
    assert -torch.log10((scale * theta - truth).norm() / truth.norm()) > wanted - 0.5
assert truth.argmax() == 4 and truth[0] < 1e-4 * truth[4]  # x^5 is the largest term, x is small
gave_up = 0
for _ in range(30):
    order = torch.randperm(16)
    try:
        by_normal_equations(longley.X1[order].float(), longley.y[order].float())
    except torch.linalg.LinAlgError:
        gave_up += 1
assert gave_up > 0

# %% noise-loop
near(torch.tensor(sizes[1:]).log10().diff(), [2, 2], 1e-5)
assert sizes[0] == 0
qr, cholesky = noisy["QR"], noisy["Cholesky"]
assert qr[0] > cholesky[0] + 2 and qr[-1] < cholesky[-1] + 0.5
assert max(cholesky) - min(cholesky) < 1.2
assert 1 < qr[1] - qr[2] < 3 and 1 < qr[2] - qr[3] < 3  # two digits for a factor of 100
for number in (3, 4, 5):
    problem = data.wampler(number)
    noise = problem.y - problem.X1 @ problem.theta
    near(problem.X1.T @ noise, torch.zeros(6, 1), 0)  # so the parameters stay
    near(problem.theta, torch.ones(6, 1), 0)
in_prose(", ".join(f"{float(f'{size:.1g}'):g}" for size in sizes))
in_prose(f"{sizes[-1]:.0f} {qr[-1]:.0f} {cholesky[-1]:.0f}")
# The formula, with theta and X1 for columns of length 1: as many digits as QR loses.
for number, mean in zip((3, 4, 5), qr[1:], strict=True):
    problem = data.wampler(number)
    Z, lengths = unit_columns(problem.X1)
    S = torch.linalg.svdvals(Z)
    kappa, r = S[0] / S[-1], problem.y - problem.X1 @ problem.theta
    grown = kappa + kappa**2 * r.norm() / (S[0] * (problem.theta * lengths[:, None]).norm())
    assert abs((qr[0] - mean) - torch.log10(grown / kappa)) < 1, (number, mean, grown)

# %% dropped
for driver in ("gelsd", "gelsy"):
    assert torch.linalg.lstsq(X1, y, driver=driver).rank < 6
    assert torch.linalg.lstsq(Z, y, driver=driver).rank == 6
S = torch.linalg.svdvals(X1.double())
limit = 21 * torch.finfo(torch.float32).eps
assert ((S / S[0] > limit).sum() == 4) and (S[3] / S[0] > 1.2 * limit > 3 * S[4] / S[0])
near(problems["Wampler2"].theta[-1], [1], 0)
near(problems["Wampler2"].X1 @ problems["Wampler2"].theta, problems["Wampler2"].y, 1e-9)
kept = torch.linalg.lstsq(X1, y, driver="gelsd", rcond=limit).rank
assert kept == torch.linalg.lstsq(X1, y, driver="gelsd").rank  # the default

# %% scaled-way
for way in ("Cholesky", "QR"):
    before, after = (digits(f, longley).mean() for f in (ways[way], scaled(ways[way])))
    assert abs(before - after) < 0.8

# %% centred-way
theta = centred(by_qr)(longley.X1, longley.y)
assert correct_digits(theta, longley.theta) > 11.5

# %% kappas
kappas = [condition(columns) for columns in designs.values()]
in_prose(f"{round(kappas[1], -1):.0f}")
in_prose(f"{round(kappas[0], -3):,.0f}")

# %% measure-centred
on_X1, on_squares = predicted["centred, float64"]
in_prose(f"{on_squares:.0f} {on_X1:.0f}")
for pair in predicted.values():
    in_prose(" ".join(f"{max(0, value):.1f}" for value in pair))
in_prose(f"{problems['Wampler1'].X1[-1, 0]:.0f}")
found = means(measured["centred, float64"])
assert abs(found["QR"] - on_X1) < 1.2 and abs(found["Cholesky"] - on_squares) < 1
was = means(measured["scaled, float64"])
assert abs(found["Cholesky"] - was["QR"]) < 1.2  # as good as QR was before
found, was = means(measured["centred, float32"]), means(measured["scaled, float32"])
assert 4.2 < found["QR"] < 5.5 and 1.7 < was["QR"] < 3.2
assert found["Cholesky"] > 2 and was["Cholesky"] < 0.3
assert found["lstsq"] > 4 and was["lstsq"] > 1.5
powers = problems["Wampler1"].X1
assert condition(powers[:, :-1] - powers[:, :-1].mean(0)) > condition(powers) / 2
t = (torch.arange(21).double() - 10)[:, None] ** torch.arange(6)
assert condition(t) < condition(powers) / 50

# %% times
assert min(times.values()) > 0


def best(way):
    """The shortest of 20 runs, in seconds, on one thread."""
    return min(repeat(lambda: ways[way](X1, y), repeat=20, number=1))


for slower in ("QR", "SVD"):  # one try is enough; a busy machine gets four more
    assert any(best("Cholesky") < best(slower) for _ in range(5))
n, p = 4000, 60
products = 0
for k in range(p):  # v @ both[k:] and v times it, for the features that are left
    products += 2 * (n - k) * (p - k)
assert abs(products / (n * p**2 - p**3 / 3) - 1) < 0.05

# %% exercise-1-answer
cited("500", "the exercise sets this condition number")

# %% exercise-4-answer
cited("2001", "the exercise names these years")
cited("2020", "the exercise names these years")

# %% exact
assert correct_digits(exact, longley.theta) > 14
assert torch.linalg.eigvalsh(unit_columns(longley.X1)[0].T @ unit_columns(longley.X1)[0])[0] > 0
assert Fraction(str(longley.X1[1, 0].item())) == Fraction(885, 10)

# %% polynomial-kappas
for k in range(9):
    basis = numpy.polynomial.legendre.legvander(t.numpy(), 8)
    near(legendre[k], torch.from_numpy(basis[:, k].copy()), 1e-12)
for column in (0, 1, 2):
    first, second, third = (float(table.iloc[column, j]) for j in range(3))
    assert first > 5 * second / 2 and second > 2 * third
cited("1969", "the year of van der Sluis's article")
Q = torch.linalg.qr(torch.stack(bases["powers of t"][:6], 1)).Q
near(condition(Q), 1, 1e-9)
for columns in (longley.X1, problems["Wampler1"].X1):  # other units are at best root p better
    source = torch.Generator().manual_seed(1)
    for _ in range(200):
        units = 10 ** torch.randn(columns.shape[1], generator=source).double()
        Z = unit_columns(columns)[0] * units
        S = torch.linalg.svdvals(Z)
        assert (S[0] / S[-1]).item() * columns.shape[1] ** 0.5 > condition(columns)

# %% ones-second
raw = torch.linalg.svdvals(longley.X1)
in_prose(rf"${raw[0] / raw[-1] / 1e9:.1f} \cdot 10^9$")
found = {}
for way in ("QR", "SVD"):
    found[way], unit = [], []
    for _ in range(30):
        rows = torch.randperm(16)
        found[way].append(correct_digits(ways[way](ones_second[rows], longley.y[rows]), certified))
        theta = scaled(ways[way])(ones_second[rows], longley.y[rows])
        unit.append(correct_digits(theta, certified))
    assert 10.3 < sum(unit) / 30 < 11.8, (way, sum(unit) / 30)
assert 10.5 < sum(found["QR"]) / 30 < 11.5 and 6.5 < sum(found["SVD"]) / 30 < 8
