"""Checkers of lesson 14: optimizers and schedules."""

import math

import torch

from helpers.checks import Mistake, close, exercise, expect_number, expect_tensor, take, unchanged


@exercise("14.1", "Momentum puts the root of the condition number in its place.")
def prices(plain, heavy, adam_updates):
    """Updates to a thousandth at condition number 2500, and Adam's way of 70 at rate 0.001."""
    root = 2500**0.5
    right = {
        "plain": math.log(1000) / math.log(2501 / 2499),
        "heavy": math.log(1000) / math.log((root + 1) / (root - 1)),
        "adam_updates": 70_000,
    }
    answers = {"plain": plain, "heavy": heavy, "adam_updates": adam_updates}
    for name, answer in answers.items():
        answers[name] = expect_number(name, answer)
    mistakes = {
        "plain": (
            (right["heavy"], "that is the price with momentum."),
            (math.log(1000) / math.log(2500), "q is (κ - 1)/(κ + 1), not 1/κ."),
            (2 * right["plain"], "that is twice the price: q is (κ - 1)/(κ + 1), not 1 - 1/κ."),
            (right["plain"] / 3, "that is the price of a tenth of the error: take ln 1000."),
        ),
        "heavy": (
            (right["plain"], "that is the price without momentum."),
            (right["plain"] ** 0.5, "the root is that of κ, not of the price."),
            (right["heavy"] / 2, "the factor per update is the root of β, not β itself."),
            (2 * right["heavy"], "that is twice the price: q is (√κ - 1)/(√κ + 1)."),
        ),
        "adam_updates": (
            (0.07, "that is 70 times the rate; how many steps of 0.001 make 70?"),
            (70, "that would be the number at rate 1."),
        ),
    }
    for name, answer in answers.items():
        if close(answer, right[name], rtol=0.025, atol=0):
            continue
        for value, sentence in mistakes[name]:
            if close(answer, value, rtol=0.01, atol=0):
                raise Mistake(f"`{name}`: {sentence}")
        raise Mistake(f"`{name}` is not {answer:g}.")


def adam_steps(gradients, lr, largest="before", correct=("mean", "square")):
    """The steps of Adam along a list of gradients, or of AMSGrad, or of one mistaken for them.

    Args:
        gradients: a list of tensors.
        lr: the rate.
        largest: of what the largest is taken: "before" the bias correction, "after" it, the single
            "squares", the running mean "itself", or None for Adam.
        correct: which of the two means are corrected.
    """
    mean, square, top = (torch.zeros_like(gradients[0]) for _ in range(3))
    steps = []
    for k, g in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * g
        square_before = square
        square = 0.999 * square + 0.001 * g**2
        if largest == "itself":
            square = torch.maximum(square_before, square)
        share = 1 - 0.999**k if "square" in correct else 1
        under = square / share
        if largest == "before":
            top = torch.maximum(top, square)
            under = top / share
        elif largest == "after":
            under = top = torch.maximum(top, under)
        elif largest == "squares":
            under = top = torch.maximum(top, g**2)
        over = mean / (1 - 0.9**k) if "mean" in correct else mean
        steps.append(lr * over / (under.sqrt() + 1e-8))
    return steps


AMSGRAD_MISTAKES = (
    ({"largest": None}, "That is Adam: the largest mean of squares so far is missing."),
    ({"largest": "after"}, "The largest is taken before the bias correction, and then corrected."),
    ({"largest": "squares"}, "That is the largest single square, not the largest running mean."),
    ({"largest": "itself"}, "The running mean goes on as Adam's: keep the largest beside it."),
    ({"correct": ("mean",)}, "The largest mean of squares is not corrected."),
    ({"correct": ("square",)}, "The mean of the gradients is not corrected."),
    ({"correct": ()}, "Neither of the two is corrected."),
)


def walk(update, cases):
    """The steps of `update` along the gradients of several cases, one update of each in turn."""
    runs = [{"w": start, "state": {}, "steps": []} for start, _, _ in cases]
    for k in range(len(cases[0][1])):
        for (_, gradients, lr), run in zip(cases, runs, strict=True):
            w, g = run["w"], gradients[k]
            with unchanged(w=w, g=g):
                answer = update(w, g, run["state"], lr)
            expect_tensor("amsgrad(...)", answer, w.shape, w.dtype)
            run["steps"].append(w - answer)
            run["w"] = answer.clone()
    return [run["steps"] for run in runs]


