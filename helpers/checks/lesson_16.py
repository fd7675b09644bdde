"""Checkers of lesson 16: the exact solution, four ways."""

import math
import weakref

import torch

from helpers import data
from helpers.checks import (
    Mistake,
    close,
    exercise,
    expect_number,
    expect_tensor,
    listed,
    unchanged,
)

SURE = math.log10(2**24)  # digits that float32 keeps
SURE_64 = math.log10(2**53)
KAPPA = 500  # the condition number of exercise 16.1


@exercise(
    "16.1", "Squaring doubles the digits that are lost, and halves the exponent of the limit."
)
def digits_ahead(digits_qr, digits_normal, kappa_limit):
    """Digits at condition number 500 in float32, and where Cholesky has none in float64."""
    lost = math.log10(KAPPA)
    answers = (
        ("digits_qr", expect_number("digits_qr", digits_qr), 1),
        ("digits_normal", expect_number("digits_normal", digits_normal), 2),
    )
    limit = expect_number("kappa_limit", kappa_limit)
    for name, value, times in answers:
        if abs(value - (SURE - times * lost)) <= 0.5:
            continue
        mistakes = (
            (times * lost, "is what is lost; what is left?"),
            (SURE_64 - times * lost, "belongs to `float64`; `float32` starts with about 7."),
            (SURE - (3 - times) * lost, "belongs to the other way."),
        )
        for wrong, sentence in mistakes:
            if abs(value - wrong) <= 0.5:
                raise Mistake(f"`{name}` = {value:g} {sentence}")
        raise Mistake(f"`{name}` is not {value:g}: take log10 of {KAPPA} from 7, once or twice.")
    if limit <= 0:
        raise Mistake(f"`kappa_limit` is a ratio of two lengths and positive, yours is {limit:g}.")
    wanted = 2**26.5
    for wrong, sentence in (
        (2**53, "there QR has no digit left; the normal equations square it."),
        (2**12, "that is the limit in `float32`."),
        (1 / wanted, "that is its reciprocal: a condition number is at least 1."),
    ):
        if wrong / 3 <= limit <= wrong * 3:
            raise Mistake(f"`kappa_limit` = {limit:g}: {sentence}")
    if not wanted / 3 <= limit <= wanted * 3:
        raise Mistake(f"`kappa_limit` is not {limit:g}: where is 2 log10 of it equal to 16?")


# NIST's certified standard errors of Longley, in the order of `data.longley().names`.
LONGLEY_ERRORS = (
    84.9149257747669,
    0.0334910077722432,
    0.488399681651699,
    0.214274163161675,
    0.226073200069370,
    455.478499142212,
    890420.383607373,
)


def parts(X1, y):
    """R of X1, its inverse, and the sum of squared residuals, in float64."""
    X1, y = X1.double(), y.double()
    Q, R = torch.linalg.qr(X1)
    inverse = torch.linalg.solve_triangular(R, torch.eye(len(R)).to(R), upper=True)
    return R, inverse, ((y - Q @ (Q.T @ y)) ** 2).sum()


def errors_by_qr(X1, y):
    """The usual standard errors (p,), in float64, without squares."""
    _, inverse, rest = parts(X1, y)
    return (rest / (len(X1) - X1.shape[1])).sqrt() * inverse.norm(dim=1)


def mistaken_errors(X1, y):
    """What the usual mistakes give, each with its sentence."""
    R, inverse, rest = parts(X1, y)
    n, p = X1.shape
    s = (rest / (n - p)).sqrt()
    lengths = inverse.norm(dim=1)
    return (
        ((rest / n).sqrt() * lengths, "The residuals' squares are divided by n; n - p is asked."),
        ((s * lengths) ** 2, "Those are the squares of the errors: the root is missing."),
        (s**2 * lengths, "That is s squared times the root; `s` itself is asked."),
        (lengths, "The scatter s of the residuals is missing."),
        (rest.sqrt() * lengths, "The sum of the residuals' squares is not divided by n - p."),
        (s * inverse.norm(dim=0), "Those are lengths of columns of R's inverse; take its rows."),
        (s / R.diag().abs(), "That is s over the diagonal of R; a row of its inverse has more."),
        (s / R.norm(dim=0), "That is s over the lengths of R's columns; invert R first."),
    )


def near_repeat(n, p, kappa, source):
    """X1 (n, p) with columns of like size whose condition number is near `kappa`, float64."""
    X1 = torch.randn(n, p, generator=source, dtype=torch.float64)
    X1[:, -1] = X1[:, 0] + X1[:, -1] / kappa
    return X1


def right_digits(value, wanted):
    """How many digits of the worst entry are right, a float from 0 to 16."""
    error = ((value.double() - wanted) / wanted).abs().max().item()
    return -math.log10(min(1.0, max(error, 1e-16)))


