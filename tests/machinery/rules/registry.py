"""Where rules are registered."""

import functools

from machinery.reading import NOT_RECAST

RULES = {}


def rule(function):
    """Register a function as a rule, under its name in plain words."""
    RULES[function.__name__.replace("_", " ")] = function
    return function


def rule_of_the_mould(function):
    """Register a rule that lessons in the form of the first edition need not keep yet."""

    @functools.wraps(function)
    def excused(path, notebook):
        return [] if path.stem in NOT_RECAST else function(path, notebook)

    return rule(excused)
