"""How many CPUs a container may use, from a made-up tree of control groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastseq.engine.cpu_quota import cpu_quota, usable_cpus
from fastseq.engine.threads import shared_threads

V1_MOUNT = "35 32 0:30 {root} {top} rw,nosuid shared:14 - cgroup cgroup rw,cpu,cpuacct"
V1_MEMORY = "36 32 0:31 {root} {top} rw,nosuid shared:15 - cgroup cgroup rw,memory"
V2_MOUNT = "30 24 0:26 {root} {top} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"


@pytest.fixture
def process(tmp_path):
    """Write what /proc/self has for a process: its groups, and the mounts that show them."""

    def write(groups: list[str], *mounts: str) -> Path:
        folder = tmp_path / "proc"
        folder.mkdir()
        (folder / "cgroup").write_text("".join(f"{line}\n" for line in groups))
        other = "22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw"
        (folder / "mountinfo").write_text("".join(f"{line}\n" for line in (other, *mounts)))
        return folder

    return write


def v2(folder: Path, limit: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.max").write_text(f"{limit}\n")


def v1(folder: Path, quota: int, period: int = 100_000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (folder / "cpu.cfs_period_us").write_text(f"{period}\n")


def test_cgroup_v2(process, tmp_path):
    top = tmp_path / "cgroup"
    v2(top / "app", "150000 100000")
    assert cpu_quota(process(["0::/app"], V2_MOUNT.format(root="/", top=top))) == 1.5


def test_the_smallest_of_nested_groups_counts(process, tmp_path):
    top = tmp_path / "cgroup"
    v2(top / "slice", "300000 100000")
    v2(top / "slice" / "pod", "50000 25000")
    v2(top / "slice" / "pod" / "app", "max 100000")
    v2(top / "slice" / "other", "1000 100000")
    assert cpu_quota(process(["0::/slice/pod/app"], V2_MOUNT.format(root="/", top=top))) == 2


@pytest.mark.parametrize("limit", ["max 100000", "max", "", "what is this"])
def test_no_limit(process, tmp_path, limit):
    v2(tmp_path / "cgroup", limit)
    assert cpu_quota(process(["0::/"], V2_MOUNT.format(root="/", top=tmp_path / "cgroup"))) is None


def test_a_container_that_sees_its_group_as_the_root(process, tmp_path):
    v2(tmp_path / "cgroup", "100000 100000")
    assert cpu_quota(process(["0::/"], V2_MOUNT.format(root="/", top=tmp_path / "cgroup"))) == 1


def test_a_group_outside_of_what_is_mounted(process, tmp_path):
    v2(tmp_path / "cgroup", "100000 100000")
    assert cpu_quota(process(["0::/../../elsewhere"], V2_MOUNT.format(root="/", top=tmp_path / "cgroup"))) == 1


def test_cgroup_v1(process, tmp_path):
    top = tmp_path / "cpu"
    v1(top / "docker", -1)
    v1(top / "docker" / "abc", 25_000, 10_000)
    groups = ["12:memory:/other", "4:cpu,cpuacct:/docker/abc", "1:name=systemd:/init"]
    mounts = V1_MEMORY.format(root="/", top=tmp_path / "memory"), V1_MOUNT.format(root="/", top=top)
    assert cpu_quota(process(groups, *mounts)) == 2.5


def test_a_container_of_cgroup_v1_that_is_named_as_the_host_names_it(process, tmp_path):
    v1(tmp_path / "cpu", 300_000)
    groups = ["4:cpu,cpuacct:/docker/abc"]
    assert cpu_quota(process(groups, V1_MOUNT.format(root="/docker/abc", top=tmp_path / "cpu"))) == 3


def test_both_versions_side_by_side(process, tmp_path):
    v1(tmp_path / "cpu" / "a", 400_000)
    (tmp_path / "unified" / "a").mkdir(parents=True)
    mounts = V2_MOUNT.format(root="/", top=tmp_path / "unified"), V1_MOUNT.format(root="/", top=tmp_path / "cpu")
    assert cpu_quota(process(["3:cpu,cpuacct:/a", "0::/a"], *mounts)) == 4


def test_a_mount_point_with_a_blank(process, tmp_path):
    top = tmp_path / "c group"
    v2(top, "100000 50000")
    assert cpu_quota(process(["0::/"], V2_MOUNT.format(root="/", top=str(top).replace(" ", "\\040")))) == 2


def test_no_control_groups(process, tmp_path):
    assert cpu_quota(tmp_path / "nowhere") is None
    assert cpu_quota(process([])) is None


@pytest.mark.parametrize(("quota", "cpus"), [(5_000, 1), (100_000, 1), (110_000, 2), (300_000, 3), (2_000_000, 4)])
def test_affinity_and_quota_together(process, tmp_path, monkeypatch, quota, cpus):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(4)))
    v2(tmp_path / "cgroup", f"{quota} 100000")
    assert usable_cpus(process(["0::/"], V2_MOUNT.format(root="/", top=tmp_path / "cgroup"))) == cpus


def test_threads_are_as_many_as_the_usable_cpus(monkeypatch):
    monkeypatch.setattr("fastseq.engine.threads.usable_cpus", lambda: 3)
    assert shared_threads(None).count == 3
    assert shared_threads(5).count == 5
