from django.db import migrations

from studio import images

AT_ONCE = 500


def mark(apps, schema_editor):
    """Mark the pictures of before for which a gateway gave less or other than it was asked for."""
    Picture = apps.get_model("library", "Picture")
    rows = Picture.objects.filter(kind="generated").values_list("pk", "asked", "got").iterator(AT_ONCE)
    downgraded = [pk for pk, asked, got in rows if images.unfulfilled(asked, got)]
    for at in range(0, len(downgraded), AT_ONCE):
        Picture.objects.filter(pk__in=downgraded[at : at + AT_ONCE]).update(is_downgraded=True)


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0004_openings'),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop, elidable=True)]
