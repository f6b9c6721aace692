"""What the installed libraries would report to their makers.

ONNX Runtime 1.32 sends events to Microsoft from Linux and macOS too, unless
`ORT_DISABLE_TELEMETRY=1` is set before it is loaded; its function `disable_telemetry_events` comes
after the first event. The shim calls `refuse_telemetry` in every interpreter of the environment, so
this module imports nothing that a bare interpreter has not loaded already.
"""

import os

# Not from typing: importing it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["ORT_VARIABLE", "refuse_telemetry"]

ORT_VARIABLE = "ORT_DISABLE_TELEMETRY"


def refuse_telemetry(environment: "MutableMapping[str, str] | None" = None) -> None:
    """Switch off the reports of libraries, unless the user has set the variable.

    Parameters
    ----------
    environment : mutable mapping, optional
        The variables to extend, by default those of this process.
    """
    environment = os.environ if environment is None else environment
    environment.setdefault(ORT_VARIABLE, "1")
