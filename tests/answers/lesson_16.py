"""Answers to the exercises of lesson 16."""

from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "digits_ahead": [
        (4.52, 1.83, 9.5e7),
        (4.3, 1.6, 1e8),
        (torch.tensor(4.2), np.float64(1.5), 67_108_864),
        (Fraction(9, 2), 2, 4e7),
    ],
    "standard_errors": [],
    "mirror_for": [],
    "polynomial_predictions": [],
    "solve_in_pieces": [],
}
WRONG = {
    "digits_ahead": [
        ((2.7, 1.83, 1e8), "`digits_qr` = 2.7 is what is lost"),
        ((4.5, 5.4, 1e8), "`digits_normal` = 5.4 is what is lost"),
        ((13.3, 1.8, 1e8), "`digits_qr` = 13.3 belongs to `float64`"),
        ((4.5, 10.6, 1e8), "`digits_normal` = 10.6 belongs to `float64`"),
        ((1.8, 4.5, 1e8), "`digits_qr` = 1.8 belongs to the other way"),
        ((4.5, 4.5, 1e8), "`digits_normal` = 4.5 belongs to the other way"),
        ((7, 1.8, 1e8), "`digits_qr` is not 7"),
        ((4.5, 0, 1e8), "`digits_normal` is not 0: take log10 of 500"),
        ((4.5, 1.8, 1e16), "there QR has no digit left"),
        ((4.5, 1.8, 4096), "the limit in `float32`"),
        ((4.5, 1.8, 1e-8), "its reciprocal"),
        ((4.5, 1.8, -1e8), "positive, yours is -1e+08"),
        ((4.5, 1.8, 0), "positive, yours is 0"),
        ((4.5, 1.8, 1e6), "is not 1e+06: where is 2 log10"),
        ((4.5, 1.8, 3.1e8), "is not 3.1e+08"),
        ((4.5, 1.8, 3e7), "is not 3e+07"),
        ((4.5, "1.8", 1e8), "should be a number"),
    ],
    "standard_errors": [],
    "mirror_for": [],
    "polynomial_predictions": [],
    "solve_in_pieces": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("standard_errors")
def errors_by_inverse(X1, y):
    _, R = torch.linalg.qr(X1, mode="r")
    theta = torch.linalg.lstsq(X1, y, driver="gels").solution
    s = (X1 @ theta - y).square().sum().div(len(X1) - X1.shape[1]).sqrt()
    return s * torch.linalg.inv(R).square().sum(dim=1).sqrt()


@right("standard_errors")
def errors_by_pseudoinverse(X1, y):
    M = torch.linalg.pinv(X1)
    r = X1 @ (M @ y) - y
    return ((r**2).sum() / (len(X1) - X1.shape[1]) * (M**2).sum(dim=1)).sqrt()


@right("standard_errors")
def errors_by_svd(X1, y):
    U, S, Vt = torch.linalg.svd(X1, full_matrices=False)
    r = y - U @ (U.T @ y)
    s = ((r**2).sum() / (len(X1) - X1.shape[1])).sqrt()
    return s * (Vt.T / S).norm(dim=1)


def errors_variant(less=True, root=1, scatter=1, dim=1, mean=True, part="rows"):
    """The worked answer with one of its parts turned to a mistake."""

    def errors(X1, y):
        n, p = X1.shape
        Q, R = torch.linalg.qr(X1)
        s = ((y - Q @ (Q.T @ y)) ** 2).sum()
        s = (s / ((n - p if less else n) if mean else 1)).sqrt()
        inverse = torch.linalg.inv(R)
        lengths = {
            "rows": inverse.norm(dim=dim),
            "diagonal": inverse.diag().abs(),
            "R": 1 / R.diag().abs(),
            "columns of R": 1 / R.norm(dim=0),
        }[part]
        return (s**scatter * lengths) ** root

    return errors


WRONG["standard_errors"] += [
    ((errors_variant(less=False),), "divided by n; n - p is asked"),
    ((errors_variant(root=2),), "the root is missing"),
    ((errors_variant(scatter=2),), "s squared times the root"),
    ((errors_variant(scatter=0),), "scatter s of the residuals is missing"),
    ((errors_variant(mean=False),), "not divided by n - p"),
    ((errors_variant(dim=0),), "lengths of columns of R's inverse"),
    ((errors_variant(part="diagonal"),), "over the diagonal of R; a row of its inverse"),
    ((errors_variant(part="R"),), "over the diagonal of R; a row of its inverse"),
    ((errors_variant(part="columns of R"),), "over the lengths of R's columns"),
    ((lambda X1, y: 1.01 * errors_by_svd(X1, y),), "For X1 of shape (12, 3) the errors are ["),
    ((lambda X1, y: errors_by_svd(X1, y).double(),), "should hold torch.float32"),
    ((lambda X1, y: errors_by_svd(X1, y)[:, None],), "should have shape (3,), got (3, 1)"),
    ((lambda X1, y: errors_by_svd(X1, y).requires_grad_(),), "still carries its graph"),
]


@wrong("standard_errors", "nearly repeat each other the worst of your errors has")
def errors_by_squares(X1, y):
    # Columns of one length first: on Longley the normal equations then keep six digits.
    lengths = X1.norm(dim=0)
    Z = X1 / lengths
    inverse = torch.linalg.inv(Z.T @ Z)
    r = y - Z @ torch.linalg.lstsq(Z, y, driver="gels").solution
    s = ((r**2).sum() / (len(X1) - X1.shape[1])).sqrt()
    return s * inverse.diag().abs().sqrt() / lengths


@wrong("standard_errors", "On Longley the worst of your errors has")
def errors_in_float32(X1, y):
    return errors_by_svd(X1.float(), y.float()).to(X1.dtype)


@wrong("standard_errors", "For X1 of shape (4, 2)")
def errors_for_many_rows(X1, y):
    return errors_by_svd(X1, y) * (1.5 if len(X1) == 4 else 1)


@wrong("standard_errors", "changed `X1`")
def errors_in_place(X1, y):
    answer = errors_by_svd(X1, y)
    X1 /= X1.norm(dim=0)
    return answer


@wrong("standard_errors", "changed `y`")
def errors_centring_labels(X1, y):
    answer = errors_by_svd(X1, y)
    y -= y.mean()
    return answer


@right("mirror_for")
def mirror_by_copysign(a):
    first = torch.zeros_like(a)
    first[0] = torch.copysign(a.norm(), a[0])
    return (a + first) / a.norm()


@right("mirror_for")
def mirror_to_the_left(a):
    v = 3 * a
    v[0] = v[0] - 3 * a.norm() if a[0] < 0 else v[0] + 3 * a.norm()
    return v


@right("mirror_for")
def mirror_with_negative_for_zero(a):
    v = a.clone()
    v[0] += a.norm() * (1 if a[0] > 0 else -1)
    return -v


@wrong("mirror_for", "changed `a`")
def mirror_of_the_lesson(a):
    v = a
    v[0] = v[0] + torch.sign(v[0]) * v.norm()
    return v


@wrong("mirror_for", "What is the sign of 0?")
def mirror_by_sign(a):
    v = a.clone()
    v[0] = v[0] + torch.sign(v[0]) * v.norm()
    return v


@wrong("mirror_for", "For a = [1, 1e-09, -1e-09] in float64 your v is")
def mirror_that_cancels(a):
    v = a.clone()
    v[0] -= a.norm() if a[0] >= 0 else -a.norm()
    return v


@wrong("mirror_for", "For a = [-2, 1, 0.5, 3] in float32 your v is")
def mirror_with_half_a_length(a):
    v = a.clone()
    v[0] += a.norm() if a[0] >= 0 else -a.norm() / 2
    return v


@wrong("mirror_for", "For a = [5, 0, 0] in float64 your v is zero")
def mirror_that_leaves_the_axis(a):
    if not a[1:].any():
        return torch.zeros_like(a)
    return mirror_by_copysign(a)


@wrong("mirror_for", "For a = [0, 3, -4] in float64 your v is [0, 3, 0")
def mirror_of_the_second_entry(a):
    if a[0] == 0:
        v = torch.zeros_like(a)
        v[1] = a[1]
        return v
    return mirror_by_copysign(a)


WRONG["mirror_for"] += [
    ((lambda a: mirror_by_copysign(a).double(),), "should hold torch.float32"),
    ((lambda a: mirror_by_copysign(a)[:, None],), "should have shape (2,), got (2, 1)"),
    ((lambda a: mirror_by_copysign(a) / 0,), "holds NaN or infinity"),
    ((lambda a: mirror_by_copysign(a.requires_grad_()),), "changed `a`"),
]


def polynomial_variant(middle="x", reach=True, new="x", degree_less=0, keep=torch.float32):
    """Centred polynomials, with one part turned to a mistake."""

    def predict(x, y, degree, x_new):
        degree = degree - degree_less
        x, y, z = x.to(keep), y.to(keep), x_new.to(keep)
        mean = x.mean() if middle == "x" else 0
        size = (x - mean).std() if reach else 1
        other = {"x": mean, "own": z.mean(), "none": 0}[new]
        powers = torch.arange(degree + 1)
        T, T_new = ((x - mean) / size)[:, None] ** powers, ((z - other) / size)[:, None] ** powers
        theta = torch.linalg.lstsq(T, y[:, None], driver="gels").solution
        return (T_new @ theta)[:, 0].float()

    return predict


def polynomial_off(share):
    """The right predictions, off by a share of the spread of y."""
    return lambda *a: polynomial_variant()(*a) + share * a[1].std()


RIGHT["polynomial_predictions"] += [
    (polynomial_variant(),),
    (polynomial_off(7e-4),),
    (polynomial_variant(keep=torch.float64),),
]
WRONG["polynomial_predictions"] += [
    ((polynomial_off(1.3e-3),), "the prediction at 2003 should be"),
    ((polynomial_variant(new="own"),), "x_new is counted from its own mean"),
    ((polynomial_variant(middle="none", reach=False),), "the prediction at 2"),
    ((polynomial_variant(middle="none"),), "the prediction at 2"),
    ((polynomial_variant(degree_less=1),), "For x from 2001 to 2020 and degree 1 the prediction"),
    ((polynomial_variant(new="none"),), "For x from 2001 to 2020 and degree 1 the prediction"),
    ((lambda *a: polynomial_variant()(*a).double(),), "should hold torch.float32"),
    ((lambda *a: polynomial_variant()(*a)[:, None],), "should have shape (3,), got (3, 1)"),
    ((lambda *a: polynomial_variant()(*a).requires_grad_(),), "still carries its graph"),
]


@right("polynomial_predictions")
def polynomial_by_numpy(x, y, degree, x_new):
    fit = np.polynomial.Polynomial.fit(x.numpy(), y.numpy(), degree)
    return torch.from_numpy(fit(x_new.numpy())).float()


@wrong("polynomial_predictions", "For x from -1 to 1 and degree 2")
def polynomial_only_far_away(x, y, degree, x_new):
    answer = polynomial_variant()(x, y, degree, x_new)
    return answer if x[0] > 0 else answer + 1


@wrong("polynomial_predictions", "For x from 30000 to 30044 and degree 3")
def polynomial_for_years_only(x, y, degree, x_new):
    theta = np.polyfit(x.numpy() - np.float32(2010), y.numpy(), degree)
    if x[0] > 3000:
        theta = theta * 1.01
    return torch.from_numpy(np.polyval(theta, x_new.numpy() - np.float32(2010))).float()


@wrong("polynomial_predictions", "changed `x`")
def polynomial_in_place(x, y, degree, x_new):
    answer = polynomial_variant()(x, y, degree, x_new)
    x -= x.mean()
    return answer


@wrong("polynomial_predictions", "changed `y`")
def polynomial_centring_labels(x, y, degree, x_new):
    answer = polynomial_variant()(x, y, degree, x_new)
    y -= y.mean()
    return answer


@wrong("polynomial_predictions", "changed `x_new`")
def polynomial_moving_new(x, y, degree, x_new):
    answer = polynomial_variant()(x, y, degree, x_new)
    x_new -= x.mean()
    return answer


@right("solve_in_pieces")
def pieces_by_two_triangles(pieces):
    R = c = None
    for X1, y in pieces:
        X = X1 if R is None else torch.cat([R, X1])
        z = y if c is None else torch.cat([c, y])
        Q, R = torch.linalg.qr(X)
        c = Q.T @ z
    return torch.linalg.solve_triangular(R, c, upper=True)


@right("solve_in_pieces")
def pieces_by_hand(pieces):
    both = None
    for X1, y in pieces:
        piece = torch.cat([X1, y], 1)
        both = piece.clone() if both is None else torch.cat([both, piece])
        for k in range(min(both.shape)):
            v = both[k:, k].clone()
            v[0] += torch.copysign(v.norm(), v[0])
            if v.any():
                both[k:] -= 2 * v[:, None] * (v @ both[k:]) / (v @ v)
        both = both[: both.shape[1]].triu()
    p = both.shape[1] - 1
    return torch.linalg.lstsq(both[:p, :p], both[:p, p:], driver="gels").solution


@right("solve_in_pieces")
def pieces_by_iterator(pieces):
    def mirrored(rows):
        return torch.linalg.qr(rows, mode="complete").R[: rows.shape[1]]

    rows = None
    pieces = iter(pieces)
    for X1, y in pieces:
        both = torch.hstack([X1, y])
        rows = mirrored(both if rows is None else torch.vstack([rows, both]))
    p = rows.shape[1] - 1
    return torch.linalg.solve(rows[:p, :p], rows[:p, p:])


@wrong("solve_in_pieces", "triangles keep at least five")
def pieces_by_squares(pieces):
    left = right = 0
    for X1, y in pieces:
        left = left + X1.T @ X1
        right = right + X1.T @ y
    return torch.linalg.solve(left, right)


@wrong("solve_in_pieces", "the first one was still kept")
def pieces_in_a_list(pieces):
    pieces = list(pieces)
    X1 = torch.cat([X1 for X1, _ in pieces])
    return torch.linalg.lstsq(X1, torch.cat([y for _, y in pieces]), driver="gels").solution


@wrong("solve_in_pieces", "For pieces of 8, 8, 8 rows and 3 columns the solution is [")
def pieces_averaged(pieces):
    found = [torch.linalg.lstsq(X1, y, driver="gelsd").solution for X1, y in pieces]
    return torch.stack(found).mean(dim=0)


@wrong("solve_in_pieces", "For pieces of 8, 8, 8 rows and 3 columns")
def pieces_last_only(pieces):
    for X1, y in pieces:
        theta = torch.linalg.lstsq(X1, y, driver="gelsd").solution
    return theta


@wrong("solve_in_pieces", "For pieces of 2, 2, 2, 2, 2 ... rows and 5 columns")
def pieces_twenty_forgotten(pieces):
    kept = []
    for number, (X1, y) in enumerate(pieces):
        if number < 19:
            kept.append(torch.cat([X1, y], 1).clone())
    rows = torch.cat(kept)
    return torch.linalg.lstsq(rows[:, :-1], rows[:, -1:], driver="gels").solution


WRONG["solve_in_pieces"] += [
    ((lambda pieces: pieces_by_two_triangles(pieces)[:, 0],), "should have shape (3, 1), got (3,)"),
    ((lambda pieces: pieces_by_two_triangles(pieces).float(),), "should hold torch.float64"),
    ((lambda pieces: None,), "`return` missing"),
    ((lambda pieces: pieces[0],), "'generator' object is not subscriptable"),
    (
        (lambda pieces: pieces_by_two_triangles(pieces).requires_grad_(),),
        "still carries its graph",
    ),
]
