from __future__ import annotations

import pytest
import traitlets

from paddle_workbench.widgets.base import WorkbenchWidget


class Counter(WorkbenchWidget):
    """A minimal widget."""

    _esm = "export default { render() {} }"
    count = traitlets.Int(0).tag(sync=True)

    def to_html(self) -> str:
        return f"<p>{self.count}</p>"


@pytest.fixture
def counter() -> type[Counter]:
    return Counter
