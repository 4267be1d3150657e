from __future__ import annotations

from benchmarks._machine import described, machine

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu sse2 avx2 fma avx512f avx512_vnni

processor\t: 1
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu sse2 avx2 fma avx512f avx512_vnni
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd asimddp\n"


def test_a_processor_is_told_by_what_it_can_multiply_with() -> None:
    assert described(INTEL) == "2 x Intel(R) Xeon(R) Processor (avx2, fma, avx512f, avx512_vnni)"


def test_one_without_a_name_is_told_by_its_instructions() -> None:
    assert described(ARM).endswith("(asimddp)")


def test_this_machine_has_a_name() -> None:
    assert machine()
