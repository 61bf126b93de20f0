"""`python -m pipeline.cli` is the command `readout`."""

from pipeline.cli import main

main()
