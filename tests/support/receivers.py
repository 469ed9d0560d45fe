"""Receivers of notifications on loopback: web servers and mail servers that do what a test asks of them."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANG = -1
"""Take the request and say nothing."""
LIE = -2
"""Say 200 with a body that is much longer than what comes."""
GARBAGE = -3
"""Answer what is no HTTP."""


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server: ``answers`` come first, then ``otherwise``; ``gate`` holds all of them up while it is closed."""

    url: str = ""
    answers: deque[int] = field(default_factory=deque)
    otherwise: int = 200
    body: bytes = b"ok"
    location: str = ""
    received: list[Received] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        """The id of each message, in the order they came."""
        return [one.headers["webhook-id"] for one in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, until the block ends."""
    receiver = Receiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.received.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = receiver.answers.popleft() if receiver.answers else receiver.otherwise
            receiver.gate.wait(60)
            self._say(answer)

        def do_GET(self) -> None:
            receiver.received.append(Received(self.path, {}, b""))
            self._say(200)

        def _say(self, answer: int) -> None:
            self.close_connection = True
            if answer == HANG:
                receiver.is_over.wait(60)
            elif answer == GARBAGE:
                self.wfile.write(b"220 mail.example ESMTP\r\n")
            else:
                self.send_response(200 if answer == LIE else answer)
                self.send_header("Content-Length", str(len(receiver.body) + (10**9 if answer == LIE else 0)))
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()
                self.wfile.write(receiver.body)

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_arguments: object) -> None:
            """Who sends may be killed in between."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_over.set()
        receiver.gate.set()
        server.shutdown()
        thread.join()
        socketserver.TCPServer.server_close(server)


@dataclass
class MailBox:
    """What a mail server took; ``refusals`` are said to the next recipients."""

    port: int = 0
    refusals: deque[str] = field(default_factory=deque)
    mails: list[tuple[list[str], str]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)


@asynccontextmanager
async def taking_mail(certificate: Path | None = None) -> AsyncIterator[MailBox]:
    """A mail server on a free port; with a certificate it offers STARTTLS, and then insists on it."""
    box = MailBox()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted, recipients = False, []

        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        await say("220 test ESMTP")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                offers = "250-STARTTLS\r\n" if certificate and not encrypted else ""
                await say(f"250-test\r\n{offers}250 AUTH PLAIN")
            elif verb == "STARTTLS" and certificate:
                await say("220 go")
                context = SSLContext(PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                await writer.start_tls(context)
                encrypted = True
            elif certificate and not encrypted:
                await say("530 STARTTLS first")
            elif verb == "AUTH":
                box.users.append(line.split()[2])
                await say("235 welcome")
            elif verb == "RCPT":
                refusal = box.refusals.popleft() if box.refusals else None
                if refusal is None:
                    recipients.append(line.partition("<")[2].rstrip(">"))
                await say(refusal or "250 ok")
            elif verb == "DATA":
                await say("354 go on")
                content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                box.mails.append((recipients, content))
                box.was_encrypted.append(encrypted)
                await say("250 taken")
            else:
                await say("221 bye" if verb == "QUIT" else "250 ok")
        writer.close()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


def make_certificate(directory: Path) -> Path:
    """A certificate for 127.0.0.1 and its key in one file, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = directory / "certificate.pem"
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path
