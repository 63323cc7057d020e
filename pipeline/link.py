"""Link: the bridge from finished files to bundles. Runs inside workers."""

from pathlib import Path
from typing import NamedTuple

from pipeline import files, keys
from pipeline.bundles import Bundle, Object, emit
from pipeline.plan import LinkJob, Member
from pipeline.registry import EMITTERS
from pipeline.report import Failure, Problem


class Linked(NamedTuple):
    """What a worker gives back.

    Attributes:
        blobs: Contents of the rule's outputs, in their order.
        sources: SHA-256 of each file of `rule.reads` as it was read.
    """

    blobs: tuple[bytes, ...]
    sources: tuple[str, ...]


def link(job: LinkJob) -> Linked | Problem:
    """Read the members' files and make the bundle's files of them."""
    rule = job.rule
    try:
        contents = {path: files.read(Path(job.folder, path), path) for path in rule.reads}
        objects = tuple(_object(member, contents) for member in rule.members)
        facts = rule.symbol, rule.target, rule.align
        bundle = Bundle(*facts, objects, EMITTERS[rule.files].files, rule.name_length)
        blobs = tuple(blob for form in rule.emit for blob in emit(form, bundle))
    except Failure as failure:
        return failure.problems[0]
    except ValueError as error:
        return Problem(f"the bundle '{rule.name}' cannot be made: {error}", rule.place)
    except MemoryError:
        return Problem(f"not enough memory for the bundle '{rule.name}'", rule.place)
    return Linked(blobs, tuple(keys.content(contents[path]) for path in rule.reads))


def _object(member: Member, contents: dict[str, bytes]) -> Object:
    named = {path.rpartition("/")[2]: contents[path] for path in member.files}
    return Object(member.name, member.symbol, named)
