from typing import Any

from django.db import migrations

import config.kernel.public_ids
from config.kernel.public_ids import PublicIdField, new_public_id


def draw(apps: Any, schema_editor: Any) -> None:
    """Give each user an id of its own."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    for pk in users.values_list("pk", flat=True):
        users.filter(pk=pk).update(public_id=new_public_id())


def field(*, unique: bool) -> PublicIdField:
    return PublicIdField(default=config.kernel.public_ids.new_public_id, editable=False, max_length=20, unique=unique)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_addresses_agree")]

    operations = [
        migrations.AddField("user", "public_id", field(unique=False)),
        migrations.RunPython(draw, migrations.RunPython.noop),
        migrations.AlterField("user", "public_id", field(unique=True)),
    ]
