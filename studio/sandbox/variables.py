"""SANDBOX_SPEED and SANDBOX_FAULT, read at each start of the sandbox and judged at any start of the studio.

Both raise ValueError with a sentence.
"""

import os


def speed() -> float:
    try:
        value = float(os.environ.get("SANDBOX_SPEED", "").strip() or "1")
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1000:
        raise ValueError("SANDBOX_SPEED must be a number from 0 (at once) to 1 (as in life) or more, up to 1000.")
    return value


def fault() -> str:
    """The name of the fault that every call gets; empty for none."""
    name = os.environ.get("SANDBOX_FAULT", "").strip()
    if name:
        # Imported here, for every process of the studio reads the variable and hardly any of them names a fault.
        from studio.sandbox.faults import UnknownFault, find_fault

        try:
            find_fault(name)
        except UnknownFault:
            raise ValueError("SANDBOX_FAULT is not the name of a fault; docs/sandbox.md lists them.") from None
    return name