@exercise("14.2", "The rate that a weight sees can fall now, and its rise is bounded.")
def amsgrad(update):
    """`amsgrad(w, g, state, lr)`: the weights after one update of Adam with `amsgrad=True`."""
    # Large gradients first and small ones later, where the largest mean counts; then all kinds.
    sizes = [5.0, 0.1, 0.01, 0.01, 3.0, 20.0, 0.1, 0.1] + [0.01] * 30 + [8.0, 0.2]
    cases = []
    for shape, dtype, lr in (
        ((2, 1), torch.float64, 0.1),
        ((2, 1), torch.float64, 1.0),
        ((3,), torch.float32, 0.1),
        ((2, 3, 1), torch.float64, 0.003),
    ):
        gradients = [size * torch.randn(shape, dtype=dtype) for size in sizes]
        cases.append((torch.randn(shape, dtype=dtype), gradients, lr))

    def same(found, wanted, lr):
        pairs = zip(found, wanted, strict=True)
        return all(close(a, b, rtol=1e-3, atol=1e-5 * lr) for a, b in pairs)

    # The first run alone, and again in turn with a second one: only a memory elsewhere differs.
    (alone,) = walk(update, cases[:1])
    together = walk(update, cases[:2])
    if not same(alone, together[0], cases[0][2]):
        raise Mistake("All memory belongs into `state`: a run with an empty one should begin anew.")
    steps = together + [walk(update, [case])[0] for case in cases[2:]]

    def fits(**change):
        return all(
            same(found, adam_steps(gradients, lr, **change), lr)
            for found, (_, gradients, lr) in zip(steps, cases, strict=True)
        )

    if fits():
        return
    for change, sentence in AMSGRAD_MISTAKES:
        if fits(**change):
            raise Mistake(sentence)
    for found, (_, gradients, lr) in zip(steps, cases, strict=True):
        for k, wanted in enumerate(adam_steps(gradients, lr)):
            if not close(found[k], wanted, rtol=1e-3, atol=1e-5 * lr):
                raise Mistake(
                    f"In update {k + 1} at rate {lr:g} the first weight should go down by "
                    f"{wanted.flatten()[0].item():.4g}, yours goes by "
                    f"{found[k].flatten()[0].item():.4g}."
                )


def adam_weights(X, y, lr, num_updates, stored=False, correct=("mean", "square"), shift=0):
    """Weights of Adam from zero on the mean half square, or with a mistake.

    `stored`: the corrected means are stored and corrected again; `correct`: which are corrected;
    `shift`: the exponent of the correction is off by it.
    """
    w = torch.zeros(X.shape[1], 1, dtype=X.dtype)
    mean = square = torch.zeros_like(w)
    for k in range(1, num_updates + 1):
        g = X.T @ (X @ w - y) / len(X)
        mean = 0.9 * mean + 0.1 * g
        square = 0.999 * square + 0.001 * g**2
        over = mean / (1 - 0.9 ** (k + shift)) if "mean" in correct else mean
        under = square / (1 - 0.999 ** (k + shift)) if "square" in correct else square
        w = w - lr * over / (under.sqrt() + 1e-8)
        if stored:
            mean, square = over, under
    return w


TRAIN_MISTAKES = (
    ({"stored": True}, "The corrected means are stored again, and corrected once more each time."),
    ({"correct": ()}, "Nothing corrects the means now: they start at zero."),
    ({"correct": ("mean",)}, "The mean of the squares is not corrected."),
    ({"correct": ("square",)}, "The mean of the gradients is not corrected."),
    ({"shift": 1}, "The exponent of the correction is one too large: the first update has 1."),
)


@exercise("14.3", "What is corrected is used, and what is remembered stays as it is.")
def train_adam(train):
    """`train_adam(X, y, lr, num_updates)`: the weights after some updates of Adam from zero."""
    cases = []
    sizes = ((7, 2, 0.1, 1), (12, 1, 0.5, 2), (5, 3, 0.03, 40), (1, 2, 2.0, 7), (4, 2, 0.1, 0))
    for number, (n, d, lr, num_updates) in enumerate(sizes):
        dtype = torch.float32 if number == 1 else torch.float64
        X, y = torch.randn(n, d, dtype=dtype), torch.randn(n, 1, dtype=dtype) + 1
        with unchanged(X=X, y=y):
            w = train(X, y, lr, num_updates)
        expect_tensor("train_adam(...)", w, (d, 1), dtype, graph=False)
        cases.append((X, y, lr, num_updates, w))
    if all(close(w, adam_weights(*case)) for *case, w in cases):
        return
    for change, sentence in TRAIN_MISTAKES:
        if all(close(w, adam_weights(*case, **change)) for *case, w in cases):
            raise Mistake(sentence)
    for X, y, lr, num_updates, w in cases:
        wanted = adam_weights(X, y, lr, num_updates)
        if not close(w, wanted):
            raise Mistake(
                f"After {num_updates} updates at rate {lr} on {len(X)} examples the first weight "
                f"should be {wanted[0].item():.4g}; yours is {w[0].item():.4g}."
            )


