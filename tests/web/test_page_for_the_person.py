"""The page for the person: true to the stored result, plain, without a promise, and nobody's name on it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from screening.content import installed_content
from screening.demo.people import seed_people
from screening.demo.staff import seed_staff
from screening.models import Screening, Site, User
from screening.models.people import Role
from screening.presentation.plain_facts import OTHER, PLAIN_NAMES
from screening.presentation.plain_words import NAMED, page_for_the_person
from screening.presentation.texts import EVENTS
from tests.factories import make_site, make_user
from tests.web.for_the_person import (
    LANGUAGES,
    branches,
    drawn,
    fullest,
    guideline,
    lines_of,
    missing,
    result,
    running_text,
    study,
)
from tests.web.pages import words_of
from tests.web.reading_grade import (
    GRADE,
    QUITE_EASY,
    flesch_kincaid_grade,
    longest_sentence,
    perspicuity,
)
from tests.web.recorded import payload, record

BRANCHES = branches()
EACH_BRANCH = pytest.mark.parametrize("told", BRANCHES.values(), ids=BRANCHES)
LONGEST_SENTENCE = 20
JARGON = {
    "en": r"candida\w+|criteri\w+|eligib\w+|c-peptide|peptide|hypogly\w+|immun\w+|protocol\w*|trials?|islets?"
    r"|inclusion|exclusion|indication|cohort|phase|screen\w*|unlikely|guideline\w*|glucose|renal|cardiac"
    r"|malignan\w+|psychiatr\w+|neuro\w+|hba1c|egfr|outcome|assess\w+|severe|impaired|adverse",
    "es": r"candidat\w+|criteri\w+|elegib\w+|péptido|hipogluc\w+|inmun\w+|protocolo\w*|ensayos?|islotes?"
    r"|inclusión|exclusión|indicación|cohorte|fase|cribado|improbable\w*|guía|glucosa|glucemia|renal"
    r"|cardíac\w+|maligno|psiqui\w+|neuro\w+|hba1c|grave|severa?s?|advers\w+",
}
PROMISES = {
    "en": r"will|won't|shall|cure\w*|qualif\w+|accept\w*|guarantee\w*|succe\w+|best|hope\w*|luck\w*|perfect"
    r"|sure|certain|you can join|congrat\w+",
    # A verb in the future ends in -á, -án, -é or -emos after its r.
    "es": r"cura\w*|sanar\w*|garant\w+|acept\w+|califica\w*|éxito|mejor|suerte|perfect\w+|segur[ao]s? que"
    r"|esperanza\w*|felicid\w+|\w+(?:ará|erá|irá|arán|erán|irán|aré|eré|iré)",
}
SENSITIVE = {
    "en": r"hiv|hepatitis|tuberculosis|cancer|tumou?r|alcohol|drugs?|smok\w+|mental|mind|pregnan\w+|breast\w*"
    r"|contracepti\w+|brain|sex life",
    "es": r"vih|hepatitis|tuberculosis|cáncer|tumor|alcohol|drogas?|fum\w+|mental|mente|embaraz\w+|pecho"
    r"|anticoncep\w+|cerebr\w+",
}


def found(pattern: str, text: str) -> list[str]:
    return re.findall(rf"\b(?:{pattern})\b", text.lower())


def judge(page: str, language: str) -> None:
    """Fail with what a tired, anxious person would stumble over."""
    grade = {"en": flesch_kincaid_grade, "es": lambda lines: GRADE + QUITE_EASY - perspicuity(lines)}
    for lines in (running_text(page), lines_of(page, "p", "li")):
        assert grade[language](lines) <= GRADE
        assert longest_sentence(lines) <= LONGEST_SENTENCE
    text = " ".join(lines_of(page))
    assert found(JARGON[language], text) == []
    assert found(PROMISES[language], text) == []
    assert found(SENSITIVE[language], text) == []


# --- The words, by the branches of the page


@pytest.mark.parametrize("language", LANGUAGES)
@EACH_BRANCH
def test_every_branch_is_plain_and_promises_nothing(told: dict[str, Any], language: str) -> None:
    judge(drawn(told, language), language)
    judge(drawn(told, language, today=date(2029, 1, 1)), language)


def test_words_that_are_looked_for_would_be_found() -> None:
    for text, pattern in (
        ("You are a likely candidate", JARGON["en"]),
        ("This will cure you", PROMISES["en"]),
        ("Esto le ayudará", PROMISES["es"]),
        ("una hipoglucemia grave", JARGON["es"]),
        ("a test for HIV", SENSITIVE["en"]),
    ):
        assert found(pattern, text)


@pytest.mark.parametrize(
    ("language", "promise"), [("en", "it is not a promise"), ("es", "ni es una promesa")]
)
def test_a_promise_is_named_only_to_say_that_there_is_none(language: str, promise: str) -> None:
    text = " ".join(lines_of(drawn(fullest(), language)))
    assert len(found(r"promis\w*|promes\w*", text)) == 1
    assert promise in text


def test_counts_agree_in_number_in_both_languages() -> None:
    one = result(study("likely"), study("possible", unknown=1), study("not_yet", not_before="2027-03-01"))
    two = result(*(trial for trial in one["trials"] for _ in range(2)))
    said = {
        (language, count): lines_of(drawn(told, language), "li")[:3]
        for language in LANGUAGES
        for count, told in ((1, one), (2, two))
    }
    assert said == {
        ("en", 1): [
            "From what we know now, 1 study may fit you.",
            "For 1 study, we need more facts before we can say.",
            "1 study may fit you later.",
        ],
        ("en", 2): [
            "From what we know now, 2 studies may fit you.",
            "For 2 studies, we need more facts before we can say.",
            "2 studies may fit you later.",
        ],
        ("es", 1): [
            "Por lo que sabemos hoy, 1 estudio podría ser para usted.",
            "Para 1 estudio, aún nos faltan datos para decir algo.",
            "Más adelante, 1 estudio podría ser para usted.",
        ],
        ("es", 2): [
            "Por lo que sabemos hoy, 2 estudios podrían ser para usted.",
            "Para 2 estudios, aún nos faltan datos para decir algo.",
            "Más adelante, 2 estudios podrían ser para usted.",
        ],
    }


def test_a_trial_of_which_little_is_public_is_not_said_to_fit() -> None:
    lines = lines_of(drawn(BRANCHES["little public"], "en"), "li")
    assert lines[0] == "For 1 study, too few rules are public to say."
    assert not any("may fit you" in line for line in lines)


def test_closed_trials_labels_and_guidelines_are_no_studies() -> None:
    closed = {"recruitment": {"status": "completed", "seen_on": "2026-10-12"}}
    told = result(study("likely", **closed), study("likely", kind="label"), guideline("pass"))
    assert lines_of(drawn(told, "en"), "li")[0] == "We have no study on our list now."


def test_rules_that_do_not_match_are_no_judgement_of_the_person() -> None:
    text = " ".join(lines_of(drawn(BRANCHES["several that do not match"], "en")))
    assert "The rules of the studies on our list do not match now." in text
    assert "This is about the rules of the studies, not about you." in text
    assert "not about you" not in " ".join(lines_of(drawn(result(study("likely")), "en")))


@pytest.mark.parametrize(
    "against",
    [
        {"cautions_against": [{"text": "", "why": ""}]},
        {"safety": [{"raised_by": ["steroid_need"]}]},
        {"limitations": [{"condition": "true"}]},
        {"criteria": [{"decides": False, "condition": "true", "kind": "exclusion", "text": ""}]},
    ],
)
def test_what_speaks_against_is_said_where_a_study_is_in_reach(against: dict[str, Any]) -> None:
    line = "Something in your health may speak against a study. Ask us what."
    assert line in lines_of(drawn(result(study("likely", **against)), "en"))
    assert line not in lines_of(drawn(result(study("likely")), "en"))
    assert line not in lines_of(drawn(result(study("unlikely", **against)), "en"))


SEVERE = "You have had lows that you could not treat alone. Many cell studies are about such lows."
SWINGS = "Your blood sugar goes up and down a lot. Many cell studies are about this."
NOT_SHOWN = "Many cell studies are about a kind of lows and swings that your answers do not show now."
NOT_KNOWN = "We do not know enough about your lows yet."


@pytest.mark.parametrize(
    ("outcome", "events", "line"),
    [
        ("pass", 2, SEVERE),
        ("pass", [1, 2], SEVERE),
        ("pass", [0, 2], SWINGS),
        ("pass", 0, SWINGS),
        ("pass", None, SWINGS),
        ("pass", [None, None], SWINGS),
        ("fail", 1, NOT_SHOWN),
        ("unknown", [1, None], NOT_KNOWN),
    ],
)
def test_lows_are_told_without_numbers_and_as_they_were_found(outcome: str, events: Any, line: str) -> None:
    told = result(guideline(outcome, events), study("likely"), indicated=True)
    assert lines_of(drawn(told, "en"), "li")[0] == line
    assert re.search(r"\d", line) is None


@pytest.mark.django_db
def test_lows_of_a_recorded_pre_screen_are_those_of_its_indication(clinician: User) -> None:
    on = {"on": "2026-11-15"}
    sensor = {
        "cgm_use": True,
        "cgm_active": {"value": "92", "unit": "%"} | on,
        "cgm_time_below_54": {"value": "6", "unit": "%"} | on,
        "cgm_cv": {"value": "38", "unit": "%"} | on,
    }
    severe, swings = payload(), payload(**sensor) | {"severe_hypoglycemic_events": []}
    for answers, line in ((severe, SEVERE), (swings, SWINGS)):
        told = record(clinician, answers).result
        assert told["indication"]["status"] == "true"
        assert lines_of(drawn(told, "en"), "li")[0] == line


# --- What is missing


def test_every_fact_that_can_be_asked_has_a_plain_name() -> None:
    facts = installed_content().catalogue.facts.values()
    asked = {fact.name for fact in facts if fact.formula is None}
    assert asked | {EVENTS} == set(PLAIN_NAMES)


def test_what_most_studies_ask_for_comes_first_and_each_name_once() -> None:
    told = result(
        study("possible", id="a", unknown=1, missing=[missing("hiv"), missing("weight")]),
        study("possible", id="b", unknown=1, missing=[missing("height"), missing("tuberculosis")]),
        study("possible", id="c", unknown=1, missing=[missing("weight"), missing("our_own")]),
        study("unlikely", id="d", unknown=1, missing=[missing("blood_group")]),
    )
    page = page_for_the_person(told, today=date(2026, 10, 12))
    assert page.missing == ["your weight and height", "tests for infections", str(OTHER)]


def test_a_result_that_was_sent_for_is_on_its_way_until_something_else_is_missing() -> None:
    sent = [missing("hiv", waiting=True)]
    told = result(study("possible", unknown=1, missing=sent))
    page = page_for_the_person(told, today=date(2026, 10, 12))
    assert page.missing == ["tests for infections (the result is on its way)"]
    told = result(study("possible", unknown=1, missing=[*sent, missing("tuberculosis")]))
    assert page_for_the_person(told, today=date(2026, 10, 12)).missing == ["tests for infections"]


def test_the_rest_of_a_long_list_is_counted() -> None:
    page = page_for_the_person(BRANCHES["all facts"], today=date(2026, 10, 12))
    names = len({str(name) for name in PLAIN_NAMES.values()})
    assert page.missing[NAMED:] == [f"{names - NAMED} more things"]
    few = [missing(fact) for fact in ("weight", "hiv", "sex", "hba1c", "egfr", "uacr", "blood_group")]
    page = page_for_the_person(result(study("possible", missing=few)), today=date(2026, 10, 12))
    assert len(page.missing) == NAMED + 1
    assert "more things" not in " ".join(page.missing)


def test_nothing_missing_is_said_too() -> None:
    assert "Nothing more is needed for now." in lines_of(drawn(result(study("likely")), "en"))


# --- Time


@pytest.mark.parametrize(
    ("told", "language", "line"),
    [
        (
            study("likely", lapses_on="2026-12-31"),
            "en",
            "What we found may change on 31 December 2026. To learn more, talk with us before then.",
        ),
        (
            study("not_yet", not_before="2028-02-29"),
            "es",
            "Un estudio que hoy no encaja podría ser para usted desde el 29 de febrero de 2028.",
        ),
    ],
)
def test_time_is_told_with_its_day_in_the_language_of_the_page(
    told: dict[str, Any], language: str, line: str
) -> None:
    assert line in lines_of(drawn(result(told), language))


@pytest.mark.parametrize(
    "told", [study("likely"), study("likely", lapses_on="2027-10-12"), study("unlikely")]
)
def test_time_is_not_named_where_no_day_presses(told: dict[str, Any]) -> None:
    assert "Why time matters" not in lines_of(drawn(result(told), "en"))


@pytest.mark.parametrize(("day", "passed"), [(date(2026, 12, 30), False), (date(2026, 12, 31), True)])
def test_a_page_read_after_its_day_asks_for_a_new_look(day: date, passed: bool) -> None:
    told = result(study("likely", lapses_on="2026-12-31"))
    lines = lines_of(drawn(told, "en", today=day))
    said = "Time has passed since this check, and things may have changed. Ask us to look again."
    assert (said in lines) is passed
    assert any("31 December 2026" in line for line in lines) is not passed


# --- The page


def test_what_every_page_says_is_on_it() -> None:
    lines = " ".join(lines_of(drawn(result(), "en")))
    for said in (
        "This is a first check. It is not a yes, and it is not a promise.",
        "Of 14 people in one study, two died.",
        "The company that makes the cells judged that they were not the cause.",
        "Most cell studies need strong medicines for as long as the cells work.",
        "These make infections more likely.",
        "your care stays the same",
        "No one calls you unless you agree.",
        "Do not change your insulin because of this page.",
        "Check of 12 October 2026",
        "+1 312 555 0100",
    ):
        assert said in lines
    assert len([line for line in lines_of(drawn(result(), "en"), "li") if line.endswith("?")]) == 8


def test_a_clinic_without_a_phone_number_has_a_line_to_write_it_on() -> None:
    assert "for-person__line" in drawn(result(), "en", site=Site(name="St Anne"))
    assert "for-person__line" not in drawn(result(), "en")


@pytest.mark.django_db
def test_result_leads_to_the_page_and_back(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    address = f"{screening.get_absolute_url()}for-the-person/"
    assert f'href="{address}"' in signed_in.get(screening.get_absolute_url()).content.decode()
    page = signed_in.get(address)
    assert f'href="{screening.get_absolute_url()}"' in page.content.decode()
    assert page.headers["Cache-Control"].find("no-store") >= 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("", "en", "Cell studies: a first check"),
        ("?language=en", "en", "Cell studies: a first check"),
        ("?language=es", "es", "Estudios de células: una primera revisión"),
        ("?language=de", "en", "Cell studies: a first check"),
        ("?language=../../es", "en", "Cell studies: a first check"),
    ],
)
def test_language_is_the_one_in_the_address_and_is_remembered_nowhere(
    signed_in: Client, clinician: User, asked: str, language: str, title: str
) -> None:
    address = f"{record(clinician).get_absolute_url()}for-the-person/"
    before = set(signed_in.cookies)
    page = signed_in.get(f"{address}{asked}")
    assert f'<html lang="{language}">' in page.content.decode()
    assert lines_of(page.content.decode(), "h1") == [title]
    assert set(signed_in.cookies) == before
    assert f'hreflang="{language}" aria-current="true"' in page.content.decode()
    assert lines_of(signed_in.get(address).content.decode(), "h1") == ["Cell studies: a first check"]


@pytest.mark.django_db
def test_nothing_of_the_person_but_the_reference_is_on_the_page(signed_in: Client, clinician: User) -> None:
    """A page that lies on a kitchen table names nobody, no value, no trial and no birth date."""
    screening = record(clinician)
    text = words_of(signed_in.get(f"{screening.get_absolute_url()}for-the-person/"))
    assert text.count(screening.participant.reference) == 1
    for hidden in ("1983", "43", "female", "7.8", "0.05", clinician.name):
        assert re.search(rf"(?<!\d){re.escape(hidden)}(?!\d)", text) is None, hidden
    for trial in screening.result["trials"]:
        assert trial["title"] not in text


@pytest.mark.django_db
def test_page_of_a_corrected_pre_screen_leads_to_what_replaced_it(signed_in: Client, clinician: User) -> None:
    old = record(clinician)
    new = record(clinician, payload(blood_group="B"), replaces=old)
    answer = signed_in.get(f"{old.get_absolute_url()}for-the-person/")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"{new.get_absolute_url()}for-the-person/",
    )
    assert "for-the-person" not in signed_in.get(old.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_own_view_comes_before_the_page_where_the_site_has_it_so(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    Site.objects.update(own_view_first=True)
    answer = signed_in.get(f"{screening.get_absolute_url()}for-the-person/")
    assert (answer.status_code, answer.headers["Location"]) == (302, screening.get_absolute_url())


@pytest.mark.django_db
def test_page_is_not_found_by_other_clinics_nor_under_another_person(client: Client, clinician: User) -> None:
    screening, other = record(clinician), record(clinician)
    client.force_login(make_user(Role.CLINICIAN, make_site("riverside")))
    assert client.get(f"{screening.get_absolute_url()}for-the-person/").status_code == 404
    client.force_login(clinician)
    mixed = f"/people/{other.participant.reference}/pre-screens/{screening.pk}/for-the-person/"
    assert client.get(mixed).status_code == 404


@pytest.mark.django_db
def test_pages_of_the_demo_s_people_are_plain_and_name_what_is_missing() -> None:
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    seed_staff()
    clinicians = list(User.objects.filter(memberships__role="clinician").order_by("email"))
    seed_people(clinicians, installed_content(), now=now)
    screenings = list(Screening.objects.standing())
    said = set()
    for screening in screenings:
        for language in LANGUAGES:
            page = drawn(screening.result, language, today=screening.as_of)
            judge(page, language)
            said.update(lines_of(page, "h2", "li"))
        names = {missing["fact"] for trial in screening.result["trials"] for missing in trial["missing"]}
        assert names <= set(PLAIN_NAMES)
    assert len(screenings) >= 48
    assert {"Why time matters", "We do not know enough about your lows yet."} <= said
    assert str(OTHER) not in said
