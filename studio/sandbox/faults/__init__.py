"""Everything the sandbox can do wrong, chosen by `sandbox:NAME` in a prompt or by SANDBOX_FAULT=NAME.

It owns the table of faults. It never sends a reply: `delivery` and the reply formats carry a fault out.
"""

from studio.sandbox.faults.fault import DRAWINGS, MODERATIONS, NO_FAULT, RESPONSES, TASKS, Fault
from studio.sandbox.faults.names import ONCE, fault_name_in, without_fault_name
from studio.sandbox.faults.table import FAULTS, UnknownFault, find_fault

__all__ = [
    "DRAWINGS",
    "FAULTS",
    "MODERATIONS",
    "NO_FAULT",
    "ONCE",
    "RESPONSES",
    "TASKS",
    "Fault",
    "UnknownFault",
    "fault_name_in",
    "find_fault",
    "without_fault_name",
]
