"""`python -P -m pipeline`: the same as the command `bitplane`."""

from pipeline.cli import entry

if __name__ == "__main__":
    entry()
