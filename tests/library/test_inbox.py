"""The inbox keeps a reply from its last byte until its picture has a row."""

from studio.library import inbox


def test_a_complete_reply_is_found() -> None:
    inbox.path(5).write_bytes(b"reply")
    inbox.keep(5)
    found = inbox.find(5)
    assert found is not None
    assert found.read_bytes() == b"reply"


def test_an_unfinished_reply_does_not_count() -> None:
    inbox.path(5).with_name("5.part").write_bytes(b"rep")
    assert inbox.find(5) is None
    assert inbox.leftovers() == []


def test_leftovers_are_the_attempts_with_a_complete_reply() -> None:
    for attempt_id in (12, 3):
        inbox.path(attempt_id).write_bytes(b"reply")
    assert inbox.leftovers() == [3, 12]


def test_a_removed_reply_is_gone_with_its_unfinished_part() -> None:
    inbox.path(5).write_bytes(b"reply")
    inbox.path(5).with_name("5.part").write_bytes(b"rep")
    inbox.remove(5)
    inbox.remove(5)
    assert list(inbox.folder().iterdir()) == []


def test_a_reply_set_aside_is_kept_and_never_found_again() -> None:
    inbox.path(5).write_bytes(b"no picture in here")
    inbox.set_aside(5)
    assert inbox.find(5) is None
    assert inbox.leftovers() == []
    assert [path.read_bytes() for path in inbox.folder().iterdir()] == [b"no picture in here"]


def test_nothing_lies_in_an_inbox_nobody_used() -> None:
    assert inbox.leftovers() == []
    assert inbox.find(1) is None
