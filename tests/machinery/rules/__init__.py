"""The rules for notebooks that a machine can check, one small function each.

A rule takes the path of a notebook and the notebook as read by `reading.read`, and returns a list
of complaints, empty when the rule holds. `RULES` maps the name of each rule to its function.
"""

from machinery.rules import code, github, mould, outputs, running, text
from machinery.rules.registry import RULES

__all__ = ["RULES", "code", "github", "mould", "outputs", "running", "text"]
