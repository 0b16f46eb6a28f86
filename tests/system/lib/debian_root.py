"""A clean Debian root for installing packages into: made once by debootstrap, kept as an archive, unpacked for each test."""
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).resolve().parents[3] / "build" / "roots"
MIRROR = os.environ.get("HAIDANG_DEBIAN_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"


def missing() -> str:
    """Why no root can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed"
    return ""


class Root:
    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8", "HOME": "/root"}
        env |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        return subprocess.run(["chroot", str(self.path), *command], env=env, text=True, input=text, capture_output=True, check=False)

    def must(self, *command: str, text: str | None = None) -> str:
        result = self.run(*command, text=text)
        if result.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {result.returncode}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
        return result.stdout

    def paths(self, word: str) -> list[str]:
        """Everything whose name has the word in it."""
        found = []
        for folder, folders, files in os.walk(self.path):
            found += [str(Path(folder, name).relative_to(self.path)) for name in folders + files if word in name]
        return sorted(found)


def _archive(dependencies: list[str]) -> Path:
    """The archive, made when it is not there: minimal system, package lists, and the dependencies' packages beside them."""
    key = hashlib.sha256("\n".join([SUITE, MIRROR, *sorted(dependencies)]).encode()).hexdigest()[:16]
    archive = CACHE / f"{SUITE}-{key}.tar"
    if archive.exists():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        path = Path(folder) / "root"
        subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(path), MIRROR], check=True, capture_output=True, text=True)
        shutil.copy("/etc/resolv.conf", path / "etc" / "resolv.conf")
        root = Root(path)
        root.must("apt-get", "update", "-q")
        root.must("apt-get", "install", "-y", "-q", "--no-install-recommends", "--download-only", *dependencies)
        made = Path(folder) / "root.tar"
        subprocess.run(["tar", "-C", str(path), "--numeric-owner", "-cf", str(made), "."], check=True)
        for old in CACHE.glob(f"{SUITE}-*.tar"):
            old.unlink()
        made.rename(archive)
    return archive


@contextmanager
def clean_root(dependencies: list[str]) -> Iterator[Root]:
    """A fresh root; `dependencies` are names of Debian packages that lie ready in it, not installed."""
    archive = _archive(dependencies)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        path = Path(folder) / "root"
        path.mkdir()
        subprocess.run(["tar", "-C", str(path), "--numeric-owner", "-xf", str(archive)], check=True)
        yield Root(path)
