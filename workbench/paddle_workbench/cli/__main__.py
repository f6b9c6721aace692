"""`python -m paddle_workbench.cli`, for where the command is not on PATH."""

from . import main

main()
