"""The functions that lesson 6 defines, against d2l and torch."""

import torch
from d2l import torch as d2l
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.reading import ROOT, definitions

lesson = definitions(ROOT / "notebooks" / "06_concise.ipynb", "load_array", "CountingDataset")
quick = settings(max_examples=40, deadline=None)


def arrays(n):
    """Numbered examples (n, 2) and their labels (n, 1)."""
    X = torch.arange(2.0 * n).reshape(n, 2)
    return X, X[:, :1]


@quick
@given(n=st.integers(1, 60), batch_size=st.integers(1, 70))
def test_unshuffled_batches_are_d2ls(n, batch_size):
    ours = list(lesson.load_array(arrays(n), batch_size, is_train=False))
    theirs = list(d2l.load_array(arrays(n), batch_size, is_train=False))
    assert len(ours) == len(theirs) == -(-n // batch_size)
    for batch, other in zip(ours, theirs, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


@quick
@given(n=st.integers(1, 60), batch_size=st.integers(1, 70), seed=st.integers(0, 2**31))
def test_shuffled_batches_hold_every_example_once_and_repeat_with_the_seed(n, batch_size, seed):
    generator = torch.Generator()
    loader = lesson.load_array(arrays(n), batch_size, generator=generator)
    epochs = []
    for _ in range(2):
        generator.manual_seed(seed)
        X, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
        assert torch.equal(X[:, :1], y)
        assert sorted(y.flatten().tolist()) == [2.0 * i for i in range(n)]
        epochs.append(y)
    assert torch.equal(*epochs)


def test_shuffle_and_d2ls_agree_on_the_global_seed():
    torch.manual_seed(3)
    ours = torch.cat([X for X, _ in lesson.load_array(arrays(40), 7)])
    torch.manual_seed(3)
    theirs = torch.cat([X for X, _ in d2l.load_array(arrays(40), 7)])
    assert torch.equal(ours, theirs)


def test_counting_dataset_counts_calls():
    dataset = lesson.CountingDataset(*arrays(10))
    one, many = dataset[3], dataset[[1, 2]]
    assert dataset.calls == 2
    assert torch.equal(one[0], arrays(10)[0][3])
    assert torch.equal(many[1], arrays(10)[1][1:3])
