"""Answers to the exercises, one module a lesson: RIGHT ones written differently, and WRONG ones.

RIGHT maps a checker's name to a list of answers, each a tuple of its arguments. The worked
solution is not among them: it stands in the solution notebook, which runs it.

WRONG maps a checker's name to a list of pairs: such a tuple, and a part of the sentence that must
name its mistake.
"""
