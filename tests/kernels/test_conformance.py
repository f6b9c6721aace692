"""The public conformance suite for kernels, on the kernel `paddle`, warm and cold."""

from __future__ import annotations

import os
from typing import Any

import jupyter_kernel_test
import pytest
from jupyter_kernel_test.msgspec_v5 import validate_message

from paddle_workbench.kernels.provisioner import WarmProvisioner
from paddle_workbench.kernels.warm_process import WarmProcess
from paddle_workbench.settings import WARM_VARIABLE

from .sessions import LIMIT_S


class _PaddleKernel(jupyter_kernel_test.KernelTests):  # type: ignore[misc]
    kernel_name = "paddle"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples = ({"text": "zi", "matches": {"zip"}},)
    complete_code_samples = ("1", "print('hello, world')", "def f(x):\n  return x*2\n\n")
    incomplete_code_samples = ("print('''hello", "def f(x):\n  x*2")
    invalid_code_samples = ("import = 7q",)
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result = (
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    )
    code_display_data = (
        {"code": "from IPython.display import HTML, display; display(HTML('<b>x</b>'))",
         "mime": "text/html"},
        {"code": "from IPython.display import Math, display; display(Math('x'))",
         "mime": "text/latex"},
    )  # fmt: skip
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"

    is_warm: bool
    km: Any
    kc: Any

    def flush_channels(self) -> None:
        """Wait until the kernel is idle; the suite waits for 0.1 s of silence."""
        request_id = self.kc.kernel_info()
        while self.kc.get_shell_msg(timeout=LIMIT_S)["parent_header"].get("msg_id") != request_id:
            pass
        self._published(request_id)

    def execute_helper(
        self,
        code: Any,
        timeout: Any = LIMIT_S,
        silent: Any = False,
        store_history: Any = True,
        stop_on_error: Any = True,
    ) -> Any:
        """Execute as the suite does, without its limit of 0.1 s between two messages."""
        request_id = self.kc.execute(
            code, silent=silent, store_history=store_history, stop_on_error=stop_on_error
        )
        reply = self.get_non_kernel_info_reply(timeout=timeout)
        validate_message(reply, "execute_reply", request_id)
        busy, *outputs, _idle = self._published(request_id)
        assert busy["content"]["execution_state"] == "busy"
        if outputs and outputs[0]["msg_type"] == "execute_input":
            assert outputs.pop(0)["content"]["code"] == code
        return reply, outputs

    def _published(self, request_id: str) -> list[Any]:
        """Return the IOPub messages of a request, to its end."""
        messages = []
        while True:
            message = self.kc.get_iopub_msg(timeout=LIMIT_S)
            if message["parent_header"].get("msg_id") != request_id:
                continue
            validate_message(message, message["msg_type"], request_id)
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                return messages

    def history_helper(self, execute_first: Any, timeout: Any = 15, **options: Any) -> Any:
        reply = super().history_helper(execute_first, timeout, **options)
        if options["hist_access_type"] == "range":
            # IPython numbers the running session 0, whatever its number.
            history = reply["content"]["history"]
            history[:] = [[options["session"], *entry[1:]] for entry in history if not entry[0]]
        return reply

    def test_kernel_is_warm_or_cold_as_intended(self) -> None:
        assert isinstance(self.km.provisioner, WarmProvisioner)
        assert isinstance(self.km.provisioner.process, WarmProcess) == self.is_warm


@pytest.mark.usefixtures("light_server")
class TestWarm(_PaddleKernel):
    is_warm = True


class TestCold(_PaddleKernel):
    is_warm = False

    @classmethod
    def setUpClass(cls) -> None:
        os.environ[WARM_VARIABLE] = "0"
        try:
            super().setUpClass()
        finally:
            del os.environ[WARM_VARIABLE]


# The suite itself is not a test.
del _PaddleKernel
