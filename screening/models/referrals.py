"""Referrals: one letter about one person to one centre, for one trial or several."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections, models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from screening.flow import AFTER_CONSENT, CLOSED, OPEN, SENT, STATES, WAITING_ON_CLINICIAN, State
from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.participants import Participant
from screening.models.people import Role, Site
from screening.models.screenings import Candidacy, Screening

if TYPE_CHECKING:
    from screening.models.people import User

CENTRE_ROLES = (Role.COORDINATOR, Role.INVESTIGATOR)


def within_trials(places: list[tuple[int, str]], site: str, protocol: str) -> Q:
    """Return the condition that a row lies in one of `places`, as User.trials_as gives them."""
    condition = Q(pk__in=[])
    for site_id, slug in places:
        condition |= Q(**{site: site_id, protocol: slug}) if slug else Q(**{site: site_id})
    return condition


class ContactWay(models.TextChoices):
    """How a person wants to be reached."""

    PHONE = "phone", gettext_lazy("By phone")
    EMAIL = "email", gettext_lazy("By email")
    LETTER = "letter", gettext_lazy("By letter")
    CLINIC = "clinic", gettext_lazy("Through the clinic")


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> ReferralQuerySet:
        """Those of the own clinics' people, and those sent to the trials `user` works on."""
        of_clinic = Q(participant__site__in=user.sites_as(Role.CLINICIAN))
        of_centre = within_trials(user.trials_as(*CENTRE_ROLES), "trials__site", "trials__protocol")
        sent = of_centre & Q(trials__state__in=SENT)
        return self.filter(pk__in=Referral.objects.filter(of_clinic | sent).values("pk"))

    def at_clinic(self, user: User) -> ReferralQuerySet:
        """Those about people of the sites where `user` is a clinician."""
        return self.filter(participant__site__in=user.sites_as(Role.CLINICIAN))

    def waiting_on_clinic(self) -> ReferralQuerySet:
        """Those with a letter that is not sent, or a question that is not answered."""
        states = (State.DRAFT, *WAITING_ON_CLINICIAN)
        return self.filter(Exists(TrialReferral.objects.filter(referral=OuterRef("pk"), state__in=states)))

    def under_way(self) -> ReferralQuerySet:
        """Those of which a trial is not closed."""
        states = (State.DRAFT, *OPEN)
        return self.filter(Exists(TrialReferral.objects.filter(referral=OuterRef("pk"), state__in=states)))

    def older_than(self, created_at: datetime, pk: int) -> ReferralQuerySet:
        """Those that come after the referral of that moment and key, latest first."""
        return self.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk))

    def for_lists(self) -> ReferralQuerySet:
        """With person, site, centre, author and trials, without the letter."""
        return (
            self.select_related("participant__site", "centre", "referred_by")
            .defer("reason", "therapies", "medicines", "circumstances", "told", "despite", "orders")
            .prefetch_related("trials")
        )

    def latest_first(self) -> ReferralQuerySet:
        return self.order_by("-created_at", "-pk")


class Referral(models.Model):
    """What the clinician writes to a centre. Where each trial of it stands is in TrialReferral.

    The texts are the doctor's own words for the centre; they never leave in an export.
    """

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="referrals")
    screening = models.ForeignKey(
        Screening, on_delete=models.PROTECT, related_name="referrals", help_text="What it rests on now"
    )
    centre = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="referrals_received")
    referred_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="referrals"
    )
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    contact_consent_on = models.DateField("agreed to be contacted on", null=True, blank=True)
    contact_way = models.CharField(max_length=16, choices=ContactWay.choices, blank=True)
    contact_time = models.CharField("best time", max_length=80, blank=True)
    contact_language = models.CharField("language", max_length=40, blank=True)
    reason = models.TextField("reason for the referral", max_length=4000, blank=True)
    therapies = models.TextField("therapies tried, with dates", max_length=4000, blank=True)
    medicines = models.TextField("medicines and allergies", max_length=4000, blank=True)
    circumstances = models.TextField("mental health, travel, support", max_length=4000, blank=True)
    told = models.TextField("what the person was told", max_length=4000, blank=True)
    despite = models.TextField("why it is sent while exclusions are not known", max_length=2000, blank=True)
    orders = models.JSONField(
        default=dict, blank=True, help_text="By missing fact, who finds it out: clinic or centre"
    )

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | (Q(contact_consent_on__isnull=False) & ~Q(contact_way="") & ~Q(reason="")),
                name="referral_sent_has_consent_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"referral {self.pk} of participant {self.participant_id}"

    def get_absolute_url(self) -> str:
        return reverse("referral", args=[self.participant.reference, self.pk])


