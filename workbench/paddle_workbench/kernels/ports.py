"""TCP ports that are kept for a kernel from their choice until its end."""

from __future__ import annotations

import socket
import sys

__all__ = ["PortReservation"]


class PortReservation:
    """Free ports that the system gives to nobody who does not ask for them by number.

    A kernel binds its ports long after they were chosen. Sockets that are bound to them and never
    listen keep them meanwhile: Linux skips such ports where it chooses one itself, and lets a
    process that asks for one by number have it if both sides set `SO_REUSEADDR`, as ZeroMQ does.

    Parameters
    ----------
    ip : str
        The IPv4 address, or a name of it.
    count : int
        How many ports.

    Attributes
    ----------
    ports : list of int

    Raises
    ------
    OSError
        If the address is not one of this machine, or no port is free.
    """

    def __init__(self, ip: str, count: int) -> None:
        self._sockets: list[socket.socket] = []
        try:
            for _ in range(count):
                reservation = socket.socket()
                self._sockets.append(reservation)
                # Set after the system's choice, so that the choice is of a port that is all free.
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
        """Keep the ports no longer."""
        for reservation in self._sockets:
            reservation.close()
        self._sockets.clear()
