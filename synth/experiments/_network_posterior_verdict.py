"""Whether networks generalise as one language's posterior does: the criterion."""

from synth.experiments.rows import verdict


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
