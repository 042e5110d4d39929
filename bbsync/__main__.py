"""`python -m bbsync` is the `bbsync` command."""

from bbsync.cli import main

if __name__ == "__main__":
    main()
