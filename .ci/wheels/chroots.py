"""Debian chroots to run wheels in: made by debootstrap, kept in the cache, and left as they were by what runs in them.

`python chroots.py SUITE [ARCH]` makes one and prints its folder. Needs root, and Debian's debootstrap; for another
architecture than this machine's, qemu-user-static too.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cache import folder

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # Debian's names, and those of wheels and qemu
FOREIGN_PACKAGES = {"bookworm": "python3.11-venv", "trixie": "python3.13-venv", "sid": "python3.14-venv"}
_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_ELF = {  # magic and mask of executables, as qemu's own scripts register them
    "aarch64": (
        rb"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00",
        rb"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
    ),
}

# Runs in a mount namespace of its own, so that nothing stays mounted. Arguments: the root, a folder for what is written
# ("" to write into the root itself), the number of folders to bind, each with its place in the root, then the command.
_ENTER = """
set -e
root=$1 scratch=$2 binds=$3
shift 3
if [ -n "$scratch" ]; then
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
  root=$scratch/root
fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for _ in $(seq "$binds"); do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else touch "$root$2"; fi
  mount --bind "$1" "$root$2"
  mount -o remount,bind,ro "$root$2"
  shift 2
done
chroot "$root" "$@" # not by exec: the first process of the namespace has orphans to reap, which fails under qemu
"""


class ChrootError(RuntimeError):
    """A chroot cannot be made or entered here; the message says why."""


@dataclass(frozen=True)
class Chroot:
    """One suite of Debian for one architecture, in a folder."""

    suite: str
    arch: str
    root: Path

    @contextmanager
    def session(self, binds: Mapping[Path, str] | None = None, *, network: bool = False) -> Iterator[Session]:
        """What its commands write is gone in the end; the folders of `binds` are there read-only."""
        with tempfile.TemporaryDirectory(prefix="session-", dir=self.root.parent) as scratch:
            for name in ("upper", "work", "root"):
                Path(scratch, name).mkdir(mode=0o755)
            yield Session(self, dict(binds or {}), network, Path(scratch))

    def install(self, *packages: str) -> None:
        """Install packages of its suite, to stay. Those that are there already cost nothing."""
        known = self.root / "var/lib/fastseq-packages"
        have = set(known.read_text().split()) if known.exists() else set()
        if set(packages) <= have:
            return
        if is_foreign(self.arch):
            raise ChrootError(f"packages are unpacked into {self.root} only when it is made; delete it")
        install = "apt-get install -y -qq --no-install-recommends " + " ".join(packages)
        # An earlier run may have been killed while dpkg was at work.
        script = f"dpkg --configure -a && apt-get update -qq && {install} && apt-get clean"
        done = _enter(self, script, network=True, timeout=1800)
        if done.returncode:
            raise ChrootError(f"{self.suite} {self.arch}: {install}: {done.stderr.strip()[-500:]}")
        self.note(have | set(packages))

    def note(self, packages: Iterable[str]) -> None:
        """Note that packages are installed."""
        known = self.root / "var/lib/fastseq-packages"
        known.write_text("\n".join(sorted(packages)) + "\n")


@dataclass
class Session:
    """A chroot whose files may be changed: the changes last as long as the session."""

    chroot: Chroot
    binds: dict[Path, str]
    network: bool
    scratch: Path

    def run(self, script: str, *, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a shell script; raise `subprocess.TimeoutExpired` after `timeout` seconds, when all of it is killed."""
        return _enter(self.chroot, script, self.scratch, self.binds, network=self.network, timeout=timeout)


def _enter(
    chroot: Chroot,
    script: str,
    scratch: Path | None = None,
    binds: Mapping[Path, str] | None = None,
    *,
    network: bool,
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    binds = binds or {}
    places = [part for source, place in binds.items() for part in (str(source), place)]
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
    command += ["sh", "-c", _ENTER, "enter", str(chroot.root), str(scratch or ""), str(len(binds)), *places]
    command += ["/bin/sh", "-c", script]
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )


