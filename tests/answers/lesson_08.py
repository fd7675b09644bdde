"""Answers to the exercises of lesson 8."""

import numpy as np
import torch
from torch import nn

RIGHT = {
    "three_stops": [
        (5, 5, 6, 3, 7, 4),
        (5.0, np.int64(5), torch.tensor(6), 3, torch.tensor([7.0]), 4),
    ],
    "objections": [],
    "three_programs": [],
    "step": [],
}
WRONG = {
    "three_stops": [
        ((3, 5, 6, 3, 7, 4), "line 3 is wrong, and it runs"),
        ((4, 4, 6, 3, 7, 4), "line 4 is wrong, and it runs"),
        ((6, 3, 7, 4, 5, 5), "`stop_1`: line 6 is not reached"),
        ((1, 3, 7, 4, 5, 5), "`stop_1`: line 1 is not reached, or it runs"),
        ((5, 3, 6, 3, 7, 4), "`mend_1`"),
        ((5, 5, 7, 4, 6, 3), "before line 7 is reached"),
        ((5, 5, 8, 4, 6, 3), "`stop_2`: not line 8"),
        ((5, 5, 6, 1, 7, 4), "`mend_2`: line 1 is right"),
        ((5, 5, 6, 6, 7, 4), "`mend_2`: line 6 is right"),
        ((5, 5, 6, 4, 7, 4), "`mend_2`: which line made the model"),
        ((5, 5, 6, 3, 8, 4), "line 8 is not reached"),
        ((5, 5, 6, 3, 9, 4), "`stop_3`: not line 9"),
        ((5, 5, 6, 3, 7, 7), "`mend_3`: line 7 is right"),
        ((5, 5, 6, 3, 7, 2), "`mend_3`: line 2 is right"),
        ((5, 5, 6, 3, 7, 5), "`mend_3`: look for the line"),
        ((0, 5, 6, 3, 7, 4), "1 to 9, got 0"),
        ((5, 5, 6, 3, 7, 10), "1 to 9, got 10"),
        ((5, 5, 6.5, 3, 7, 4), "`stop_2` should be a whole number"),
        ((5, 5, 6, "model", 7, 4), "`mend_2` should be a number"),
    ],
    "objections": [],
    "three_programs": [],
    "step": [],
}


def right(name):
    """Add the decorated function to the right answers for the checker `name`."""
    return lambda f: RIGHT[name].append((f,)) or f


def wrong(name, fragment):
    """Add the decorated function to the wrong answers; `fragment` names its mistake."""
    return lambda f: WRONG[name].append(((f,), fragment)) or f


# Exercise 8.2


@right("objections")
def objections_by_table(X, w):
    fits = {"shape": X.size(-1) == len(w), "dtype": X.dtype is w.dtype}
    fits["device"] = X.device == w.device
    return [name for name in fits if not fits[name]]


@right("objections")
def objections_by_type(X, w):
    names = ("shape", "dtype", "device")
    speaks = (X.shape[1] - w.shape[0] != 0, X.dtype != w.dtype, X.is_meta != w.is_meta)
    return [name for name, applies in zip(names, speaks, strict=True) if applies]


@wrong("objections", "should be ['shape'], got []")
def objections_to_equal_rows(X, w):
    return [name for name in objections_by_table(X, w) if name != "shape"]


@wrong("objections", "(4, 2)")
def objections_to_whole_shapes(X, w):
    return ["shape"] * (X.shape != w.shape) + [
        name for name in objections_by_table(X, w) if name != "shape"
    ]


@wrong("objections", "should be ['dtype'], got []")
def objections_without_dtype(X, w):
    return [name for name in objections_by_table(X, w) if name != "dtype"]


@wrong("objections", "should be ['device'], got []")
def objections_without_device(X, w):
    return [name for name in objections_by_table(X, w) if name != "device"]


