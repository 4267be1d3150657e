from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar import errors
from sidecar.protocol import codec
from sidecar.protocol.messages import (
    LIMITS,
    Binary,
    EventParams,
    Failure,
    InlineAudio,
    Notification,
    PingParams,
    PingResult,
    Request,
    Result,
    Segment,
    SegmentEvent,
    Timings,
    TranscribeParams,
    TranscribeResult,
    UploadedAudio,
    Word,
)

PING = codec.encode_request(7, "sys.ping", PingParams(), tmo_ms=2000)


def packed(**fields: Any) -> list[bytes]:
    return [msgpack.packb({"jsonrpc": "2.0", **fields})]


def request(method: str, params: dict[str, Any]) -> Request:
    message = codec.decode_client_message(
        packed(id=1, method=method, params=params, meta={"tmo": 9})
    )
    assert isinstance(message, Request)
    return message


def failure(header: bytes) -> Failure:
    message = codec.decode_server_message([header])
    assert isinstance(message, Failure)
    return message


def test_a_request_comes_out_as_it_went_in() -> None:
    params = TranscribeParams(audio=InlineAudio(data=Binary(bin=0)), hotwords=("Sotto", "听写"))

    header = codec.encode_request(3, "asr.transcribe", params, tmo_ms=9000)
    message = codec.decode_client_message([header, b"RIFF"])

    assert isinstance(message, Request)
    assert (message.id, message.method, message.meta.tmo) == (3, "asr.transcribe", 9000)
    assert codec.decode_params(message) == params


def test_a_result_comes_out_as_it_went_in() -> None:
    header = codec.encode_result(7, PingResult(uptime_ms=2**53 - 1))

    message = codec.decode_server_message([header])

    assert isinstance(message, Result)
    assert codec.decode_result(message.result, PingResult) == PingResult(uptime_ms=2**53 - 1)


def test_an_event_comes_out_as_it_went_in() -> None:
    words = (Word(text="hello", start_ms=0, end_ms=300, confidence_permille=990),)
    segment = Segment(start_ms=0, end_ms=320, text="hello", words=words)
    event = EventParams(id=7, seq=0, event=SegmentEvent(segment=segment))

    message = codec.decode_server_message([codec.encode_notification("$/event", event)])

    assert isinstance(message, Notification)
    assert codec.decode_params(message) == event


@pytest.mark.parametrize("error", errors.SottoError.__subclasses__())
def test_an_error_comes_out_as_the_same_class(error: type[errors.SottoError]) -> None:
    for kind in error.__subclasses__() or [error]:
        sent = kind("Try again later.", detail="soon", retry_after_ms=250)

        received = codec.error_of(failure(codec.encode_failure(7, sent)))

        assert type(received) is kind
        assert (received.message, received.detail) == ("Try again later.", "soon")
        assert received.retry_after_ms == 250


def test_an_error_without_details_has_none_on_the_other_side_either() -> None:
    received = codec.error_of(failure(codec.encode_failure(None, errors.ParseError("What?"))))

    assert (received.detail, received.retry_after_ms) == (None, None)


def test_a_kind_of_error_from_a_later_version_is_an_internal_error_that_names_it() -> None:
    later = packed(
        id=1, error={"code": 9001, "message": "m", "data": {"kind": "TIRED", "retryable": True}}
    )

    received = codec.error_of(failure(later[0]))

    assert isinstance(received, errors.InternalError)
    assert received.detail == "TIRED"


def test_long_and_broken_texts_of_an_error_are_made_to_fit() -> None:
    error = errors.BadAudioError("\ud800" + "m" * 5000, detail="d" * 5000)

    received = failure(codec.encode_failure(7, error)).error

    assert received.message == "?" + "m" * 1023
    assert received.data.detail == "d" * 256


def test_a_request_with_a_readable_id_is_refused_under_that_id() -> None:
    without_deadline = packed(id=41, method="sys.ping", params={})

    refused = codec.decode_client_message(without_deadline)

    assert isinstance(refused, codec.Refused)
    assert refused.id == 41
    assert isinstance(refused.error, errors.InvalidRequestError)
    assert refused.error.detail == "/meta"


