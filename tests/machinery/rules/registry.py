"""Where rules are registered."""

RULES = {}


def rule(function):
    """Register a function as a rule, under its name in plain words."""
    RULES[function.__name__.replace("_", " ")] = function
    return function
