"""`python -m unfreeze`, the same as the `unfreeze` command."""

from unfreeze.terminal.cli import main

if __name__ == "__main__":
    main()
