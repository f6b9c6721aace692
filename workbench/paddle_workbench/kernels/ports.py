"""Reserve the TCP ports of a kernel from the moment they are chosen until it ends."""

from __future__ import annotations

import socket
import sys

__all__ = ["PortReservation"]


class PortReservation:
    """Free ports that the system does not assign to a process unless it names them.

    A kernel binds its ports long after they were chosen. Until then, sockets that are bound to them
    but never listen reserve them. Linux skips such ports when it chooses one, and lets a process
    bind one by its number if both sockets set `SO_REUSEADDR`, as ZeroMQ does.

    Parameters
    ----------
    ip : str
        An IPv4 address or a host name.
    count : int
        The number of ports.

    Attributes
    ----------
    ports : list of int

    Raises
    ------
    OSError
        If the address does not belong to this machine, or no port is free.
    """

    def __init__(self, ip: str, count: int) -> None:
        self._sockets: list[socket.socket] = []
        try:
            for _ in range(count):
                reservation = socket.socket()
                self._sockets.append(reservation)
                # After `bind`: with it, the system could choose a port that is in use.
                reservation.bind((ip, 0))
                reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        except BaseException:
            self.release()
            raise
        self.ports: list[int] = [reservation.getsockname()[1] for reservation in self._sockets]

    @staticmethod
    def is_possible() -> bool:
        """Return whether this system lets a listener use a reserved port."""
        return sys.platform == "linux"

    def release(self) -> None:
        """Release the ports."""
        for reservation in self._sockets:
            reservation.close()
        self._sockets.clear()
