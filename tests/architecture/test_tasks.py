"""Work is asked for by name: every name that is rung must be a task, on a queue that a worker serves."""

from __future__ import annotations

import ast

import pytest
from django.conf import settings

from config.celery import app, task
from tests.architecture.source import modules, tree


def constants(module: ast.Module) -> dict[str, str]:
    """The module's names for texts."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def rung_topics() -> set[str]:
    """First arguments of `outbox.add(…)` in the source, written out or named."""
    found = set()
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.add":
                topic = ast.unparse(node.args[0])
                found.add(constants(tree(path)).get(topic, topic.strip("'")))
    return found


TOPICS = sorted(rung_topics())
SCHEDULED = sorted({entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()})


def test_the_source_rings_for_something() -> None:
    assert "storefront.fulfil_order" in TOPICS


@pytest.mark.parametrize("name", sorted({*TOPICS, *SCHEDULED}))
def test_name_is_a_task_on_a_served_queue(name: str) -> None:
    found = task(name)

    route = app.amqp.router.route({}, name)
    assert getattr(route.get("queue"), "name", settings.CELERY_TASK_DEFAULT_QUEUE) in settings.QUEUES
    assert found.acks_late


@pytest.mark.parametrize("name", TOPICS)
def test_task_tolerates_arguments_of_newer_senders(name: str) -> None:
    wanted = task(name).run.__code__

    assert wanted.co_flags & 0x08, f"{name} takes no **_later"
    assert wanted.co_argcount <= 1, f"{name} takes positional arguments"
