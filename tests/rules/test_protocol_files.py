"""A broken protocol file is refused with the file, the criterion, what was found and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from screening.rules.lint import check
from screening.rules.loading import ContentError
from screening.rules.protocol import Protocol, load_protocols
from tests.strategies import CATALOGUE, CONTENT

FILE = """
id = "ours"
title = "Our trial"
version = "2026-11-20"
kind = "trial"
family = "islet replacement"
recruitment = { status = "recruiting", seen_on = 2026-10-04 }
completeness = "full"
best = "possible"
best_because = "one criterion is public"

[sources.S1]
title = "The register"
read_on = 2026-11-20

[[inclusion]]
id = "I1"
text = "Adults"
rule = "age >= 18"
source = "S1"
grade = "A"

[[exclusion]]
id = "E1"
text = "HIV"
rule = "hiv"
source = "S1"
grade = "A"
"""


def protocol(directory: Path, text: str) -> Protocol:
    (directory / "ours.toml").write_text(text, encoding="utf-8")
    loaded, cautions = load_protocols([directory])
    _, defects = check(CATALOGUE, loaded, cautions)
    if defects:
        raise ContentError(defects)
    return loaded[0]


def defects(directory: Path, text: str) -> list[str]:
    try:
        protocol(directory, text)
    except ContentError as error:
        return [str(defect) for defect in error.defects]
    return []


def changed(old: str, new: str) -> str:
    assert FILE.count(old) == 1, old
    return FILE.replace(old, new)


def with_rule(rule: str) -> str:
    return changed('"age >= 18"', f'"{rule}"')


def test_a_sound_file_loads(tmp_path: Path) -> None:
    ours = protocol(tmp_path, FILE)
    assert [criterion.id for criterion in ours.deciding] == ["I1", "E1"]


def test_shipped_files_are_sound() -> None:
    assert check(CATALOGUE, CONTENT.protocols, CONTENT.cautions)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Our', 'titel = "Our', "unknown key 'titel': did you mean 'title'?"),
        (
            'text = "HIV"',
            'text = "HIV"\nwithn = "6 months"',
            "E1: unknown key 'withn': did you mean 'within'?",
        ),
        ('text = "HIV"', 'text = "HIV"\ncolour = "red"', "E1: unknown key 'colour': take it out"),
        ('kind = "trial"', 'kind = "study"', "'kind': found 'study'; input should be 'trial', 'label'"),
        ('"recruiting"', '"open"', "'recruitment.status': found 'open'; input should be 'recruiting'"),
        ("2026-10-04", '"soon"', "'recruitment.seen_on': found 'soon'"),
        ('title = "Our trial"', "title = 3", "'title': found 3; input should be a valid string"),
        ('id = "I1"\n', "", "inclusion 1: 'id' is missing: write it"),
        ('id = "E1"\n', "", "exclusion 1: 'id' is missing: write it"),
        ('id = "E1"', 'id = "I1"', "I1: repeated criterion id: give each its own"),
        ('rule = "hiv"\n', "", "E1: 'rule' is missing: write it"),
        ("[[exclusion]]", "[exclusion]", "exclusion: write each one under a heading [[exclusion]]"),
        ('id = "ours"', 'id = "theirs"', "found id 'theirs': the file's name is its id, 'ours'"),
        ('id = "ours"', 'id = "ours"\nextends = "theirs"', "extends: 'theirs' is no protocol that stands by"),
        (
            'best = "possible"\nbest_because = "one criterion is public"\n',
            "",
            "best: fewer than 4 criteria decide",
        ),
        (
            'best_because = "one criterion is public"\n',
            "",
            "best_because: write best and best_because together",
        ),
        (
            "[[exclusion]]",
            '[sources.S2]\ntitle = "x"\nread_on = 2026-11-20\n[[exclusion]]',
            "sources.S2: nothing cites it",
        ),
        (
            'rule = "hiv"\nsource = "S1"',
            'rule = "hiv"\nsource = "S2"',
            "E1: source 'S2' is not listed: add [sources.S2]",
        ),
        ('rule = "hiv"\nsource = "S1"', 'rule = "hiv"', "E1: source is missing: name where it was read"),
        (
            'rule = "hiv"\n',
            'rule = "hiv"\nunclear = "age < 20"\n',
            "E1: write unclear and unclear_because together",
        ),
        ('rule = "hiv"\n', 'rule = "hiv"\nin_typed_unit = true\n', "E1: in_typed_unit limits unclear"),
        (
            'rule = "hiv"\n',
            'rule = "hiv"\nwithin = "half a year"\n',
            "E1: within: 'half a year' is not a duration",
        ),
        (
            'rule = "hiv"\n',
            'rule = "hiv"\nproxy = "egr"\n',
            "E1: proxy 'egr' is no fact: did you mean 'egfr'?",
        ),
        (
            'rule = "hiv"\nsource = "S1"\ngrade = "A"',
            'rule = "hiv"\nsource = "S1"\ngrade = "C"',
            "E1: 'grade': found 'C'; input should be 'A', 'B', 'M'",
        ),
        (
            'rule = "hiv"\nsource = "S1"\ngrade = "A"',
            'rule = "hiv"\nsource = "S1"',
            "E1: grade is missing: A seen in the source",
        ),
        ('id = "ours"', 'id = "ours"\ncautions = ["none"]', "cautions: there is no cautions/none.toml"),
        (
            "[[exclusion]]",
            '[[step]]\nid = "T1"\ntext = "x"\nrule = "hiv"\n[[exclusion]]',
            "step: only a guideline has steps",
        ),
        (
            "[[exclusion]]",
            '[[safety]]\ntext = "x"\nsource = "S1"\nwhen = "hivv"\n[[exclusion]]',
            "safety: no fact is named 'hivv': did you mean 'hiv'?",
        ),
        (
            "[[exclusion]]",
            '[[safety]]\ntext = "x"\nsource = "S7"\n[[exclusion]]',
            "safety: source 'S7' is not listed",
        ),
        ("[[exclusion]]", '[[gap]]\ntxt = "x"\n[[exclusion]]', "'gaps.0.text' is missing: write it"),
    ],
)
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = defects(tmp_path, changed(old, new))
    assert any(line.startswith(f"ours.toml: {message}") for line in found), found


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("hba1c >= 7", "no fact is named 'hba1c': did you mean 'hba1c_percent' or 'hba1c_mmol_mol'"),
        ("agee >= 18", "no fact is named 'agee': did you mean 'age'?"),
        ("sex = 3", "found '3': write the choices of sex in quotes, like 'type_1'"),
        ("sex = age", "found 'age': write the choices of sex in quotes, like 'type_1'"),
        ("sex = 'woman'", "sex has no choice 'woman': use one of female, male"),
        ("hba1c_percent >= 53", "53 % is outside HbA1c 3 to 20: is it in mmol/mol?"),
        ("hba1c_percent BETWEEN 48 AND 53", "48 % is outside HbA1c 3 to 20: is it in mmol/mol?"),
        ("creatinine_mg_dl > 133", "133 mg/dL is outside Creatinine 0.2 to 20: is it in µmol/L?"),
        ("gold_score > 9", "9 is outside Gold score 1 to 7"),
        ("age >= 180", "an age is compared with whole years from 0 to 120, not 180"),
        ("age >= 17.5", "an age is compared with whole years from 0 to 120, not 17.5"),
        ("age >= 121", "an age is compared with whole years from 0 to 120, not 121"),
        ("age_at_diagnosis >= 130", "the rule is always false"),
        ("days_since_diagnosis > 36501", "a duration is compared with whole days, not 36501"),
        ("days_since_diagnosis <= 36500", "the rule is always true"),
        ("years_since_diagnosis >= 0.5", "a duration is compared with whole years, not 0.5"),
        (
            "months_since_myocardial_infarction <= 6",
            "may never have happened: write myocardial_infarction AND",
        ),
        ("myocardial_infarction OR months_since_myocardial_infarction <= 6", "may never have happened"),
        ("hiv AND months_since_myocardial_infarction <= 6", "may never have happened"),
        (
            "(myocardial_infarction AND hiv) OR months_since_myocardial_infarction <= 6",
            "may never have happened",
        ),
        (
            "NOT myocardial_infarction OR NOT months_since_myocardial_infarction <= 6",
            "may never have happened",
        ),
        ("age_at_kidney_transplant > 30", "write kidney_transplant IN ('functioning', 'failed') AND"),
        ("severe_hypoglycemic_events_since_aid_start >= 1", "write insulin_delivery = 'aid' AND"),
        ("age >= 18 OR age < 18", "the rule is always true"),
        ("age >= 65 AND age < 18", "the rule is always false"),
        ("sex IN ('female', 'male')", "the rule is always true"),
        ("hba1c_percent >= 7 AND hba1c_percent < 7", "the rule is always false"),
        ("hba1c_percent >= 7 OR hba1c_percent < 7", "the rule is always true"),
        ("hba1c_percent <= 20", "the rule is always true"),
        ("hba1c_percent < 3", "the rule is always false"),
        ("hiv OR NOT hiv OR hepatitis_b OR hepatitis_c", "the rule is always true"),
        ("age / 0 > 3", "the rule is never decided"),
        ("1 < 2", "compares two numbers: one side must name a fact"),
        ("months_since_diagnosis + age >= 28", "only completed years can, so compare it"),
        ("(age - 18) * 2 > 3", "(age - 18) * 2 may be negative: multiply and divide before subtracting"),
        ("age > 3 -- always", "comments are not allowed"),
        ("age IS NULL", "a rule joins comparisons with AND, OR, NOT and AT_LEAST"),
        ("(" * 20 + "hiv" + ")" * 20, "nested more than 15 deep: split the criterion"),
        ("hiv AND " * 300 + "hiv", "2000 are allowed, so split the criterion"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(tmp_path: Path, rule: str, message: str) -> None:
    found = defects(tmp_path, with_rule(rule))
    assert found
    assert found[0].startswith("ours.toml: I1: ")
    assert message in found[0]


def test_a_threshold_of_no_unit_is_refused_without_a_guess(tmp_path: Path) -> None:
    found = defects(tmp_path, with_rule("hba1c_percent >= 500"))
    assert found == ["ours.toml: I1: 500 % is outside HbA1c 3 to 20"]


@pytest.mark.parametrize(
    "rule",
    [
        "age > 0",
        "age < 120",
        "years_since_diagnosis > 0",
        "days_since_diagnosis < 36500",
        "age_at_diagnosis >= 18",
        "1 * years_since_diagnosis = 28",
        "age + years_since_insulin_start >= 28",
        "hba1c_percent > 3",
        "hba1c_percent < 20",
        "hba1c_percent < 3.5",
        "hba1c_percent > 19.5",
        "hba1c_percent < 7 OR hba1c_percent > 7",
        "hba1c_percent > 7 AND hba1c_percent < 7.1",
        "severe_hypoglycemic_events_12m >= 500",
        "sex = 'female'",
        "NOT (myocardial_infarction AND months_since_myocardial_infarction <= 6)",
        "myocardial_infarction AND (hiv OR months_since_myocardial_infarction <= 6)",
        "AT_LEAST(1, hiv, myocardial_infarction AND months_since_myocardial_infarction <= 6)",
        "kidney_transplant = 'failed' AND age_at_kidney_transplant > 30",
    ],
)
def test_a_rule_that_can_be_meant_is_accepted(tmp_path: Path, rule: str) -> None:
    assert defects(tmp_path, with_rule(rule)) == []


def test_a_rule_about_four_things_is_not_looked_through(tmp_path: Path) -> None:
    rule = "hiv OR NOT hiv OR hepatitis_b OR hepatitis_c OR organ_transplant"
    assert defects(tmp_path, with_rule(rule)) == []


def deciding(count: int, *, indication: bool) -> str:
    """Return a protocol of so many exclusions, the first of them an indication or none."""
    one = (
        '[[exclusion]]\nid = "X{0}"\ntext = "x"\nrule = "dka_events_12m > {0}"\nsource = "S1"\ngrade = "B"\n'
    )
    head = FILE.split("[[inclusion]]")[0].split('best = "possible"')
    sound = head[0] + head[1].split("\n", 2)[2]
    text = sound + "".join(one.format(number) for number in range(count))
    return text.replace('id = "X0"\n', 'id = "X0"\nindication = true\n') if indication else text


@pytest.mark.parametrize(
    ("count", "indication", "enough"), [(4, True, True), (3, True, False), (4, False, False)]
)
def test_likely_needs_four_criteria_and_an_indication(
    tmp_path: Path, count: int, indication: bool, enough: bool
) -> None:
    found = defects(tmp_path, deciding(count, indication=indication))
    thin = 'ours.toml: best: fewer than 4 criteria decide, or none is an indication: write best = "possible"'
    assert found == ([] if enough else [thin])


@pytest.mark.parametrize(
    ("inclusion", "exclusion", "about"),
    [
        ("age >= 18", "age > 17", "age"),
        ("hba1c_percent < 7", "hba1c_percent < 8", "hba1c_percent"),
        ("diabetes_type = 'type_1'", "diabetes_type <> 'type_2'", "diabetes_type"),
        ("islet_transplant", "islet_transplant", "islet_transplant"),
    ],
)
def test_two_criteria_that_no_one_can_pass_are_refused(
    tmp_path: Path, inclusion: str, exclusion: str, about: str
) -> None:
    text = with_rule(inclusion).replace('rule = "hiv"', f'rule = "{exclusion}"')
    assert defects(tmp_path, text) == [f"ours.toml: E1: no one can pass it and I1: both are about {about}"]


def test_criteria_that_meet_at_one_value_are_accepted(tmp_path: Path) -> None:
    text = with_rule("hba1c_percent >= 8").replace('rule = "hiv"', 'rule = "hba1c_percent > 8"')
    assert defects(tmp_path, text) == []


def test_more_criteria_than_bits_are_refused(tmp_path: Path) -> None:
    one = '[[exclusion]]\nid = "X{0}"\ntext = "x"\nrule = "dka_events_12m > 5"\nsource = "S1"\ngrade = "A"\n'
    text = FILE + "".join(one.format(number) for number in range(60))
    assert defects(tmp_path, text) == []
    text += one.format(60)
    assert defects(tmp_path, text) == ["ours.toml: 63 criteria decide: at most 62 fit a protocol"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (FILE[:230].encode(), "ours.toml: not TOML: "),
        (FILE.replace('text = "HIV"', 'text = "HIV').encode(), "line 25"),
        (FILE.encode() + b"\x00", "ours.toml: not TOML: "),
        (FILE.encode() + b"\xff\xfe", "is not UTF-8: save it as UTF-8"),
        (b"", "found id None: the file's name is its id, 'ours'"),
        (b"inclusion = ['x']", "inclusion: write each one under a heading [[inclusion]]"),
    ],
)
def test_a_corrupt_file_is_named(tmp_path: Path, written: bytes, message: str) -> None:
    (tmp_path / "ours.toml").write_bytes(written)
    with pytest.raises(ContentError) as raised:
        load_protocols([tmp_path])
    assert str(raised.value).startswith("ours.toml: ")
    assert message in str(raised.value)


def test_every_defect_is_told_at_once(tmp_path: Path) -> None:
    broken = with_rule("hba1c > 7").replace('rule = "hiv"', 'rule = "hivv"')
    (tmp_path / "other.toml").write_text(FILE, encoding="utf-8")
    found = defects(tmp_path, broken)
    assert found == ["other.toml: found id 'ours': the file's name is its id, 'other'"]
    (tmp_path / "other.toml").unlink()
    assert [line.split(": ")[1] for line in defects(tmp_path, broken)] == ["I1", "E1"]


def test_a_site_s_protocol_takes_over_the_one_it_extends(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'id = "mine"\nextends = "ours"\ntitle = "Mine"\n'
        '[[inclusion]]\nid = "I1"\ntext = "Older adults"\nrule = "age >= 40"\nsource = "S1"\ngrade = "A"\n'
        '[[exclusion]]\nid = "E2"\ntext = "Hepatitis C"\nrule = "hepatitis_c"\nsource = "S1"\ngrade = "B"\n',
        encoding="utf-8",
    )
    (tmp_path / "ours.toml").write_text(FILE, encoding="utf-8")
    loaded, _ = load_protocols([tmp_path])
    mine = next(one for one in loaded if one.id == "mine")
    assert [(one.id, one.rule) for one in mine.criteria] == [
        ("I1", "age >= 40"),
        ("E1", "hiv"),
        ("E2", "hepatitis_c"),
    ]
    assert mine.completeness == "full"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('"recruiting"', '"completed"', True),
        ('text = "HIV"', 'text = "HIV"\nnotes = ["as read"]', True),
        ('text = "HIV"', 'text = "HIV infection"', False),
        ('"age >= 18"', '"age > 17"', False),
        ('version = "2026-11-20"', 'version = "2026-11-21"', False),
    ],
)
def test_recruitment_and_notes_make_no_other_version(tmp_path: Path, old: str, new: str, same: bool) -> None:
    before = protocol(tmp_path, FILE).sha256
    assert (protocol(tmp_path, changed(old, new)).sha256 == before) is same
