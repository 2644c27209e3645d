"""Time the same jobs with other tools, in turn within one run.

    python bench/peers.py [--repeats N] [--timeout S] [--only JOB] [--json FILE]
                          [--markdown] [--install] [--folder PATH]
                          [--progsynth-python PATH]

Each peer runs with one thread, in a process and an environment of its own under `--folder`, which
`--install` makes.  A missing peer is skipped with a message.  The seconds are those of solving,
without imports, on both sides.  Every answer is evaluated on the examples, and its nodes are
counted here.  A ratio above 1 says how many times longer the peer takes.
"""

import statistics
from pathlib import Path

import document
import environments
import jobs
from document import number, ratio_text
from environments import SET_UP_SECONDS, Peer

#: ProgSynth is not on the package index; its README says to install it from its repository.
PROGSYNTH = "git+https://github.com/nathanael-fijalkow/ProgSynth"

PEERS = (
    Peer("plain Python", None, None, None, "plain_python"),
    Peer("cvc5, default", "cvc5", "cvc5", "import cvc5", "cvc5_sygus", "default"),
    Peer("cvc5, fast", "cvc5", "cvc5", "import cvc5", "cvc5_sygus", "fast"),
    Peer("cvc5, fast, pbe", "cvc5", "cvc5", "import cvc5", "cvc5_sygus", "fast, pbe"),
    Peer("ProgSynth", "progsynth", PROGSYNTH, "import synth.syntax.grammars", "progsynth_search"),
    Peer("gplearn", "gplearn", "gplearn", "import gplearn.genetic", "gplearn_gp", chance=True),
    Peer("pyoperon", "pyoperon", "pyoperon", "import pyoperon", "pyoperon_gp", chance=True),
)


def main(arguments=None):
    options = parse(arguments)
    if options.install:
        environments.install(PEERS, options.folder)
    chosen = [job for job in jobs.all_jobs() if not options.only or job.name in options.only]
    present, words = find_peers(options)
    for name, word in words.items():
        print(f"{name}: {word}")
    rows = []
    for job in chosen:
        measure = function_rows if job.labels is None else search_rows
        for row in measure(job, present, options):
            rows.append(row)
            print(line(row), flush=True)
    settings = {"repeats": options.repeats, "timeout": options.timeout, "seconds": options.seconds}
    if options.markdown:
        print(markdown(rows))
    return document.write(options.json, settings=settings, absent=words, rows=rows)


def parse(arguments):
    parser = environments.parser(__doc__, "peers", "a search", "JOB")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="seconds of each enumeration (default: 10)"
    )
    parser.add_argument(
        "--progsynth-python",
        type=Path,
        metavar="PATH",
        help="the Python of an environment that has ProgSynth",
    )
    known = [job.name for job in jobs.all_jobs()]
    return environments.parse(parser, arguments, known, ("timeout", "seconds"))


def find_peers(options):
    """([(peer, its Python)], {name of a missing peer: reason})."""
    pythons, present, words = {}, [], {}
    for peer in PEERS:
        if peer.environment not in pythons:
            given = options.progsynth_python if peer.environment == "progsynth" else None
            pythons[peer.environment] = environments.find_python(peer, options.folder, given)
        if pythons[peer.environment] is not None:
            present.append((peer, pythons[peer.environment]))
        elif peer.environment == "progsynth":
            words[peer.name] = "skipped, not found; give --progsynth-python or try --install"
        else:
            words[peer.name] = "skipped, not found; try --install"
    return present, words


def run_worker(peer, python, job, options, seed):
    """The worker's answer in one run, or {"timeout"}, {"skip"} or {"failed"}."""
    given = job.document() | {
        "timeout": options.timeout if job.labels is not None else options.seconds + SET_UP_SECONDS,
        "seconds": options.seconds,
        "seed": seed,
        "variant": peer.variant,
    }
    return environments.answered(peer, python, given)


def search_rows(job, present, options):
    """A row for each peer: both sides in turn, `repeats` times."""
    ours_word = None
    if job.exact and not jobs.has_exact():
        ours_word = "our side is skipped: search has no `exact` in this version"
    else:
        jobs.solve(job, options.timeout)  # compiles, and lets the system allocate memory
    runs, ours = {peer.name: [] for peer, _ in present}, []
    for repeat in range(1 if ours_word else options.repeats):
        if not ours_word:
            ours.append(jobs.solve(job, options.timeout))
        for peer, python in present:
            if not given_up(runs[peer.name], peer.chance):
                run = run_worker(peer, python, job, options, repeat + 1)
                run["ours"] = ours[-1]["seconds"] if ours else None
                runs[peer.name].append(run)
    our_side = {"word": ours_word} if ours_word else our_answer(job, ours)
    yield {"job": job.name, "what": job.what, "peer": "synth"} | our_side
    for peer, _ in present:
        yield search_row(job, peer, runs[peer.name], our_side, options)


def given_up(runs, chance):
    """Whether a peer is not asked again: it cannot, or it timed out (twice, if it uses chance)."""
    late = sum("timeout" in run for run in runs)
    return any("skip" in r or "failed" in r for r in runs) or late >= 1 + chance


