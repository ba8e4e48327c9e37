"""Foundation of all packages: validation, threads, atomic files, lazy imports, progress."""
