"""Store: finished rules in the content cache, as the engine hands them over."""

from contextlib import suppress

from pipeline.cache import Cache, pack, unpack
from pipeline.report import Problem
from pipeline.world import Entry


class CacheStore:
    """The engine's view of a `Cache`; keeps the one warning that a full or odd disk is worth."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.notes: dict[str, None] = {}

    def get(self, key: str) -> Entry | None:
        """What a rule of that key gave, or None; damaged entries are none."""
        data = self.cache.get(key)
        if data is not None:
            with suppress(ValueError):
                return unpack(data)
        return None

    def put(self, key: str, entry: Entry) -> None:
        """Remember it; never fails."""
        note = self.cache.put(key, pack(*entry))
        if note:
            self.notes[note] = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the user should know about the cache."""
        return tuple(Problem(note, severity="warning") for note in self.notes)
