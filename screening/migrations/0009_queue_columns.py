"""What a row of the queue says and is ordered by, in columns of its own, and the indexes that read them."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce

from screening.births import age_of, sex_of

TRIAL = "trialreferral"
NEVER = date(9999, 12, 31)
CLOSED = ["not_accepted", "enrolled", "screen_failure", "withdrawn"]
WIDE = ["id", "state", "protocol", "owner", "clinic"]
INDEXES = [
    models.Index(fields=["site", "phase", "state_since", *WIDE], name="queue_by_wait"),
    models.Index(fields=["site", "phase", "due_order", *WIDE], name="queue_by_due"),
    models.Index(fields=["site", "phase", "holds_order", *WIDE], name="queue_by_holds"),
    models.Index(fields=["site", "state", "state_since", "id", "protocol"], name="queue_by_state"),
    models.Index(fields=["site", "protocol", "phase", "state_since", "id", "state"], name="queue_by_trial"),
    models.Index(fields=["site", "phase", "owner", "state_since", "id"], name="queue_by_owner"),
    models.Index(fields=["site", "phase"], name="queue_answered", condition=Q(has_answer=True)),
    models.Index(fields=["site", "phase"], name="queue_amended", condition=Q(is_amended=True)),
]


def repeat_what_the_referral_says(apps, schema_editor):
    trials = apps.get_model("screening", "TrialReferral").objects
    rows = trials.values_list("pk", "referral__participant__site", "referral__screening__answers")
    for pk, clinic, answers in rows.iterator():
        trials.filter(pk=pk).update(clinic=clinic, age=age_of(answers), sex=sex_of(answers))
    if schema_editor.connection.vendor == "postgresql":
        # A table with foreign keys still to be checked is not altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("screening", "0008_letter_remainders")]

    operations = [
        migrations.RemoveIndex(model_name=TRIAL, name="queue_by_wait"),
        migrations.RemoveIndex(model_name=TRIAL, name="queue_by_trial"),
        migrations.RemoveIndex(model_name=TRIAL, name="queue_by_owner"),
        migrations.AddField(
            model_name=TRIAL,
            name="age",
            field=models.CharField(
                blank=True,
                default="",
                help_text="In years at the pre-screen: 43, 42 to 43",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=TRIAL,
            name="sex",
            field=models.CharField(blank=True, default="", max_length=8),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name=TRIAL,
            name="clinic",
            field=models.ForeignKey(
                null=True,
                help_text="Who referred",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="screening.site",
            ),
        ),
        migrations.RunPython(repeat_what_the_referral_says, migrations.RunPython.noop),
        migrations.AlterField(
            model_name=TRIAL,
            name="clinic",
            field=models.ForeignKey(
                help_text="Who referred",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="screening.site",
            ),
        ),
        migrations.AddField(
            model_name=TRIAL,
            name="phase",
            field=models.GeneratedField(
                db_persist=True,
                expression=Case(
                    When(state="draft", then=Value("draft")),
                    When(state__in=CLOSED, then=Value("closed")),
                    default=Value("open"),
                ),
                output_field=models.CharField(
                    choices=[("draft", "Not sent yet"), ("open", "Under way"), ("closed", "Closed")],
                    max_length=8,
                ),
            ),
        ),
        migrations.AddField(
            model_name=TRIAL,
            name="due_order",
            field=models.GeneratedField(
                db_persist=True,
                expression=Coalesce("due_on", Value(NEVER)),
                output_field=models.DateField(),
            ),
        ),
        migrations.AddField(
            model_name=TRIAL,
            name="holds_order",
            field=models.GeneratedField(
                db_persist=True,
                expression=Coalesce("lapses_on", Value(NEVER)),
                output_field=models.DateField(),
            ),
        ),
        *(migrations.AddIndex(model_name=TRIAL, index=index) for index in INDEXES),
    ]
