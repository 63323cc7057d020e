"""What commands print, as the transcripts hold it."""

from pipeline import kernels


def without_note(text: str) -> str:
    """The same but for the note that a build without C kernels begins with."""
    absence = kernels.absence()
    return text.replace(f"note: {absence}\n", "", 1) if absence else text
