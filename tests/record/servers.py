#!/usr/bin/env python3
"""What stands on the inside while captures are recorded: small servers that answer as their real kin would.

    servers.py NAME ADDRESS     web | telnet | ftp | dns | stratum | sip | snmp | rdp | ntp
"""
from __future__ import annotations

import http.server
import json
import socket
import socketserver
import struct
import sys

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Web(http.server.BaseHTTPRequestHandler):
    """A citizen portal with every hole of the textbook."""

    protocol_version = "HTTP/1.1"
    written: dict[str, bytes] = {}

    def answer(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:  # noqa: N802 - the base class names it
        if self.path in self.written:
            self.answer(200, self.written[self.path])
        elif "UNION" in self.path.upper():
            self.answer(500, b"You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version")
        elif "etc/passwd" in self.path or "etc%2fpasswd" in self.path.lower():
            self.answer(200, b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n", "text/plain")
        elif self.path.startswith("/tai-ve/hoa-don.com"):
            self.answer(200, EICAR.encode(), "application/octet-stream")
        elif "cmd=" in self.path or "ping?" in self.path:
            self.answer(200, b"uid=33(www-data) gid=33(www-data) groups=33(www-data)\n", "text/plain")
        elif self.path.startswith("/quan-tri"):
            self.answer(401, b"Unauthorized")
        else:
            self.answer(200, "<html><title>Cổng dịch vụ công</title><p>Xin chào</p></html>".encode())

    def do_POST(self) -> None:  # noqa: N802
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if b"c=" in body or b"system(" in body:
            self.answer(200, b"uid=33(www-data) gid=33(www-data) groups=33(www-data)\n", "text/plain")
        else:
            self.answer(200, b"OK")

    def do_PUT(self) -> None:  # noqa: N802
        self.written[self.path] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(201, b"OK")

    def log_message(self, *_: object) -> None:
        pass


class Lines(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def hear(self) -> str:
        return self.rfile.readline(1000).decode(errors="replace").strip()


class Telnet(Lines):
    """Lets nobody in, five times a connection; the account of cameras, at once."""

    def handle(self) -> None:
        self.wfile.write(b"\xff\xfb\x01\xff\xfb\x03")
        for _ in range(5):
            self.say("\r\ntram-phat login: ")
            name = self.hear()
            if not name:
                return
            self.say("Password: ")
            password = self.hear()
            if (name, password) == ("root", "xc3511"):
                self.say("\r\nBusyBox v1.19.4 built-in shell (ash)\r\n# ")
                while command := self.hear():
                    self.say("\r\nMIRAI: applet not found\r\n# " if "MIRAI" in command else "\r\n# ")
                return
            self.say("\r\nLogin incorrect\r\n")


class Ftp(Lines):
    def handle(self) -> None:
        self.say("220 kho du lieu\r\n")
        while command := self.hear():
            verb = command.split(" ")[0].upper()
            if verb == "USER":
                self.say("331 Please specify the password.\r\n")
            elif verb == "PASS":
                self.say("230 Login successful.\r\n" if command.endswith("MatKhau@2022") else "530 Login incorrect.\r\n")
            elif verb == "QUIT":
                self.say("221 Goodbye.\r\n")
                return
            else:
                self.say("200 OK\r\n")


class Stratum(Lines):
    """A mining pool's words (JSON-RPC lines)."""

    def handle(self) -> None:
        while line := self.hear():
            request = json.loads(line)
            if request["method"] == "mining.subscribe":
                self.say(json.dumps({"id": request["id"], "result": [[["mining.notify", "ae6812eb4cd7735a"]], "08000002", 4], "error": None}) + "\n")
            elif request["method"] == "login":
                self.say(json.dumps({"id": 1, "jsonrpc": "2.0", "result": {"id": "1be0b7b6", "job": {"blob": "0707d5ef", "job_id": "q7PLUPL25UV0z5Ij14IyMk8htXbj", "target": "b88d0600"}, "status": "OK"}}) + "\n")
            else:
                self.say(json.dumps({"id": request["id"], "result": True, "error": None}) + "\n")


class Dns(socketserver.BaseRequestHandler):
    """Answers any name; ANY gets far more than it asked for."""

    def handle(self) -> None:
        query, peer = self.request
        if len(query) < 17:
            return
        end = 12
        while end < len(query) and query[end]:
            end += query[end] + 1
        kind = struct.unpack(">H", query[end + 1:end + 3])[0]
        question = query[12:end + 5]
        if kind == 16 or kind == 255:
            texts = [b"v=spf1 include:_spf.example.vn ~all"] if kind == 16 else [bytes([65 + n]) * 250 for n in range(14)]
            records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(text) + 1) + bytes([len(text)]) + text for text in texts)
        else:
            texts = [b""]
            records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes((203, 0, 113, 9))
        peer.sendto(query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(texts), 0, 0) + question + records, self.client_address)


class Sip(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        request, peer = self.request
        head = [line for line in request.decode(errors="replace").split("\r\n")[1:] if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        status = "401 Unauthorized" if request.startswith(b"REGISTER") else "200 OK"
        peer.sendto(("SIP/2.0 " + status + "\r\n" + "\r\n".join(head) + "\r\nContent-Length: 0\r\n\r\n").encode(), self.client_address)


class Snmp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        request, peer = self.request
        peer.sendto(request.replace(b"\xa0", b"\xa2", 1), self.client_address)


class Rdp(socketserver.BaseRequestHandler):
    """Agrees to a connection (X.224) and says no more."""

    def handle(self) -> None:
        if self.request.recv(1000):
            self.request.sendall(bytes.fromhex("030000130ed000001234000209080002000000"))


class Ntp(socketserver.BaseRequestHandler):
    """Answers monlist as old servers did: far more than it was asked."""

    def handle(self) -> None:
        request, peer = self.request
        if request[:1] == b"\x17":
            for part in range(4):
                peer.sendto(bytes((0xD7, part, 3, 0x2A, 0, 6, 0, 72)) + bytes(432), self.client_address)


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Udp(socketserver.ThreadingUDPServer):
    allow_reuse_address = True
    daemon_threads = True


SERVERS = {
    "web": lambda at: http.server.ThreadingHTTPServer((at, 8080), Web), "telnet": lambda at: Tcp((at, 23), Telnet), "ftp": lambda at: Tcp((at, 21), Ftp),
    "stratum": lambda at: Tcp((at, 3333), Stratum), "dns": lambda at: Udp((at, 53), Dns), "sip": lambda at: Udp((at, 5060), Sip), "snmp": lambda at: Udp((at, 161), Snmp),
    "rdp": lambda at: Tcp((at, 3389), Rdp), "ntp": lambda at: Udp((at, 123), Ntp),
}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SERVERS:
        sys.exit(__doc__)
    socket.setdefaulttimeout(20)
    SERVERS[sys.argv[1]](sys.argv[2]).serve_forever()
