"""All faults by name."""

from dataclasses import replace

from studio.sandbox.faults.failures import FAILURES
from studio.sandbox.faults.fault import Fault
from studio.sandbox.faults.names import ONCE
from studio.sandbox.faults.quirks import QUIRKS

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*FAILURES, *(replace(quirk, is_quirk=True) for quirk in QUIRKS))
}


class UnknownFault(ValueError):
    """There is no fault of that name."""


def find_fault(name: str) -> Fault:
    """The fault of a name, with or without `-once`; raises UnknownFault."""
    try:
        return FAULTS[name.lower().removesuffix(ONCE)]
    except KeyError:
        raise UnknownFault(f"There is no sandbox fault named “{name}”.") from None
