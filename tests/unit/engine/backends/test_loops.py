from hypothesis import given
from hypothesis import strategies as st

from sidecar.engine.backends.loops import LEAST_ROUNDS, LEAST_TOKENS, find_loop, without_repeats


def never(token: int) -> bool:
    return False


def until_found(tokens: list[int]) -> int | None:
    """After how many tokens a loop is found, asking after each."""
    return next((n for n in range(1, len(tokens) + 1) if find_loop(tokens[:n], never)), None)


def test_a_phrase_that_is_said_over_and_over_is_a_loop() -> None:
    speech = [1, 2, 3, 4, 5, 6, 7]
    phrase = [8, 9, 10, 11]

    loop = find_loop(speech + LEAST_ROUNDS * phrase, never)

    assert loop is not None
    assert loop.n_kept == len(speech + phrase)
    assert loop.tokens == {*phrase}


def test_what_a_person_repeats_is_none() -> None:
    no, comma = 5, 6

    assert until_found([1, 2, *[no] * 8]) is None
    assert until_found([1, 2, *[no, comma] * 5]) is None
    assert until_found([1, 2, *[7, 8, 9, 10] * 3]) is None


def test_one_token_again_and_again_is_a_loop_soon() -> None:
    assert until_found([1, 2, *[5] * 30]) == 2 + LEAST_TOKENS


def test_a_few_tokens_in_any_order_are_a_loop() -> None:
    shuffled = [1, 2, 3, 1, 1, 3, 2, 2, 1, 3, 3, 2, 1, 2, 2]

    loop = find_loop([9, 8, 7, *shuffled], never)

    assert loop is not None
    assert loop.n_kept == 6


def test_numbers_may_have_many_equal_digits() -> None:
    zeros = [1, *[0] * 40]

    assert find_loop(zeros, lambda token: token in {0, 1}) is None
    assert find_loop(zeros, lambda token: token == 1) is not None


@given(st.lists(st.integers(0, 3), max_size=40))
def test_what_is_kept_is_there(tokens: list[int]) -> None:
    loop = find_loop(tokens, never) if tokens else None

    if loop is not None:
        assert 0 < loop.n_kept < len(tokens)
        assert set(tokens[loop.n_kept :]) <= loop.tokens


def test_text_loses_what_is_repeated_twenty_times() -> None:
    assert without_repeats("a" * 20) == "a"
    assert without_repeats("ab" * 19) == "ab" * 19
    assert without_repeats("yes " + "ab" * 20 + "c") == "yes abc"
    assert without_repeats("哈" * 21 + "好") == "哈好"
    assert without_repeats("") == ""
