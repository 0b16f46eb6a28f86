"""Two network namespaces with a cable between them, for traffic that nothing else disturbs. Needs root."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path


def why_not() -> str:
    """Empty when it can be done here."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [name for name in ("ip", "tcpreplay") if not shutil.which(name)]
    if missing:
        return f"{' and '.join(missing)} not installed (Debian: iproute2 tcpreplay)"
    name = f"hd-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], text=True, capture_output=True, check=False)
    if made.returncode != 0:
        return f"no network namespace can be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", name], check=False)
    return ""


class Cable:
    """`with` makes it and takes it away. The sensor listens on `port` inside of `inside`; frames come from the other end."""

    made = 0

    def __init__(self) -> None:
        Cable.made += 1
        own = f"{os.getpid()}-{Cable.made}"
        self.inside, self.outside = f"hd-in-{own}", f"hd-out-{own}"
        self.port, self.far = "hdtap0", "hdgen0"

    def run(self, *words: str | Path) -> str:
        return subprocess.run([str(word) for word in words], text=True, capture_output=True, check=True, timeout=120).stdout

    def __enter__(self) -> Cable:
        try:
            for name in (self.inside, self.outside):
                self.run("ip", "netns", "add", name)
                # Nobody speaks on the cable but the test.
                self.run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1")
            self.run("ip", "-n", self.inside, "link", "add", self.port, "type", "veth", "peer", "name", self.far, "netns", self.outside)
            for name, port in ((self.inside, self.port), (self.outside, self.far)):
                self.run("ip", "-n", name, "link", "set", port, "mtu", "9000", "arp", "off", "up")
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise AssertionError(f"{error.cmd}: {error.stderr}") from error
        return self

    def __exit__(self, *_: object) -> None:
        for name in (self.inside, self.outside):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)

    def before(self) -> list[str]:
        """Words that put a program onto the listening side."""
        return ["ip", "netns", "exec", self.inside]

    def received(self) -> int:
        """Packets that the listening port has seen since it was made, by its own count."""
        return self.counts()["packets"]

    def counts(self) -> dict[str, int]:
        return json.loads(self.run("ip", "-n", self.inside, "-s", "-j", "link", "show", self.port))[0]["stats64"]["rx"]

    def play(self, capture: Path, *words: str) -> subprocess.Popen[str]:
        """Begins to send a capture's frames. One processor sends them all: the kernel keeps their order then."""
        return subprocess.Popen(["ip", "netns", "exec", self.outside, "taskset", "-c", "0", "tcpreplay", "-q", "-i", self.far, *words, str(capture)],
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
