"""Whether the claims of the longest experiments with networks hold: their criteria."""

from synth.experiments.rows import share, verdict


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


def of_posterior(closest, nearest, found):
    """The verdict of `network-posterior`.

    Parameters
    ----------
    closest, nearest : dict
        By number of training rows, the row of the closest DSL and that of the nearest neighbour.
    found : dict
        The figures of the summary.
    """
    claim, control = [], []
    for n, row in closest.items():
        words = f"with {n} rows the correlation with the closest posterior is {row['spearman']:.2f}"
        claim.append((row["low"] > 0, f"{words} ({row['low']:.2f} to {row['high']:.2f})"))
        if n in nearest:
            without = nearest[n]["spearman"]
            words = (
                f"with {n} rows the nearest neighbour, which knows no language, has {without:.2f}"
            )
            claim.append((without < row["spearman"], words))
    accuracy, _ = found["control_random_targets"]
    words = f"on random targets accuracy is {accuracy:.3f} at the farthest from 1/2"
    control.append((abs(accuracy - 0.5) <= 0.05, words))
    mean, _ = found["control_permuted"]
    words = f"with targets paired at random the mean correlation is within {abs(mean):.3f} of 0"
    control.append((abs(mean) <= 0.1, words))
    return verdict(claim, control)


def of_program(found, main):
    """The verdict of `network-program`.

    Parameters
    ----------
    found : dict
        The figures of the summary.
    main : str
        The kind of network that the claim is about.
    """
    claim, control = [], []
    for kind in (main, "quadratic"):
        r2, others = found["r2"].get(f"{kind}, last"), found["r2_other_frequencies"].get(kind)
        if r2 is None:
            continue
        claim.append((r2 >= 0.8, f"R2 to the product is {r2:.2f} in the network {kind}"))
        if others is not None:
            point = others <= r2 / 2, f"it is {others:.2f} at other frequencies in {kind}"
            (control if kind == main else claim).append(point)
    for name, what in (
        (f"{main}, untrained", "an untrained network"),
        ("random labels, last", "one on random labels"),
    ):
        if (r2 := found["r2"].get(name)) is not None:
            control.append((abs(r2) <= 0.05, f"R2 is {r2:.2f} in {what}"))
    permuted = found["control_r2"].get(main)
    if permuted is not None:
        control.append((abs(permuted) <= 0.05, f"R2 is {permuted:.2f} with rows permuted"))
    return verdict(claim, control)
