"""Where the servers inside Ray's processes listen."""

from __future__ import annotations

from typing import Any

__all__ = ["listen_only_on"]

_ANYWHERE = "[::]:"


def listen_only_on(host: str) -> None:
    """Let the gRPC servers of this process listen on one address of the machine.

    Ray Serve 2.60 opens those of replicas and of its proxy on all addresses, whatever the address
    of the node is. That of a replica takes pickled calls, so only the token of the cluster keeps
    others from running programs there.
    """
    from grpc.aio import _server

    add: Any = _server.Server.add_insecure_port

    def add_there(server: Any, address: str) -> int:
        if address.startswith(_ANYWHERE):
            shown = f"[{host}]" if ":" in host else host
            address = f"{shown}:{address.removeprefix(_ANYWHERE)}"
        port: int = add(server, address)
        return port

    _server.Server.add_insecure_port = add_there
