"""A live OpenID provider: discovery, keys that can be changed, and tokens signed by them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


class Provider:
    """Its address, its keys by their ids, and how often they were read. `down` it answers 503."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, RSAPrivateKey | EllipticCurvePrivateKey] = {}
        self.reads = 0
        self.down = False
        self.said: Any = None  # instead of its keys
        self.names_algorithms = True
        self.slow = 0.0  # seconds before its keys
        self.rotate()

    def rotate(self, elliptic: bool = False) -> None:
        """Publish a new key, and no other any more."""
        key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
        self.keys = {uuid4().hex: key}

    def token(self, audience: str, login: str, kid: str | None = "", algorithm: str = "", **claims: Any) -> str:
        """A token for `login`; a claim of None is left out."""
        (published,) = self.keys
        key, now = self.keys[published], int(time.time())
        algorithm = algorithm or ("RS256" if isinstance(key, RSAPrivateKey) else "ES256")
        said = {"iss": self.url, "aud": audience, "sub": login, "iat": now, "exp": now + 300, **claims}
        return jwt.encode({name: value for name, value in said.items() if value is not None}, key, algorithm,
                          {} if kid is None else {"kid": kid or published})

    def answer(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if path == "/keys":
            self.reads += 1
            time.sleep(self.slow)
            keys = [_public(key) | {"kid": kid, "use": "sig"} for kid, key in self.keys.items()]
            if not self.names_algorithms:
                keys = [{name: value for name, value in key.items() if name != "alg"} for key in keys]
            return self.said or {"keys": keys}
        return None


def _public(key: RSAPrivateKey | EllipticCurvePrivateKey) -> dict[str, Any]:
    if isinstance(key, RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "alg": "RS256"}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "alg": "ES256"}


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers until the end."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = None if provider.down else provider.answer(self.path)
            self.send_response(503 if provider.down else 404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
