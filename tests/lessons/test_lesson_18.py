"""Lesson 18: the functions that it defines, the program that it writes, its team, its pictures."""

import ast
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, code_cells, definitions, read
from torch.utils.data import DistributedSampler

from helpers.checks import Mistake
from helpers.checks import lesson_18 as check
from helpers.pictures import lesson_18 as pictures

PATH = ROOT / "notebooks" / "18_many_workers.ipynb"
lesson = definitions(PATH, "gradient", "sgd", "deal")
few = settings(max_examples=30, deadline=None)


def problem(seed=0, n=24, d=2):
    """Random X (n, d), y (n, 1) and w (d, 1) in float64."""
    source = torch.Generator().manual_seed(seed)
    shapes = ((n, d), (n, 1), (d, 1))
    return [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]


@few
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 6), st.integers(1, 4))
def test_equal_parts_make_the_updates_of_one_worker(seed, d, num_workers, share):
    X, y, w = problem(seed, 3 * num_workers * share, d)
    batches = torch.randperm(len(X)).split(num_workers * share)
    alone = lesson.sgd(X, y, w, 0.05, batches)
    assert alone.shape == (4, d) and alone[0].tolist() == w[:, 0].tolist()
    torch.testing.assert_close(lesson.sgd(X, y, w, 0.05, batches, num_workers), alone)


@few
@given(st.integers(0, 10_000))
def test_sgd_is_torch_optim(seed):
    X, y, w = problem(seed)
    batches = torch.arange(24).split(5)  # the last one is shorter
    ours = lesson.sgd(X, y, w, 0.1, batches)
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([theirs], lr=0.1)
    for batch in batches:
        optimizer.zero_grad()
        (((X[batch] @ theirs - y[batch]) ** 2).mean() / 2).backward()
        optimizer.step()
    torch.testing.assert_close(ours[-1], theirs.detach()[:, 0])


