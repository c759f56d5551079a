"""The pages. Whoever a page is about stands in its address."""

from django.urls import URLPattern, path

from screening.views import appearance, audit, drafts, library, monitoring, people, pre_screens, results

PERSON = "people/<str:reference>/"
FORM = PERSON + "form/<uuid:draft_id>/"
SUBJECT = PERSON + "monitoring/<int:pk>/"
PRE_SCREEN = PERSON + "pre-screens/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("", pre_screens.pre_screens, name="pre_screens"),
    path("new/", drafts.start, name="new_pre_screen"),
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
    path("protocols/", library.library, name="library"),
    path("protocols/<slug:protocol_id>/", library.protocol, name="protocol"),
    path("appearance/", appearance.appearance, name="appearance"),
]
