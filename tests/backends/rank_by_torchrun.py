"""One of the processes that torchrun starts: writes what rank="auto" finds, and its samples, into a folder as JSON.

Usage: rank_by_torchrun.py FOLDER SOURCES URL
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sources import read_sources

import fastseq


def found() -> tuple[str, list[list[int]]]:
    samples = fastseq.Samples.from_files([f"{i}.jpg" for i in range(27)])  # none is opened
    loader = fastseq.Loader(samples, batch_size=6, shuffle=True, rank="auto")
    return repr(loader), [loader.indices(k).tolist() for k in range(len(loader))]


def main() -> None:
    rank = os.environ["RANK"]
    by_environment = found()
    assert "torch" not in sys.modules
    import torch.distributed

    assert found() == by_environment
    torch.distributed.init_process_group("gloo")
    both = found()
    read = read_sources(Path(sys.argv[2]), sys.argv[3])
    del os.environ["RANK"], os.environ["WORLD_SIZE"]
    by_torch = found()
    torch.distributed.destroy_process_group()
    result = {"environment": by_environment, "both": both, "torch": by_torch, "read": read}
    Path(sys.argv[1], f"{rank}.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
