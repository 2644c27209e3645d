"""Record what commands print, and compare the records before and after a restructuring.

    python bench/net.py take FOLDER [--jobs N]
    python bench/net.py compare OLD NEW [--renames FILE.json] [--lines N]
    python bench/net.py show FOLDER

`take` runs the commands of net.txt and net_library.py in an empty folder, with the `synth` that
this Python imports.  It writes a JSON file for each command (arguments, seconds, exit code,
standard output and standard error) and keeps saved runs in FOLDER/saved.

`compare` requires equal JSON documents, saved runs and exit codes.  It ignores seconds, versions,
and summary keys that FILE renames ({old: new}, or {experiment: {old: new}}).  It shows differences
of texts, claims, controls, descriptions and errors among them, but they are not failures.

`show` runs the present `synth show` on all saved runs.

Both folders must come from one machine, because other processors round differently.  No command is
ended by a time limit, and the number of threads is fixed.
"""

import argparse
import csv
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: The files that commands read.
INPUTS = {
    "table.csv": "a,b,colour,size,y\n"
    + "".join(
        f"{k % 2},{k // 2 % 2},{('red', 'green', 'blue')[k % 3]},{k * 7 % 11},"
        f"{'yes' if k % 2 == 1 or k * 7 % 11 > 8 else 'no'}\n"
        for k in range(36)
    ),
    "own.py": "from synth import DSL, Bool\n\nown = DSL('own', types=(Bool,))\n"
    "own.add(lambda a, b: ~(a & b), 'Bool, Bool -> Bool', name='nand', commutative=True)\n"
    "own.add(lambda a: ~a, 'Bool -> Bool', name='no')\n",
}

#: The word in net.txt that stands for these options, before a number of threads.
LIMITS = "--seconds 1000000 --memory 400MB --threads"

#: The parts of net_library.py.
LIBRARY = ("prior", "posterior", "counts", "check", "learner")


#: How documents compare.
WORDS = {
    "equal": "equal",
    "renamed": "renamed",
    "text": "text-only different",
    "different": "different",
}


def commands():
    """[{name: arguments}] of the first part, and of the part that reads what the first saved."""
    text = (HERE / "net.txt").read_text().replace("\n ", " ").replace("LIMITS", LIMITS)
    parts = [{}]
    for line in text.splitlines():
        if line == "--":
            parts.append({})
        elif not line.startswith("#"):
            name, rest = line.split(": ", 1)
            parts[-1][name] = ["-m", "synth", *shlex.split(rest)]
            if name.startswith("run-"):
                parts[-1][name] += ["--save", f"saved/{name}.json"]
    for name in LIBRARY:
        parts[0][f"library-{name}"] = [str(HERE / "net_library.py"), name]
    return parts


