"""Capture files from values, for tests that need to know every packet. Standard library only."""
from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

EPOCH = 1_700_000_000


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(packet: bytes, vlans: Iterable[int] = ()) -> bytes:
    head = bytes.fromhex("020000000007020000000001")
    for vlan in vlans:
        head += struct.pack("!HH", 0x8100, vlan)
    return head + struct.pack("!H", 0x86DD if packet[0] >> 4 == 6 else 0x0800) + packet


def ip(source: str, target: str, protocol: int, body: bytes, identification: int = 1, fragment: int = 0) -> bytes:
    a, b = ip_address(source).packed, ip_address(target).packed
    if len(a) == 16:
        return struct.pack("!IHBB", 0x60000000, len(body), protocol, 64) + a + b + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), identification, fragment, 64, protocol, 0) + a + b
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def with_checksum(source: str, target: str, protocol: int, segment: bytes, at: int) -> bytes:
    a, b = ip_address(source).packed, ip_address(target).packed
    value = checksum(a + b + struct.pack("!II", len(segment), protocol) + segment)
    return segment[:at] + struct.pack("!H", value or 0xFFFF) + segment[at + 2:]


def udp(source: str, target: str, ports: tuple[int, int], payload: bytes) -> bytes:
    segment = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    return ip(source, target, 17, with_checksum(source, target, 17, segment, 6))


def tcp(source: str, target: str, ports: tuple[int, int], sequence: int, acknowledged: int, flags: int, payload: bytes = b"") -> bytes:
    segment = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65535, 0, 0) + payload
    return ip(source, target, 6, with_checksum(source, target, 6, segment, 16))


def fragments(packet: bytes, size: int) -> list[bytes]:
    """An IPv4 packet in pieces of `size` bytes of payload each (a multiple of 8)."""
    source, target = (str(ip_address(packet[at:at + 4])) for at in (12, 16))
    body = packet[20:]
    identification = struct.unpack("!H", packet[4:6])[0]
    return [ip(source, target, packet[9], body[at:at + size], identification, at // 8 | (0x2000 if at + size < len(body) else 0))
            for at in range(0, len(body), size)]


def conversation(client: str, server: str, ports: tuple[int, int], request: bytes, answer: bytes) -> list[bytes]:
    """Three packets to open, one each way, three to close."""
    there, back = ports, (ports[1], ports[0])
    a, b = 1000, 5000
    ends_a, ends_b = a + 1 + len(request), b + 1 + len(answer)
    return [tcp(client, server, there, a, 0, 0x02), tcp(server, client, back, b, a + 1, 0x12), tcp(client, server, there, a + 1, b + 1, 0x10),
            tcp(client, server, there, a + 1, b + 1, 0x18, request), tcp(server, client, back, b + 1, ends_a, 0x18, answer),
            tcp(client, server, there, ends_a, ends_b, 0x11), tcp(server, client, back, ends_b, ends_a + 1, 0x11),
            tcp(client, server, there, ends_a + 1, ends_b + 1, 0x10)]


def dns_query(number: int, name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def write_pcap(path: Path, frames: Iterable[bytes], step: float = 0.001) -> int:
    """Frames at equal distances; how many."""
    count = 0
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for frame in frames:
            micros = round(count * step * 1e6)
            file.write(struct.pack("<IIII", EPOCH + micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
            count += 1
    return count


class Pipe:
    """A capture that goes on for as long as the test wants: the reading end of `stdin` is for a program."""

    def __init__(self) -> None:
        self.stdin, self.writing = os.pipe()
        self.count = 0
        os.write(self.writing, struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

    def send(self, frames: Iterable[bytes], step: float = 0.001) -> int:
        """Blocks until all are in the pipe; how many."""
        before = self.count
        for frame in frames:
            micros = round(self.count * step * 1e6)
            rest = struct.pack("<IIII", EPOCH + micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame
            while rest:
                rest = rest[os.write(self.writing, rest):]
            self.count += 1
        return self.count - before

    def close(self) -> None:
        """The capture ends here."""
        if self.writing >= 0:
            os.close(self.writing)
        self.writing = -1

    def __enter__(self) -> Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        os.close(self.stdin)
