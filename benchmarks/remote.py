"""Compare tar shards behind a URL with the same shards on a disk, with WebDataset and LitData; time the first batch.

Usage: python benchmarks/remote.py [IMAGES_DIR] [--rounds R] [--mb SIZE] [--delay-ms D] [--faults F] [--threads 1]

A server on the loopback interface, in a process of its own, adds a delay to each request, and lets some of them fail:
by a status of 503, a reset, or a body that breaks off. Each epoch is a shuffled one of random resized crops with flips.
The CPU time is that of the processes that load, with the requests and without the server.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from contenders import Contender, transforms
from image_set import images_of
from measure import measure
from rivals import Epoch, Job, NotInstalledError, require
from shard_rivals import allow_children, crop, encoded_and_cropped, pack_litdata
from shards import pack_tar
from table import about, progress

import fastseq

TESTS = str(Path(__file__).parents[1] / "tests")
WINDOW = 192 << 20
FAULTS = ("503", "reset", "cut")


def _serve(folder: str, delay_s: float, faulty: float, pipe: Connection) -> None:
    sys.path.insert(0, TESTS)
    from object_server import ObjectServer

    numbers = random.Random(0)
    with ObjectServer() as server:
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        server.objects.update({f"/{path.relative_to(folder)}": path.read_bytes() for path in files})
        server.delay_s = delay_s
        server.fault = lambda request: numbers.choice(FAULTS) if numbers.random() < faulty else None
        pipe.send(server.url)
        pipe.recv()


@contextmanager
def served(folder: Path, delay_s: float, faulty: float) -> Iterator[str]:
    """Serve the files of a folder, and yield the server's URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(str(folder), delay_s, faulty, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join()


def loader_of(shards: str, job: Job, **settings: Any) -> Any:
    """A `Loader` of tar shards, shuffled by blocks."""
    samples = fastseq.Samples.from_tar(shards, image="jpg")
    return fastseq.Loader(
        samples,
        job.workload.size,
        job.batch_size,
        shuffle="blocks",
        window_bytes=WINDOW,
        transform=transforms(job.workload),
        threads=job.threads,
        **settings,
    )


def fastseq_epoch(shards: str, job: Job, **settings: Any) -> Epoch:
    """Prepare a `Loader`."""
    loader = loader_of(shards, job, **settings)
    return lambda: loader


def webdataset_epoch(url: str, job: Job) -> Epoch:
    """Prepare WebDataset with Pillow. It reads shards by curl; what follows in one after a body breaks off is lost."""
    wds = require("webdataset", "pip install webdataset")
    shards = f"pipe:curl -s -L --fail --retry 8 {url}"
    data = wds.WebDataset(shards, shardshuffle=100, empty_check=False, handler=wds.ignore_and_continue)
    data = data.shuffle(500).to_tuple("jpg").map_tuple(crop).batched(job.batch_size)
    return lambda: (batch for (batch,) in data)


def litdata_epoch(url: str, job: Job) -> Epoch:
    """Prepare LitData, which asks the server as it asks S3; its cache has the size of our window, and is a new one."""
    allow_children()
    os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")
    litdata = require("litdata", "pip install litdata")
    require("litdata.streaming.downloader", "")._OBSTORE_CLIENT_OPTIONS["allow_http"] = "true"
    data = litdata.StreamingDataset(
        "s3://litdata",
        cache_dir=tempfile.mkdtemp(prefix="litdata-", dir=os.environ["XDG_CACHE_HOME"]),
        shuffle=True,
        max_cache_size=WINDOW,
        storage_options={"endpoint_url": url},
        transform=encoded_and_cropped,
    )
    workers = {"num_workers": job.threads, "prefetch_factor": 4, "multiprocessing_context": "fork"}
    loader = litdata.StreamingDataLoader(data, batch_size=job.batch_size, **workers)
    return lambda: loader


def first_batch_s(url: str, job: Job) -> float:
    """The seconds from samples to the first batch."""
    loader = loader_of(url, job)
    start = time.perf_counter()
    next(iter(loader))
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare shards behind a URL with those on a disk.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int, default=1000, help="size of the set (default: 1000)")
    parser.add_argument("--delay-ms", type=float, default=30)
    parser.add_argument("--faults", type=float, default=0.01, help="share of requests that fail (default: 0.01)")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with images_of(options.images) as paths, tempfile.TemporaryDirectory(prefix="fastseq-remote-") as scratch:
        os.environ["XDG_CACHE_HOME"] = f"{scratch}/cache"
        folder = Path(scratch, "shards")
        folder.mkdir()
        packed = pack_tar(paths, folder)
        size = sum(map(os.path.getsize, packed))
        for copy in range(1, max(1, round(1e6 * options.mb / size))):
            for shard in packed:
                shutil.copy(shard, folder / f"{copy:03}{Path(shard).name}")
        names = sorted(path.name for path in folder.iterdir())
        has_litdata = _packed_for_litdata(list(paths) * (len(names) // len(packed)), folder)
        pattern = "{" + ",".join(names) + "}"
        command = [sys.executable, "-m", "fastseq", "index", "--image", "jpg"]
        print(about(paths))
        with served(folder, options.delay_ms / 1000, options.faults) as url:
            subprocess.run([*command, f"{url}/{pattern}"], check=True, capture_output=True)
            litdata = [Contender("LitData", partial(litdata_epoch, url))] if has_litdata else []
            _measure(options, paths, f"{folder}/*.tar", f"{url}/{pattern}", scratch, len(names), litdata)


def _packed_for_litdata(paths: Sequence[str], folder: Path) -> bool:
    """Write files for LitData into a folder, unless it is not installed; return whether that is so."""
    try:
        pack_litdata(paths, folder)
    except NotInstalledError as missing:
        print(f"LitData is left out: {missing}", file=sys.stderr)
        return False
    return True


def _measure(
    options: Any,
    paths: Sequence[str],
    local: str,
    url: str,
    scratch: str,
    shards: int,
    litdata: Sequence[Contender],
) -> None:
    rows = [
        Contender("shards on a disk", partial(fastseq_epoch, local)),
        Contender("behind a URL", partial(fastseq_epoch, url)),
        Contender("behind a URL, all of it in the cache", partial(fastseq_epoch, url, cache=scratch)),
        Contender("WebDataset", partial(webdataset_epoch, url)),
        *litdata,
    ]
    results = measure(rows, paths, "crop", [options.threads], options.rounds, progress)
    progress("")
    print(
        f"\n{shards} shards, {options.mb} MB; {options.delay_ms:g} ms a request, {options.faults:.0%} of them fail:\n"
    )
    print("| | CPU, disk = 1 | images / s | images / s, disk = 1 |\n| --- | ---: | ---: | ---: |")
    for result in results:
        speed = result.images_per_second
        share = speed / results[0].images_per_second
        print(f"| {result.title} | {result.ratio:.3f} | {speed:.0f} | {share:.2f} |")
    times = [first_batch_s(url, Job(tuple(paths), "crop", options.threads)) for _ in range(options.rounds)]
    print(f"\nFirst batch after {np.median(times):.2f} s.")


if __name__ == "__main__":
    main()