def environment():
    """Environment variables, equal in every call, for a narrow terminal without colours."""
    kept = ("PATH", "HOME", "NUMBA_CACHE_DIR", "LD_LIBRARY_PATH")
    made = {k: os.environ[k] for k in kept if k in os.environ}
    if "PYTHONPATH" in os.environ:
        paths = os.environ["PYTHONPATH"].split(os.pathsep)
        made["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in paths if p)
    made |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return made | {"COLUMNS": "80", "NO_COLOR": "1", "LANG": "C.UTF-8"}


def ran(arguments, folder):
    """The finished process of a command, run by this Python."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def take(folder, jobs):
    """Run all commands; returns 1 if one did not end as expected."""
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty; choose a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    began, failed = time.monotonic(), []
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(jobs) as pool:
        work = Path(made)
        (work / "saved").mkdir()
        for name, text in INPUTS.items():
            (work / name).write_text(text)
        where = ran(["-c", "import synth; print(synth.__file__)"], work)
        if where.returncode:
            sys.exit(where.stderr)
        print(f"synth is {where.stdout.strip()}")

        def one(pair):
            name, arguments = pair
            start = time.monotonic()
            run = ran(arguments, work)
            spent = round(time.monotonic() - start, 1)
            document = {
                "arguments": arguments,
                "seconds": spent,
                "code": run.returncode,
                "stdout": run.stdout,
                "stderr": run.stderr,
            }
            (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
            if run.returncode != (2 if name.startswith("wrong-") else 0):
                failed.append(f"{name} ended with {run.returncode}: {run.stderr.strip()[-300:]}")

        parts = commands()
        for part in parts:
            list(pool.map(one, part.items()))
        shutil.copytree(work / "saved", folder / "saved")
    print("\n".join(failed), end="\n" * bool(failed))
    print(f"{sum(map(len, parts))} commands in {time.monotonic() - began:.0f} s")
    return int(bool(failed))


def timeless(value):
    """A JSON value without seconds and versions, at any depth."""
    if isinstance(value, list):
        return [timeless(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: timeless(v) for k, v in value.items() if not varies(k)}


#: Keys of sentences for people.
PROSE = ("claim", "control", "description", "error")


def without_prose(value):
    """A JSON value without sentences for people, at any depth."""
    if isinstance(value, list):
        return [without_prose(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: without_prose(v) for k, v in value.items() if k not in PROSE}


def varies(key):
    """Whether the value of this key differs from run to run."""
    return key in ("seconds", "version") or key.endswith("_seconds")


def renamed(value, names):
    """The document of an experiment's run with the keys of every summary renamed in place."""
    names = names | names.get(value.get("experiment"), {}) if isinstance(value, dict) else names

    def keys(part, inside):
        if isinstance(part, list):
            return [keys(v, inside) for v in part]
        if not isinstance(part, dict):
            return part
        new = {k: names.get(k, k) if inside else k for k in part}
        return {
            new[k] if isinstance(new[k], str) else k: keys(v, inside or k == "summary")
            for k, v in part.items()
        }

    return keys(value, False)


def masked(text):
    """The lines without seconds, file sizes (which depend on seconds) and versions."""
    first = text.partition("\n")[0]
    if re.search(r"[,|] ?seconds\b", first) or first.startswith("| "):
        text = without_columns(text, first)
    text = re.sub(r"(?<![\w.])[\d,]*\.?\d+ ?(s|ms|seconds|min|kB)\b", r"# \1", text)
    return re.sub(r"(\bsynth[ ,]|version\W{1,4})\d+\.\d+[\w.]*", r"\1#", text).splitlines()


def without_columns(text, first):
    """A CSV or Markdown table without columns of time, and without padding."""
    if first.startswith("| "):
        rows = [[c.strip() for c in line.split(" | ")] for line in text.splitlines()]
    else:
        rows = list(csv.reader(text.splitlines()))
    kept = [k for k, name in enumerate(rows[0]) if not varies(name.strip("| "))]
    # The rule below a Markdown head is as long as its cells.
    return "\n".join(",".join(re.sub("--+", "--", r[k]) for k in kept if k < len(r)) for r in rows)


def parsed(text):
    """(whether it is a JSON document, its value); numbers keep their text."""
    try:
        value = json.loads(text, parse_float=lambda figure: f"float {figure}")
    except ValueError:
        return False, text
    return isinstance(value, (dict, list)), value


def document(path):
    """(exit code, standard output, standard error) of a command, or the text of a saved file."""
    if path.parent.name == "saved":
        return 0, path.read_text(), ""
    kept = json.loads(path.read_text())
    return kept["code"], kept["stdout"], kept["stderr"]


def verdict(old, new, names):
    """(equal, renamed, text or different; lines of a diff) of two documents."""
    is_json, before = parsed(old[1])
    also, after = parsed(new[1])
    result, lines = "equal", []
    if is_json or also:
        values = [timeless(v) for v in (before, after)]
        one, two, other = (dumped(v) for v in (*values, renamed(values[0], names)))
        if one != two:
            result = "renamed" if other == two else "different"
            lines = [] if other == two else diff(other.splitlines(), two.splitlines())
        if result == "different":
            plain = [dumped(without_prose(v)) for v in (renamed(values[0], names), values[1])]
            result = "text" if plain[0] == plain[1] else result
    texts = [(old[2], new[2])] + [(old[1], new[1])] * (not is_json and not also)
    changed = [line for a, b in texts for line in diff(masked(a), masked(b))]
    if changed and result != "different":
        result = "text"
    if old[0] != new[0]:
        result, changed = "different", [f"exit code {old[0]}, now {new[0]}", *changed]
    return result, lines + changed


def dumped(value):
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return re.sub(r'"float ([^"]+)"', r"\1", text)


def diff(old, new):
    return list(difflib.unified_diff(old, new, "old", "new", lineterm="", n=1))


def compare(old, new, names, most):
    """Print the differences; returns 1 if a JSON document or an exit code differs."""
    files = {
        str(p.relative_to(f)) for f in (old, new) for g in ("*.json", "saved/*") for p in f.glob(g)
    }
    if not files:
        sys.exit(f"{old} and {new} have no documents; allowed: folders that `take` wrote")
    found = {}
    for name in sorted(files):
        pair = old / name, new / name
        if all(p.is_file() for p in pair):
            result, lines = verdict(*map(document, pair), names)
        else:
            result, lines = "different", [f"only in {old if pair[0].is_file() else new}"]
        found.setdefault(result, []).append(name)
        if result != "equal":
            print(f"{name}: {WORDS[result]}", *lines[:most], sep="\n  ")
            print(f"  ... {len(lines) - most} more lines\n" * (len(lines) > most), end="")
    print(", ".join(f"{len(found.get(k, ()))} {word}" for k, word in WORDS.items()))
    return int("different" in found)


def show(folder):
    """Show all saved runs as text and as JSON; returns 1 if one cannot be shown."""
    paths = sorted((folder / "saved").glob("*.json"))
    if not paths:
        sys.exit(f"{folder}/saved has no runs; allowed: a folder that `take` wrote")
    failed = 0
    for path in paths:
        for form in ("table", "json"):
            run = ran(["-m", "synth", "show", path.resolve(), "--format", form], folder)
            if run.returncode or not run.stdout.strip():
                print(f"{path} as {form}: {run.stderr.strip()[-300:] or 'no output'}")
                failed += 1
    print(f"{len(paths)} saved runs, {failed} failures")
    return int(failed > 0)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="what", required=True)
    part = parts.add_parser("take")
    part.add_argument("folder", type=Path)
    part.add_argument(
        "--jobs",
        type=int,
        default=2,
        help="number of commands that run at the same time (default: 2)",
    )
    part = parts.add_parser("compare")
    part.add_argument("old", type=Path)
    part.add_argument("new", type=Path)
    part.add_argument(
        "--renames", type=Path, help="JSON file that maps old summary keys to new ones"
    )
    part.add_argument(
        "--lines", type=int, default=40, help="most lines of differences per document (default: 40)"
    )
    parts.add_parser("show").add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    if options.what == "take":
        return take(options.folder, options.jobs)
    if options.what == "show":
        return show(options.folder)
    names = json.loads(options.renames.read_text()) if options.renames else {}
    return compare(options.old, options.new, names, options.lines)


if __name__ == "__main__":
    sys.exit(main())
