"""The child process of the browser target: it starts Node, which answers over the same socket.

Node runs in the group of this process, which ends with its parent, whatever Node is doing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ...environment.node import find_node

__all__ = ["FRONT_ENDS", "main"]

# `make setup` builds it together with the widgets, whose room is above this one.
FRONT_ENDS = Path(__file__).parents[2] / "widgets" / "static"
SCRIPT = FRONT_ENDS / "bundle-node.mjs"


def main() -> None:
    """Run the script in Node with the number of the socket; the child ends as Node does."""
    socket = sys.argv[1]
    ended = subprocess.run(
        [str(find_node()), str(SCRIPT), socket], pass_fds=(int(socket),), check=False
    )
    sys.exit(ended.returncode if ended.returncode >= 0 else 1)


if __name__ == "__main__":
    main()
