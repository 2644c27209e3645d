"""Elementary cellular automata for synth: a DSL, a task and an experiment."""
