"""The pages. Whoever a page is about stands in its address."""

from django.urls import URLPattern, path

from screening.views import (
    appearance,
    audit,
    drafts,
    library,
    monitoring,
    notices,
    paper,
    people,
    pre_screens,
    queue,
    referrals,
    referring,
    reports,
    results,
    trial_referrals,
)

PERSON = "people/<str:reference>/"
FORM = PERSON + "form/<uuid:draft_id>/"
SUBJECT = PERSON + "monitoring/<int:pk>/"
REFERRAL = PERSON + "referrals/<int:pk>/"
TRIAL = PERSON + "trials/<int:pk>/"
PRE_SCREEN = PERSON + "pre-screens/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("", pre_screens.pre_screens, name="pre_screens"),
    path("new/", drafts.start, name="new_pre_screen"),
    path("blank-form/", paper.blank_form, name="blank_form"),
    path("people/", people.people, name="people"),
    path(PERSON, people.person, name="person"),
    path(PERSON + "again/", people.pre_screen_again, name="pre_screen_again"),
    path(PERSON + "identity/", people.identity, name="identity"),
    path(PERSON + "identity/erase/", people.erase, name="erase_identity"),
    path(FORM, drafts.resume, name="pre_screen_form"),
    path(FORM + "panel/", drafts.panel_of, name="panel"),
    path(FORM + "review/", drafts.review, name="review"),
    path(FORM + "record/", drafts.record, name="record"),
    path(FORM + "discard/", drafts.discard, name="discard"),
    path(FORM + "<slug:stage>/", drafts.stage, name="stage"),
    path(PRE_SCREEN, results.result, name="result"),
    path(PRE_SCREEN + "notes/", results.result_notes, name="result_notes"),
    path(PRE_SCREEN + "correct/", drafts.correct, name="correct"),
    path("trail/", audit.trail, name="trail"),
    path("emergency/", audit.emergency, name="emergency"),
    path(PERSON + "emergency/", audit.emergency_person, name="emergency_person"),
    path("monitoring/", monitoring.monitoring, name="monitoring"),
    path(SUBJECT, monitoring.subject, name="monitored_subject"),
    path(SUBJECT + "trail/", monitoring.subject_trail, name="monitored_trail"),
    path(PRE_SCREEN + "own-view/", referring.own_view, name="own_view"),
    path(PRE_SCREEN + "decide/", referring.clinic_decision, name="clinic_decision"),
    path(PRE_SCREEN + "refer/", referring.refer, name="refer"),
    path(REFERRAL, referrals.referral, name="referral"),
    path(REFERRAL + "letter/", referring.letter, name="letter"),
    path(REFERRAL + "answer/", referrals.answer, name="answer"),
    path(REFERRAL + "withdraw/", referrals.withdraw, name="withdraw"),
    path(REFERRAL + "pack/", referrals.referral_pack, name="referral_pack"),
    path(REFERRAL + "pack.json", referrals.referral_pack_json, name="referral_pack_json"),
    path("notices/", notices.notices, name="notices"),
    path("referrals/", queue.queue, name="queue"),
    path("referrals/plan/", queue.plan, name="plan"),
    path("referrals/views/", queue.saved_view, name="saved_view"),
    path(TRIAL, trial_referrals.trial_referral, name="trial_referral"),
    path(TRIAL + "confirm/", trial_referrals.confirm, name="confirm"),
    path(TRIAL + "own-view/", trial_referrals.trial_own_view, name="trial_own_view"),
    path(TRIAL + "note/", trial_referrals.trial_note, name="trial_note"),
    path(TRIAL + "plan/", trial_referrals.trial_plan, name="trial_plan"),
    path(TRIAL + "anew/", trial_referrals.trial_anew, name="trial_anew"),
    path(TRIAL + "ask/", trial_referrals.move, {"act": "ask"}, name="ask"),
    path(TRIAL + "<slug:act>/", trial_referrals.move, name="move"),
    path("logs/pre-screening/", reports.pre_screening_log, name="pre_screening_log"),
    path("logs/screening/", reports.screening_log, name="screening_log"),
    path("reports/", reports.report, name="report"),
    path("reports/export/", reports.export, name="export"),
    path("protocols/", library.library, name="library"),
    path("protocols/<slug:protocol_id>/", library.protocol, name="protocol"),
    path("appearance/", appearance.appearance, name="appearance"),
]
