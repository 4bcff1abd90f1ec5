"""Hundreds of interrupts, forks and exits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from images import jpeg, photo
from programs import assert_silent, run, run_file

pytestmark = pytest.mark.soak

INTERRUPTS = """
import random, time
from fastseq import DataLoader, Loader, Samples, decode_batch

paths = list(samples.paths())
shuffled = Loader(samples, (32, 32), 8, shuffle=True, transform=[fastseq.RandomResizedCrop()])
large = Samples.from_files([sys.argv[2]] * 20)
WAYS = {
    "loader": lambda: list(shuffled),
    "batches": lambda: [shuffled.batch(e, k, [(e, k + 1)]) for e in range(9) for k in range(len(shuffled) - 1)],
    "large": lambda: list(Loader(large, (32, 32), 4, interpolation="cv2.linear")),
    "data loader": lambda: list(DataLoader(paths, 4, size=(32, 32))),
    "decode_batch": lambda: decode_batch(paths * 4, (32, 32)),
}
expected = shuffled.batch(5, 0).copy()
main, rng, taken = threading.main_thread().ident, random.Random(7), []

def interrupt(delay, sent):
    time.sleep(delay)
    sent.append(time.monotonic())
    signal.pthread_kill(main, signal.SIGINT)

for moment in range(30):
    way, sent = WAYS[list(WAYS)[moment % len(WAYS)]], []
    timer = threading.Thread(target=interrupt, args=(rng.uniform(0, 0.5), sent))
    try:
        timer.start()
        while True:
            way()
    except KeyboardInterrupt:
        taken.append(time.monotonic() - sent[0])
    timer.join()
    assert (shuffled.batch(5, 0) == expected).all()
    assert sum(len(batch) for batch in shuffled) == len(samples)
print(max(taken), sum(taken) / len(taken))
"""


def test_interrupts_at_random_times(image_folder, tmp_path, figure):
    large = tmp_path / "large.jpg"
    large.write_bytes(jpeg(photo(3000, 3000, seed=2), progressive=True, subsampling="4:2:0"))
    ran = run(INTERRUPTS, str(image_folder), str(large), timeout=600)
    assert_silent(ran)
    longest, mean = map(float, ran.stdout.split())
    figure(f"30 interrupts: {1000 * mean:.0f} ms on average, {1000 * longest:.0f} ms at most")
    assert longest < 0.2


FORKS = """
import random, time
loader, rng = loader_of(threads=3), random.Random(3)
expected = [loader.batch(0, k).copy() for k in range(12)]
left, longest = 200, 0
while left:
    for k, batch in enumerate(loader):
        if not left or rng.random() < 0.5:
            continue
        left -= 1
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            n = rng.randrange(12)
            assert (loader.batch(0, n) == expected[n]).all()
            assert (fastseq.decode_batch([samples.path(0)], (32, 32), threads=3) > 0).any()
            next(iter(loader))
            os._exit(0) if left % 2 else sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        longest = max(longest, time.monotonic() - begun)
print(longest)
"""


def test_forks_mid_epoch(image_folder, figure):
    ran = run(FORKS, str(image_folder), timeout=600)
    assert_silent(ran)
    figure(f"200 children, the slowest took {float(ran.stdout):.2f} s")


ENDS = {
    "the end": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "an exception": ("sys.excepthook = lambda *_: None; raise ValueError", 1),
    "an interrupt": ("sys.excepthook = lambda *_: None; os.kill(os.getpid(), signal.SIGINT)", -2),
    "a close": ("batches.close(); loader.close()", 0),
}


@pytest.mark.parametrize("way", ENDS)
def test_exits_with_decodes_in_flight(image_folder, way, figure):
    end, status = ENDS[way]
    longest = 0.0
    for k in range(50):
        ran = run(
            f"""
            import time
            signal.signal(signal.SIGINT, signal.default_int_handler)
            loader = loader_of(threads={1 + k % 4}, prefetch_bytes=1 << 24)
            batches = iter(loader)
            for _ in range({k % 5}):
                next(batches)
            print(time.monotonic(), flush=True)
            {end}
            """,
            str(image_folder),
        )
        longest = max(longest, time.monotonic() - float(ran.stdout))
        assert (ran.returncode, ran.stderr) == (status, "")
    figure(f"50 exits by {way}: {1000 * longest:.0f} ms at most")
    assert longest < 1


def test_exiting_while_a_read_hangs(shim, tree, tmp_path, figure):
    program = Path(__file__).parents[1] / "faults" / "stuck_read.py"
    said = []
    for threads in (1, 2, 4, 8):
        begun = time.monotonic()
        ran = run_file(program, tree, tmp_path / "log", threads, shim=shim)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert time.monotonic() - begun < 20
        said.append(ran.stdout.split()[-2])
    figure(f"interrupted after {', '.join(said)} ms (1, 2, 4, 8 threads)")
    assert max(map(int, said)) < 200
