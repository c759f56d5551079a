"""A broken fact file is refused with the file, the fact, what was found and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from screening.rules.answers import Problems
from screening.rules.conditions import Compiler
from screening.rules.content import FACTS, parse_content
from screening.rules.facts import Catalogue, load_catalogue
from screening.rules.loading import ContentError
from screening.rules.reader import Reader
from screening.rules.reading import read_answers

FILE = """
section = "From the chart"

[birth_date]
label = "Date of birth"
question = "Date of birth"
kind = "date"
obtained_by = "ask"
changes = "with_time"

[sex]
label = "Sex"
question = "Sex"
kind = "choice"
choices = { female = "Female", male = "Male" }
obtained_by = "ask"
changes = "fixed"

[hba1c]
label = "HbA1c"
question = "Most recent HbA1c"
kind = "quantity"
units = { percent = "%", mmol_mol = "mmol/mol" }
plausible = { percent = [3, 20], mmol_mol = [9, 195] }
fresh_for = "90 days"
obtained_by = "lab"
changes = "modifiable"

[pregnant]
label = "Pregnant"
question = "Pregnant now"
kind = "yes_no"
gate = "sex = 'female'"
implies = [{ when = true, fact = "sex", value = "female" }]
obtained_by = "ask"
changes = "fixed"

