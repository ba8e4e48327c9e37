"""The command `malmoi`, which is also `python -m malmoi`."""

# Ctrl-C is quiet from here on, before anything that takes time is imported: there is nothing yet to clean up.
import os

if __name__ in ("__main__", "malmoi.__main__"):
    import _signal  # type: ignore[import-not-found]  # built in: no import that takes time

    def _leave(number: int, frame: object) -> None:
        os.write(2, b"malmoi: interrupted; nothing was written\n")
        os._exit(2)

    _signal.signal(_signal.SIGINT, _leave)

from malmoi.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
