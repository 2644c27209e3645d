"""Times the same jobs against what users would pick instead, side by side in one run.

    python bench/peers.py [--repeats N] [--timeout S] [--only JOB] [--json FILE]
                          [--markdown] [--install] [--folder PATH]
                          [--progsynth-python PATH]

Each peer runs in a process of its own, in an environment of its own under `--folder`
(`--install` makes them), with one thread; a peer that is absent is skipped with a word.
Seconds are those of solving, without imports, on both sides; every answer is evaluated
on the examples and its nodes are counted here.  Above 1, a ratio says how many times
longer the peer takes.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import venv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jobs
from run import cpu_name

import synth

HERE = Path(__file__).resolve().parent

#: How long a worker may take beside solving: imports, and reading the job.
SET_UP_SECONDS = 120


@dataclass(frozen=True)
class Peer:
    """A tool, or one setting of it.

    package: what pip installs, None for Python itself; probe: a statement that shows it
    is there; worker: the script that runs it; chance: whether its seed matters.
    """

    name: str
    environment: str | None
    package: str | None
    probe: str | None
    worker: str
    variant: str | None = None
    chance: bool = False


#: ProgSynth is not on the package index: its README installs it from its repository.
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
        install(options)
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
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": synth.__version__,
        "commit": commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {cpu_name()}",
        "python": platform.python_version(),
        "settings": {"repeats": options.repeats, "timeout": options.timeout,
                     "seconds": options.seconds},
        "absent": words,
        "rows": rows,
    }  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    if options.markdown:
        print(markdown(rows))
    print(f"written to {options.json}")
    return document


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="pairs that are timed (5)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds a search (60)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of enumerating (10)")
    parser.add_argument("--only", action="append", metavar="JOB", help="may be given again")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "peers.json")
    parser.add_argument("--markdown", action="store_true", help="print the tables")
    parser.add_argument("--install", action="store_true", help="make missing environments first")
    parser.add_argument("--folder", type=Path, default=HERE / ".peers", help="of environments")
    parser.add_argument("--progsynth-python", type=Path, metavar="PATH",
                        help="the Python of an environment that has ProgSynth")  # fmt: skip
    options = parser.parse_args(arguments)
    known = [job.name for job in jobs.all_jobs()]
    for name in options.only or ():
        if name not in known:
            parser.error(f"--only {name}; allowed: {', '.join(known)}")
    if options.repeats < 1:
        parser.error(f"--repeats {options.repeats}; allowed: 1 and more")
    for name in ("timeout", "seconds"):
        if not getattr(options, name) > 0:
            parser.error(f"--{name} {getattr(options, name)}; allowed: above 0")
    return options


def install(options, peers=PEERS):
    """Makes an environment a peer where there is none."""
    for peer in {p.environment: p for p in peers if p.package}.values():
        folder = options.folder / peer.environment
        if has(folder / "bin" / "python", peer.probe):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet",
                   "--disable-pip-version-check", peer.package]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True, env=clean())
        if run.returncode:
            shutil.rmtree(folder)
            lines = run.stderr.splitlines()
            why = [ln.strip() for ln in lines if ln.strip().startswith(("fatal:", "ERROR:"))]
            why = why[0] if why else last(run.stderr)
            print(f"{peer.name}: pip could not install {peer.package}: {why}")


def find_peers(options):
    """([(peer, its Python)], {name of an absent peer: why})."""
    pythons, present, words = {}, [], {}
    for peer in PEERS:
        if peer.environment not in pythons:
            pythons[peer.environment] = find_python(peer, options)
        if pythons[peer.environment] is not None:
            present.append((peer, pythons[peer.environment]))
        elif peer.environment == "progsynth":
            words[peer.name] = "skipped, not found; give --progsynth-python or try --install"
        else:
            words[peer.name] = "skipped, not found; try --install"
    return present, words


def find_python(peer, options):
    if peer.package is None:
        return sys.executable
    places = [options.folder / peer.environment / "bin" / "python", sys.executable]
    if peer.environment == "progsynth":
        places.insert(0, options.progsynth_python)
    return next((str(p) for p in places if p is not None and has(p, peer.probe)), None)


def has(python, probe):
    """Whether a Python is there and a statement runs in it."""
    if not Path(python).is_file():
        return False
    run = subprocess.run([python, "-c", probe], capture_output=True, env=clean(), cwd="/")
    return run.returncode == 0


def clean():
    """The environment of workers: one thread, and no path on which this `synth` is found."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return kept | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def run_worker(peer, python, job, options, seed):
    """One run: what the worker answers, or {"timeout"}, {"skip"} or {"failed"}."""
    document = job.document() | {
        "timeout": options.timeout if job.labels is not None else options.seconds + SET_UP_SECONDS,
        "seconds": options.seconds,
        "seed": seed,
        "variant": peer.variant,
    }
    return answered(peer, python, document)