@exercise("16.2", "The inverse of R is all that is needed, and nothing was squared on the way.")
def standard_errors(errors):
    """`errors(X1, y)`: the usual standard errors (p,), with the digits of QR."""
    source = torch.Generator().manual_seed(16)
    cases = []
    for n, p, dtype in ((12, 3, torch.float64), (30, 5, torch.float32), (4, 2, torch.float64)):
        X1 = torch.randn(n, p, generator=source).to(dtype) + 0.5
        X1[:, -1] = 1
        y = torch.randn(n, 1, generator=source).to(dtype)
        with unchanged(X1=X1, y=y):
            found = errors(X1, y)
        cases.append((X1, y, expect_tensor("standard_errors(X1, y)", found, (p,), dtype, False)))
    if not all(close(found, errors_by_qr(X1, y), 1e-4, 0) for X1, y, found in cases):
        for k, (_, sentence) in enumerate(mistaken_errors(*cases[0][:2])):
            if all(close(found, mistaken_errors(X1, y)[k][0], 1e-4, 0) for X1, y, found in cases):
                raise Mistake(sentence)
        for X1, y, found in cases:
            wanted = errors_by_qr(X1, y)
            if not close(found, wanted, 1e-4, 0):
                raise Mistake(
                    f"For X1 of shape {tuple(X1.shape)} the errors are {listed(wanted)}, yours "
                    f"are {listed(found)}."
                )
    longley = data.longley()
    hard = [(longley.X1, longley.y, torch.tensor(LONGLEY_ERRORS, dtype=torch.float64), "Longley")]
    for n, p in ((20, 3), (50, 6)):
        X1 = near_repeat(n, p, 1e7, source)
        y = torch.randn(n, 1, generator=source, dtype=torch.float64)
        name = f"columns of shape {(n, p)} that nearly repeat each other"
        hard.append((X1, y, errors_by_qr(X1, y), name))
    for X1, y, wanted, name in hard:
        found = expect_tensor("standard_errors(X1, y)", errors(X1, y), wanted.shape, X1.dtype)
        if right_digits(found, wanted) < 5.5:
            raise Mistake(
                f"On {name} the worst of your errors has {right_digits(found, wanted):.0f} right "
                "digits; a way on X1 itself keeps at least six."
            )


AXES = (
    ([3.0, 4.0], torch.float64),
    ([-2.0, 1.0, 0.5, 3.0], torch.float32),
    ([1.0, 1e-9, -1e-9], torch.float64),
    ([1.0, 1e-4], torch.float32),
    ([-1.0, 1e-5], torch.float32),
    ([5.0, 0.0, 0.0], torch.float64),
    ([-7.0], torch.float64),
    ([2.5], torch.float32),
    ([0.0, 3.0, -4.0], torch.float64),
    ([0.0, 1.0], torch.float32),
    ([0.0, 0.0, -2.0], torch.float64),
)


@exercise("16.3", "One sign for each arrow, zero included, and the arrow itself left as it was.")
def mirror_for(mirror):
    """`mirror(a)`: a direction v whose mirror sends a onto the first axis, in both precisions."""
    for entries, dtype in AXES:
        a = torch.tensor(entries, dtype=dtype)
        with unchanged(a=a):
            v = mirror(a)
        expect_tensor("mirror_for(a)", v, a.shape, dtype, False)
        shown = f"For a = {listed(a)} in {str(dtype)[6:]}"
        if not v.any():
            raise Mistake(f"{shown} your v is zero, and gives no mirror.")
        image = a - 2 * v * (v @ a) / (v @ v)
        left = (image[1:].norm() / a.norm()).item()
        if left <= 10 * torch.finfo(dtype).eps:
            continue
        if a[0] == 0 and close(image, -a):
            raise Mistake(
                f"{shown} v lies along a, and its mirror turns a round to {listed(image)}. "
                "What is the sign of 0?"
            )
        raise Mistake(
            f"{shown} your v is {listed(v)}; its mirror leaves {left:.2g} of the length of a "
            "below the first entry."
        )


def centred_fit(x, y, degree, x_new, middle=None):
    """Predictions (m,) of the polynomial of least squares, in float64, x counted from its mean.

    `middle` is what x_new is counted from; the mean of x if left out.
    """
    x, y, x_new = x.double(), y.double(), x_new.double()
    mean, reach = x.mean(), (x - x.mean()).abs().max()
    middle = mean if middle is None else middle
    powers = torch.arange(degree + 1)
    t, t_new = (x - mean) / reach, (x_new - middle) / reach
    theta = torch.linalg.lstsq(t[:, None] ** powers, y[:, None]).solution
    return (t_new[:, None] ** powers @ theta)[:, 0]


