"""Rows that the kernel keeps: work to ring for, and who is alive."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Outbox(models.Model):
    """Work that a committed transaction asked for: the topic is a task's name, the payload its arguments."""

    topic = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    queue = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = "outbox entry"
        verbose_name_plural = "outbox entries"
        indexes = [models.Index(name="outbox_waiting", fields=["due_at"], condition=Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.payload}"


class WorkerHeartbeat(models.Model):
    """The last moment a worker of this queue was seen, by database time."""

    queue = models.CharField(max_length=20, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.queue} {self.seen_at:%Y-%m-%d %H:%M:%S}"
