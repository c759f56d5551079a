"""Planted defects: what is changed, what is counted, and that each explained one still stands in its file.

Seen to fail with an explanation of a line that is not there, and with the explained counted as found.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trust import mutants
from tests.trust.mutants import ROOT, Mutant, explained, measure, modules, mutants_of, sample

FILE = "screening/rules/truth.py"


@pytest.fixture
def survive(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places whose mutants no test notices; nothing is run."""
    places: list[str] = []
    standing: list[bool] = []

    def run(directory: Path, seconds: float) -> bool:
        standing.append(True)
        return len(standing) == 1 or drawn[len(standing) - 2].place in places

    drawn, _ = sample(4, 1, FILE)
    monkeypatch.setattr(mutants, "copied", lambda directory: _with(directory))
    monkeypatch.setattr(mutants, "run", run)
    return places


def _with(directory: Path) -> Path:
    (directory / FILE).parent.mkdir(parents=True)
    (directory / FILE).write_text("", encoding="utf-8")
    return directory


def first_of(count: int) -> list[Mutant]:
    return sample(4, 1, FILE)[0][:count]


def test_a_mutant_is_one_change_in_its_line() -> None:
    text = (ROOT / FILE).read_text(encoding="utf-8").splitlines()
    changes = list(mutants_of(ROOT / FILE))
    assert {">= -> >", "> -> >=", "is -> is not"} <= {mutant.change for mutant in changes}
    for mutant in changes:
        after = mutant.text.splitlines()
        differing = [
            place for place, (one, other) in enumerate(zip(text, after, strict=True), 1) if one != other
        ]
        assert differing == [mutant.line]
        assert mutant.source == text[mutant.line - 1].strip()
        assert not mutant.source.startswith("@")


def test_how_a_class_is_stored_and_a_zip_guarded_is_no_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    (tmp_path / "rule.py").write_text(
        "@dataclass(frozen=True)\n"
        "class Window:\n"
        "    days: int = field(init=False, default=1)\n"
        "pairs = list(zip(firsts, lasts, strict=True))\n"
        "late = max(1, *pairs)\n",
        encoding="utf-8",
    )
    assert [mutant.line for mutant in mutants_of(tmp_path / "rule.py")] == [5]


def test_defects_are_planted_in_the_packages_below_the_pure_layers() -> None:
    """Seen to fail with the files of the two folders alone."""
    package = "screening/clinical/cgm"
    below = set(modules(package))
    assert ROOT / package / "metrics.py" in below
    assert below <= set(modules(None))
    drawn, there = sample(20, 1, package)
    assert {Path(mutant.file).parent.as_posix() for mutant in drawn} == {package}
    assert there == sum(len(list(mutants_of(path))) for path in below)


def test_what_no_test_notices_survives(survive: list[str]) -> None:
    survive += [mutant.place for mutant in first_of(2)]
    found = measure(4, 1, FILE, say=lambda line: None)
    assert (found.planted, found.found, found.equivalent, found.share) == (4, 2, 0, 0.5)
    assert [mutant.place for mutant in found.survivors] == survive


def test_what_changes_nothing_counts_neither_way(survive: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = first_of(2)
    survive += [one.place, other.place]
    monkeypatch.setattr(mutants, "explained", lambda: {(one.file, one.source, one.change)})
    found = measure(4, 1, FILE, say=lambda line: None)
    assert (found.planted, found.found, found.equivalent) == (4, 2, 1)
    assert found.share == 2 / 3
    assert [mutant.place for mutant in found.survivors] == [other.place]


def test_every_explained_defect_can_still_be_planted() -> None:
    there = {
        (file, one.source, one.change)
        for file in {file for file, _, _ in explained()}
        for one in mutants_of(ROOT / file)
    }
    assert explained() - there == set()
