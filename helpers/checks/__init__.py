"""The exercises' checkers: one module a lesson, and here what they have in common.

A checker is a function decorated with `exercise`. It takes the learner's answers, returns when they
are right, and raises `Mistake` with a sentence that names what is wrong:

    @exercise("3.4", "What a right answer shows, in one sentence.")
    def centre(f):
        '''`centre(X)`: the columns of X (n, d) minus their means, (n, d).'''
        for n, d in ((1, 1), (6, 3), (7, 2)):
            X = torch.randn(n, d)
            with unchanged(X=X):
                answer = f(X)
            expect_tensor("centre(X)", answer, (n, d))
            if not close(answer, X - X.mean(0)):
                raise Mistake(f"With {n} examples the means are {answer.mean(0).tolist()}.")

`guard` runs it: in float32 with gradients and fixed seeds whatever the notebook has set, for some
seconds at most; it restores what an answer changes, shows the beginning of what it prints, tells a
stub from a finished answer, names the learner's own line where an exception comes from, and prints
exactly one verdict. `expect` holds what checkers ask for.

The rules:
- **Several cases.** One example, sizes that divide and that do not, a batch of one, other constants
  than the lesson's, several seeds, more than one pass. What is right for one case only is wrong.
- **Everything that the text fixes**: values and gradients, shapes, dtypes (no complex, bool or
  integer where floating is asked: `expect_tensor` and `close` compare them), graph, return type, a
  module's own state. And everything that must not change: `with unchanged(X=X, y=y)`.
- **Every right way is right**: numbers of numpy, a Fraction, a tolerance as the text states it.
- **No mistake is named that was not made.** A sentence that names one is for an answer that fits it
  in every case; where unsure, say what was measured: value wanted, value got, on which input.
- **Nothing unbounded**: `take` draws from a generator that may have no end.
- Nothing is printed but the verdict; a list of answers in `tests/answers` reaches every branch.
"""

from helpers.checks.expect import (
    close,
    expect_int,
    expect_number,
    expect_pair,
    expect_tensor,
    expect_whole,
    listed,
    take,
    unchanged,
)
from helpers.checks.guard import Mistake, exercise, say

__all__ = [
    "Mistake",
    "close",
    "exercise",
    "expect_int",
    "expect_number",
    "expect_pair",
    "expect_tensor",
    "expect_whole",
    "listed",
    "say",
    "take",
    "unchanged",
]
