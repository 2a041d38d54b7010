from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Give jobs that were filed before the model of their generation, so that a retry goes where it is offered."""
    Job, Generation = apps.get_model("generations", "Job"), apps.get_model("generations", "Generation")
    model = Generation.objects.filter(pk=OuterRef("generation_id")).values("model")[:1]
    Job.objects.filter(model="").update(model=Subquery(model))


class Migration(migrations.Migration):

    dependencies = [
        ('generations', '0006_choice'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
