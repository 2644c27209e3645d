"""The claims of a saved run, and what became of each, as text."""

import json

#: The most characters of a value.
WIDEST = 60
_WORDS = {True: "ok", False: "FAILS", None: "open"}


def claims_text(run, rows):
    """One line for each claim, and a count.

    Parameters
    ----------
    run : str
        The file.
    rows : list of dict
        "claim", "holds" (None if it is open), "said" and "computed" of each.
    """
    pad = min(36, max((len(row["claim"]) for row in rows), default=0))
    lines = [f"{_WORDS[row['holds']]:<6} {printable(row['claim']):<{pad}}  {_line(row)}".rstrip()
             for row in rows]  # fmt: skip
    holding, failing, left = (sum(row["holds"] is h for row in rows) for h in (True, False, None))
    end = f"{printable(str(run))}: {holding} of {len(rows)} claims hold"
    end += f", {failing} {'fails' if failing == 1 else 'fail'}" if failing else ""
    end += f", {left} open" if left else ""
    lines += ["", end]
    return "\n".join(lines)


def _line(row):
    said, computed = value_text(row["said"]), value_text(row["computed"])
    if row["holds"]:
        sentence = isinstance(row["computed"], str) and computed not in ("", said)
        return f"{said}: {computed}".removeprefix(": ") if sentence else said
    if row["holds"] is None:
        return f"{said}: {computed}" if said else computed
    return f"said {said}, computed {computed}" if said else computed


def value_text(value):
    """A value in at most 60 characters; numbers with twelve digits."""
    if isinstance(value, float):
        return f"{value:.12g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = printable(text)
    long = len(text) > WIDEST and not isinstance(value, str)
    return f"{text[: WIDEST - 3]}..." if long else text


def printable(text):
    """A text without characters that a terminal would act on: those are escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