def chroot(suite: str, arch: str = "amd64", packages: Iterable[str] = (), *, purpose: str = "") -> Chroot:
    """The chroot of a suite, made on first use.

    Args:
        suite: Debian's name, such as "bookworm".
        arch: "amd64" or "arm64".
        packages: what it has beyond Debian's minimum.
        purpose: a name, for one apart: such as that with the compilers, which must not be where wheels are tested.
    """
    if is_foreign(arch):
        register_emulator(MACHINES[arch])
    packages = list(packages)
    made = Chroot(suite, arch, folder("chroots") / "-".join(filter(None, (suite, arch, purpose))))
    if not made.root.exists():
        _debootstrap(suite, arch, made.root, packages)
        if is_foreign(arch):
            made.note(packages)
    made.install(*packages)
    return made


def _debootstrap(suite: str, arch: str, root: Path, packages: Iterable[str]) -> None:
    """Make a chroot; for another architecture, only unpack its packages: to configure them under qemu takes minutes."""
    for tool in ("debootstrap", "unshare", "chroot"):
        if shutil.which(tool) is None:
            raise ChrootError(f"{tool} is not installed: apt-get install debootstrap util-linux")
    with tempfile.TemporaryDirectory(prefix="making-", dir=root.parent) as scratch:
        target = Path(scratch, "root")
        included = ",".join([FOREIGN_PACKAGES.get(suite, ""), *packages])
        foreign = ["--foreign", f"--include={included}"] if is_foreign(arch) else []
        # In namespaces of its own: its processes and mounts end with it, before the folder is removed.
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "debootstrap"]
        command += ["--variant=minbase", f"--arch={arch}", *foreign, suite, str(target), mirror()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
        if done.returncode:
            raise ChrootError(f"{' '.join(command)}: {done.stdout.strip()[-500:]}")
        if foreign:
            _unpack(target)
        # A mirror may lag behind what a suite says of itself.
        (target / "etc/apt/apt.conf.d/90mirror").write_text('Acquire::Check-Valid-Until "false";\n')
        target.chmod(0o755)
        target.rename(root)


def _unpack(root: Path) -> None:
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as files:
            extract = ["tar", "-x", "--keep-directory-symlink", "-C", str(root)]
            subprocess.run(extract, stdin=files.stdout, check=True)
        package.unlink()
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / f"etc/{name}")
    shutil.rmtree(root / "debootstrap")


def is_foreign(arch: str) -> bool:
    """Whether this machine needs qemu for it."""
    return MACHINES[arch] != platform.machine()


def mirror() -> str:
    """The address of Debian's archive in this machine's apt configuration."""
    form = ["--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(["apt-get", "indextargets", *form], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        origin, label, address = line.rsplit(" ", 2)
        if origin == label == "Debian":
            return address
    raise ChrootError("apt knows no archive of Debian on this machine; is it Debian, and has apt-get update been run?")


def register_emulator(machine: str) -> None:
    """Have the kernel run another machine's executables by qemu, if it does not yet."""
    entry = _BINFMT / f"qemu-{machine}"
    if not (_BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(_BINFMT)], check=True)
    if entry.exists():
        flags = next(line for line in entry.read_text().splitlines() if line.startswith("flags:"))
        if "F" not in flags.removeprefix("flags:"):
            raise ChrootError(f"{entry} lacks the flag F, without which qemu is not found in a chroot")
        return
    emulator = shutil.which(f"qemu-{machine}-static")
    if emulator is None:
        raise ChrootError(f"qemu-{machine}-static is not installed: apt-get install qemu-user-static")
    magic, mask = _ELF[machine]
    line = b":qemu-%s:M::%s:%s:%s:F" % (machine.encode(), magic, mask, emulator.encode())
    (_BINFMT / "register").write_bytes(line)


def main(arguments: Sequence[str]) -> None:
    """Make a chroot and print its folder."""
    print(chroot(*arguments).root)


if __name__ == "__main__":
    main(sys.argv[1:])
