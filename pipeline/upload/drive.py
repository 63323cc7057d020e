"""Drive: performs an exchange on a transport."""

import time
from collections.abc import Callable

from pipeline.upload.exchange import Arrived, Exchange, Got, Pause, Read, Result, Step, Write
from pipeline.upload.transport import Transport


def drive(
    exchange: Exchange[Result], transport: Transport, arrived: Callable[[int], None]
) -> Result:
    """Run a protocol to its end.

    Ctrl-C is raised inside the protocol, which takes leave of the device before it goes on.

    Args:
        exchange: The protocol.
        transport: The line.
        arrived: Gets the number of bytes that have arrived, as it grows.

    Raises:
        UploadError: The protocol or the line failed.
    """
    try:
        step = next(exchange)
        while True:
            try:
                got = Got(_perform(step, transport, arrived), time.monotonic())
            except KeyboardInterrupt as interrupt:
                step = exchange.throw(interrupt)
            else:
                step = exchange.send(got)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        exchange.close()


def _perform(step: Step, transport: Transport, arrived: Callable[[int], None]) -> bytes:
    if isinstance(step, Read):
        return transport.read(step.most, step.timeout_s)
    if isinstance(step, Write):
        transport.write(step.data)
    elif isinstance(step, Arrived):
        arrived(step.done)
    elif isinstance(step, Pause) and step.seconds > 0:
        time.sleep(step.seconds)
    return b""