@wrong("objections", "should be ['dtype', 'device'], got ['dtype']")
def objections_first_only(X, w):
    return objections_by_table(X, w)[:1]


@wrong("objections", "in another order")
def objections_sorted(X, w):
    return sorted(objections_by_table(X, w))


@wrong("objections", "Return a list, got tuple")
def objections_tuple(X, w):
    return tuple(objections_by_table(X, w))


@wrong("objections", "returned None")
def objections_printed(X, w):
    print(objections_by_table(X, w))


@wrong("objections", "Your code stopped at")
def objections_by_product(X, w):
    X.cpu() @ w.cpu()
    return objections_by_table(X, w)


# Exercise 8.3


def loss_of(model, X, y):
    y = torch.from_numpy(y).float()[:, None]
    return ((model(torch.from_numpy(X).float()) - y) ** 2).mean()


def train_all(model, X, y, lr, num_updates):
    for _ in range(num_updates):
        model.zero_grad()
        nn.functional.mse_loss(model(X), y).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= lr * p.grad


class Zero(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.b = nn.Parameter(torch.zeros(1))
        self.w = torch.nn.Parameter(torch.full((d, 1), 0.0))

    def forward(self, X):
        return torch.addmm(self.b, X, self.w)


class ByRegistering(nn.Module):
    def __init__(self, d):
        nn.Module.__init__(self)
        self.register_parameter("w", nn.Parameter(torch.zeros(d, 1)))
        self.register_parameter("b", nn.Parameter(torch.zeros(1)))

    def forward(self, X):
        return X.mm(self.w) + self.b


RIGHT["three_programs"] += [(loss_of, train_all, Zero), (loss_of, train_all, ByRegistering)]


def program(k, fragment):
    """Add a wrong answer: the decorated one in place `k`, beside two right ones."""

    def add(answer):
        three = [loss_of, train_all, Zero]
        three[k] = answer
        WRONG["three_programs"].append((tuple(three), fragment))
        return answer

    return add


@program(0, "the mean over all pairs")
def loss_of_pairs(model, X, y):
    return nn.MSELoss()(model(torch.tensor(X).float()), torch.tensor(y).float())


@program(0, "should hold torch.float32, got torch.float64")
def loss_of_doubles(model, X, y):
    return loss_of(model, X, y).double()


@program(0, "No gradient flows")
def loss_of_detached(model, X, y):
    return loss_of(model, X, y).detach()


@program(0, "should be a tensor, got float")
def loss_of_number(model, X, y):
    return loss_of(model, X, y).item()


@program(0, "their mean squared error")
def loss_of_sum(model, X, y):
    return loss_of(model, X, y) * len(y)


@program(0, "their mean squared error")
def loss_of_half(model, X, y):
    return loss_of(model, X, y) / 2


@program(0, "should have shape ()")
def loss_of_each(model, X, y):
    y = torch.from_numpy(y).float()[:, None]
    return (model(torch.from_numpy(X).float()) - y) ** 2


@program(0, "changed the model")
def loss_of_new_model(model, X, y):
    nn.init.zeros_(model.weight)
    return loss_of(model, X, y)


@program(0, "changed the arrays")
def loss_of_scaled(model, X, y):
    loss = loss_of(model, X, y)
    X /= 2
    return loss


@program(0, "changed the arrays")
def loss_of_shifted(model, X, y):
    loss = loss_of(model, X.copy(), y.copy())
    y += 1
    return loss


@program(0, "the model's gradient is not right")
def loss_of_half_the_graph(model, X, y):
    loss = loss_of(model, X, y)
    return loss / 2 + loss.detach() / 2


@program(0, "the model's gradient is not right")
def loss_of_frozen_weight(model, X, y):
    y = torch.from_numpy(y).float()[:, None]
    y_hat = torch.from_numpy(X).float() @ model.weight.detach().T + model.bias
    return ((y_hat - y) ** 2).mean()


@program(0, "must have the same dtype")
def loss_of_as_given(model, X, y):
    return nn.MSELoss()(model(torch.tensor(X)), torch.tensor(y))


@program(0, "changed the model")
def loss_of_other_dtype(model, X, y):
    loss = loss_of(model, X, y)
    model.double()
    return loss


@program(1, "follows the gradient of the start each time")
def train_with_old_record(model, X, y, lr, num_updates):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss = nn.MSELoss()(model(X), y)
    for _ in range(num_updates):
        optimizer.zero_grad()
        loss.backward(retain_graph=True)
        optimizer.step()


@program(1, "a second time")
def train_backward_twice(model, X, y, lr, num_updates):
    loss = nn.MSELoss()(model(X), y)
    for _ in range(num_updates):
        loss.backward()


@program(1, "does not end where full-batch gradient descent ends")
def train_without_clearing(model, X, y, lr, num_updates):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(num_updates):
        nn.MSELoss()(model(X), y).backward()
        optimizer.step()


@program(1, "leaves the model as it was")
def train_nothing(model, X, y, lr, num_updates):
    for _ in range(num_updates):
        nn.MSELoss()(model(X), y).backward()


@program(1, "with 3 updates made one")
def train_once(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, 1)


@program(1, "with 3 updates made 4")
def train_once_more(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, num_updates + 1)


@program(1, "with 0 updates made one")
def train_at_least_once(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, max(1, num_updates))


@program(1, "should return nothing")
def train_returning(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, num_updates)
    return model


@program(1, "changed `y`")
def train_changing_labels(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, num_updates)
    y.zero_()


@program(1, "changed `X`")
def train_changing_features(model, X, y, lr, num_updates):
    train_all(model, X, y, lr, num_updates)
    X.zero_()


@program(2, "should have the parameters w and b, it has []")
class ZeroPlain(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.w, self.b = torch.zeros(d, 1), torch.zeros(1)

    def forward(self, X):
        return X @ self.w + self.b


@program(2, "it has ['w']")
class ZeroHalf(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.zeros(d, 1)), torch.zeros(1)

    def forward(self, X):
        return X @ self.w + self.b


@program(2, "`w of Zero` should have shape (2, 1), got (2,)")
class ZeroFlat(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.zeros(d)), nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return X @ self.w + self.b


class Changed(Zero):
    """`Zero` with something else in it: what the wrong ones below are made of."""

    def change(self):
        raise NotImplementedError("each one changes something")

    def __init__(self, d):
        super().__init__(d)
        self.change()


@program(2, "`b` of `Zero` should start at zero")
class ZeroOne(Changed):
    def change(self):
        nn.init.ones_(self.b)


@program(2, "`w` of `Zero` should start at zero")
class ZeroRandom(Changed):
    def change(self):
        nn.init.normal_(self.w)


@program(2, "`w` of `Zero` cannot be trained")
class ZeroFrozen(Changed):
    def change(self):
        self.w.requires_grad_(False)


@program(2, "should hold torch.float32, got torch.float64")
class ZeroDouble(Changed):
    def change(self):
        self.double()


@program(2, "it has")
class ZeroMore(Changed):
    def change(self):
        self.c = nn.Parameter(torch.zeros(1))


@program(2, "should have shape (4, 1), got (4,)")
class ZeroRow(Changed):
    def change(self):
        pass

    def forward(self, X):
        return super().forward(X)[:, 0]


@program(2, "should be `X @ w + b`")
class ZeroNoBias(Changed):
    def change(self):
        pass

    def forward(self, X):
        return X @ self.w + 0 * self.b


@program(2, "changed `X`")
class ZeroInPlace(Changed):
    def change(self):
        pass

    def forward(self, X):
        y_hat = super().forward(X)
        X.mul_(2)
        return y_hat


@program(2, "No gradient flows")
class ZeroDetached(Changed):
    def change(self):
        pass

    def forward(self, X):
        return super().forward(X).detach()


@program(2, "does not change `w` and `b` as it should")
class ZeroHalfDetached(Changed):
    def change(self):
        pass

    def forward(self, X):
        return X @ self.w.detach() + self.b


@program(2, "should be an `nn.Module`, got str")
def zero_text(d):
    return "Zero"


@program(2, "")
class ZeroWithoutSuper(nn.Module):
    def __init__(self, d):
        self.w, self.b = torch.zeros(d, 1), torch.zeros(1)


# Exercise 8.4


def fitted(model, X, y):
    """X (n, d) and y (n, 1), as the model wants them, or a ValueError."""
    d = model.in_features
    if X.ndim not in (1, 2) or X.shape[-1] != d:
        raise ValueError(f"features: got {tuple(X.shape)}, expected (n, {d}) or ({d},)")
    X = torch.atleast_2d(X)
    if y.ndim == 0:
        y = y[None]
    if y.ndim > 2 or y.shape[1:] not in ((), (1,)) or len(y) != len(X):
        raise ValueError(f"labels: got {tuple(y.shape)}, expected ({len(X)}, 1) or ({len(X)},)")
    return X.to(model.weight), y.reshape(len(y), 1).to(model.weight)


def updated(model, optimizer, loss_fn, X, y):
    loss = loss_fn(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@right("step")
def step_by_fitting(model, optimizer, loss_fn, X, y):
    return updated(model, optimizer, loss_fn, *fitted(model, X, y))


@right("step")
def step_clearing_first(model, optimizer, loss_fn, X, y):
    X, y = fitted(model, X, y)
    model.zero_grad()
    loss = loss_fn(model(X), y)
    loss.backward()
    optimizer.step()
    return float(loss)


@wrong("step", "the shapes (4, 1) and (4,)")
def step_flat_labels(model, optimizer, loss_fn, X, y):
    return updated(model, optimizer, loss_fn, torch.atleast_2d(X).to(model.weight), y)


@wrong("step", "Your code stopped at")
def step_as_given(model, optimizer, loss_fn, X, y):
    return updated(model, optimizer, loss_fn, X, y.reshape(-1, 1))


@wrong("step", "labels of torch.int64 meet predictions of torch.float32")
def step_labels_as_given(model, optimizer, loss_fn, X, y):
    fitted(model, X, y)
    return updated(model, optimizer, loss_fn, X.to(model.weight), y.reshape(-1, 1))


@wrong("step", "must meet there")
def step_labels_stay(model, optimizer, loss_fn, X, y):
    X, _ = fitted(model, X, y)
    y = y.reshape(-1, 1).to(model.weight.dtype)
    return updated(model, optimizer, loss_fn, X, y)


@wrong("step", "With a model on the device `meta` and data on the CPU: RuntimeError")
def step_on_the_cpu(model, optimizer, loss_fn, X, y):
    fitted(model, X, y)
    X = torch.atleast_2d(X).to(model.weight.dtype)
    return updated(model, optimizer, loss_fn, X, y.reshape(-1, 1).to(model.weight.dtype))


@wrong("step", "Your code stopped at")
def step_always_float(model, optimizer, loss_fn, X, y):
    fitted(model, X, y)
    return updated(model, optimizer, loss_fn, torch.atleast_2d(X).float(), y.reshape(-1, 1).float())


@wrong("step", "A gradient that was there before")
def step_without_clearing(model, optimizer, loss_fn, X, y):
    X, y = fitted(model, X, y)
    loss = loss_fn(model(X), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("step", "the model did not move")
def step_without_step(model, optimizer, loss_fn, X, y):
    X, y = fitted(model, X, y)
    return loss_fn(model(X), y).item()


@wrong("step", "the loss after the update")
def step_loss_after(model, optimizer, loss_fn, X, y):
    X, y = fitted(model, X, y)
    updated(model, optimizer, loss_fn, X, y)
    return loss_fn(model(X), y).item()


@wrong("step", "the loss should be")
def step_half_the_loss(model, optimizer, loss_fn, X, y):
    return step_by_fitting(model, optimizer, loss_fn, X, y) / 2


@wrong("step", "returned None")
def step_returning_nothing(model, optimizer, loss_fn, X, y):
    step_by_fitting(model, optimizer, loss_fn, X, y)


@wrong("step", "a Python `float`, got Tensor")
def step_returning_tensor(model, optimizer, loss_fn, X, y):
    return torch.tensor(step_by_fitting(model, optimizer, loss_fn, X, y))


@wrong("step", "not those after one update")
def step_twice(model, optimizer, loss_fn, X, y):
    loss = step_by_fitting(model, optimizer, loss_fn, X, y)
    step_by_fitting(model, optimizer, loss_fn, X, y)
    return loss


@wrong("step", "changed `X`")
def step_changing_features(model, optimizer, loss_fn, X, y):
    loss = step_by_fitting(model, optimizer, loss_fn, X, y)
    X.mul_(2)
    return loss


@wrong("step", "changed `y`")
def step_changing_labels(model, optimizer, loss_fn, X, y):
    loss = step_by_fitting(model, optimizer, loss_fn, X, y)
    y.add_(1)
    return loss


@wrong("step", "`loss_fn` was not called")
def step_with_own_loss(model, optimizer, loss_fn, X, y):
    return step_by_fitting(model, optimizer, nn.MSELoss(), X, y)


@wrong("step", "got RuntimeError")
def step_without_question(model, optimizer, loss_fn, X, y):
    X, y = torch.atleast_2d(X).to(model.weight), y.reshape(-1, 1).to(model.weight)
    return updated(model, optimizer, loss_fn, X, y)


@wrong("step", "and none was raised")
def step_reshaping(model, optimizer, loss_fn, X, y):
    X = X.reshape(-1, model.in_features) if X.numel() % model.in_features == 0 else X
    if X.shape[-1] != model.in_features or y.numel() != len(torch.atleast_2d(X)):
        raise ValueError(f"got {[*X.shape]} and {[*y.shape]}, for {model.in_features}, {len(X)}, 1")
    return updated(model, optimizer, loss_fn, X.to(model.weight), y.reshape(-1, 1).to(model.weight))


@wrong("step", "the message should name 12 and 13")
def step_refusing_darkly(model, optimizer, loss_fn, X, y):
    try:
        return step_by_fitting(model, optimizer, loss_fn, X, y)
    except ValueError:
        raise ValueError("wrong shapes") from None


@wrong("step", "the model was changed before the error")
def step_refusing_late(model, optimizer, loss_fn, X, y):
    try:
        return step_by_fitting(model, optimizer, loss_fn, X, y)
    except ValueError:
        optimizer.step()
        raise


def scaling_before_questions(scaled):
    """A wrong step that scales X or y in place and puts it back only if all went well."""

    def step(model, optimizer, loss_fn, X, y):
        given = (X, y)[scaled]
        kept = given.clone()
        given.mul_(2)
        loss = step_by_fitting(model, optimizer, loss_fn, *((kept, y), (X, kept))[scaled])
        given.copy_(kept)
        return loss

    return step


wrong("step", "the data were changed before the error")(scaling_before_questions(0))
wrong("step", "the data were changed before the error")(scaling_before_questions(1))


@wrong("step", "the gradients were changed before the error")
def step_clearing_before_questions(model, optimizer, loss_fn, X, y):
    optimizer.zero_grad()
    return step_by_fitting(model, optimizer, loss_fn, X, y)


@wrong("step", "a ValueError is wanted, got TypeError")
def step_refusing_by_type(model, optimizer, loss_fn, X, y):
    try:
        return step_by_fitting(model, optimizer, loss_fn, X, y)
    except ValueError as error:
        raise TypeError(str(error)) from None
