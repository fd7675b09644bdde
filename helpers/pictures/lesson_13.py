"""Pictures of lesson 13: a graph with its slopes, and one training written twice."""

import matplotlib.pyplot as plt

from helpers import figures

MOST_VALUES = 12
BOX = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "0.3"}
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}


def graph(end, **names):
    """Draw the graph that leads to a value, from left to right.

    Each box holds a value, the arrows leave its parents and carry the local slopes, and below each
    box stands the slope of the last value in it.

    Args:
        end: the last value: an object with `data`, one number, and `parents`, pairs of another such
            object and a function that multiplies what arrives by the local slope.
        names: name -> a value of the graph; a value without a name shows its number only.
    """
    values = _ordered(end)
    for name, value in names.items():
        if value not in values:
            raise ValueError(f"{name} must be a value of the graph, and is none of it")
    titles = {value: name for name, value in names.items()}
    numbers, slopes = {}, dict.fromkeys(values, 0.0)
    for value in values:
        numbers[value] = figures.require_number(titles.get(value, "data"), value.data)
    slopes[end] = 1.0
    for value in reversed(values):
        for parent, back in value.parents:
            slopes[parent] += slopes[value] * figures.require_number("a local slope", back(1.0))
    places = _places(values)
    columns = 1 + max(x for x, _ in places.values())
    rows = 1 + max(-y for _, y in places.values())
    fig, ax = plt.subplots(figsize=(1.2 + 1.3 * columns, 0.6 + 1.15 * rows))
    for value in values:
        for k, (parent, back) in enumerate(value.parents):
            _arrow(ax, places, parent, value, k, back(1.0))
    for value in values:
        x, y = places[value]
        text = f"{titles[value]} = {numbers[value]:g}" if value in titles else f"{numbers[value]:g}"
        ax.text(x, y, text.replace("y_hat", "ŷ"), ha="center", va="center", bbox=BOX, zorder=3)
        ax.text(x, y - 0.33, f"{slopes[value]:g}", ha="center", va="center", color="C1", zorder=3)
    ax.set(xlim=(-0.6, columns - 0.4), ylim=(0.4 - rows, 0.5))
    ax.set_title(
        "box: value; arrow, blue: local slope; below a box, orange: slope of the last value",
        fontsize=9,
    )
    ax.axis("off")
    said = [f"{titles.get(value, 'the last')} {numbers[value]:g}" for value in values]
    told = [f"{titles.get(value, 'the last')} {slopes[value]:g}" for value in reversed(values)]
    alt = (
        f"A graph of {len(values)} values, from left to right: {', '.join(said)}. Arrows lead "
        f"from parents to results. The slopes of the last value: {', '.join(told)}."
    )
    figures.show(fig, alt)


def _ordered(end):
    """The values of a graph, each after its parents; raise if this is none."""
    order, stack = [], [end]
    while stack:
        value = stack[-1]
        if not (hasattr(value, "data") and hasattr(value, "parents")):
            kind = type(value).__name__
            raise TypeError(f"end must be a value with data and parents, got {kind}")
        missing = [parent for parent, _ in value.parents if parent not in order]
        if missing:
            stack += missing[::-1]
            continue
        stack.pop()
        if value not in order:
            order.append(value)
        if len(order) > MOST_VALUES:
            raise ValueError(f"end must have a graph of at most {MOST_VALUES} values, got more")
    return order


def _places(values):
    """Where each value stands, (column, -row): results to the right of their parents."""
    column = {}
    for value in values:
        column[value] = 1 + max((column[parent] for parent, _ in value.parents), default=-1)
    for value in values:  # a leaf moves next to the first result that uses it
        if not value.parents:
            users = [column[v] for v in values if any(p is value for p, _ in v.parents)]
            column[value] = min(users, default=1) - 1
    places, used = {}, {}
    for value in sorted(values, key=lambda v: not v.parents):  # results above leaves
        row = used.get(column[value], 0)
        places[value] = (column[value], -row)
        used[column[value]] = row + 1
    return places


def _arrow(ax, places, parent, value, k, slope):
    """Draw the arrow of parent number k of a value, with its local slope; two to one are bent."""
    start, end = places[parent], places[value]
    double = sum(p is parent for p, _ in value.parents) > 1
    bend = 0.0 if not double else (-0.35 if k == 0 else 0.35)
    style = {"arrowstyle": "-|>", "color": "0.5", "shrinkA": 24, "shrinkB": 24}
    style["connectionstyle"] = f"arc3,rad={bend}"
    ax.annotate("", end, start, arrowprops=style)
    middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
    middle[1] -= bend * (end[0] - start[0]) / 2  # where the bent arrow is
    text = {"ha": "center", "va": "center", "fontsize": 9, "color": "C0", "bbox": WHITE}
    ax.text(*middle, f"{float(slope):g}", **text)


def two_trainings(ours, theirs):
    """Draw three parameters update by update: one training as lines, the other one as dots on them.

    Args:
        ours: (w1, w2, b) after each update, (m, 3), drawn as lines.
        theirs: those of the other training, (m, 3), drawn as dots, every fourth.
    """
    ours = figures.require_points("ours", ours, 3)
    theirs = figures.require_array("theirs", theirs, (len(ours), 3))
    fig, ax = plt.subplots()
    updates = range(1, len(ours) + 1)
    for k, name in enumerate(("$w_1$", "$w_2$", "$b$")):
        ax.plot(updates, ours[:, k], color=f"C{k}", label=f"{name}, ours")
        ax.plot(updates[::4], theirs[::4, k], "o", color=f"C{k}", label=f"{name}, torch's")
    ax.set(xlabel="update", ylabel="parameter (thousands of dollars)")
    ax.legend(loc="center right")
    apart = (ours - theirs).abs().max().item()
    verdict = "lie on the lines" if apart < 1e-6 else f"leave the lines by up to {apart:.2g}"
    ends = ", ".join(f"{end:.1f}" for end in ours[-1].tolist())
    alt = (
        f"Our w1, w2 and b as lines over {len(ours)} updates, from near zero to {ends}. Every "
        f"fourth one of torch's as a dot: the dots {verdict}."
    )
    figures.show(fig, alt)
