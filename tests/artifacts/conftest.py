from pathlib import Path

import pytest


@pytest.fixture
def legacy():
    return Path(__file__).parents[1] / "legacy"
