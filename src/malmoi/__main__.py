"""Entry point of the command `malmoi` and of `python -m malmoi`."""

# Handle Ctrl-C without a traceback before the slow imports; there is nothing to clean up yet.
import os

if __name__ in ("__main__", "malmoi.__main__"):
    import _signal  # type: ignore[import-not-found]  # built in, so the import takes no time

    def _leave(number: int, frame: object) -> None:
        os.write(2, b"malmoi: interrupted; nothing was written\n")
        os._exit(2)

    _signal.signal(_signal.SIGINT, _leave)

from malmoi.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
