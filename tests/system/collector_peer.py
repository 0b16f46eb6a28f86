"""A sensor's side of SSP/1 written from the wire's description alone: invitation, frames, records, enrolment, one session.

Nothing of the product is used: what this file and the collector agree on is what the page says. Needs python3-zmq, and libzstd for
payloads that the collector chose to compress.
"""
from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import json
import os
import struct
import time
import uuid
from dataclasses import dataclass, field

import zmq
from zmq.utils import z85

HELLO, WELCOME, BATCH, ACK, PING, PONG, ERROR, BYE, RESUME = 1, 2, 3, 4, 5, 6, 11, 12, 13
ENROL, PENDING, ACCEPTED, REFUSED = 30, 31, 32, 33
FLAG_ZSTD = 1
HEADER = struct.Struct("<4sBBHQQB3xIQQII16sQqI")
PATIENCE = 20.0
NO_CHAIN = bytes(16)


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _table()


def crc32c(data: bytes, seed: int = 0) -> int:
    crc = seed ^ 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def decompress(block: bytes, length: int) -> bytes:
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(length)
    made = library.ZSTD_decompress(out, ctypes.c_size_t(length), block, ctypes.c_size_t(len(block)))
    assert made == length, "the block is not one zstd frame of the stated length"
    return out.raw


def fingerprint(public: bytes) -> str:
    digits = hashlib.blake2b(public, digest_size=16).hexdigest()
    return " ".join(digits[i:i + 4] for i in range(0, 32, 4))


# --- invitation: Bech32m (BIP 350) ---


@dataclass
class Invitation:
    host: str
    enrol_port: int
    link_port: int
    key: bytes
    token: bytes


def read_invitation(text: str) -> Invitation:
    charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix, _, rest = text.strip().rpartition("1")
    values = [charset.index(c) for c in rest]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    assert prefix == "hdinv" and check == 0x2BC830A3, "not an invitation"
    bits = "".join(f"{value:05b}" for value in values[:-6])
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8))
    version, enrol_port, link_port = struct.unpack_from("<BHH", data)
    assert version == 1
    host = data[54:54 + data[53]].decode()
    return Invitation(host, enrol_port, link_port, data[5:37], data[37:53])


# --- records ---


@dataclass
class Batch:
    """Alerts of one lane with the chain that runs over them."""
    epoch: int
    lane: int
    first: int
    last: int
    before: bytes
    after: bytes = NO_CHAIN
    payload: bytes = b""


def make_batch(epoch: int, lane: int, first: int, lines: list[str], before: bytes = NO_CHAIN) -> Batch:
    batch = Batch(epoch, lane, first, first + len(lines) - 1, before, before)
    seed = crc32c(struct.pack("<QI", epoch, lane))
    for number, line in enumerate(lines, first):
        body = line.encode()
        rest = struct.pack("<IQQqQIHBBQ", len(body), number, number, time.time_ns(), number, 1, 0, 1, lane, 0) + body
        record = struct.pack("<I", crc32c(rest, seed)) + rest
        batch.after = hashlib.blake2b(batch.after + record, digest_size=16).digest()
        batch.payload += record + bytes(-len(record) % 8)
    return batch


# --- messages ---


@dataclass
class Message:
    type: int
    session: int = 0
    epoch: int = 0
    lane: int = 0
    items: int = 0
    first: int = 0
    last: int = 0
    chain: bytes = NO_CHAIN
    head: int = 0
    payload: bytes = b""

    def frames(self) -> list[bytes]:
        size = len(self.payload)
        header = HEADER.pack(b"SSP1", 1, self.type, 0, self.session, self.epoch, self.lane, self.items, self.first, self.last, size, size, self.chain, self.head,
                             time.time_ns(), crc32c(self.payload))
        return [header + struct.pack("<I", crc32c(header)), self.payload]


def read_message(frames: list[bytes]) -> Message:
    assert len(frames) == 2 and len(frames[0]) == 96, "a message has a header of 96 bytes and a payload"
    assert struct.unpack("<I", frames[0][92:])[0] == crc32c(frames[0][:92]), "the header's checksum"
    magic, major, kind, flags, session, epoch, lane, items, first, last, length, sent, chain, head, _, crc = HEADER.unpack(frames[0][:92])
    assert (magic, major) == (b"SSP1", 1) and sent == len(frames[1])
    payload = decompress(frames[1], length) if flags & FLAG_ZSTD else frames[1]
    assert len(payload) == length and crc32c(payload) == crc, "the payload's length and checksum"
    return Message(kind, session, epoch, lane, items, first, last, chain, head, payload)


class Refused(Exception):
    """The collector refused the connection's key."""


