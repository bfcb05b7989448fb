"""`python -m unfreeze`, the same as the `unfreeze` command."""

from unfreeze.cli import main

if __name__ == "__main__":
    main()
