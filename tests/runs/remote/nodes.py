"""A Ray cluster of two nodes with one core each, which listen on the loopback only.

    python nodes.py FOLDER

Prints a line of JSON, the address and the process ids of both nodes, and ends with its stdin.
`ray start` would put a second node on the machine's own address.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from paddle_workbench.scratch import ScratchFolder

ATTEMPTS = 3
"""On a busy machine Ray gives up its own start: "Timed out waiting for file"."""
ENVIRONMENT = {
    # Otherwise Ray replaces 127.0.0.1 by the address of the machine.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_worker_niceness": "0",
    # A node that does not answer is lost after two seconds, and not after fifteen.
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "4",
}


class Nodes:
    """A cluster, until `close`.

    Attributes
    ----------
    address : str
    environment : dict of str to str
        For processes that connect to it.
    folder : Path
        Of its logs and sockets.
    second : psutil.Process
        The raylet of the node that is not the head.
    """

    def __init__(self) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            # The paths of Ray's sockets must be short.
            self._scratch = ScratchFolder("ray", parent=Path(tempfile.gettempdir()))
            folder = self.folder = self._scratch.path
            token = folder / "token"
            token.touch(mode=0o600)
            token.write_text(secrets.token_hex(32), encoding="ascii")
            self.environment = {
                **os.environ,
                **ENVIRONMENT,
                "RAY_AUTH_TOKEN_PATH": str(token),
                "HOME": str(folder),
            }
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self.environment,
                text=True,
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            self._processes = psutil.Process(self._process.pid).children(recursive=True)
            if line:
                break
            self.close()
            if attempt == ATTEMPTS:
                raise RuntimeError("Ray does not start.")
        found = json.loads(line)
        self.address: str = found["address"]
        self.second = psutil.Process(found["second"])

    def kill_second(self) -> None:
        """End all processes of the second node, as a power cut would."""
        processes = [self.second, *self.second.children(recursive=True)]
        for process in processes:
            process.suspend()
        for process in [*processes, *self.second.children(recursive=True)]:
            _kill(process)

    def listeners(self) -> set[str]:
        """Return the addresses on which the processes of the cluster listen."""
        addresses = set()
        for process in psutil.Process(self._process.pid).children(recursive=True):
            try:
                connections = process.net_connections("tcp")
            except psutil.Error:  # it has ended
                continue
            addresses |= {each.laddr.ip for each in connections if each.status == "LISTEN"}
        return addresses

    def close(self) -> None:
        """End the cluster and remove its files."""
        with self._process:
            own = psutil.Process(self._process.pid)
            processes = [*self._processes, *own.children(recursive=True)]
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
        for process in processes:
            _kill(process)
        self._scratch.close()


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def main() -> None:
    from ray._private.node import Node
    from ray._private.parameter import RayParams

    def start(*, is_head: bool, **options: str) -> Node:
        parameters = RayParams(
            node_ip_address="127.0.0.1",
            num_cpus=1,
            num_gpus=0,
            object_store_memory=80_000_000,
            include_dashboard=False,
            include_log_monitor=False,
            min_worker_port=0,
            max_worker_port=0,
            node_manager_port=0,
            dashboard_agent_listen_port=None,
            **options,
        )
        return Node(parameters, head=is_head, shutdown_at_exit=False, spawn_reaper=False)

    head = start(is_head=True, temp_dir=sys.argv[1])
    nodes = [start(is_head=False, gcs_address=head.gcs_address), head]
    (raylet,) = nodes[0].all_processes["raylet"]
    sys.stdout.write(json.dumps({"address": head.gcs_address, "second": raylet.process.pid}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    for node in nodes:
        node.kill_all_processes(check_alive=False, allow_graceful=False)


if __name__ == "__main__":
    main()
