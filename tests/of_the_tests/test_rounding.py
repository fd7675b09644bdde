"""The imitation of another processor is tested: `tests/rounding.py` and its half in the kernel."""

import nbformat
import rounding
import torch
from machinery.rounding import OtherLastBits
from nbformat.v4 import new_code_cell, new_notebook, new_output


def test_sums_end_in_other_last_bits():
    x = torch.linspace(0, 1, 100)
    w = torch.nn.Parameter(torch.full((100,), 0.31))
    true = x @ w
    with OtherLastBits(seed=0):
        found = torch.stack([x @ w for _ in range(20)])
        mean, row = x.mean(), torch.nn.functional.linear(x, w.reshape(1, 100))
    assert (found / true - 1).abs().max() < 3e-7
    assert len(found.unique()) > 1
    assert mean.dtype == row.dtype == torch.float32
    found.sum().backward()  # the graph is kept
    torch.testing.assert_close(w.grad, 20 * x)


def test_what_has_no_rounding_error_stays():
    with OtherLastBits(seed=0):
        for _ in range(20):
            assert torch.ones(1000).sum() == 1000
            assert torch.arange(5).sum() == 10
            assert (torch.ones(2, 3) @ torch.ones(3, 1)).tolist() == [[3.0], [3.0]]
        assert torch.equal(torch.linspace(0, 1, 7), torch.linspace(0, 1, 7))
        assert torch.ones(3, device="meta").mean().is_meta  # it holds no numbers


def test_output_with_too_many_digits_turns_the_run_red(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "0")  # one cell needs no more processes
    source = "import torch\nsum(((torch.rand(99) ** 2).sum() for _ in range(99)), 0.0).item()"
    source = source.replace("import torch\n", "import torch\ntorch.manual_seed(0)\n")
    torch.manual_seed(0)
    value = sum(((torch.rand(99) ** 2).sum() for _ in range(99)), 0.0).item()
    result = new_output("execute_result", {"text/plain": repr(value)}, execution_count=1)
    cell = new_code_cell(source, execution_count=1, outputs=[result])
    path = tmp_path / "01_digits.ipynb"
    nbformat.write(new_notebook(cells=[cell]), path)
    assert rounding.run([str(path)], seed=0) == 1
