"""Known: palettes that need not be learned, because the lock, the state or the cache has them."""

from collections.abc import Mapping
from typing import Any

from pipeline import locked
from pipeline.palette_lock import Locked, learns_alone, lock_name, own_name
from pipeline.plan import AssetRule, PaletteRule, Plan
from pipeline.stale import Survey, palette_id, palette_key
from pipeline.state import PaletteRecord
from pipeline.world import Store

Palette = dict[str, Any]
"""What `steps.learn` has learned."""


class Known:
    """Looks palettes up, and remembers those that the next build will find in the state."""

    def __init__(
        self, plan: Plan, found: Survey, tool: str, lock: Mapping[str, Locked], store: Store
    ) -> None:
        self.plan = plan
        self.found = found
        self.tool = tool
        self.lock = lock
        self.store = store
        self.records: dict[str, PaletteRecord] = dict(found.state.palettes)

    def shared(self, rule: PaletteRule) -> Palette | None:
        """A shared palette, or None when it has to be learned."""
        palette = self._locked(lock_name(rule.target, rule.choice.name), rule)
        if palette is not None:
            return palette
        key = palette_key(rule, self.found, self.tool)
        record = self.found.state.palettes.get(palette_id(rule))
        if record is not None and record.key == key:
            return record.palette
        entry = self.store.get(key)
        if entry is None or not {"codes", "palettes"} & entry[0].keys():
            return None
        self.records[palette_id(rule)] = PaletteRecord(key, entry[0])
        return entry[0]

    def own(self, rule: AssetRule) -> Palette | None:
        """The locked palette of an asset that learns one for itself."""
        if not learns_alone(rule):
            return None
        alone = PaletteRule(rule.recipe.palette, rule.target, (rule,))
        return self._locked(own_name(rule), alone)

    def learned(self, rule: PaletteRule, key: str, palette: Palette) -> None:
        """Remember a palette that was learned just now."""
        self.records[palette_id(rule)] = PaletteRecord(key, palette)
        self.store.put(key, (palette, ()))

    def _locked(self, name: str, rule: PaletteRule) -> Palette | None:
        """The palette that the lock holds for the same options."""
        found = self.lock.get(name)
        if found is None or found.options != locked.digests(rule, [], self.plan)[0]:
            return None
        return found.palette
