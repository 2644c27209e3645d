"""The words of `network-labels`: its caption, and the criterion of its verdict."""

from synth.experiments.rows import share, verdict

CAPTION = """(a-d) Each panel is a rule. A share of the training labels is flipped, and the height
is the accuracy on true labels of unseen rows: a thin line for each run, a thick one for the mean,
grey for chance. The network loses accuracy smoothly. The program keeps it until it no longer pays,
which is predicted at the dotted line, and then falls at once. (e) The largest drop of each run
between neighbouring shares. (f) How long the network trains until it is right on all training rows:
longer on random labels, but it succeeds."""


def of_labels(falls, fitted, halves):
    """The verdict of `network-labels`.

    Parameters
    ----------
    falls : list of bool
        Whether the program's largest drop exceeds the network's, run by run.
    fitted : list of bool
        Whether each network is right on every training row.
    halves : dict
        Names of learners to held-out accuracies without a rule in the labels.
    """
    larger, of = share(falls)
    claim = [(larger, f"the program's largest drop exceeds the network's in {of} runs")]
    right, of = share(fitted)
    claim.append((right, f"{of} networks fit their training labels"))
    control = []
    for learner, values in halves.items():
        if values:
            mean = sum(values) / len(values)
            words = f"without a rule the {learner} is right on {mean:.3f} of the unseen rows"
            control.append((abs(mean - 0.5) <= 0.05, words))
    return verdict(claim, control)