class Phase(models.TextChoices):
    """Whether a centre has a trial of a referral before it."""

    DRAFT = "draft", gettext_lazy("Not sent yet")
    OPEN = "open", gettext_lazy("Under way")
    CLOSED = "closed", gettext_lazy("Closed")


NEVER = date(9999, 12, 31)
"""Where no day is set, in the columns that put rows in the order of days."""


class TrialReferralQuerySet(models.QuerySet["TrialReferral"]):
    def visible_to(self, user: User) -> TrialReferralQuerySet:
        """Those of the own clinics' people, and those sent to the trials `user` works on."""
        of_clinic = Q(referral__participant__site__in=user.sites_as(Role.CLINICIAN))
        of_centre = within_trials(user.trials_as(*CENTRE_ROLES), "site", "protocol")
        return self.filter(of_clinic | (of_centre & Q(state__in=SENT)))

    def at_centre(self, user: User) -> TrialReferralQuerySet:
        """Those sent to the trials `user` works on at a centre."""
        places = within_trials(user.trials_as(*CENTRE_ROLES), "site", "protocol")
        return self.filter(places, state__in=SENT)

    def in_queue_of(self, user: User, phase: str = Phase.OPEN) -> TrialReferralQuerySet:
        """Those of `at_centre` in one phase, asked for as the queue's indexes have them."""
        places = user.trials_as(*CENTRE_ROLES)
        whole = sorted({site for site, protocol in places if not protocol})
        bounded = [(site, protocol) for site, protocol in places if site not in whole]
        if len(whole) == 1 and not bounded:
            return self.filter(site_id=whole[0], phase=phase)
        condition = within_trials(bounded, "site", "protocol")
        return self.filter(Q(site_id__in=whole) | condition, phase=phase)

    def monitored_by(self, user: User) -> TrialReferralQuerySet:
        """Those of consented people, of the trials and sites that `user` monitors."""
        places = within_trials(user.trials_as(Role.MONITOR), "site", "protocol")
        return self.filter(places, consented_on__isnull=False)

    def counted_for_monitor(self, user: User) -> TrialReferralQuerySet:
        """Those sent to the trials and sites that `user` monitors, of people who have not consented."""
        places = within_trials(user.trials_as(Role.MONITOR), "site", "protocol")
        return self.filter(places, consented_on__isnull=True, state__in=SENT)

    def open(self) -> TrialReferralQuerySet:
        return self.filter(state__in=OPEN)


