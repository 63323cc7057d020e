"""Stream: the panel's bytes and nothing else, for sketches that read a frame and show it."""

from pipeline.upload.exchange import Arrived, Exchange, Pause, Write

PIECE = 1024


def stream(data: bytes, chunk: int = 0, pause_s: float = 0) -> Exchange[None]:
    """Send bytes as they are; nothing tells whether they arrive.

    Args:
        data: What to send.
        chunk: Rest after so many bytes, 1 or more; 0 never rests.
        pause_s: How long a rest is: for receivers without flow control, the time they need.
    """
    for place in range(0, len(data), chunk or PIECE):
        if place and chunk:
            yield Pause(pause_s)
        piece = data[place : place + (chunk or PIECE)]
        yield Write(piece)
        yield Arrived(place + len(piece))
