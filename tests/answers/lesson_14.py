"""Answers to the exercises of lesson 14."""

import math
from fractions import Fraction

import numpy as np
import torch

RIGHT = {
    "prices": [
        (8635, 173, 70_000),
        (8600.0, 170, 7e4),
        (np.float64(8634.7), Fraction(173), np.int64(70_000)),
        (torch.tensor(8634.0), 172.67, 70_000),
    ],
    "amsgrad": [],
    "train_adam": [],
    "factor": [],
    "choose": [],
}
WRONG = {
    "prices": [
        ((173, 173, 70_000), "`plain`: that is the price with momentum"),
        ((0.883, 173, 70_000), "not 1/κ"),
        ((17_269, 173, 70_000), "twice the price: q is (κ - 1)/(κ + 1), not 1 - 1/κ"),
        ((2878, 173, 70_000), "a tenth of the error"),
        ((8635, 8635, 70_000), "without momentum"),
        ((8635, 92.9, 70_000), "the root is that of κ"),
        ((8635, 86.3, 70_000), "the root of β, not β itself"),
        ((8635, 345.3, 70_000), "twice the price: q is (√κ"),
        ((8635, 173, 0.07), "70 times the rate"),
        ((8635, 173, 70), "at rate 1"),
        ((8635, 173, 7000), "`adam_updates` is not 7000"),
        ((8300, 173, 70_000), "`plain` is not 8300"),
        ((9000, 173, 70_000), "`plain` is not 9000"),
        ((8635, 173, None), "should be a number"),
        ((float("inf"), 173, 70_000), "should be finite"),
    ],
    "amsgrad": [],
    "train_adam": [],
    "factor": [],
    "choose": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


@right("amsgrad")
def amsgrad_with_lists(w, g, state, lr):
    state.setdefault("gradients", []).append(g.clone())
    k = len(state["gradients"])
    mean = sum(0.1 * 0.9 ** (k - 1 - j) * h for j, h in enumerate(state["gradients"]))
    square, top = torch.zeros_like(g), torch.zeros_like(g)
    for h in state["gradients"]:
        square = 0.999 * square + 0.001 * h * h
        top = torch.where(square > top, square, top)
    step = mean / (1 - 0.9**k) / ((top / (1 - 0.999**k)).sqrt() + 1e-8)
    return w - lr * step


@right("amsgrad")
def amsgrad_by_library(w, g, state, lr):
    if "optimizer" not in state:
        state["w"] = w.clone()
        state["optimizer"] = torch.optim.Adam([state["w"]], lr=lr, amsgrad=True)
    state["w"].copy_(w)
    state["w"].grad = g.clone()
    state["optimizer"].step()
    return state["w"].clone()


def amsgrad_variant(largest="before", mean_hat=True, square_hat=True, beta=0.999, in_place=False):
    """AMSGrad with one of its parts turned to a mistake."""

    def amsgrad(w, g, state, lr):
        k = state["k"] = state.get("k", 0) + 1
        state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
        old = state.get("v", torch.zeros_like(g))
        state["v"] = beta * old + (1 - beta) * g**2
        if largest == "itself":
            state["v"] = torch.maximum(old, state["v"])
        share = 1 - beta**k if square_hat else 1
        top = state.get("top", torch.zeros_like(g))
        under = state["v"] / share
        if largest == "before":
            state["top"] = torch.maximum(top, state["v"])
            under = state["top"] / share
        elif largest == "after":
            under = state["top"] = torch.maximum(top, under)
        elif largest == "squares":
            under = state["top"] = torch.maximum(top, g**2)
        over = state["m"] / (1 - 0.9**k) if mean_hat else state["m"]
        step = lr * over / (under.sqrt() + 1e-8)
        if in_place:
            w -= step
            return w
        return w - step

    return amsgrad


RIGHT["amsgrad"] += [(amsgrad_variant(),)]
WRONG["amsgrad"] += [
    ((amsgrad_variant(largest=None),), "That is Adam"),
    ((amsgrad_variant(largest="after"),), "before the bias correction"),
    ((amsgrad_variant(largest="squares"),), "the largest single square"),
    ((amsgrad_variant(largest="itself"),), "goes on as Adam's"),
    ((amsgrad_variant(square_hat=False),), "The largest mean of squares is not corrected"),
    ((amsgrad_variant(mean_hat=False),), "The mean of the gradients is not corrected"),
    ((amsgrad_variant(mean_hat=False, square_hat=False),), "Neither of the two"),
    ((amsgrad_variant(beta=0.99),), "the first weight should go down by"),
    ((amsgrad_variant(in_place=True),), "changed `w`"),
    ((lambda w, g, state, lr: amsgrad_variant()(w, g, {}, lr),), "In update 2 at rate 0.1"),
    ((lambda w, g, state, lr: None,), "`return` missing"),
    ((lambda w, g, state, lr: amsgrad_variant()(w, g, state, lr)[:1],), "should have shape (2, 1)"),
    ((lambda w, g, state, lr: amsgrad_variant()(w, g, state, 0.1),), "at rate 1 the first weight"),
]


@wrong("amsgrad", "All memory belongs into `state`")
def amsgrad_with_memory_outside(w, g, state, lr, memory={}):  # noqa: B006
    return amsgrad_variant()(w, g, memory, lr)


@wrong("amsgrad", "changed `g`")
def amsgrad_squares_in_place(w, g, state, lr):
    answer = amsgrad_variant()(w, g, state, lr)
    g **= 2
    return answer


@right("train_adam")
def train_by_library(X, y, lr, num_updates):
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=lr)
    for _ in range(num_updates):
        optimizer.zero_grad()
        (((X @ w - y) ** 2).mean() / 2).backward()
        optimizer.step()
    return w.detach()


