"""The server's process ends, whatever its requests were doing."""

from __future__ import annotations

import subprocess
import sys

CUT_OFF = """
import asyncio
from anyio.to_thread import run_sync
from paddle_workbench.server.worker_threads import end_workers_at_exit

async def request():
    await run_sync(int)
    loop.stop()
    await asyncio.Event().wait()

loop = asyncio.new_event_loop()
task = loop.create_task(request())
end_workers_at_exit()
loop.run_forever()
print("stopped", flush=True)
"""


def test_process_ends_although_a_request_was_cut_off() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "stopped\n"
