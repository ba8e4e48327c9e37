"""What every package stands on: argument checks, threads, atomic files, lazy imports, progress."""
