"""The addresses that a server listens on."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import ExitStack

from ..errors import ServingError
from .token import TOKEN_VARIABLE

__all__ = ["address_of", "check_host", "check_ports", "is_loopback", "open_listener"]


def check_host(host: str, token: str | None) -> None:
    """Reject an address beyond the loopback for a server without a token.

    Raises
    ------
    ServingError
    """
    if token is None and not is_loopback(host):
        raise ServingError(
            f"Without a token, the server listens on the loopback only, and not on {host}.",
            f"Pass --token-file FILE, or set {TOKEN_VARIABLE}.",
        )


def check_ports(http: int, grpc: int | None) -> None:
    """Reject one port for two servers, which Linux would let both take, and one of them answer.

    Raises
    ------
    ServingError
    """
    if http and http == grpc:
        raise ServingError(
            f"HTTP and gRPC cannot share the port {http}.",
            "Choose another one with --grpc-port; 0 takes any that is free.",
        )


def open_listener(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """Return a socket that is bound to an address; port 0 is any that is free.

    Parameters
    ----------
    host : str
    port : int
    option : str
        The one that changes the port, for the hint of an error.

    Raises
    ------
    ServingError
        If the address is taken.
    """
    with ExitStack() as stack:
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            # With the protocol, without which asyncio leaves Nagle's algorithm on: 40 ms a request.
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            stack.callback(listener.close)
            # A port that the system chooses must be free: with the option, it may be one that
            # another process has reserved, such as a kernel that has not opened it yet.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(port != 0))
            listener.bind(address)
            # So that it can be started again on this port while its last connections still time
            # out.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        except OSError as error:
            raise ServingError(
                f"The server cannot listen on {host}:{port}: {error.strerror}.",
                f"Choose another address with --host and {option}; {option} 0 takes any that is "
                "free.",
            ) from error
        stack.pop_all()  # it stays open
    return listener


def address_of(host: str, port: int) -> str:
    """Return the URL of a server."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