class TrialReferral(models.Model):
    """One trial of a referral: where it stands, who has it, what is next.

    The columns from `candidacy` on repeat what the referral and its pre-screen say, for the queue's
    filters and order; actions keep them so, and the database those from `phase` on.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="trials")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", help_text="The centre")
    protocol = models.SlugField(max_length=64)
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=24, choices=[(state.value, words) for state, words in STATES.items()])
    state_since = models.DateTimeField()
    held_in = models.CharField(max_length=24, blank=True, help_text="The state it was put on hold in")
    hold_until = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Counts every change: one of two wins")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    due_on = models.DateField(null=True, blank=True, help_text="When the next deed is due")
    next_action = models.CharField(max_length=80, blank=True, help_text="call Thu 26 Nov")
    waiting_for = models.CharField(max_length=80, blank=True, help_text="ambulance record")
    has_answer = models.BooleanField(default=False, help_text="Answered since the centre last looked")
    is_amended = models.BooleanField(default=False, help_text="The protocol's text changed since")
    subject_no = models.CharField(max_length=32, blank=True)
    consented_on = models.DateField(null=True, blank=True)
    consent_version = models.CharField(max_length=40, blank=True)
    enrolment_no = models.CharField(max_length=32, blank=True)
    candidacy = models.CharField(max_length=16, choices=Candidacy.choices)
    unknown_count = models.PositiveSmallIntegerField()
    confirm_count = models.PositiveSmallIntegerField(help_text="Items to confirm that are not answered yet")
    lapses_on = models.DateField(null=True, blank=True)
    clinic = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", help_text="Who referred")
    age = models.CharField(max_length=12, blank=True, help_text="In years at the pre-screen: 43, 42 to 43")
    sex = models.CharField(max_length=8, blank=True)
    phase = models.GeneratedField(
        expression=Case(
            When(state=State.DRAFT.value, then=Value(Phase.DRAFT.value)),
            When(state__in=[state.value for state in CLOSED], then=Value(Phase.CLOSED.value)),
            default=Value(Phase.OPEN.value),
        ),
        output_field=models.CharField(max_length=8, choices=Phase.choices),
        db_persist=True,
    )
    due_order = models.GeneratedField(
        expression=Coalesce("due_on", Value(NEVER)), output_field=models.DateField(), db_persist=True
    )
    holds_order = models.GeneratedField(
        expression=Coalesce("lapses_on", Value(NEVER)), output_field=models.DateField(), db_persist=True
    )

    objects = TrialReferralQuerySet.as_manager()

    class Meta:
        ordering = ["state_since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["referral", "protocol"], name="trial_referral_once"),
            models.UniqueConstraint(
                fields=["site", "protocol", "subject_no"],
                condition=~Q(subject_no=""),
                name="trial_referral_subject_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="trial_referral_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="on_hold", hold_until__isnull=False) & ~Q(held_in="")
                | ~Q(state="on_hold") & Q(hold_until__isnull=True, held_in=""),
                name="trial_referral_hold_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[state.value for state in AFTER_CONSENT])
                | (Q(consented_on__isnull=False) & ~Q(subject_no="") & ~Q(consent_version="")),
                name="trial_referral_consent_is_recorded",
            ),
            models.CheckConstraint(
                condition=~Q(state="enrolled") | ~Q(enrolment_no=""),
                name="trial_referral_enrolled_has_number",
            ),
        ]
        indexes = [
            # Each holds every column that a filter reads, so that counting reads no row.
            models.Index(
                fields=["site", "phase", "state_since", "id", "state", "protocol", "owner", "clinic"],
                name="queue_by_wait",
            ),
            models.Index(
                fields=["site", "phase", "due_order", "id", "state", "protocol", "owner", "clinic"],
                name="queue_by_due",
            ),
            models.Index(
                fields=["site", "phase", "holds_order", "id", "state", "protocol", "owner", "clinic"],
                name="queue_by_holds",
            ),
            models.Index(fields=["site", "state", "state_since", "id", "protocol"], name="queue_by_state"),
            models.Index(
                fields=["site", "protocol", "phase", "state_since", "id", "state"], name="queue_by_trial"
            ),
            models.Index(fields=["site", "phase", "owner", "state_since", "id"], name="queue_by_owner"),
            models.Index(fields=["site", "phase"], name="queue_answered", condition=Q(has_answer=True)),
            models.Index(fields=["site", "phase"], name="queue_amended", condition=Q(is_amended=True)),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} of referral {self.referral_id}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("trial_referral", args=[self.referral.participant.reference, self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def days_in_state(self, now: datetime) -> int:
        """Return for how many whole days it has stood where it stands."""
        return (now - self.state_since).days

    def holds_for(self, today: date) -> int | None:
        """Return the days until a likely or possible answer lapses; None where it does not."""
        return (self.lapses_on - today).days if self.lapses_on is not None else None


class Step(AppendOnlyModel):
    """One move of one trial of a referral: who, when, why, and the hash of what they were shown."""

    token = models.UUIDField(unique=True, editable=False, help_text="One per form: two clicks, one step")
    trial = models.ForeignKey(TrialReferral, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=24)
    before = models.CharField(max_length=24)
    after = models.CharField(max_length=24)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, help_text="The role it was done in")
    reason = models.CharField(max_length=32, blank=True)
    criterion = models.CharField(max_length=24, blank=True, help_text="The criterion the reason is about")
    words = models.TextField(max_length=2000, blank=True)
    overrides = models.BooleanField(default=False, help_text="It goes against the engine's answer")
    candidacy = models.CharField(max_length=16, choices=Candidacy.choices)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    protocol_sha256 = models.CharField(max_length=64)
    shown_sha256 = models.CharField(max_length=64, blank=True)
    meaning = models.CharField(max_length=200, blank=True)
    is_signature = models.BooleanField(default=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(overrides=False) | ~Q(words=""), name="step_override_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(is_signature=False) | (~Q(shown_sha256="") & ~Q(meaning="")),
                name="step_signature_is_bound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.trial_id}"


class ThreadEntry(AppendOnlyModel):
    """A question of the centre, an answer of the clinic, or a note, in the order they were written."""

    class Kind(models.TextChoices):
        QUESTION = "question", gettext_lazy("Question")
        ANSWER = "answer", gettext_lazy("Answer")
        NOTE = "note", gettext_lazy("Note")

    token = models.UUIDField(unique=True, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="thread")
    trial = models.ForeignKey(
        TrialReferral, on_delete=models.PROTECT, related_name="thread", null=True, blank=True
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    facts = models.JSONField(default=list, help_text="The facts that are asked for, by name")
    screening = models.ForeignKey(
        Screening, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Run anew"
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} about referral {self.referral_id}"


class Confirmation(AppendOnlyModel):
    """One item that a person at the centre has looked up; the latest of an item counts."""

    class Answer(models.TextChoices):
        YES = "yes", gettext_lazy("Confirmed")
        NO = "no", gettext_lazy("Not so")
        NOT_APPLICABLE = "not_applicable", gettext_lazy("Does not apply")

    trial = models.ForeignKey(TrialReferral, on_delete=models.PROTECT, related_name="confirmations")
    item = models.CharField(max_length=32)
    answer = models.CharField(max_length=16, choices=Answer.choices)
    document = models.CharField("source document", max_length=120, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item} of {self.trial_id}: {self.answer}"


class OwnView(AppendOnlyModel):
    """What someone thought of a person before they read the engine's answer."""

    class View(models.TextChoices):
        CANDIDATE = "candidate", gettext_lazy("A candidate")
        NOT_NOW = "not_now", gettext_lazy("Not now")
        CANNOT_TELL = "cannot_tell", gettext_lazy("Cannot tell yet")

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="own_views")
    protocol = models.CharField(max_length=64, blank=True, help_text="The trial; empty for trials altogether")
    view = models.CharField(max_length=16, choices=View.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["screening", "protocol", "by"], name="own_view_once"),
        ]

    def __str__(self) -> str:
        return f"own view of pre-screen {self.screening_id}"


