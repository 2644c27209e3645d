"""The words of `network-program`: its caption, and the criterion of its verdict."""

from synth.experiments.rows import verdict

CAPTION = """Does a network that groks contain the product of the Fourier program? R² says how much
of that product can be read from the hidden layer: 1 is all of it. (a) One network, with an
embedding. The product appears at the frequencies that the network uses, and not at others, as the
accuracy on unseen rows rises. The one-hot sum x + y can be read only in part. CKA, the likeness of
the whole layer and the product, stays low. (b) All networks: without decay, or with random labels,
there is no product. (c) After training, each frequency by itself: a network with an embedding has
few, the quadratic one has all."""


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
