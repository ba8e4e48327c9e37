"""`python -m malmoi` is the command `malmoi`."""

from malmoi.cli import main

if __name__ == "__main__":
    main()
