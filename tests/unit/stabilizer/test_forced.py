from __future__ import annotations

from sidecar.stabilizer.forced import PrefixForcing


def test_what_is_committed_is_forced() -> None:
    assert PrefixForcing().ask("so far") == "so far"


def test_a_decoder_that_stops_right_after_its_prefix_gets_one_free_pass() -> None:
    forcing = PrefixForcing()
    asked = []

    for heard_s in (1.0, 2.0, 3.0, 4.0):
        asked.append(forcing.ask("so far"))
        forcing.heard("so far and on" if heard_s in (1.0, 4.0) else "so far", heard_s)
    asked.append(forcing.ask("so far"))

    assert asked == ["so far", "so far", "so far", "", "so far"]


def test_a_short_time_without_text_is_no_reason() -> None:
    forcing = PrefixForcing()

    for heard_s in (0.0, 0.5, 1.0):
        forcing.ask("so far")
        forcing.heard("so far", heard_s)

    assert forcing.ask("so far") == "so far"
