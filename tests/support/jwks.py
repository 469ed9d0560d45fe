"""An issuer of people's tokens: real RSA keys, real RS256 signatures, and a server of the keys on loopback."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PARTY = "https://app.example.com"


@cache
def key(name: str, bits: int = 2_048) -> rsa.RSAPrivateKey:
    """The same key for the same name, made once for each test process: that takes a while."""
    del name
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def public_jwk(kid: str, private: rsa.RSAPrivateKey) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    return {**described, "kid": kid, "use": "sig", "alg": "RS256"}


def public_pem(private: rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@dataclass
class Issuer:
    """What the server of keys answers, and how often it was asked."""

    url: str
    published: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None
    location: str | None = None
    asked: int = 0

    def document(self) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps({"keys": [public_jwk(kid, private) for kid, private in self.published.items()]}).encode()

    def token(self, now_s: float, subject: str = "user_mara", *, kid: str = "one", **claims: Any) -> str:
        """A session token as Clerk signs them; a claim that is None is left out."""
        said = {
            "iss": self.url, "sub": subject, "azp": PARTY, "iat": now_s, "nbf": now_s, "exp": now_s + 60, **claims
        }  # fmt: skip
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key(kid), algorithm="RS256", headers={"kid": kid})


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token with whatever header, and without a signature."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
    return f"{'.'.join(parts)}."


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer whose keys are served at `/.well-known/jwks.json`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            body = issuer.document() if self.path == "/.well-known/jwks.json" else b"{}"
            self.send_response(issuer.status)
            if issuer.location is not None:
                self.send_header("Location", issuer.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests say what they want to know."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}", {"one": key("one")})
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
