"""Fixtures of the conformance tests."""

from __future__ import annotations

import pytest

from tests.conformance.wire import Schema


@pytest.fixture(scope="session")
def schema() -> Schema:
    """`ipc-schema/` as plain JSON."""
    return Schema()
