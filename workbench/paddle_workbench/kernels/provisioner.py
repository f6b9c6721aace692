"""Fork kernels from the warm server if possible; otherwise start a normal process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import subprocess
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ..errors import SnapshotLostError, WorkbenchError
from ..scratch import KernelFolder
from ..terminal_text import one_line
from .client import are_supported, read_status, try_to_start_server
from .environment_watch import EnvironmentWatch
from .launching import ColdStartError, launch
from .ports import PortReservation
from .snapshot_folder import reachable
from .warm_process import WarmProcess

__all__ = ["WarmProvisioner"]

# Twice as long as jupyter_client keeps trying to send what is left on its control socket.
UNSENT_LIMIT_S = 0.2
END_LIMIT_S = 1.0
READY_LIMIT_S = 1.0
PORTS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by forking them from the fork server.

    With the option `snapshot`, the path of the socket of a snapshot, they are forked from that
    instead, and continue with its variables.

    Everything else, from files to signals, is inherited from Jupyter's local provisioner. If the
    fork server is not running or declines, the kernel also starts as Jupyter starts it. The ports
    of a kernel are reserved from the moment they are chosen until it ends, also during restarts.

    A kernel has a folder for temporary files of its own, which is removed when it has ended. One
    that may outlive this process has none.
    """

    # The base class has a Popen here; both have the same methods.
    process: Any
    _is_shutting_down = False
    _was_shutdown_too_late = False
    _reservation: PortReservation | None = None
    _temporary: KernelFolder | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the ports, then prepare as the base class does."""
        manager: Any = self.parent
        if (
            PortReservation.is_possible()
            and manager is not None
            and manager.cache_ports
            and not self.ports_cached
        ):
            self._reservation = PortReservation(manager.ip, len(PORTS))
            for name, port in zip(PORTS, self._reservation.ports, strict=True):
                setattr(manager, name, port)
            self.ports_cached = True
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel if possible, else start it as the base class does."""
        if not kwargs.get("independent", False):
            self._temporary = await asyncio.to_thread(KernelFolder, kwargs.get("env"))
            kwargs["env"] = self._temporary.environment
        snapshot = kwargs.pop("snapshot", None)
        if snapshot is not None:
            # Without it the kernel would not have the variables that its client expects.
            try:
                process = await asyncio.to_thread(_resume, cmd, kwargs, snapshot)
            except SnapshotLostError:
                await self._release()
                raise
            return self._adopt(process, kwargs)
        if not are_supported():
            return await super().launch_kernel(cmd, **kwargs)
        try:
            process = await asyncio.to_thread(_launch, cmd, kwargs)
        except (ColdStartError, OSError, ValueError, WorkbenchError) as reason:
            self.log.info("Paddle Workbench starts a cold kernel: %s", one_line(str(reason)))
            _start_server_for_next_kernel(kwargs.get("env") or os.environ)
            return await super().launch_kernel(cmd, **kwargs)
        return self._adopt(process, kwargs)

    def _adopt(self, process: WarmProcess, options: Mapping[str, Any]) -> KernelConnectionInfo:
        """Take a process that was forked as the kernel."""
        # The kernel leads a session, as the kernels that Jupyter starts do.
        self.process = process
        self._is_shutting_down = False
        self.pid = self.pgid = process.pid
        self.cwd = options.get("cwd", pathlib.Path.cwd())
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the exit status; None while the kernel runs.

        jupyter_client asks every tenth of a second, also for a kernel that it has asked to end.
        Such a kernel usually ends sooner.
        """
        if self._is_shutting_down and isinstance(self.process, WarmProcess):
            await _wait_for_end(self.process)
        status: int | None = await super().poll()
        return status

    # The base's signature.
    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Note whether the kernel had ended before it was asked to."""
        await super().shutdown_requested(restart)
        self._is_shutting_down = True
        self._was_shutdown_too_late = self.process is None or self.process.poll() is not None

    # The base's signature.
    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Remove the kernel's temporary files, and release the ports.

        Before a restart, wait until the next kernel cannot receive this one's shutdown instead.
        A shutdown request that did not reach its kernel waits for a kernel at the same port. A fork
        may start before jupyter_client gives up sending, and would receive it and end.
        """
        await super().cleanup(restart)
        await self._release(keeps_ports=restart)
        if restart and self._was_shutdown_too_late:
            await asyncio.sleep(UNSENT_LIMIT_S)

    async def _release(self, *, keeps_ports: bool = False) -> None:
        if not keeps_ports and self._reservation is not None:
            self._reservation.release()
        if self._temporary is not None:
            await asyncio.to_thread(self._temporary.close)


async def _wait_for_end(process: WarmProcess) -> None:
    """Wait until a process has ended, for at most `END_LIMIT_S` seconds."""
    if process.returncode is not None:
        return
    loop = asyncio.get_running_loop()
    has_ended = asyncio.Event()
    descriptor = process.fileno()
    loop.add_reader(descriptor, has_ended.set)
    try:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(has_ended.wait(), END_LIMIT_S)
    finally:
        loop.remove_reader(descriptor)


def _resume(cmd: list[str], options: Mapping[str, Any], snapshot: Path) -> WarmProcess:
    """Ask a snapshot for a kernel.

    Raises
    ------
    SnapshotLostError
        If the snapshot has ended.
    """
    try:
        with reachable(snapshot) as path:
            return _launch(cmd, options, server=path)
    except (ColdStartError, OSError, ValueError) as reason:
        raise SnapshotLostError(
            f"The snapshot {snapshot.name} has ended: {reason}.", "Run the notebook from the start."
        ) from reason


def _launch(
    cmd: list[str], options: Mapping[str, Any], *, server: Path | None = None
) -> WarmProcess:
    """Ask the fork server, or a snapshot, for a kernel; raise what `launch` raises."""
    if cmd[1:3] != ["-m", "ipykernel_launcher"]:
        raise ColdStartError(f"{' '.join(cmd[:3])} is not ipykernel")
    environment = options.get("env") or dict(os.environ)
    if not options.get("independent", False):
        environment = environment | {"JPY_PARENT_PID": str(os.getpid())}
    stdin, stdin_writer = _open_stdin(options.get("stdin"))
    try:
        outputs = [
            _output_descriptor(options.get(name), number)
            for name, number in (("stdout", 1), ("stderr", 2))
        ]
        process = launch(
            cmd,
            folder=Path(options.get("cwd") or ""),
            environment=environment,
            descriptors=[stdin, *outputs],
            stdin=stdin_writer,
            server=server,
        )
    except BaseException:
        if stdin_writer is not None:
            stdin_writer.close()
        raise
    finally:
        os.close(stdin)
    # A client that finds the ports closed would try again after a tenth of a second.
    process.read_report(READY_LIMIT_S)
    return process


def _open_stdin(option: Any) -> tuple[int, IO[bytes] | None]:
    """Return a new descriptor for the kernel's stdin, and the writer of a new pipe."""
    if option is None or option == subprocess.PIPE:
        reader, writer = os.pipe()
        return reader, os.fdopen(writer, "wb")
    if option == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDONLY), None
    return os.dup(option if isinstance(option, int) else option.fileno()), None


def _output_descriptor(option: Any, default: int) -> int:
    """Return a descriptor for the kernel's stdout or stderr."""
    if option in (subprocess.PIPE, subprocess.STDOUT):
        raise ColdStartError("its output goes to a pipe")
    if option == subprocess.DEVNULL:
        return _null_descriptor()
    if option is not None:
        return option if isinstance(option, int) else int(option.fileno())
    try:
        os.fstat(default)
    except OSError:
        return _null_descriptor()
    return default


@cache
def _null_descriptor() -> int:
    """Return a descriptor of the null device, which is opened once."""
    return os.open(os.devnull, os.O_RDWR)


def _start_server_for_next_kernel(environment: Mapping[str, str]) -> None:
    """Start a fork server for the next kernel, unless one is running or cannot work here."""
    try:
        status = read_status()
    except WorkbenchError:
        return
    if status is not None and status["state"] in ("preloading", "ready"):
        return
    is_unfit = status is not None and status["state"] == "unfit"
    if is_unfit and status is not None and status["environment"] == EnvironmentWatch().digest:
        return
    # It takes a moment to detach, and the kernel need not wait for that.
    threading.Thread(target=try_to_start_server, args=(dict(environment),), daemon=True).start()