def warm_cosine(k, num_warm, num_updates, late=True, whole=False, first=1, clamp=True, line=False):
    """The factor of exercise 14.4, or with a mistake.

    `late`: whether it falls at all; `whole`: the wave begins at 0, not after the warm-up; `first`:
    what is added to k in the warm-up; `clamp`: whether 0 stays 0; `line`: falls in a line.
    """
    if k < num_warm:
        return (k + first) / num_warm
    if not late:
        return 1.0
    begin = 0 if whole else num_warm
    share = (k - begin) / (num_updates - begin)
    share = min(1.0, share) if clamp else share
    return 1 - share if line else (1 + math.cos(math.pi * share)) / 2


FACTOR_MISTAKES = (
    ({"first": 0}, "In the warm-up it should be (k + 1)/num_warm: yours begins with 0."),
    ({"whole": True}, "The wave should begin after the warm-up: yours begins at update 0."),
    ({"clamp": False}, "After `num_updates` it should stay 0: yours rises again."),
    ({"clamp": False, "whole": True}, "The wave should begin after the warm-up, and end at 0."),
    ({"line": True}, "It falls along a line; wanted is half a wave of the cosine."),
    ({"late": False}, "After the warm-up it should fall."),
)


@exercise("14.4", "The schedule of many large trainings, in four lines.")
def factor(factor):
    """`factor(k, num_warm, num_updates)`: linear warm-up, then half a cosine to 0."""
    cases = []
    for num_warm, num_updates in ((4, 12), (0, 9), (1, 6), (10, 11), (7, 50)):
        for k in range(num_updates + 8):
            value = factor(k, num_warm, num_updates)
            value = expect_number("factor(...)", value, tensor=False)
            cases.append((k, num_warm, num_updates, value))
    if all(close(value, warm_cosine(*case)) for *case, value in cases):
        return
    for change, sentence in FACTOR_MISTAKES:
        if all(close(value, warm_cosine(*case, **change)) for *case, value in cases):
            raise Mistake(sentence)
    for k, num_warm, num_updates, value in cases:
        wanted = warm_cosine(k, num_warm, num_updates)
        if not close(value, wanted):
            raise Mistake(
                f"factor({k}, {num_warm}, {num_updates}) should be {wanted:.4g}, "
                f"yours is {value:.4g}."
            )


def unseen_data():
    """X (400, 4) in units of several sizes, two of them correlated, and y (400, 1); float64."""
    source = torch.Generator().manual_seed(14)
    z = torch.randn(400, 4, generator=source, dtype=torch.float64)
    z[:, 1] = 0.8 * z[:, 0] + 0.6 * z[:, 1]
    X = z * torch.tensor([30.0, 1.0, 0.1, 5.0], dtype=torch.float64)
    w = torch.tensor([[0.3], [-6.0], [80.0], [2.0]], dtype=torch.float64)
    return X, X @ w + 8 * torch.randn(400, 1, generator=source, dtype=torch.float64)


@exercise("14.5", "A rate for each weight against the units, and a falling one against the noise.")
def choose(new_update, new_rates):
    """An optimizer and 300 rates: within 3 percent of the least loss, on average over ten runs."""
    if not callable(new_update):
        raise Mistake(f"`new_update` should be a function, got {type(new_update).__name__}.")
    rates = take(new_rates, 300, "`new_rates`")
    if len(rates) != 300:
        raise Mistake(f"`new_rates` should hold 300 numbers, got {len(rates)}.")
    rates = [expect_number(f"new_rates[{k}]", rate) for k, rate in enumerate(rates)]
    X, y = unseen_data()
    best = torch.linalg.lstsq(X, y).solution
    least = (X @ best - y).square().mean()
    total = 0.0
    for seed in range(10):
        source = torch.Generator().manual_seed(seed)
        w, state = torch.zeros(4, 1, dtype=X.dtype), {}
        for lr in rates:
            rows = torch.randint(400, (16,), generator=source)
            g = X[rows].T @ (X[rows] @ w - y[rows]) / 16
            answer = new_update(w, g, state, lr)
            if not isinstance(answer, torch.Tensor) or torch.isfinite(answer).all():
                expect_tensor("new_update(...)", answer, (4, 1), X.dtype)
            else:
                raise Mistake("The weights become infinite or NaN: the rates are too large.")
            w = answer
        total += ((X @ (w - best)).square().mean() / least).item()
    if not total / 10 <= 0.03:
        raise Mistake(
            f"On average the loss ends {100 * total / 10:.3g} percent above the least, "
            "3 are allowed."
        )