@exercise("16.4", "Centre x before taking powers, and seven digits are enough.")
def polynomial_predictions(predict):
    """`predict(x, y, degree, x_new)`: float32 predictions (m,) for x far from zero."""
    source = torch.Generator().manual_seed(4)
    cases = []
    years = torch.arange(2001.0, 2021.0)
    for x, degree, x_new in (
        (years, 1, torch.tensor([2003.0, 2015.5, 2021.0])),
        (years, 2, torch.tensor([2005.5])),
        (years, 3, torch.tensor([2001.0, 2020.0, 2010.0, 2022.0])),
        (years, 4, torch.tensor([2002.0, 2019.5])),
        (30_000 + 4 * torch.arange(12.0), 3, torch.tensor([30_001.0, 30_040.0])),
        (torch.linspace(-1, 1, 9), 2, torch.tensor([0.5, -0.25])),
    ):
        t = (x - x.mean()) / (x - x.mean()).abs().max()
        y = 100 + 20 * t - 15 * t**2 + 8 * t**3 + torch.randn(len(x), generator=source)
        with unchanged(x=x, y=y, x_new=x_new):
            found = predict(x, y, degree, x_new)
        name = "polynomial_predictions(...)"
        expect_tensor(name, found, x_new.shape, torch.float32, False)
        cases.append((x, y, degree, x_new, found))

    def fits(x, y, degree, x_new, found, **change):
        wanted = centred_fit(x, y, degree, x_new, **change)
        return close(found, wanted, 0, 1e-3 * y.std().item())

    if all(fits(*case) for case in cases):
        return
    if all(fits(*case, middle=case[3].double().mean()) for case in cases):
        raise Mistake(
            "x_new is counted from its own mean: count it from that of x, as lesson 10 did with "
            "a new house."
        )
    for case in cases:
        x, y, degree, x_new, found = case
        if not fits(*case):
            raise Mistake(
                f"For x from {x[0]:g} to {x[-1]:g} and degree {degree} the prediction at "
                f"{x_new[0]:g} should be {centred_fit(x, y, degree, x_new)[0]:.5g}; yours is "
                f"{found[0]:.5g}. (All of them count.)"
            )


def stacked(pieces):
    """The least-squares solution (p, 1) of all pieces."""
    X1 = torch.cat([X1 for X1, _ in pieces])
    return torch.linalg.lstsq(X1, torch.cat([y for _, y in pieces]), driver="gels").solution


@exercise("16.5", "A triangle says all that its rows said: data may come in pieces, for ever.")
def solve_in_pieces(solve):
    """`solve(pieces)`: least squares (p, 1) over a loop of (X1, y), with the digits of QR."""
    source = torch.Generator().manual_seed(5)
    for p, sizes, kappa in (
        (3, (10,), 1),
        (3, (8, 8, 8), 1),
        (1, (1, 1, 2), 1),
        (4, (1, 2, 1, 9, 3), 1),
        (5, (2,) * 20, 1),
        (3, (6, 1, 30, 7), 1e7),
        (5, (9,) * 12, 1e7),
    ):
        X1 = near_repeat(sum(sizes), p, kappa, source)
        if kappa == 1:
            X1 = torch.randn(X1.shape, generator=source, dtype=X1.dtype)
        y = X1.sum(dim=1, keepdim=True) + torch.randn(len(X1), 1, generator=source).to(X1) / kappa
        pieces = list(zip(X1.split(sizes), y.split(sizes), strict=True))
        kept = []
        found = solve(handed_out(pieces, kept))
        expect_tensor("solve_in_pieces(pieces)", found, (p, 1), torch.float64, False)
        where = f"For pieces of {', '.join(map(str, sizes[:5]))}{' ...' * (len(sizes) > 5)} rows"
        wanted = stacked(pieces)
        right = right_digits(found, wanted)
        if kappa == 1 and right < 7:
            raise Mistake(
                f"{where} and {p} columns the solution is {listed(wanted)}, yours is "
                f"{listed(found)}."
            )
        if right < 5:
            raise Mistake(
                f"{where}, whose columns nearly repeat each other, {right:.0f} digits of your "
                "worst parameter are right; triangles keep at least five."
            )
        if any(kept):
            raise Mistake(
                f"{where}: when the last piece came, the first one was still kept. Between two "
                "pieces only a triangle is to remain."
            )


def handed_out(pieces, kept):
    """Give copies of pieces, one at a time; note in `kept` whether the first outlives five more."""
    first = None
    for number, (X1, y) in enumerate(pieces):
        X1, y = X1.clone(), y.clone()
        if number == 0:
            first = weakref.ref(X1)
        yield X1, y
        del X1, y
        if number >= 5:
            kept.append(first() is not None)
