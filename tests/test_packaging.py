"""What is handed out: wheel and sdist, and synth as it is installed from them.

The environments of their own are slow, since they fetch what synth needs: one with the
newest versions that there are, one with the oldest that pyproject.toml allows.
"""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

#: What is found on parity:n=6,k=3: three of six inputs decide.
SHORTEST = "x0 ^ (x1 ^ x2)"

#: Tests of the core (no extra is needed), for versions that nobody develops with.
SOME_TESTS = (
    "test_checkpoint", "test_codes", "test_counting", "test_driver", "test_engine",
    "test_grammar", "test_sampling", "test_types",
)  # fmt: skip


def run(*command, **settings):
    """What a command writes, where it succeeds."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


def build(folder, source, *targets):
    options = [o for target in targets for o in ("-t", target)]
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, *options, cwd=source)


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A folder with a wheel and a sdist, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder, ROOT, "wheel", "sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    [found] = dist.glob("*.whl")
    return found


def content(wheel):
    """{name: bytes} of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_is_the_package_and_nothing_else(wheel):
    names = content(wheel).keys()
    assert {
        "synth/py.typed", "synth/report/page/page.css", "synth/report/page/page.js",
        "synth/report/synth.mplstyle", "synth/language/dsls/boolean.py",
        "synth/tasks/builtin/games.py",
        "synth/experiments/grokking.py",
    } < names  # fmt: skip
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "synth").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {n for n in names if ".dist-info/" not in n} == sources


def test_the_wheel_says_what_it_needs(wheel):
    [stated] = [v for k, v in content(wheel).items() if k.endswith("METADATA")]
    stated = email.message_from_bytes(stated)
    needs = stated.get_all("Requires-Dist")
    assert sorted(n for n in needs if "extra ==" not in n) == sorted(PROJECT["dependencies"])
    assert stated["Requires-Python"] == PROJECT["requires-python"]
    assert stated["Version"] in wheel.name
    assert set(stated.get_all("Provides-Extra")) == PROJECT["optional-dependencies"].keys()


def test_the_sdist_makes_the_same_wheel_and_can_be_tested(dist, wheel, tmp_path):
    [sdist] = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    for name in ("Makefile", "requirements.lock", "README.md", "tests/conftest.py",
                 "tests/typing/right.py", "examples/own_table.csv", "docs/report.md"):  # fmt: skip
        assert (source / name).is_file(), name
    assert not [p for p in source.rglob("*") if "__pycache__" in p.parts or p.suffix == ".nbi"]
    build(tmp_path / "again", source, "wheel")
    [again] = (tmp_path / "again").iterdir()
    assert content(again) == content(wheel)


def test_an_installed_wheel_runs_where_nothing_can_be_written(wheel, tmp_path):
    """It has no folder for kernels and no home; it warns, once, and finds what it should."""
    where = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--no-compile", "--disable-pip-version-check", "--target", where, wheel)  # fmt: skip
    (where / "synth" / "kernels" / "__pycache__").write_text("a file, not a folder")
    before = sorted(where.rglob("*"))
    nowhere = "/dev/null/none"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")} | {
        "HOME": nowhere, "XDG_CACHE_HOME": nowhere, "PYTHONPATH": str(where),
        "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(tmp_path),
    }  # fmt: skip
    settings = {"cwd": tmp_path, "env": environment}
    place = run(sys.executable, "-c", "import synth; print(synth.__file__)", **settings).stdout
    assert Path(place.strip()).is_relative_to(where)
    # The script itself, which starts with the interpreter that installed it.
    done = run(where / "bin" / "synth", "search", "parity:n=3,k=2", "--json", "--max-bits", "9",
               **settings)  # fmt: skip
    assert json.loads(done.stdout)["optimal"]
    [warning] = done.stderr.splitlines()
    assert warning.startswith("synth: warning: no folder to keep compiled kernels in can be")
    assert sorted(where.rglob("*")) == before


def oldest(requirements):
    """`name==least` of each `name>=least`."""
    return [re.fullmatch(r"([\w-]+)>=([\d.]+)", r).expand(r"\1==\2") for r in requirements]


def environment_of(folder, *requirements):
    """The Python of a new environment with these installed."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    run(python, "-m", "pip", "check")
    return python


def works(python, folder):
    """Runs the installed `synth`; the versions that it says it runs on."""
    settings = {"cwd": folder, "env": {"HOME": str(folder), "PATH": os.environ["PATH"]}}
    synth = python.with_name("synth")
    run(synth, "warmup", **settings)
    found = run(synth, "contrast", "parity:n=6,k=3", "--json", **settings)
    assert json.loads(found.stdout)["structured"]["program"]["text"] == SHORTEST
    health = json.loads(run(synth, "doctor", "--json", **settings).stdout)
    assert health["kernels"]["last"]
    assert Path(health["kernels"]["folder"]).is_relative_to(python.parent.parent)
    return health["versions"]


@pytest.mark.slow
def test_with_the_newest_versions(wheel, tmp_path):
    python = environment_of(tmp_path / "env", str(wheel), "mypy")
    versions = works(python, tmp_path)
    assert versions["synth"] in wheel.name
    # py.typed hands the types on: without it, a checker takes nothing from an installed package.
    program = shutil.copy(ROOT / "tests" / "typing" / "right.py", tmp_path)
    run(python, "-m", "mypy", "--config-file=", "--strict", "--no-warn-return-any", program,
        cwd=tmp_path)  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="old versions are for old Pythons")
def test_with_the_oldest_versions(dist, wheel, tmp_path):
    core = oldest(PROJECT["dependencies"])
    tools = [
        r
        for r in PROJECT["optional-dependencies"]["test"]
        if r.startswith(("pytest", "hypothesis"))
    ]
    python = environment_of(tmp_path / "env", str(wheel), *core, *tools)
    versions = works(python, tmp_path)
    for name, version in (requirement.split("==") for requirement in core):
        assert (versions[name] + ".").startswith(version + "."), name
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.glob("synth_mdl-*")
    # networkx says so to itself where there is no pandas.
    command = [python, "-m", "pytest", "-x", "-W", "ignore::ImportWarning"]
    run(*command, *(f"tests/{name}.py" for name in SOME_TESTS), cwd=source)
