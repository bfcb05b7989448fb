from __future__ import annotations

import gc

import pytest

from unfreeze.data.collector import collector_paused


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was_after_the_block_even_one_that_fails(enabled: bool) -> None:
    before = gc.isenabled()

    @collector_paused()
    def fails() -> None:
        assert not gc.isenabled()
        raise ValueError

    try:
        (gc.enable if enabled else gc.disable)()
        for _ in range(2):  # a decorated function can be called again
            with pytest.raises(ValueError):  # noqa: PT011
                fails()
            assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
