"""`python -m paddle_workbench.cli`, for environments in which `workbench` is not on PATH."""

from . import main

main()
