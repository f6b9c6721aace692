from __future__ import annotations

import pytest

from paddle_workbench import ocr


@pytest.mark.parametrize("name", ocr.__all__)
def test_loads_every_name_on_first_use(name: str) -> None:
    assert getattr(ocr, name).__name__ == name


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'recognize_page'"):
        _ = ocr.recognize_page