def answered(peer, python, document):
    """What a worker makes of a document with its `timeout`, as `run_worker`."""
    command = [python, str(HERE / "workers" / f"{peer.worker}.py")]
    try:
        run = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True,
                             timeout=document["timeout"] + SET_UP_SECONDS, env=clean())  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"timeout": True}
    if run.returncode == -signal.SIGALRM:
        return {"timeout": True}
    if run.returncode:
        return {"failed": last(run.stderr) or f"it ended with {run.returncode}"}
    return json.loads(run.stdout.splitlines()[-1])


def last(text):
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""


def search_rows(job, present, options):
    """A row a peer: both sides in turn, `repeats` times."""
    ours_word = None
    if job.exact and not jobs.has_exact():
        ours_word = "our side is skipped: search has no `exact` in this version"
    else:
        jobs.solve(job, options.timeout)  # compiles, and makes the system find the memory
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
    """Whether a peer is not asked again: it cannot, or it ran out of time (twice by chance)."""
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
    word = next((r.get("skip") or r.get("failed") for r in runs if "seconds" not in r
                 and "timeout" not in r), None)  # fmt: skip
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
    # Half of the runs or more were cut off: then the median is a bound.
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
    """How long our side takes for as many functions as a peer found in its seconds."""
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
        "job": job.name, "what": job.what, "peer": "synth", "complete": whole["complete"],
        "seconds": statistics.median(o["seconds"] for o in ours),
        "candidates": whole["candidates"], "distinct": whole["distinct"],
    }  # fmt: skip
    for peer, _ in present:
        row = {"job": job.name, "what": job.what, "peer": peer.name}
        done = [r for r in runs[peer.name] if "distinct" in r]
        if not done:
            run = runs[peer.name][-1]
            yield row | {"word": run.get("skip") or run.get("failed") or "out of time"}
            continue
        ratios = [r["seconds"] / r["ours"] for r in done]
        row |= {k: done[-1][k] for k in ("version", "settings")}
        row |= {k: statistics.median(r[k] for r in done)
                for k in ("seconds", "candidates", "distinct")}  # fmt: skip
        yield row | {"runs": len(done), "bound": False, "ratio": statistics.median(ratios),
                     "least": min(ratios), "most": max(ratios)}  # fmt: skip


def commit():
    """The short name of the commit that is measured, None outside a checkout."""
    try:
        run = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True,
                             text=True, cwd=HERE)  # fmt: skip
    except OSError:
        return None
    return run.stdout.strip() or None


def number(value):
    """Three figures, and no more digits than they need."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def time_text(row):
    return f"{'> ' if row.get('bound') else ''}{number(row['seconds'])} s"


def ratio_text(row):
    if "ratio" not in row:
        return ""
    if row["bound"]:
        return f"> {number(row['ratio'])}"
    return f"{number(row['ratio'])} ({number(row['least'])} to {number(row['most'])})"


def found_text(row):
    """What came of it: nodes of the answer, or functions and rates."""
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
    """The rows as a table; a job's first row is ours."""
    lines = [
        "| job | by | time | ratio (least to most) | answer |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        what = row["what"] if row["peer"] == "synth" else ""
        seconds = time_text(row) if "seconds" in row else ""
        cells = (what, row["peer"], seconds, ratio_text(row), found_text(row))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