def train_variant(mean_hat=True, square_hat=True, stored=False, shift=0, total=False):
    """Adam as a program with one of its parts turned to a mistake."""

    def train(X, y, lr, num_updates):
        w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
        m, v = torch.zeros_like(w), torch.zeros_like(w)
        for k in range(num_updates):
            g = X.T @ (X @ w - y) / (1 if total else len(X))
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            mean = m / (1 - 0.9 ** (k + 1 + shift)) if mean_hat else m
            square = v / (1 - 0.999 ** (k + 1 + shift)) if square_hat else v
            w = w - lr * mean / (square.sqrt() + 1e-8)
            if stored:
                m, v = mean, square
        return w

    return train


# Adam does not notice a loss that is a sum instead of a mean.
RIGHT["train_adam"] += [(train_variant(),), (train_variant(total=True),)]
WRONG["train_adam"] += [
    ((train_variant(stored=True),), "stored again"),
    ((train_variant(mean_hat=False, square_hat=False),), "Nothing corrects"),
    ((train_variant(square_hat=False),), "The mean of the squares is not corrected"),
    ((train_variant(mean_hat=False),), "The mean of the gradients is not corrected"),
    ((train_variant(shift=1),), "one too large"),
    ((train_variant(shift=-1),), "NaN or infinity"),
    ((lambda X, y, lr, n: train_variant()(X, y, lr, max(n, 1)),), "After 0 updates"),
    ((lambda X, y, lr, n: train_variant()(X, y, 0.1, n),), "on 12 examples"),
    ((lambda X, y, lr, n: train_variant()(X, y, lr, n).float(),), "should hold torch.float64"),
    ((lambda X, y, lr, n: train_variant()(X, y, lr, n)[:, 0],), "should have shape (2, 1)"),
    ((lambda X, y, lr, n: train_variant()(X, y, lr, n).requires_grad_(),), "carries its graph"),
    ((lambda X, y, lr, n: None,), "`return` missing"),
]


@wrong("train_adam", "changed `y`")
def train_on_centred_labels(X, y, lr, num_updates):
    w = train_variant()(X, y, lr, num_updates)
    y -= y.mean()
    return w


