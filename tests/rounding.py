"""Another processor, imitated: `python tests/rounding.py [--seeds N] [NOTEBOOK ...]`

Another processor, number of threads or release of torch adds up in another order, and last bits
differ. This runs the notebooks' tests (all, or those named) with torch's last bits changed at
random, once for each seed. An output, a claim or a number that moves would move elsewhere, too:
round it coarser, or say less. What is compared bit by bit on purpose fails here as well, and so
does lesson 17, which counts torch's calls: there are more of them here.

Run by hand, after a lesson's numbers have changed: each seed takes as long as the notebooks' tests.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from machinery.reading import ROOT

KERNEL_HALF = Path(__file__).with_name("machinery") / "rounding.py"


def run(notebooks, seed):
    """Run pytest over notebooks, last bits changed; return its exit status."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        startup = Path(folder, "profile_default", "startup")
        startup.mkdir(parents=True)
        # Not a copy, and no name left in the lesson's namespace.
        line = f"__import__('runpy').run_path({str(KERNEL_HALF)!r})\n"
        Path(startup, "rounding.py").write_text(line, encoding="utf-8")
        environment = os.environ | {"IPYTHONDIR": folder, "ROUNDING_SEED": str(seed)}
        command = [sys.executable, "-m", "pytest", "-q", *notebooks]
        command.append(f"--config-file={ROOT / 'pyproject.toml'}")
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "notebooks", nargs="*", metavar="NOTEBOOK", type=Path, default=[ROOT / "notebooks"]
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many runs (3)")
    arguments = parser.parse_args()
    notebooks = [str(path.resolve()) for path in arguments.notebooks]
    failed = []
    for seed in range(arguments.seeds):
        print(f"last bits changed, seed {seed}", flush=True)
        if run(notebooks, seed):
            failed.append(seed)
    sys.exit(f"outputs or claims moved with the seeds {failed}" if failed else 0)


if __name__ == "__main__":
    main()