[excess]
label = "HbA1c per 7 %"
kind = "score"
plausible = [0, 10]
formula = "hba1c_percent / 7"
source = "arithmetic"
obtained_by = "lab"
changes = "modifiable"
"""


def catalogue(directory: Path, text: str) -> Catalogue:
    (directory / "10_chart.toml").write_text(text, encoding="utf-8")
    return load_catalogue([directory])


def defects(directory: Path, text: str) -> list[str]:
    try:
        catalogue(directory, text)
    except ContentError as error:
        return [str(defect) for defect in error.defects]
    return []


def changed(old: str, new: str) -> str:
    assert FILE.count(old) == 1, old
    return FILE.replace(old, new)


def test_a_sound_file_gives_rules_their_names(tmp_path: Path) -> None:
    names = set(catalogue(tmp_path, FILE).names)
    assert {"age", "sex", "hba1c_percent", "hba1c_mmol_mol", "pregnant", "excess"} <= names
    assert "hba1c" not in names


def test_shipped_facts_are_sound() -> None:
    assert len(load_catalogue([FACTS]).facts) > 100


def test_every_number_asked_for_has_a_usual_value_in_each_unit() -> None:
    for fact in load_catalogue([FACTS]).facts.values():
        if fact.numeric and fact.asked:
            assert fact.example.keys() == fact.plausible.keys(), fact.name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fresh_for =", "fresh_fro =", "hba1c: unknown key 'fresh_fro': did you mean 'fresh_for'?"),
        ('label = "Sex"\n', "", "sex: 'label' is missing: write it"),
        ('kind = "choice"', 'kind = "option"', "sex: 'kind': found 'option'; input should be 'quantity'"),
        ("[sex]", "[Sex]", "Sex: the name of a fact is of small letters, digits and _"),
        ("[sex]", '["sex ; --"]', "the name of a fact is of small letters, digits and _"),
        ('male = "Male"', '"it\'s" = "Male"', 'choice "it\'s" cannot be written in a rule'),
        ('section = "From the chart"', "colour = 3", "colour: write a fact as a table, like [hba1c]"),
        ('{ percent = "%", ', '{ per_cent = "%", ', "hba1c: no unit is named 'per_cent': did you mean"),
        ('percent = "%"', 'percent = "per cent"', "unit 'percent' is written '%', not 'per cent'"),
        ('mmol_mol = "mmol/mol"', 'kg = "kg"', "hba1c: nothing converts 'kg' to 'percent'"),
        (", mmol_mol = [9, 195]", "", "hba1c: plausible is missing for some unit"),
        (
            "mmol_mol = [9, 195]",
            "kg = [9, 195]",
            "hba1c: plausible names the unit 'kg': use percent, mmol_mol",
        ),
        ("[3, 20]", "[3]", "hba1c: 'plausible.percent.1' is missing"),
        ('fresh_for = "90', 'precision = { kg = 1 }\nfresh_for = "90', "precision names the unit 'kg'"),
        ('fresh_for = "90', 'example = { kg = 7 }\nfresh_for = "90', "example names the unit 'kg'"),
        (
            'fresh_for = "90',
            'example = { percent = 62 }\nfresh_for = "90',
            "hba1c: the example 62 is not plausible: write a usual value",
        ),
        ('"90 days"', '"three months"', "'three months' is not a duration: write one like '90 days'"),
        ('"90 days"', '{ high = "always" }', "fresh_for by answer is for a choice or a yes or no"),
        ("choices = {", 'fresh_for = { male = "always" }\nchoices = {', "needs each of female, male"),
        (
            'choices = { female = "Female", male = "Male" }\n',
            "",
            "sex: a choice, and nothing else, has choices",
        ),
        ('question = "Most recent HbA1c"\n', "", "hba1c: neither asked nor derived"),
        ('source = "arithmetic"\n', "", "excess: a derived fact needs the source of its formula"),
        ("sex = 'female'", "sex = 'woman'", "pregnant: sex has no choice 'woman': use one of female, male"),
        ('fact = "sex"', 'fact = "sexx"', "pregnant: implies names 'sexx': did you mean 'sex'?"),
        ('value = "female"', 'value = "woman"', "implies says 'woman' of sex: it takes female or male"),
        ("when = true", 'when = "yes"', "implies says 'yes' of pregnant: it takes true or false"),
        ('fact = "sex", value = "female"', 'fact = "hba1c", value = true', "it takes no single word"),
        ("fresh_for =", 'at_least = ["sex"]\nfresh_for =', "at_least names 'sex': name a fact with the same"),
        ("hba1c_percent / 7", "hba1c / 7", "excess: no fact is named 'hba1c': did you mean 'hba1c_percent'"),
        ("hba1c_percent / 7", "excess / 7", "excess: to know it, it must be known already"),
        ("hba1c_percent / 7", "severe_hypoglycemic_events_12m / 7", "a formula cannot use severe"),
        ("hba1c_percent / 7", "SQRT(hba1c_percent)", "calculate with numbers, names and + - * / only"),
        ("hba1c_percent / 7", "POWER(hba1c_percent, hba1c_percent)", "POWER takes a number as its base"),
        (
            "fresh_for =",
            'fresher_when = { rule = "hba1c_percent > 9", fresh_for = "30 days" }\nfresh_for =',
            "hba1c: to know it, it must be known already",
        ),
    ],
)
def test_a_broken_fact_is_named_with_what_to_do(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = defects(tmp_path, changed(old, new))
    assert any(line.startswith("10_chart.toml: ") and message in line for line in found), found


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("2 * (hba1c_percent - 3)", "2 * (hba1c_percent - 3) may be negative: multiply and divide before"),
        ("POWER(hba1c_percent - 9, 2)", "hba1c_percent - 9 may be negative: POWER takes a positive base"),
    ],
)
def test_a_formula_that_may_be_worked_out_wrongly_is_refused(
    tmp_path: Path, formula: str, message: str
) -> None:
    (tmp_path / "10_chart.toml").write_text(changed("hba1c_percent / 7", formula), encoding="utf-8")
    with pytest.raises(ContentError, match="facts: excess: ") as raised:
        parse_content([tmp_path], [])
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("plausible", "example"), [("[3, 20]", "7"), ("[3, 8]", "4"), ("[3.5, 7.5]", "4.5"), ("[3, 6.5]", "3.88")]
)
def test_without_a_usual_value_a_number_from_its_lower_range_is_shown(
    tmp_path: Path, plausible: str, example: str
) -> None:
    ours = catalogue(tmp_path, changed("percent = [3, 20]", f"percent = {plausible}"))
    with pytest.raises(Problems) as raised:
        read_answers(ours, {"as_of": "2026-11-20", "facts": {"hba1c": "high"}})
    assert [str(one) for one in raised.value.problems] == [f"hba1c: Enter a plain number, like {example}"]


@pytest.mark.parametrize(("sex", "value"), [({"sex": "female"}, (1.0, 1.0, "")), ({"sex": "male"}, None)])
def test_a_fact_worked_out_in_one_case_is_not_known_in_another(
    tmp_path: Path, sex: dict[str, str], value: Any
) -> None:
    one_case = "cases = [{ when = \"sex = 'female'\", formula = 'hba1c_percent / 7' }]"
    ours = catalogue(tmp_path, changed('formula = "hba1c_percent / 7"', one_case))
    facts = {"hba1c": {"value": 7, "on": "2026-11-01"}} | sex
    reader = Reader(ours)
    Compiler(reader, {})
    source = reader.number("excess", None)
    known = reader.known(read_answers(ours, {"as_of": "2026-11-20", "facts": facts}))
    assert known[source.place] == value


def test_a_fact_both_asked_and_worked_out_has_one_unit(tmp_path: Path) -> None:
    asked = changed('fresh_for = "90 days"', 'formula = "7"\nsource = "none"')
    assert "both asked and worked out: give it the one unit" in defects(tmp_path, asked)[0]


def test_a_name_of_two_facts_is_refused(tmp_path: Path) -> None:
    yes_or_no = FILE.split("[pregnant]")[1].split("[excess]")[0]
    second = f"{FILE}[hba1c_percent]{yes_or_no}"
    assert "hba1c and hba1c_percent are both 'hba1c_percent' in a rule" in defects(tmp_path, second)[0]


def test_a_fact_written_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "20_again.toml").write_text(FILE, encoding="utf-8")
    found = defects(tmp_path, FILE)
    assert "20_again.toml: sex: the fact is there already: give it another name" in found


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (FILE[:200], "10_chart.toml: not TOML: "),
        (FILE + "[[", "10_chart.toml: not TOML: "),
        (FILE + "\x00", "10_chart.toml: not TOML: "),
    ],
)
def test_a_truncated_file_is_named_with_the_line(tmp_path: Path, written: str, message: str) -> None:
    assert defects(tmp_path, written)[0].startswith(message)


def test_every_defect_is_told_at_once(tmp_path: Path) -> None:
    broken = (
        FILE.replace('"90 days"', '"soon"')
        .replace('label = "Sex"\n', "")
        .replace("when = true", "wen = true")
    )
    assert {line.split(": ")[1] for line in defects(tmp_path, broken)} == {"sex", "hba1c", "pregnant"}
