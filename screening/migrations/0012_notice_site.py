"""A notice is for someone as staff of a site: it goes with their role there."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def say_where(apps, schema_editor):
    notices = apps.get_model("screening", "Notice").objects
    trials = apps.get_model("screening", "TrialReferral").objects.filter(pk=OuterRef("trial"))
    decisions = apps.get_model("screening", "ClinicDecision").objects.filter(pk=OuterRef("decision"))
    told_at_clinic = {"kind__in": ["question", "decided"], "user": F("trial__referral__referred_by")}
    at_clinic = notices.filter(**told_at_clinic).values("pk")
    notices.update(site=Subquery(trials.values("site")))
    notices.filter(pk__in=at_clinic).update(site=Subquery(trials.values("clinic")))
    notices.filter(kind="recheck").update(site=Subquery(decisions.values("screening__participant__site")))
    if schema_editor.connection.vendor == "postgresql":
        # A table with foreign keys still to be checked is not altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def site(**more):
    return models.ForeignKey(
        help_text="Where they are told, as its staff",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="screening.site",
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("screening", "0011_notices_of_days")]

    operations = [
        migrations.AddField(model_name="notice", name="site", field=site(null=True)),
        migrations.RunPython(say_where, migrations.RunPython.noop),
        migrations.AlterField(model_name="notice", name="site", field=site()),
    ]
