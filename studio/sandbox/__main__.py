"""Runs the sandbox alone: `python -m studio.sandbox --port 4010`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.sandbox import variables
from studio.sandbox.app import Sandbox
from studio.sandbox.server import listen, serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal comes; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        sandbox = Sandbox(data=options.data, speed=variables.speed(), fault=variables.fault())
        listener = listen(options.host, options.port)
    except ValueError as wrong:
        return _fail(str(wrong))
    except OSError as error:
        return _fail(_explain(error, options))
    asyncio.run(serve(sandbox, listener, parent=options.parent))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("studio.sandbox", description="An imitation of an OpenAI-compatible gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=4010, help="port to listen on, 0 for any free one (default 4010)")
    parser.add_argument("--data", type=Path, default=Path("var/sandbox"), help="folder of the billing log")
    parser.add_argument("--parent", type=int, help="end when this process, which started us, ends")
    return parser


def _explain(error: OSError, options: argparse.Namespace) -> str:
    if error.filename:
        return f"The sandbox cannot write its billing log in {options.data}: {error.strerror}."
    return f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}."


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
