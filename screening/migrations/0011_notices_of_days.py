"""A notice may also be about a decision to look again at somebody on a day."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("screening", "0010_emergency_end")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="screening.clinicdecision",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("submitted", "A referral came in"),
                    ("question", "The centre asks"),
                    ("answer", "The clinic answered"),
                    ("decided", "The centre decided"),
                    ("assigned", "Given to you"),
                    ("due", "Due today"),
                    ("held", "The day of the hold has come"),
                    ("recheck", "Look again, results were awaited"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="trial",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notices",
                to="screening.trialreferral",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=Q(kind="recheck", trial__isnull=True, decision__isnull=False)
                | ~Q(kind="recheck") & Q(trial__isnull=False, decision__isnull=True),
                name="notice_is_about_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=Q(decision__isnull=False), fields=("user", "decision"), name="notice_rechecks_once"
            ),
        ),
    ]