def our_answer(job, ours):
    answer = ours[-1]
    right = jobs.is_right(job, answer["expression"])
    return {
        "seconds": statistics.median(run["seconds"] for run in ours),
        "right": right,
        "sizes": [jobs.size(answer["expression"])] if right else [],
        "proven": answer["proven"],
        "candidates": answer["candidates"],
    }


def search_row(job, peer, runs, our_side, options):
    row = {"job": job.name, "what": job.what, "peer": peer.name, "runs": len(runs)}
    word = next(
        (
            r.get("skip") or r.get("failed")
            for r in runs
            if "seconds" not in r and "timeout" not in r
        ),
        None,
    )
    if word:
        return row | {"word": word}
    done = [r for r in runs if "seconds" in r]
    row |= {k: done[-1].get(k) for k in ("version", "settings", "candidates")} if done else {}
    row["timeouts"] = len(runs) - len(done)
    row["right"] = bool(done) and all(jobs.is_right(job, r["expression"]) for r in done)
    if done and not row["right"]:
        none = any(r["expression"] is None for r in done)
        return row | {"word": "it gave up" if none else "a wrong answer"}
    row["sizes"] = sorted({jobs.size(r["expression"]) for r in done})
    seconds = [r.get("seconds", options.timeout) for r in runs]
    row["seconds"] = statistics.median(seconds)
    # If half of the runs or more were cut off, the median is a bound.
    row["bound"] = 2 * row["timeouts"] >= len(runs)
    least = job.minimal or (
        min(our_side["sizes"], default=None) if our_side.get("proven") else None
    )
    row["minimal"] = least and bool(row["sizes"]) and row["sizes"][-1] <= least
    row["least_nodes"] = least
    if our_side.get("right") and not (job.exact and done and not row["minimal"]):
        ratios = [s / r["ours"] for s, r in zip(seconds, runs, strict=True)]
        row |= {"ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
    return row


def function_rows(job, present, options):
    """The time that our side takes for as many functions as a peer found in its seconds."""
    whole = jobs.enumerate_functions(job)
    runs, ours = {peer.name: [] for peer, _ in present}, []
    for repeat in range(options.repeats):
        ours.append(jobs.enumerate_functions(job))
        for peer, python in present:
            if given_up(runs[peer.name], False):
                continue
            run = run_worker(peer, python, job, options, repeat + 1)
            if "distinct" in run:
                most = next(s for s, n in enumerate(whole["sizes"], 1) if n >= run["distinct"])
                run["ours"] = jobs.enumerate_functions(job, most)["seconds"]
            runs[peer.name].append(run)
    yield {
        "job": job.name,
        "what": job.what,
        "peer": "synth",
        "complete": whole["complete"],
        "seconds": statistics.median(o["seconds"] for o in ours),
        "candidates": whole["candidates"],
        "distinct": whole["distinct"],
    }
    for peer, _ in present:
        row = {"job": job.name, "what": job.what, "peer": peer.name}
        done = [r for r in runs[peer.name] if "distinct" in r]
        if not done:
            run = runs[peer.name][-1]
            yield row | {"word": run.get("skip") or run.get("failed") or "out of time"}
            continue
        ratios = [r["seconds"] / r["ours"] for r in done]
        row |= {k: done[-1][k] for k in ("version", "settings")}
        row |= {
            k: statistics.median(r[k] for r in done) for k in ("seconds", "candidates", "distinct")
        }
        yield row | {
            "runs": len(done),
            "bound": False,
            "ratio": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        }


def time_text(row):
    return f"{'> ' if row.get('bound') else ''}{number(row['seconds'])} s"


def found_text(row):
    """The nodes of the answer, or functions and rates."""
    if "seconds" not in row or "word" in row:
        return row.get("word", "")
    if "distinct" in row:
        rate = number(row["candidates"] / row["seconds"])
        return f"{row['distinct']:,.0f} functions, {rate} candidates/s"
    if not row["sizes"]:
        return "no answer"
    sizes = sorted({row["sizes"][0], row["sizes"][-1]})
    text = f"{' to '.join(map(str, sizes))} nodes"
    if row.get("least_nodes") and not row["minimal"]:
        text += f"; {row['least_nodes']} are enough"
    return text


def line(row):
    seconds = time_text(row) if "seconds" in row else ""
    parts = [f"{row['job']:<15}", f"{row['peer']:<16}", f"{seconds:>10}"]
    parts += [f"{ratio_text(row):<26}", found_text(row)]
    return "  ".join(parts).rstrip()


def markdown(rows):
    """The rows as a table; the first row of a job is ours."""
    cells = [
        (
            row["what"] if row["peer"] == "synth" else "",
            row["peer"],
            time_text(row) if "seconds" in row else "",
            ratio_text(row),
            found_text(row),
        )
        for row in rows
    ]
    head = ("job", "by", "time", "ratio (least to most)", "answer")
    return document.markdown(head, cells)


if __name__ == "__main__":
    main()
