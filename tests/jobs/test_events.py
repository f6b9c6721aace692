"""A client that resumes receives each subject that has changed since, once."""

from __future__ import annotations

import threading

import pytest

from paddle_workbench.jobs import EventLog


def subjects(events: EventLog, after: str) -> list[str]:
    return [event.id for event in events.after(after)]


def test_resumes_after_the_last_event() -> None:
    events = EventLog()
    events.publish("course", "course")
    events.publish("other", "course")
    first, second = events.after("")
    assert events.after(first.id) == [second]
    assert events.after(second.id) == []


def test_reports_changed_subject_once_in_its_current_state() -> None:
    events = EventLog()
    for _ in range(1000):
        events.publish("a", "course")
    events.publish("b", "course")
    events.publish("a", "course")
    ids = subjects(events, "")
    assert [int(name.split("-")[1]) for name in ids] == [1001, 1002]
    events.forget("a")
    assert subjects(events, "") == ids[:1]


def test_removed_run_replaces_the_event_of_the_run() -> None:
    events = EventLog()
    events.publish("run a", "run", removed_run="b")
    events.publish("run a", "run", removed_run="a")
    (event,) = events.after("")
    assert (event.topic, event.run, event.removed_run) == ("run", None, "a")


@pytest.mark.parametrize("last", ["", "12345678-3", "-", "x", "-1", "²"])
def test_id_of_another_server_returns_all_events(last: str) -> None:
    events = EventLog()
    events.publish("a", "course")
    assert len(events.after(last)) == 1
    epoch = events.after("")[0].id.split("-")[0]
    assert len(events.after(f"{epoch}-²")) == 1


def test_calls_listener_until_it_is_unsubscribed() -> None:
    events = EventLog()
    calls: list[int] = []
    unsubscribe = events.subscribe(lambda: calls.append(1))
    thread = threading.Thread(target=events.publish, args=("a", "course"))
    thread.start()
    thread.join()
    unsubscribe()
    unsubscribe()
    events.publish("a", "course")
    assert calls == [1]