class Connection:
    """A new DEALER that proves `keys` (public, secret as Z85) to the server of `server_key`."""

    def __init__(self, context: zmq.Context, endpoint: str, keys: tuple[bytes, bytes], server_key: bytes) -> None:
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.immediate = 1
        self.socket.curve_publickey, self.socket.curve_secretkey = keys
        self.socket.curve_serverkey = server_key
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        self.socket.connect(endpoint)
        assert self.monitor.poll(PATIENCE * 1000), "no handshake"
        event = struct.unpack("<HI", self.monitor.recv_multipart()[0])[0]
        if event != zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.close()
            raise Refused

    def send(self, message: Message) -> None:
        self.socket.send_multipart(message.frames())

    def wait_for(self, *types: int) -> Message:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not self.socket.poll(100):
                continue
            message = read_message(self.socket.recv_multipart())
            if message.type in types:
                return message
        raise AssertionError(f"no message of {types} within {PATIENCE} s")

    def close(self) -> None:
        self.socket.disable_monitor()
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Sensor:
    """A key, and once it is enrolled an identity."""
    invitation: Invitation
    keys: tuple[bytes, bytes] = field(default_factory=zmq.curve_keypair)
    epoch: int = field(default_factory=lambda: int.from_bytes(os.urandom(7), "big") + 1)
    id: str = ""
    link: str = ""
    context: zmq.Context = field(default_factory=zmq.Context)

    @property
    def server_key(self) -> bytes:
        return z85.encode(self.invitation.key)

    def fingerprint(self) -> str:
        return fingerprint(z85.decode(self.keys[0]))

    def enrol(self) -> tuple[int, dict]:
        endpoint = f"tcp://{self.invitation.host}:{self.invitation.enrol_port}"
        body = json.dumps({"token": self.invitation.token.hex(), "machine": "test", "software": "collector_peer.py"}).encode()
        with Connection(self.context, endpoint, self.keys, self.server_key) as connection:
            connection.send(Message(ENROL, payload=body))
            answer = connection.wait_for(PENDING, ACCEPTED, REFUSED)
        told = json.loads(answer.payload)
        if answer.type == ACCEPTED:
            self.id = told["sensor_id"]
            self.link = told.get("link") or f"tcp://{self.invitation.host}:{self.invitation.link_port}"
        return answer.type, told

    def session(self, acked: int = 0, head: int = 0, chain: bytes = NO_CHAIN, lane: int = 2) -> Session:
        return Session(self, Connection(self.context, self.link, self.keys, self.server_key), acked, head, chain, lane)


class Session:
    """HELLO and WELCOME have passed."""

    def __init__(self, sensor: Sensor, connection: Connection, acked: int, head: int, chain: bytes, lane: int) -> None:
        self.connection, self.lane = connection, lane
        empty = {"acked": 0, "head": 0, "lowest": 1, "chain_acked": NO_CHAIN.hex()}
        lanes = [dict(empty) for _ in range(5)]
        lanes[lane] = {"acked": acked, "head": head, "lowest": acked + 1, "chain_acked": chain.hex()}
        nonce = os.urandom(8).hex()
        hello = {"versions": [1, 1], "features": [], "sensor_id": sensor.id, "instance": str(uuid.uuid4()), "boot_id": str(uuid.uuid4()), "machine_id_hash": "test",
                 "software": "collector_peer.py", "nonce": nonce, "store": str(uuid.UUID(int=0)), "store_gen": 0, "sync": "group", "epochs_more": False,
                 "epochs": [{"epoch": f"{sensor.epoch:016x}", "reason": "start", "closed": False, "lanes": lanes}]}
        connection.send(Message(HELLO, payload=json.dumps(hello).encode()))
        self.welcome = json.loads(connection.wait_for(WELCOME).payload)
        assert self.welcome["nonce"] == nonce
        self.number = int(self.welcome["session"], 16)

    def send(self, batch: Batch) -> None:
        self.connection.send(Message(BATCH, self.number, batch.epoch, batch.lane, batch.last - batch.first + 1, batch.first, batch.last, batch.before, batch.last, batch.payload))

    def wait_for_ack(self, number: int) -> bytes:
        """The chain of the lane once its cursor has reached `number`."""
        while True:
            payload = self.connection.wait_for(ACK).payload
            for at in range(0, len(payload) - 8, 40):
                _, lane, cursor, chain = struct.unpack_from("<QQQ16s", payload, at)
                if lane == self.lane and cursor >= number:
                    return chain

    def wait_for_error(self) -> int:
        return struct.unpack_from("<I", self.connection.wait_for(ERROR).payload)[0]

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
