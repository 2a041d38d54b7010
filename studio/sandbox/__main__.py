"""Runs the sandbox alone: `python -m studio.sandbox --port 4010`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.sandbox.app import Sandbox
from studio.sandbox.faults import UnknownFault
from studio.sandbox.server import listen, serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal comes; answers the exit code. SANDBOX_SPEED and SANDBOX_FAULT are read here."""
    options = _parser().parse_args(argv)
    try:
        sandbox = Sandbox(data=options.data, speed=_speed(), fault=os.environ.get("SANDBOX_FAULT", ""))
        listener = listen(options.host, options.port)
    except (UnknownFault, ValueError) as wrong:
        return _complain(str(wrong))
    except OSError as error:
        return _complain(_sentence(error, options))
    asyncio.run(serve(sandbox, listener, parent=options.parent))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("studio.sandbox", description="An imitation of an OpenAI-compatible gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=4010, help="port to listen on, 0 for any free one (default 4010)")
    parser.add_argument("--data", type=Path, default=Path("var/sandbox"), help="folder of the billing log")
    parser.add_argument("--parent", type=int, help="end when this process, which started us, ends")
    return parser


def _speed() -> float:
    written = os.environ.get("SANDBOX_SPEED") or "1"
    try:
        speed = float(written)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1000:
        raise ValueError(
            f"SANDBOX_SPEED is “{written}”; it must be a number from 0 (at once) to 1 (as in life) or more."
        )
    return speed


def _sentence(error: OSError, options: argparse.Namespace) -> str:
    if error.filename:
        return f"The sandbox cannot write its billing log in {options.data}: {error.strerror}."
    return f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}."


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