class ClinicDecision(AppendOnlyModel):
    """What the clinician decided after a pre-screen, without a referral; the latest counts."""

    class Kind(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for results")
        NOT_NOW = "not_now", gettext_lazy("Not now")
        PERSON_SAYS_NO = "person_says_no", gettext_lazy("The person says no")
        TOO_FAR = "too_far", gettext_lazy("Too far")

    token = models.UUIDField(unique=True, editable=False)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="clinic_decisions")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    recheck_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="waiting") | Q(recheck_on__isnull=False), name="clinic_decision_rechecks"
            ),
            models.CheckConstraint(
                condition=~Q(kind="not_now") | ~Q(reason=""), name="clinic_decision_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} after pre-screen {self.screening_id}"


class SavedView(models.Model):
    """Filters of the queue that someone kept under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


COUNT_WAITING = """
    SELECT count(*) FROM screening_notice
    WHERE user_id = %s AND read_at IS NULL AND (snoozed_until IS NULL OR snoozed_until <= %s)
    AND site_id IN ({})
"""


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        """The own ones, of the sites where `user` still holds a role."""
        return self.filter(user=user, site__in=user.sites_as())

    def waiting_for(self, user: User, now: datetime) -> NoticeQuerySet:
        """The own ones that are neither read nor put aside until later."""
        not_aside = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
        return self.visible_to(user).filter(not_aside, read_at__isnull=True)

    def count_waiting_for(self, user: User, now: datetime) -> int:
        """How many of them: for the bar of every page, where building the query costs more than asking."""
        sites = [site.pk for site in user.sites_as()]
        if not sites:
            return 0
        database = connections[self.db]
        sql = COUNT_WAITING.format(", ".join(["%s"] * len(sites)))
        with database.cursor() as cursor:
            cursor.execute(sql, [user.pk, database.ops.adapt_datetimefield_value(now), *sites])
            return int(cursor.fetchone()[0])

    def with_subject(self) -> NoticeQuerySet:
        """With what they are about, down to person and sites, without the long texts."""
        return self.select_related(
            "trial__site", "trial__referral__participant__site", "decision__screening__participant__site"
        ).defer("decision__screening__answers", "decision__screening__result")

    def latest_first(self) -> NoticeQuerySet:
        return self.order_by("-at", "-pk")


class Notice(models.Model):
    """Something that waits for someone: shown in the app, and told by mail without saying of whom.

    It is about a trial of a referral, or about a decision to look again at somebody who was not referred.
    """

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", gettext_lazy("A referral came in")
        QUESTION = "question", gettext_lazy("The centre asks")
        ANSWER = "answer", gettext_lazy("The clinic answered")
        DECIDED = "decided", gettext_lazy("The centre decided")
        ASSIGNED = "assigned", gettext_lazy("Given to you")
        DUE = "due", gettext_lazy("Due today")
        HELD = "held", gettext_lazy("The day of the hold has come")
        RECHECK = "recheck", gettext_lazy("Look again, results were awaited")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="+", help_text="Where they are told, as its staff"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    trial = models.ForeignKey(
        TrialReferral, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    decision = models.ForeignKey(
        ClinicDecision, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="recheck", trial__isnull=True, decision__isnull=False)
                | ~Q(kind="recheck") & Q(trial__isnull=False, decision__isnull=True),
                name="notice_is_about_one_thing",
            ),
            models.UniqueConstraint(
                fields=["user", "decision"], condition=Q(decision__isnull=False), name="notice_rechecks_once"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "read_at", "at"], name="notice_by_user"),
            models.Index(fields=["mailed_at"], condition=Q(mailed_at=None), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for user {self.user_id}"

    @property
    def participant(self) -> Participant:
        """Whom it is about."""
        if self.trial is not None:
            return self.trial.referral.participant
        assert self.decision is not None  # notice_is_about_one_thing
        return self.decision.screening.participant
