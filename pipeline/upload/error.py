"""What can go wrong between here and a device."""

from pipeline.cli import DEVICE
from pipeline.report import Failure, Problem


class UploadError(Failure):
    """The device, the line to it, or the picture for it: words, a hint, and exit status 3."""

    def __init__(self, words: str, hint: str = "") -> None:
        self.words, self.hint = words, hint
        super().__init__([Problem(words, hint=hint)], DEVICE)


class Refused(UploadError):
    """The device answered with an error; `code` is one of `protocol.Code`."""

    def __init__(self, code: int, words: str, hint: str = "") -> None:
        self.code = code
        super().__init__(words, hint)
