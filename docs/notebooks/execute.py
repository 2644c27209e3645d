"""Executes the notebooks of this folder and writes them back with their outputs.

    python docs/notebooks/execute.py

With names of notebooks it executes those only; with `--to FOLDER` it writes them there.
"""

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
#: The most seconds of a cell.
PATIENCE = 300


def execute(path):
    """The notebook with what its cells show, from a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)
    settings = {"timeout": PATIENCE, "kernel_name": "python3", "record_timing": False}
    NotebookClient(notebook, coalesce_streams=True, **settings).execute()
    # What differs between machines, and what readers do not see.
    notebook.metadata.language_info.pop("version", None)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not is_bar(output)]
        for output in cell.get("outputs", ()):
            for kind in {"text/latex"} & output.get("data", {}).keys():
                del output.data[kind]
            if {"text/html", "image/png"} & output.get("data", {}).keys():
                output.data["text/plain"] = output.data["text/plain"].partition("(")[0]
    return notebook


def is_bar(output):
    """Whether an output is what a progress bar leaves behind."""
    if output.get("name") == "stderr":
        return output.text.startswith("\r")
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    given = parser.parse_args()
    for path in given.notebooks or sorted(HERE.glob("*.ipynb")):
        nbformat.write(execute(path), given.to / path.name)


if __name__ == "__main__":
    main()
