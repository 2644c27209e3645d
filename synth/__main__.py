"""`python -m synth` is the command line."""

from synth.cli.commands import main

main(prog_name="synth")
