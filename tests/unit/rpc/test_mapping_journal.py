from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import KeptRecording
from sidecar.protocol import messages
from sidecar.rpc.mapping_journal import kept_from_wire, kept_to_wire


@given(
    st.builds(
        KeptRecording,
        st.text("0123456789abcdef", min_size=32, max_size=32),
        st.sampled_from(["open", "interrupted", "finished"]),
        st.floats(0, 2**53 - 1),
        st.floats(0, 1e9),
        st.none() | st.just("builtin"),
        st.none() | st.text("abc-", min_size=2, max_size=35),
        st.just(("Sotto",)),
    )
)
def test_a_recording_survives_the_wire_but_for_what_clients_need_not_know(
    kept: KeptRecording,
) -> None:
    sent = msgspec.msgpack.encode(kept_to_wire(kept, "other"))
    got = kept_from_wire(msgspec.msgpack.decode(sent, type=messages.KeptRecording))

    assert abs(got.audio_s - min(kept.audio_s, (2**32 - 1) / 1000)) <= 0.001
    assert got == replace(
        kept,
        began_s=float(int(kept.began_s)),
        audio_s=got.audio_s,
        engine=kept.engine or "other",
        hotwords=(),
    )
