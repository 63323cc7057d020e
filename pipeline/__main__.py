"""`python -P -m pipeline`: the same as the command `bitplane`."""

from pipeline.entry import entry

if __name__ == "__main__":
    entry()
