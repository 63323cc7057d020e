"""Studio: the project behind a live preview; builds it anew, tries options, holds the pictures."""

import argparse
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import builder, lock, plan, quick, state
from pipeline.disk import RealDisk
from pipeline.manifest import Manifest, load
from pipeline.panel import View
from pipeline.plan import Plan
from pipeline.planner import make
from pipeline.preview import album, facts, gallery
from pipeline.preview.album import names_in
from pipeline.preview.entry import Changes
from pipeline.preview.trial import Tried, Warm
from pipeline.registry import DITHERS
from pipeline.report import Failure, Problem
from pipeline.scalars import FITS
from pipeline.teller import Teller

_MOST_TRIED = 64
"""Pictures of trials that are kept for the page to fetch."""

_OURS = (state.FILE_NAME, quick.FILE_NAME, lock.FILE_NAME)


class Held(NamedTuple):
    """What the page shows, and all its pictures."""

    data: Mapping[str, Any]
    pictures: Mapping[str, bytes]

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """The assets by id; those that are not as we write them are left out."""
        return album.assets_in(self.data)

    def has(self, name: str) -> bool:
        """Whether a picture is there."""
        return name in self.pictures


class _Project(NamedTuple):
    """A manifest that could be planned, and its assets by id with what they were built with."""

    read: Manifest
    plan: Plan
    tasks: dict[str, gallery.Task]


def kept(path: Path) -> Held:
    """The preview that was written to a path; nothing where there is none."""
    with suppress(Failure):
        found = album.load(path)
        if found is not None:
            names = {name for one in found.assets.values() for name in one["pictures"].values()}
            every = {name: found.picture(name) for name in names}
            return Held(found.data, {name: png for name, png in every.items() if png})
    return Held({}, {})


def _same(before: dict[str, gallery.Task], now: dict[str, gallery.Task]) -> bool:
    """Whether all assets come from the same bytes and options."""
    keys = [{name: task.key for name, task in tasks.items()} for tasks in (before, now)]
    return keys[0] == keys[1]


class Studio:
    """One project. `refresh` is called by one thread at a time; all else by any."""

    def __init__(
        self,
        args: argparse.Namespace,
        teller: Callable[[], Teller],
        token: str = "",
        earlier: Held = Held({}, {}),  # noqa: B008 (immutable)
    ) -> None:
        self.args = args
        self.teller = teller
        self.held = Held({}, {})
        self.earlier = earlier
        self.project: _Project | None = None
        self.warm = Warm()
        self.tried: dict[str, bytes] = {}
        self.token = token
        self.trying = threading.Lock()

    def refresh(self, *, afar: bool) -> bool:
        """Build what changed; whether the page shows anything else than before.

        Args:
            afar: Also find the errors from afar, which takes time.
        """
        try:
            made = self._gallery(afar=afar)
        except Failure as failure:
            made = self._with_problems(failure.problems)
        except OSError as error:
            made = self._with_problems([Problem(f"{error.filename}: {error.strerror or error}")])
        pictures = {**self.earlier.pictures, **self.held.pictures, **made.pictures}
        names = names_in(made.data)
        held = Held(made.data, {name: pictures[name] for name in names})
        changed = held.data != self.held.data
        self.held = held
        self.earlier = Held({}, {})  # which was for the start
        return changed

    def _gallery(self, *, afar: bool) -> gallery.Gallery:
        read = load(Path(self.args.file))
        whole = make(read, RealDisk(str(read.folder)))
        chosen = plan.select(whole, self.args.names, self.args.target)
        outcome = builder.built(self.args, read, chosen, self.teller())
        earlier = next((one for one in (self.held, self.earlier) if one.data), None)
        with builder.execute(self.args, len(chosen.assets)) as execute:
            made = gallery.gather(read, chosen, outcome, execute, earlier, afar=afar)
        tasks = {facts.asset_id(task.job.rule): task for task in made.tasks}
        with self.trying:
            if self.project is None or not _same(self.project.tasks, tasks):
                self.warm = Warm()
            self.project = _Project(read, chosen, tasks)
        for asset in made.data["assets"]:
            asset["change"], asset["last"] = "", None
        made.data["compared"] = "Changes are those from what is built."
        made.data["controls"] = self._controls(chosen)
        made.data["token"] = self.token
        return made

    def _controls(self, chosen: Plan) -> dict[str, Any]:
        return {
            "dithers": [name for name in DITHERS if name != "custom"],
            "fits": list(FITS),
            "most": {name: target.max_colors for name, target in chosen.targets.items()},
            "inks": [name for name, target in chosen.targets.items() if target.inks],
        }

    def _with_problems(self, problems: Any) -> gallery.Gallery:
        """What was shown last, under what is wrong now."""
        empty = {"version": facts.VERSION, "title": "Preview", "budget": None, "targets": []}
        words = {"assets": [], "before": "the source", "compared": "", "token": self.token}
        data = self.held.data or {**empty, **words}
        return gallery.Gallery({**data, "problems": [facts.problem(one) for one in problems]}, {})

    def attempt(self, name: str, changes: Changes) -> Tried | None:
        """An asset with other options; None when there is none of that id."""
        with self.trying:
            task = self.project.tasks.get(name) if self.project else None
            if self.project is None or task is None:
                return None
            tried = self.warm.attempt(self.project.read, task.job, changes)
            self._keep(tried.pictures)
            return tried

    def _keep(self, pictures: Mapping[str, bytes]) -> None:
        """Hold pictures for the page to fetch, in the place of those that it asked for long ago."""
        for picture, png in pictures.items():
            self.tried.pop(picture, None)  # so that one made again counts as new
            self.tried[picture] = png
        while len(self.tried) > _MOST_TRIED:
            del self.tried[next(iter(self.tried))]

    def look(self, name: str, seen: str, view: View) -> str | None:
        """The digest of an asset's picture, looked at in some way.

        Args:
            name: Its id.
            seen: Digest of the picture that the page shows.
            view: How it is looked at.

        Returns:
            None when that picture is neither built nor the last trial any more.

        Raises:
            Failure: The asset cannot be built.
            ValueError: The view is too large.
        """
        with self.trying:
            task = self.project.tasks.get(name) if self.project else None
            if task is None:
                return None
            built = self.held.assets.get(name, {}).get("pictures", {}).get("seen") == seen
            found = self.warm.look(task.job, seen, view, built=built)
            if found is None:
                return None
            picture, png = found
            self._keep({picture: png})
            return picture

    def errors(self) -> dict[str, float]:
        """How far the last trial is from its source; trials go on meanwhile."""
        with self.trying:
            warm = self.warm
        return warm.errors()

    def picture(self, name: str) -> bytes | None:
        """The PNG of a digest."""
        return self.held.pictures.get(name) or self.tried.get(name)

    def folders(self) -> set[Path]:
        """The folders in which a change may matter."""
        top = Path(self.args.file).resolve().parent
        found = {top}
        if self.project is not None:
            chosen = self.project.plan
            names = [*chosen.inputs, *(path for rule in chosen.assets for path in rule.reads)]
            found |= {(top / name).parent for name in names} | {top / one for one in chosen.folders}
        return {folder for folder in found if folder.is_dir()}

    def matters(self, path: str) -> bool:
        """Whether a change of a file may change what is shown: it is none that builds write."""
        name = Path(path).name
        if name in _OURS or name.endswith(".tmp"):
            return False
        top = Path(self.args.file).resolve().parent
        if self.project is None:
            return True
        written = {top / out for out in self.project.plan.outputs}
        return Path(path) not in written
