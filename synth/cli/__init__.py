"""The door: the commands of `synth`, their options, what they print, and progress.

Start with `commands.py`; `experiments.py` makes `synth run` from the experiments' settings,
`options.py` has the options that several commands share, `output.py` the formats, `doctor.py`
what `synth doctor` and `synth warmup` do.  Heavy modules are imported by the command that runs.
"""

from synth.cli.commands import main

__all__ = [
    "main",
]