@pytest.mark.parametrize(
    ("method", "params", "pointer"),
    [
        ("sys.shutdown", {}, "/drain_ms"),
        ("sys.shutdown", {"drain_ms": "soon"}, "/drain_ms"),
        ("sys.hello", {"proto": [1, -1], "client": {"name": "n", "version": "1"}}, "/proto/1"),
        ("sys.hello", {"proto": [1, 0], "client": {"name": "n"}}, "/client/version"),
        ("asr.transcribe", {"audio": {"k": "path"}}, "/audio/k"),
        ("asr.transcribe", {"audio": {"upload": 1}}, "/audio/k"),
        ("asr.transcribe", {"audio": []}, "/audio"),
        (
            "asr.transcribe",
            {"audio": {"k": "upload", "upload": 0}, "hotwords": ["a", ""]},
            "/hotwords/1",
        ),
        ("audio.put", {"upload": 0, "seq": 0, "data": {}}, "/data/$bin"),
    ],
)
def test_wrong_parameters_are_pointed_at(method: str, params: dict[str, Any], pointer: str) -> None:
    with pytest.raises(errors.InvalidParamsError) as caught:
        codec.decode_params(request(method, params))

    assert caught.value.detail == pointer
    assert pointer in caught.value.message


def test_what_a_client_sent_is_not_repeated_in_the_error() -> None:
    private = "my diary - at `$.audio` "

    with pytest.raises(errors.InvalidParamsError) as caught:
        codec.decode_params(request("asr.transcribe", {"audio": {"k": private}}))

    assert "diary" not in caught.value.message
    assert caught.value.detail == "/audio/k"


def test_a_notification_is_no_method_and_a_method_no_notification() -> None:
    ping = Notification(jsonrpc="2.0", method="sys.ping", params={})

    with pytest.raises(errors.UnknownMethodError):
        codec.decode_params(request("$/cancel", {"id": 1}))
    with pytest.raises(errors.UnknownMethodError):
        codec.decode_params(ping)


def test_a_result_that_does_not_fit_is_no_message() -> None:
    with pytest.raises(errors.ParseError, match="/uptime_ms"):
        codec.decode_result({"uptime_ms": -1}, PingResult)


def test_a_header_over_the_limit_is_not_sent() -> None:
    hotwords = ("h" * 64,) * 5000
    long = TranscribeParams(audio=UploadedAudio(upload=0), hotwords=hotwords)

    with pytest.raises(errors.TooLargeError):
        codec.encode_request(1, "asr.transcribe", long, tmo_ms=1)


def test_a_reply_may_be_larger_than_a_request() -> None:
    result = TranscribeResult(
        text="t" * LIMITS.max_header_bytes,
        segments=(),
        engine="builtin",
        timings=Timings(audio_ms=0, speech_ms=0, decode_ms=0, total_ms=0),
        notices=(),
    )

    header = codec.encode_result(1, result)
    message = codec.decode_server_message([header])

    assert isinstance(message, Result)
    assert codec.decode_result(message.result, TranscribeResult) == result
    assert isinstance(codec.decode_client_message([header]), codec.Refused)


def test_half_a_character_is_not_sent() -> None:
    params = TranscribeParams(audio=UploadedAudio(upload=0), hotwords=("\udc80",))

    with pytest.raises(errors.InvalidParamsError):
        codec.encode_request(1, "asr.transcribe", params, tmo_ms=1)


@settings(deadline=None)
@given(frames=st.lists(st.binary(max_size=64), max_size=10))
def test_random_frames_are_refused_without_a_surprise(frames: list[bytes]) -> None:
    assert isinstance(codec.decode_client_message(frames), codec.Refused)
    with pytest.raises(errors.ParseError):
        codec.decode_server_message(frames)


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$bin", "k", "audio", "data"]) | st.text(max_size=4), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    envelope=st.fixed_dictionaries(
        {},
        optional={
            "jsonrpc": st.just("2.0") | _anything,
            "id": st.integers(0, 2**32 - 1) | _anything,
            "method": st.sampled_from(["sys.hello", "asr.transcribe", "$/cancel", "$/event"])
            | _anything,
            "params": _anything,
            "meta": st.just({"tmo": 1}) | _anything,
            "result": _anything,
            "error": _anything,
        },
    ),
    n_binaries=st.integers(0, 3),
)
def test_maps_of_anything_raise_nothing_but_our_errors(
    envelope: dict[str, Any], n_binaries: int
) -> None:
    frames = [msgpack.packb(envelope), *[b"b"] * n_binaries]

    message = codec.decode_client_message(frames)
    if not isinstance(message, codec.Refused):
        with suppress(errors.SottoError):
            codec.decode_params(message)
    with suppress(errors.ParseError):
        reply = codec.decode_server_message(frames)
        if isinstance(reply, Result):
            codec.decode_result(reply.result, TranscribeResult)


@settings(deadline=None)
@given(place=st.integers(0, len(PING) - 1), damage=st.binary(max_size=3))
def test_a_damaged_request_is_refused_or_still_a_request(place: int, damage: bytes) -> None:
    damaged = PING[:place] + damage + PING[place + len(damage) :]

    message = codec.decode_client_message([damaged])

    assert isinstance(message, Request | Notification | codec.Refused)
    if isinstance(message, codec.Refused):
        assert failure(codec.encode_failure(message.id, message.error)).id == message.id
