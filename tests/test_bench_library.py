"""The bench of abstraction learning: how answers of a peer are read, and judged by one code."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import library

CORPORA = {corpus.name: corpus for corpus in library.all_corpora()}


def answer(corpus, abstractions, change=lambda expression: expression):
    programs = [change(library.nested(program)) for program in corpus.programs()]
    return {"abstractions": abstractions, "programs": programs}


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_an_answer_without_abstractions_is_the_corpus_itself(corpus):
    programs = corpus.programs()
    made, read = library.read(corpus, answer(corpus, []))
    assert [p.text for p in read] == [p.text for p in programs]
    found = library.judged(made, read, programs)
    assert found["nodes"] == sum(p.size for p in programs)
    assert found["abstractions"] == []


def test_turned_programs_are_the_same_functions_in_other_words():
    straight, turned = CORPORA["xor"].programs(), CORPORA["xor-turned"].programs()
    assert len(straight) == 28
    assert sum(a.text != b.text for a, b in zip(straight, turned, strict=True)) > 14
    for a, b in zip(straight, turned, strict=True):
        assert library.ordered(a).text == library.ordered(b).text


def test_calls_and_abstractions_without_holes_are_read():
    corpus = CORPORA["digits"]
    sums = [["mod", ["add", *pair], "5"] for pair in (("a0", "b0"), ("a0", "a1"))]
    rest = [library.nested(p) for p in corpus.programs()[2:]]
    given = {
        "abstractions": [
            {"name": "fn_0", "arity": 0, "body": "5"},
            {"name": "fn_1", "arity": 2, "body": ["mod", ["add", "h1", "h0"], "fn_0"]},
        ],
        "programs": [["fn_1", one[1][2], one[1][1]] for one in sums] + rest,
    }
    made, read = library.read(corpus, given)
    assert [p.text for p in read[:2]] == ["fn_1(b0, a0)", "fn_1(a1, a0)"]
    found = library.judged(made, read, corpus.programs())
    assert found["abstractions"] == ["fn_1(h0, h1) = (h1 + h0) % 5"]
    # The two programs have 3 nodes rather than 5, the body 5.
    assert found["nodes"] == sum(p.size for p in corpus.programs()) - 4 + 5


def test_programs_that_are_others_are_seen():
    corpus = CORPORA["xor"]
    made, read = library.read(corpus, answer(corpus, []))
    with pytest.raises(AssertionError, match="is not"):
        library.judged(made, read[::-1], corpus.programs())


def test_our_side_runs_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(library.environments, "find_python", lambda peer, folder: None)
    file = tmp_path / "library.json"
    document = library.main(["--only", "ripple", "--repeats", "1", "--json", str(file)])
    bare, ours = document["rows"]
    assert (bare["by"], ours["by"]) == ("no library", "synth")
    assert ours["bits"] < 0.7 * bare["bits"]
    assert "Stitch: skipped, not found" in capsys.readouterr().out
    assert "| a ripple of 4 full adders | no library |" in library.markdown(document["rows"])
    with pytest.raises(SystemExit):
        library.parse(["--only", "nothing"])
    assert "--only nothing; allowed: xor, xor-turned, ripple" in capsys.readouterr().err
