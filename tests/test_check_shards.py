"""`fastseq check` on Parquet files, and on what lies in a store."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from images import jpeg, photo
from object_server import ObjectServer
from tar_files import tar
from test_executors import ENVIRONMENT
from typer.testing import Result

from fastseq import Samples
from fastseq.cli.index import index
from fastseq.samples.index.remote_index import upload_index
from fastseq.samples.sources.tar import tar_shards

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("obstore")


@pytest.fixture
def images() -> list[bytes]:
    """JPEGs, the fourth of which is none."""
    return [b"<html>" if i == 3 else jpeg(photo(30, 40, seed=i)) for i in range(150)]


def assert_finds_the_fourth(done: Result, samples: Samples) -> None:
    """Check that the command has listed sample 3 alone, so that `without` leaves it out."""
    assert done.exit_code == 1, done.output
    assert "1 bad files are listed" in done.stdout
    assert len(samples.without("fastseq-bad.jsonl")) == len(samples) - 1
    assert samples.path(3) not in samples.without("fastseq-bad.jsonl").paths()


@pytest.mark.parametrize("options", [{}, {"compression": "none", "use_dictionary": False}])
def test_parquet_files(run_check, images, options):
    parquet.write_table(pyarrow.table({"image": images}), "x.parquet", row_group_size=40, **options)
    assert_finds_the_fourth(run_check("x.parquet"), Samples.from_parquet("x.parquet", label=None))


def test_what_lies_in_a_store(run_check, images, monkeypatch):
    monkeypatch.setattr("fastseq.storage.stores._stores", {})
    parquet.write_table(pyarrow.table({"image": images}), "x.parquet", row_group_size=40)
    with ObjectServer() as server:
        server.objects["/x.parquet"] = Path("x.parquet").read_bytes()
        server.objects["/x.tar"] = tar([(f"{i:03}.jpg", data) for i, data in enumerate(images)])
        shards = tar_shards(f"{server.url}/x.tar", None, None)
        upload_index(shards.make(), shards, f"{server.url}/index.fsi")
        tar_url, parquet_url = f"{server.url}/x.tar", f"{server.url}/x.parquet"
        assert_finds_the_fourth(run_check(tar_url), Samples.from_tar(tar_url))
        assert_finds_the_fourth(run_check(parquet_url), Samples.from_parquet(parquet_url, label=None))
        for i, data in enumerate(images):
            server.objects[f"/{i:03}.jpg"] = data
        Path("set.csv").write_text("image\n" + "".join(f"{i:03}.jpg\n" for i in range(len(images))))
        in_csv = Samples.from_csv("set.csv", label=None, root=server.url)
        assert_finds_the_fourth(run_check("set.csv", "--root", server.url), in_csv)
        refused = run_check(parquet_url, "--digest", "digests.csv")
        assert refused.exit_code == 2
        assert "--digest is for files and shards on a disk" in refused.output


def test_a_list_of_bad_images_is_good_after_fastseq_index(run_check, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("fastseq.storage.stores._stores", {})
    out = io.BytesIO()
    images = [jpeg(photo(20, 24, seed=i)) for i in range(6)]
    images[2] = b"no image"
    parquet.write_table(pyarrow.table({"image": images}), out, compression="none", use_dictionary=False)
    with ObjectServer() as server:
        server.objects["/p.parquet"] = out.getvalue()
        url = f"{server.url}/p.parquet"
        bad = str(tmp_path / "bad.jsonl")
        assert run_check(url, "--quarantine", bad).exit_code == 1
        assert len(Samples.from_parquet(url, "image", None).without(bad)) == 5
        index([url])
        assert len(Samples.from_parquet(url, "image", None).without(bad)) == 5


def test_a_ray_cluster(images, tmp_path):
    pytest.importorskip("ray")
    parquet.write_table(pyarrow.table({"image": images}), tmp_path / "x.parquet", row_group_size=40)
    command = [sys.executable, "-m", "fastseq", "check", "x.parquet", "--ray", "local"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert "1 bad files are listed" in done.stdout
    samples = Samples.from_parquet(tmp_path / "x.parquet", label=None)
    assert samples.path(3) not in samples.without(tmp_path / "fastseq-bad.jsonl").paths()
