"""What the solutions of lesson 13 say, computed again in their own kernel."""

import torch

# %% exercise-1-answer
assert (s, t, s * t) == (6, 8, 48)
assert (slope_t, slope_s, slope_b, slope_a, a_grad_after_two) == (6, 14, 28, 48, 96)
in_prose(f"{slope_s} {slope_b} {slope_a} {a_grad_after_two}")
A, B = (torch.tensor(float(v), requires_grad=True) for v in (a, b))
((A * B + A) * A * B).backward()
assert A.grad == slope_a == 2 * a * b**2 + 2 * a * b
assert B.grad == slope_b == 2 * a**2 * b + a**2
in_prose(f"{2 * a * b**2} {2 * a * b} {2 * a**2 * b}")

# %% exercise-2-answer
quotient = divide(Value(torch.tensor([3.0, 5.0])), Value(torch.tensor(4.0)))
backs = [back(torch.ones(2)) for _, back in quotient.parents]
torch.testing.assert_close(backs[0], torch.tensor([1 / 4, 1 / 4]))
torch.testing.assert_close(backs[1], torch.tensor([-3 / 16, -5 / 16]))  # the result's shape

# %% wrong-walk-twice
assert w.grad == 400
in_prose(f"{w.grad:.0f}")
right = []
for _ in range(2):
    fresh = [Value(v) for v in (150.0, 2.0, 20.0, 300.0)]
    residual = add(add(mul(fresh[0], fresh[1]), fresh[2]), fresh[3], sign=-1)
    square = mul(residual, residual)
    walk(square)
    right.append(fresh[0].grad.item())
assert sum(right) == 160
slopes_of_s = 8 + 6  # from L itself, and through t
c, d = Value(2.0), Value(3.0)  # exercise 13.1, with the factors in both orders
product = mul(c, d)
for turned, wanted in ((False, 48), (True, 48)):
    c.grad = d.grad = product.grad = 0.0
    total = add(product, c)
    wrong_walk(mul(product, total) if turned else mul(total, product))
    assert (c.grad == wanted) == (not turned)
in_prose(f"{sum(right):.0f} {slopes_of_s}")

# %% exercise-4-answer
arrows, one = 0, Value(1.0)
end = one
for _ in range(60):
    end = Value(1.0, (end, None), (end, None))
    arrows += 2
assert len(order(end)) == 61 and arrows == 120
in_prose(f"{arrows}")
cited("60", "the exercise sets the number of doublings")

# %% dual-house
slopes = []
for k in (0, 2):
    numbers = [Dual(v, float(place == k)) for place, v in enumerate((150.0, 2.0, 20.0, 300.0))]
    slopes.append(house_loss(*numbers).slope)
assert slopes == [80, 40]
in_prose(f"{slopes[0]:.0f} {slopes[1]:.0f}")
