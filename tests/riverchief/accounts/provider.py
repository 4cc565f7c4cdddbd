"""A small provider of identities (OpenID Connect) on a real socket. It checks what it is sent, as a real one would."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from riverchief.base import clock

CLIENT, SECRET = "riverchief", "s3cret&"


@dataclass
class SmallProvider:
    """Who is signed in there (`claims`), and what it does wrong: claims of its own, another key."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "Subject-1"})
    wrong: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "kid": "one"}))
    forger: ECKey | None = None
    algorithm: str = "ES256"
    issuer: str = ""
    asked: dict[str, str] = field(default_factory=dict)

    def approve(self, url: str) -> dict[str, str]:
        """Somebody who was sent to `url` signs in there: what they are sent back with."""
        self.asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/authorize?")
        assert self.asked["response_type"] == "code"
        assert self.asked["client_id"] == CLIENT
        assert self.asked["code_challenge_method"] == "S256"
        assert self.asked["redirect_uri"] == "http://testserver/login/return"
        return {"state": self.asked["state"], "code": "code-1"}

    def answer(self, path: str) -> dict[str, Any] | None:
        """A GET."""
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            addresses = {name: f"{self.issuer}/{path}" for name, path in names.items()}
            return {"issuer": self.issuer, **addresses, **self.metadata}
        if path == "/keys":
            # Beside its own it publishes a key of a kind that nobody knows.
            return {"keys": [{"kty": "NEW", "kid": "x"}, self.key.as_dict(private=False)]}
        return None

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """A POST to the token endpoint."""
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            client != f"{CLIENT}:s3cret%26"
            or form["code"] != "code-1"
            or form["redirect_uri"] != self.asked["redirect_uri"]
            or proof.rstrip(b"=").decode() != self.asked["code_challenge"]
        ):
            return None
        now = int(clock.now().timestamp())
        base = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        claims = {
            name: value for name, value in {**base, **self.claims, **self.wrong}.items() if value is not None
        }
        return {"id_token": self.sign(claims)}

    def sign(self, claims: dict[str, Any]) -> str:
        """A token; an algorithm "none" leaves the signature out."""
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            coded = [
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
            ]
            return ".".join([*coded, ""])
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.forger or self.key)


def serve(provider: SmallProvider) -> HTTPServer:
    """The provider on a socket of this machine."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(provider.token(form, self.headers["Authorization"]))

        def say(self, answer: dict[str, Any] | None) -> None:
            self.send_response(200 if answer else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    return server
