"""Runs pages and example scripts in one process, each in a folder of its own, and prints what came of each as JSON.

One process, for importing TensorFlow takes longer than all of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import runpy
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, Literal

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")

import keras
import numpy as np

import fastseq
from documentation import setups
from documentation.blocks import ROOT, blocks_of

KNOWN = (  # warnings of Keras's own code, whatever loader it has
    "`shuffle=True` was passed, but will be ignored since the data `x` was provided as a tf.data.Dataset",
    "Your input ran out of data; interrupting training",  # of a dataset that does not know its length
    "__array__ implementation doesn't accept a copy keyword",
    "Please import `affine_transform` from the `scipy.ndimage` namespace",
)


def run_page(page: str) -> None:
    """Run the blocks of a page in their order, in one namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page):
        for name in block.setups:
            namespace.update(getattr(setups, name)() or {})
        left: list[Any] = []
        for program in block.programs:
            file = Path(f"{page.replace('/', '_')}.{block.line}.{len(left)}.py")  # TensorFlow reads functions' sources
            file.write_text(program, encoding="utf-8")
            code = compile(program, str(file.absolute()), "exec")
            with warnings.catch_warnings(record=bool(block.warns)) as caught:
                _filter_warnings("always" if block.warns else "error")
                exec(code, namespace)
            if block.warns:
                kinds = {warning.category for warning in caught or ()}
                assert kinds == {getattr(fastseq, block.warns)}, f"{page}:{block.line}: warnings are {kinds}"
            left.append([namespace[name] for name in block.same])
        if block.same:
            for name, before, after in zip(block.same, *left, strict=True):
                np.testing.assert_array_equal(before, after, err_msg=f"{page}:{block.line}: {name}")


def run_script(script: str) -> None:
    """Run an example as a user does, without arguments."""
    sys.argv = [script]
    with warnings.catch_warnings():
        _filter_warnings("error")
        runpy.run_path(str(ROOT / script), run_name="__main__")


def _filter_warnings(action: Literal["always", "error"]) -> None:
    warnings.simplefilter(action)
    for message in KNOWN:
        warnings.filterwarnings("ignore", re.escape(message))


def main(scratch: Path, items: list[str]) -> dict[str, dict[str, str]]:
    """Give what each has printed, and the traceback of what has gone wrong."""
    outcomes = {}
    sys.path.insert(0, str(ROOT / "examples"))
    for number, item in enumerate(items):
        folder = scratch / str(number)
        folder.mkdir()
        os.chdir(folder)
        keras.utils.set_random_seed(0)
        output, error = io.StringIO(), ""
        try:
            with contextlib.redirect_stdout(output):
                run_script(item) if item.endswith(".py") else run_page(item)
        except BaseException:
            error = traceback.format_exc()
        outcomes[item] = {"output": output.getvalue(), "error": error}
        keras.backend.clear_session()
    return outcomes


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:])))
