"""A key for everybody, drafts sealed whole, birth dates in snapshots sealed beside the age."""

import json

from django.conf import settings
from django.db import migrations

import screening.models.sealed
from screening.births import close_birth
from screening.models.append_only import add_triggers, drop_triggers
from screening.models.sealed import Sealed
from screening.sealing import Place, new_key, seal, seal_key

IDENTITY, DRAFT, SNAPSHOT = "screening_identity", "screening_draft", "screening_screening"


def seal_all(apps, schema_editor):
    participants = apps.get_model("screening", "Participant")
    identities = apps.get_model("screening", "Identity")
    keys = {}
    made = []
    for pk, site in participants.objects.filter(identity=None).values_list("pk", "site"):
        keys[pk] = new_key()
        sealed = seal_key(keys[pk], Place(IDENTITY, "sealed_key", pk))
        made.append(identities(participant_id=pk, site_id=site, sealed_key=sealed))
    identities.objects.bulk_create(made, batch_size=500)

    drafts = apps.get_model("screening", "Draft").objects
    for pk, person, typed in drafts.values_list("pk", "participant", "typed"):
        sealed = seal(keys[person], json.dumps(json.loads(typed)), Place(DRAFT, "typed", pk))
        drafts.filter(pk=pk).update(typed=Sealed(sealed))

    drop_triggers(schema_editor, SNAPSHOT)
    snapshots = apps.get_model("screening", "Screening").objects
    for pk, person, token, answers in snapshots.values_list("pk", "participant", "token", "answers"):
        closed = close_birth(answers, keys[person], Place(SNAPSHOT, "answers", token))
        if closed != answers:
            snapshots.filter(pk=pk).update(answers=closed)
    add_triggers(schema_editor, SNAPSHOT)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("screening", "0005_session_epoch"),
    ]

    operations = [
        migrations.AlterField(
            model_name="draft",
            name="typed",
            field=screening.models.sealed.SealedJSONField(blank=True, default=dict),
        ),
        migrations.RunPython(seal_all),
    ]
