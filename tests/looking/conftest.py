"""A meter's file of some text."""

import pytest


@pytest.fixture
def file(tmp_path):
    def write(text, name="meter.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
