from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from sidecar.rpc.auth import Gatekeeper, new_key_pair

OWNER, GUEST = new_key_pair(), new_key_pair()
GATE = Gatekeeper({OWNER.public: "owner", GUEST.public: "guest"})


def ask(key: str, *, domain: bytes = b"sotto", mechanism: bytes = b"CURVE") -> list[bytes]:
    return [b"1.0", b"7", domain, b"127.0.0.1", b"", mechanism, z85.decode(key)]


def test_an_admitted_key_is_named_by_its_role() -> None:
    assert GATE.answer(ask(OWNER.public)) == [b"1.0", b"7", b"200", b"", b"owner", b""]
    assert GATE.answer(ask(GUEST.public))[4] == b"guest"


def test_a_key_that_is_not_listed_is_refused() -> None:
    answer = GATE.answer(ask(new_key_pair().public))

    assert answer[:3] == [b"1.0", b"7", b"400"]
    assert answer[4] == b""


def test_a_listed_key_is_refused_for_another_domain_or_mechanism() -> None:
    assert GATE.answer(ask(OWNER.public, domain=b""))[2] == b"400"
    assert GATE.answer(ask(OWNER.public, mechanism=b"PLAIN"))[2] == b"400"


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_whatever_is_asked_is_answered_and_only_known_keys_enter(request: list[bytes]) -> None:
    answer = GATE.answer(request)

    assert len(answer) == 6
    assert answer[2] == b"400"


def test_a_secret_key_is_not_shown() -> None:
    assert OWNER.secret not in repr(OWNER)
