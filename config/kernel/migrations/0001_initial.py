"""The outbox, and the heartbeats of workers."""

from django.db import migrations, models

from config.kernel.migrations_together import Together


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name="Outbox",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("topic", models.CharField(max_length=100)),
                        ("payload", models.JSONField(default=dict)),
                        ("queue", models.CharField(blank=True, max_length=20)),
                        ("created_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("last_error", models.TextField(blank=True)),
                    ],
                    options={
                        "verbose_name": "outbox entry",
                        "verbose_name_plural": "outbox entries",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("sent_at", None)), fields=["due_at"], name="outbox_waiting"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkerHeartbeat",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("queue", models.CharField(max_length=20, unique=True)),
                        ("seen_at", models.DateTimeField()),
                    ],
                ),
            ],
        ),
    ]
