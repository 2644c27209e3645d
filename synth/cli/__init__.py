"""The command line: the commands of `synth`, their options, their output and progress.

Start with `commands.py`. `experiments.py` makes `synth run` from the settings of experiments,
`options.py` has the options that several commands share, `output.py` the output formats,
`catalogue.py` the lists and descriptions, and `doctor.py` is behind `synth doctor` and
`synth warmup`. Each command imports the heavy modules that it needs when it runs.
"""

from synth.cli.commands import main

__all__ = [
    "main",
]
