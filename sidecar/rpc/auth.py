"""Who may speak to us: CURVE keys, and the allowlist that ZeroMQ asks (ZAP, RFC 27).

CURVE alone admits any client that knows the server's public key; the allowlist is what
keeps others out. It also names the client: `User-Id` of every message is its role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import zmq
from zmq.utils import z85

ZAP_ENDPOINT = "inproc://zeromq.zap.01"
ZAP_DOMAIN = "sotto"

Role: TypeAlias = Literal["owner", "guest"]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A CURVE key pair in Z85, as text. The secret never leaves its process or a 0600 file."""

    public: str
    secret: str = field(repr=False)


def new_key_pair() -> KeyPair:
    """A fresh pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


class Gatekeeper:
    """Answers ZeroMQ's question whether a client may connect.

    Args:
        allowed: role by public key in Z85.
    """

    def __init__(self, allowed: Mapping[str, Role]) -> None:
        self._roles = {z85.decode(key): role for key, role in allowed.items()}

    def answer(self, request: Sequence[bytes]) -> list[bytes]:
        """The ZAP reply to a ZAP request, both as frames."""
        role = self._judge(request)
        head = [b"1.0", request[1] if len(request) > 1 else b""]
        if role is None:
            return [*head, b"400", b"unknown key", b"", b""]
        return [*head, b"200", b"", role.encode(), b""]

    def _judge(self, request: Sequence[bytes]) -> Role | None:
        match [bytes(frame) for frame in request]:
            case [b"1.0", _, domain, _, _, b"CURVE", key] if domain == ZAP_DOMAIN.encode():
                return self._roles.get(key)
            case _:
                return None
