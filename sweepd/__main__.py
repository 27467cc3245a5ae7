"""`python -m sweepd` is the `sweepd` command."""

from sweepd.cli import main

if __name__ == "__main__":
    main()
