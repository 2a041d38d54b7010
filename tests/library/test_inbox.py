"""The inbox keeps a reply from its last byte until its picture has a row."""

from studio.library import inbox


def test_a_complete_reply_is_found() -> None:
    inbox.path(5).write_bytes(b"reply")
    inbox.copy_to_remote(5)
    found = inbox.find(5)
    assert found is not None
    assert found.read_bytes() == b"reply"


def test_an_unfinished_reply_does_not_count() -> None:
    inbox.path(5).with_name("5.part").write_bytes(b"rep")
    assert inbox.find(5) is None
    assert inbox.complete_replies() == []


def test_leftovers_are_the_attempts_with_a_complete_reply() -> None:
    for attempt_id in (12, 3):
        inbox.path(attempt_id).write_bytes(b"reply")
    assert inbox.complete_replies() == [3, 12]


def test_a_removed_reply_is_gone_with_its_unfinished_part() -> None:
    inbox.path(5).write_bytes(b"reply")
    inbox.path(5).with_name("5.part").write_bytes(b"rep")
    inbox.remove(5)
    inbox.remove(5)
    assert list(inbox.folder().iterdir()) == []


def test_what_came_of_a_reply_before_its_worker_died_counts_as_the_whole_of_it() -> None:
    inbox.path(5).with_name("5.part").write_bytes(b"half a reply")
    inbox.adopt_part(5)
    assert inbox.path(5).read_bytes() == b"half a reply"
    inbox.path(6).with_name("6.part").write_bytes(b"")
    inbox.adopt_part(6)
    assert inbox.complete_replies() == [5]


def test_an_unused_inbox_is_empty() -> None:
    assert inbox.complete_replies() == []
    assert inbox.find(1) is None