@wrong("train_adam", "changed `X`")
def train_on_scaled_features(X, y, lr, num_updates):
    w = train_variant()(X, y, lr, num_updates)
    X *= 2
    return w


@right("factor")
def factor_by_square_of_cosine(k, num_warm, num_updates):
    if k < num_warm:
        return Fraction(k + 1, num_warm)
    share = min(k, num_updates) - num_warm
    return np.cos(np.pi / 2 * share / (num_updates - num_warm)) ** 2


@right("factor")
def factor_with_zero_apart(k, num_warm, num_updates):
    if k >= num_updates:
        return 0
    warm = (k + 1) / num_warm if num_warm else 1
    angle = math.pi * max(0, k - num_warm) / (num_updates - num_warm)
    return min(1, warm) * (1 + math.cos(angle)) / 2


def factor_variant(first=1, begin=1, clamp=True, line=False, falls=True):
    """The factor with one of its parts turned to a mistake."""

    def factor(k, num_warm, num_updates):
        if k < num_warm:
            return (k + first) / num_warm
        if not falls:
            return 1.0
        share = (k - begin * num_warm) / (num_updates - begin * num_warm)
        share = min(share, 1.0) if clamp else share
        return 1 - share if line else 0.5 + 0.5 * math.cos(math.pi * share)

    return factor


WRONG["factor"] += [
    ((factor_variant(first=0),), "yours begins with 0"),
    ((factor_variant(begin=0),), "yours begins at update 0"),
    ((factor_variant(clamp=False),), "yours rises again"),
    ((factor_variant(clamp=False, begin=0),), "after the warm-up, and end at 0"),
    ((factor_variant(line=True),), "along a line"),
    ((factor_variant(falls=False),), "it should fall"),
    ((factor_variant(first=2),), "factor(0, 4, 12) should be 0.25, yours is 0.5"),
    ((lambda k, w, n: factor_variant()(k, 4, 12),), "factor(0, 0, 9) should be 1"),
    ((lambda k, w, n: torch.tensor(factor_variant()(k, w, n)),), "`.item()` makes one"),
    ((lambda k, w, n: None,), "should be a number"),
    ((lambda k, w, n: (k + 1) / w,), "ZeroDivisionError"),
]


def own_adam(w, g, state, lr):
    """Adam with its default constants."""
    k = state["k"] = state.get("k", 0) + 1
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    return w - lr * state["m"] / (1 - 0.9**k) / ((state["v"] / (1 - 0.999**k)).sqrt() + 1e-8)


def own_sgd(w, g, state, lr):
    """Plain SGD."""
    return w - lr * g


COSINE = [(1 + math.cos(math.pi * k / 300)) / 2 for k in range(300)]
RIGHT["choose"] += [
    (own_adam, [2 * f for f in COSINE]),
    (own_adam, torch.tensor([20.0 * f for f in COSINE])),
    (own_adam, np.array([5 * 0.985**k for k in range(300)])),
    (own_adam, tuple(2 * (1 - k / 300) for k in range(300))),
]
WRONG["choose"] += [
    ((own_adam, [3.0] * 300), "percent above the least"),
    ((own_adam, [0.01 * f for f in COSINE]), "percent above the least"),
    ((own_sgd, [1e-3 * f for f in COSINE]), "percent above the least"),
    ((own_sgd, [1.0] * 300), "the rates are too large"),
    ((own_adam, [1.0] * 299), "should hold 300 numbers, got 299"),
    ((own_adam, [1.0] * 301), "more than 300 items"),
    ((own_adam, [None] * 300), "`new_rates[0]` should be a number"),
    ((own_adam, 2.0), "No loop over `new_rates`"),
    (("adam", COSINE), "should be a function, got str"),
    ((lambda w, g, state, lr: None, COSINE), "`return` missing"),
    ((lambda w, g, state, lr: w[:, 0], COSINE), "should have shape (4, 1)"),
]