@few
@given(st.integers(1, 60), st.integers(0, 5), st.integers(0, 5))
def test_deal_gives_every_row_and_pads_by_one_at_most(n, epoch, seed):
    parts = lesson.deal(n, epoch, seed=seed)
    assert [len(part) for part in parts] == [(n + 1) // 2] * 2
    assert set(parts[0] + parts[1]) == set(range(n))
    one = DistributedSampler(range(n), 2, 1, seed=seed)
    one.set_epoch(epoch)
    assert parts[1] == list(one)


# The program


def program():
    """The file that the lesson writes, put together from the texts in its cells."""
    texts = {}
    for cell in code_cells(read(PATH)):
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                texts[node.targets[0].id] = node.value.value
    return "".join(texts[name] for name in ("head", "by_hand", "ddp_parts", "ddp_loop", "end"))


def test_program_is_clean_python():
    rules = ["--select", "E,F,B,UP,RUF", "--ignore", "E402"]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", *rules, "-"]
    result = subprocess.run(command, input=program(), capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr


def test_program_by_hand_in_a_team(tmp_path, monkeypatch):
    """Its part by hand, run by two threads that share an all_reduce, is `sgd`."""
    X, y, w = problem()
    batches = torch.arange(24).split(6)
    text = program()
    by_hand = text[text.index("\npositions = [w[:, 0]]") : text.index("\ntrain_set =")]
    team = check.Team(2)

    class Dist:
        def __init__(self, rank):
            self.all_reduce = lambda t: team.all_reduce(rank, t)

    def work(rank):
        names = {"X": X, "y": y, "w": w, "batches": batches, "torch": torch}
        names |= {"dist": Dist(rank), "rank": rank, "world_size": 2}
        exec(by_hand, names)
        return names["by_hand"]

    alone = lesson.sgd(X, y, w, 0.1, batches)
    for positions in team.run(work):
        torch.testing.assert_close(positions, alone)


def test_the_committed_times_say_what_the_prose_says():
    """Times differ from run to run, and the text speaks of the run that is shown."""
    (cell,) = [cell for cell in code_cells(read(PATH)) if cell.id == "times-table"]
    rows = cell.outputs[0].data["text/plain"].splitlines()
    assert rows[0].split() == ["alone", "all_reduce", "shared", "expected", "speedup"]
    linear, few, many = (float(row.split()[-1]) for row in rows[1:])
    said = linear < 0.5 and few < 0.95 and 1.3 < many < 2
    assert said, "this run is not the one that the text tells of: run it on an idle machine"


# The team that plays the workers


def test_team_adds_up_and_passes_on():
    team = check.Team(3)

    def work(rank):
        t = torch.tensor([float(rank), 1.0])
        team.all_reduce(rank, t)
        team.send(rank, torch.full((rank + 1,), rank))
        return t.tolist(), team.receive(rank).tolist()

    assert team.run(work) == [([3, 3], [2, 2, 2]), ([3, 3], [0]), ([3, 3], [1, 1])]
    assert team.sent == {0: 1, 1: 2, 2: 3} and team.meetings == 1


def test_what_is_sent_is_a_copy():
    team, gate = check.Team(2), threading.Barrier(2)

    def work(rank):
        t = torch.ones(1)
        team.send(rank, t)
        gate.wait()
        t.zero_()
        gate.wait()
        return team.receive(rank).item()

    assert team.run(work) == [1, 1]


@pytest.mark.parametrize("world_size", [1, 2, 5])
@pytest.mark.parametrize("way", ["all_reduce", "receive", "both"])
def test_a_team_that_waits_in_vain_is_told_at_once(world_size, way):
    team = check.Team(world_size)

    def work(rank):
        if way == "receive" or (way == "both" and rank == 0):
            team.receive(rank)
        elif world_size == 1 or rank > 0:
            team.all_reduce(rank, torch.zeros(1))
            team.all_reduce(rank, torch.zeros(1))

    start = time.monotonic()
    if world_size == 1 and way == "all_reduce":
        team.run(work)
    else:
        with pytest.raises(check.Stuck, match="waits in"):
            team.run(work)
    assert time.monotonic() - start < 0.8 * check.PATIENCE


def test_the_first_mistake_is_told_and_not_that_others_wait():
    team = check.Team(3)

    def work(rank):
        if rank == 2:
            time.sleep(0.05)
            raise ZeroDivisionError
        team.all_reduce(rank, torch.zeros(1))

    with pytest.raises(ZeroDivisionError):
        team.run(work)
    other = check.Team(2)
    with pytest.raises(Mistake, match=r"float32 \(1,\) and torch.float32 \(2,\)"):
        other.run(lambda rank: other.all_reduce(rank, torch.zeros(1 + rank)))


def test_an_endless_worker_is_stopped(monkeypatch):
    monkeypatch.setattr(check, "PATIENCE", 0.2)
    team = check.Team(2)

    def work(rank):
        while rank == 0:
            pass
        team.all_reduce(rank, torch.zeros(1))

    before = threading.active_count()
    with pytest.raises(check.TookTooLong):
        team.run(work)
    assert threading.active_count() == before


# Pictures


def line(ax, label):
    """The one line of the axes with this label."""
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_two_parts(shown):
    first, second = torch.tensor([[0.0, 0], [4, 2]]), torch.tensor([[10.0, 0], [2, -8]])
    fig, alt = shown(pictures.two_parts, first, second)
    left, right = fig.axes
    for ax in (left, right):
        np.testing.assert_allclose(line(ax, "worker 0, one example").get_xydata(), first)
        np.testing.assert_allclose(line(ax, "worker 1, one example").get_xydata(), second)
        np.testing.assert_allclose(line(ax, "worker 0, its mean").get_xydata(), [[2, 1]])
        np.testing.assert_allclose(line(ax, "worker 1, its mean").get_xydata(), [[6, -4]])
        np.testing.assert_allclose(line(ax, "mean of all").get_xydata(), [[4, -1.5]])
        assert ax.get_aspect() == 1 and ax.get_xlabel() == "along $w_1$"
        markers = [line(ax, f"worker {k}, one example").get_marker() for k in range(2)]
        assert len(set(markers)) == 2
    assert left.get_title() == "all 4 gradients" and "enlarged" in right.get_title()
    np.testing.assert_allclose(right.get_xlim(), (4 - 3.75, 4 + 3.75))
    np.testing.assert_allclose(right.get_ylim(), (-1.5 - 3.75, -1.5 + 3.75))
    assert left.get_ylabel() == "along $w_2$" and len(fig.legends[0].get_texts()) == 5
    assert "2 examples of worker 0 have the mean (2, 1), those of worker 1 the mean (6, -4)" in alt
    assert "a star at (4, -2)" in alt


def test_one_epoch(shown):
    workers, same, scaled = [1, 4, 16, 64], [0.01, 0.02, 0.3, 1.5], [0.01, 0.004, 0.005, 222.2]
    fig, alt = shown(pictures.one_epoch, workers, same, scaled, limit=33.3)
    (ax,) = fig.axes
    np.testing.assert_allclose(line(ax, "the rate of one worker").get_ydata(), same)
    np.testing.assert_allclose(line(ax, "$N$ times the rate").get_ydata(), scaled)
    np.testing.assert_allclose(line(ax, "$N$ times the rate").get_xdata(), workers)
    assert [one.get_linestyle() for one in ax.lines[:2]] == ["-", "--"]
    assert ax.get_xscale() == ax.get_yscale() == "log" and ax.get_ylim() == (0.002, 10)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "4", "16", "64"]
    assert (ax.get_xlabel(), ax.get_title()) == ("workers $N$", "after one epoch, cut at 10")
    assert ax.get_ylabel() == "excess (share of the least loss)" and ax.get_legend()
    assert [text.get_text() for text in ax.texts] == ["rate meets the bound"]
    np.testing.assert_allclose(ax.lines[2].get_xdata(), [33.3, 33.3])
    assert "is 0.01 with 1 workers and 1.5 with 64" in alt
    assert "at most 0.01 up to 16 workers, and 222 with 64" in alt and "marks 33," in alt


def test_speedups(shown):
    fig, alt = shown(pictures.speedups, [1, 10], most=16)
    (ax,) = fig.axes
    N = np.arange(1, 17)
    np.testing.assert_allclose(line(ax, "$N$ workers, $N$ times as fast").get_ydata(), N)
    for ratio in (1, 10):
        drawn = line(ax, f"$C/A$ = {ratio}").get_ydata()
        np.testing.assert_allclose(drawn[1:], (1 / (1 / N + 1 / ratio))[1:])
        assert drawn[0] == 1
    assert len({one.get_linestyle() for one in ax.lines[1:]}) == 2
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "4", "8", "16"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("workers $N$", "speedup") and ax.get_legend()
    assert "With 16 workers it is 6.15 at C/A = 10, 0.941 at C/A = 1; a straight line" in alt


ONE, TWO = torch.zeros(4, 2), torch.ones(4, 2)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("two_parts", (ONE[:, :1], TWO), ValueError, "first must have shape"),
        ("two_parts", (ONE, TWO[:3]), ValueError, "second must have shape"),
        ("two_parts", (ONE, "text"), TypeError, "second must be"),
        ("two_parts", (ONE, ONE), ValueError, "must have different means"),
        ("one_epoch", ([1], [1], [1], 9), ValueError, "workers must hold two or more"),
        ("one_epoch", ([2, 1], [1, 1], [1, 1], 9), ValueError, "in ascending order"),
        ("one_epoch", ([1, 2], [1], [1, 1], 9), ValueError, "same_rate must have shape"),
        ("one_epoch", ([1, 2], [1, 1], [1, 0], 9), ValueError, "scaled must be positive"),
        ("one_epoch", ([1, 2], [1, 1], [1, 1], 1.9), ValueError, "limit must be at least 2"),
        ("speedups", ([], 8), ValueError, "ratios must have shape"),
        ("speedups", ([1, -1], 8), ValueError, "ratios must be positive"),
        ("speedups", ([1, 2, 3, 4, 5], 8), ValueError, "1 to 4 numbers, got 5"),
        ("speedups", ([1], 1), ValueError, "most must be at least 2"),
        ("speedups", ([1], 2.5), TypeError, "most must be a whole number"),
    ],
)
def test_pictures_refuse(shown, name, arguments, error, message):
    with pytest.raises(error, match=message):
        shown(getattr(pictures, name), *arguments)
