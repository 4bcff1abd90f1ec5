"""The walk over class folders: which files are samples, and which were left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.class_labels import listed
from fastseq.samples.sources.left_out import LeftOut

EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".avif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".j2c", ".jpx"),
)
"""What the names of images end in, in lower case."""

_COMPANIONS = (  # of images: nobody expects a sample from one of these
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".md", ".rst", ".html", ".htm"),
    *(".pdf", ".doc", ".docx", ".xls", ".xlsx", ".py", ".ipynb", ".sh", ".log", ".md5", ".sha1", ".sha256"),
    *(".db", ".ini", ".lnk", ".url"),  # Thumbs.db, desktop.ini
)
LITTER = frozenset(  # folders that unpacking, file servers and operating systems leave behind
    ("__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found")
)


@dataclass
class WalkReport:
    """What a walk left out, and the classes that it found no image for.

    Attributes:
        hidden: hidden files and folders in class folders, and litter such as `__MACOSX`.
        loose: images outside the class folders.
        links: links to folders that were not followed.
        other: files whose names do not end as those of images do; texts and tables are not counted.
        empty_classes: the classes without a single file.
    """

    hidden: LeftOut = field(default_factory=LeftOut)
    loose: LeftOut = field(default_factory=LeftOut)
    links: LeftOut = field(default_factory=LeftOut)
    other: LeftOut = field(default_factory=LeftOut)
    empty_classes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line for each finding, with what to do about it; empty if nothing was left out."""
        found = []
        if self.empty_classes:
            found.append(
                f"class folders without images: {listed(self.empty_classes)}; they keep their numbers: fill or remove "
                "them, or pass classes=[...]"
            )
        for left_out, what in (
            (self.loose, "images outside the class folders: {}; move them into one, or remove them"),
            (self.links, "links to folders not followed: {}; pass follow_links=True to follow them"),
            (self.other, "files with other extensions left out: {}; rename or convert them, or pass extensions=[...]"),
            (self.hidden, "hidden files or leftovers of archives left out: {}"),
        ):
            if left_out.count:
                found.append(what.format(left_out))
        return found

    def warn(self, root: str) -> None:
        """Say all of it in one warning, if anything was left out."""
        if lines := self.lines():
            warn_user(f"{root}: {'; '.join(lines)}", SamplesWarning)


class Entry(NamedTuple):
    """A file or folder in a folder."""

    name: str
    is_folder: bool
    is_link: bool  # only of a folder


class Folders(Protocol):
    """The folders that a walk goes through, by their paths relative to its root, which is ""."""

    def entries(self, where: str) -> Iterator[Entry]:
        """Iterate over what is in a folder. OSError if it cannot be read."""

    def identity(self, where: str) -> tuple[int, int]:
        """What tells a folder from others, whatever links lead to it."""


class FolderWalk:
    """Finds the images below a folder, and notes what it leaves out.

    Attributes:
        report: what was left out so far.
    """

    def __init__(
        self,
        folders: Folders,
        extensions: tuple[str, ...] | None,
        follow_links: bool = False,
        advance: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare.

        Args:
            folders: those to walk through.
            extensions: what the names of images end in, in lower case; None for `EXTENSIONS`, and to report the files
                that end otherwise.
            follow_links: whether to follow links to folders, except to those that contain them.
            advance: called with the number of images in each folder.
        """
        self.report = WalkReport()
        self._listing = folders
        self._extensions = EXTENSIONS if extensions is None else extensions
        self._reports_others = extensions is None
        self._follow_links = follow_links
        self._advance = advance

    def class_folders(self) -> tuple[str, ...]:
        """The folders in the root, sorted, links to folders included; hidden ones and litter are left out.

        Raises:
            OSError: if the root cannot be read.
        """
        found = []
        for name, is_folder, _ in self._listing.entries(""):
            if name.startswith("."):
                continue
            if is_folder and name.lower() in LITTER:
                self.report.hidden.add(f"{name}/")
            elif is_folder:
                found.append(name)
            elif name.lower().endswith(self._extensions):
                self.report.loose.add(name)
        return tuple(sorted(found))

    def images(self, folder: str) -> Iterator[list[str]]:
        """Iterate over the folders below one, yielding the images in each, relative to the root.

        Folders are sorted by their whole path, so that "a b" comes between "a" and "a/b"; images are sorted by name.

        Args:
            folder: relative to the root; "" for the root itself.

        Raises:
            OSError: if a folder cannot be read.
        """
        for where, names in sorted(self._folders(folder)):
            prefix = os.path.join(where, "")
            yield [prefix + name for name in sorted(names)]

    def _folders(self, folder: str) -> Iterator[tuple[str, list[str]]]:
        """Each folder, relative to the root, and the names of its images."""
        waiting = [(folder, frozenset([self._listing.identity("")]) if folder and self._follow_links else frozenset())]
        while waiting:
            where, above = waiting.pop()
            if self._follow_links:
                identity = self._listing.identity(where)
                if identity in above:  # a link to a folder that it is in
                    continue
                above |= {identity}
            prefix = os.path.join(where, "")
            names = []
            for name, is_folder, is_link in self._listing.entries(where):
                if is_folder:
                    if name.startswith(".") or name.lower() in LITTER:
                        self.report.hidden.add(f"{prefix}{name}/")
                    elif is_link and not self._follow_links:
                        self.report.links.add(f"{prefix}{name}/")
                    else:
                        waiting.append((prefix + name, above))
                elif name.lower().endswith(self._extensions):
                    if name.startswith("."):
                        self.report.hidden.add(prefix + name)
                    else:
                        names.append(name)
                elif self._reports_others and not (name.startswith(".") or name.lower().endswith(_COMPANIONS)):
                    self.report.other.add(prefix + name)
            if self._advance is not None:
                self._advance(len(names))
            yield where, names


class DiskFolders:
    """Folders on a disk."""

    def __init__(self, root: str) -> None:
        self._root = root

    def entries(self, where: str) -> Iterator[Entry]:
        """See `Folders`."""
        folder = self._path(where)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    try:
                        is_folder = entry.is_dir()
                    except OSError:  # a link to itself, for example
                        is_folder = False
                    yield Entry(entry.name, is_folder, is_folder and entry.is_symlink())
        except OSError as error:
            if error.filename is None:
                error.filename = folder
            raise

    def identity(self, where: str) -> tuple[int, int]:
        """See `Folders`."""
        status = os.stat(self._path(where))
        return status.st_dev, status.st_ino

    def _path(self, where: str) -> str:
        return os.path.join(self._root, where) if where else self._root
