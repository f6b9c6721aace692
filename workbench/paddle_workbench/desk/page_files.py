"""Pages of a desk on disk: one file per page, which includes the undo history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from ..errors import DeskError, FileBrokenError, FileMissingError
from ..storage import locked, read_model, read_or_set_aside, write_model

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SCHEMA_VERSION", "PageFiles", "StoredModel", "StoredPage"]

SCHEMA_VERSION: Final = 1
KIND: Final = "desk page"

Page = TypeVar("Page")


class StoredModel(BaseModel):
    """A part of a page file."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StoredPage(StoredModel):
    """The content of a page file; each desk adds its items and their history.

    Parameters
    ----------
    schema_version : int or None
        None if the file does not contain it.
    name : str
        Name of the picture, for people who read the file.
    revision : int
        Incremented by each write, so that a desk notices when another one has changed the page.
    """

    schema_version: int | None = None
    name: str
    revision: int

    def page(self) -> Any:
        """Return the stored page."""
        raise NotImplementedError

    @classmethod
    def from_page(cls, page: Any, *, name: str, revision: int) -> Self:
        """Return what is stored of a page."""
        raise NotImplementedError


class PageFiles(Generic[Page]):
    """A folder of page files, shared by all desks that show the same pictures.

    Parameters
    ----------
    folder : Path
        Created when the first page is written.
    form : type of StoredPage
        How the pages are stored.
    """

    def __init__(self, folder: Path, form: type[StoredPage]) -> None:
        self.folder = folder
        self.messages: list[str] = []
        self._form = form
        self._revisions: dict[str, int] = {}

    def path(self, key: str) -> Path:
        """Return the path of the page with a key."""
        return self.folder / f"{key}.json"

    def read(self, key: str) -> Page | None:
        """Return the page with a key, or None if there is none.

        A broken file is set aside, with a note in `messages`.

        Raises
        ------
        SchemaVersionError
            If a newer version of the workbench wrote the file.
        StorageError
            If the file cannot be read.
        """
        path = self.path(key)
        file: StoredPage | None = None
        try:
            file = read_model(path, self._form, kind=KIND, newest=SCHEMA_VERSION)
        except FileMissingError:
            pass
        except FileBrokenError:
            with locked(path):
                file = self._read_or_set_aside(path)
        self._revisions[key] = file.revision if file else 0
        return file.page() if file else None

    def write(self, key: str, name: str, page: Page) -> None:
        """Write a page unless somebody else has changed it since it was last read here.

        A broken file is set aside, with a note in `messages`.

        Raises
        ------
        DeskError
            If another window or notebook has changed the page. Nothing is written.
        SchemaVersionError
            If a newer version of the workbench has written the file.
        StorageError
            If the file cannot be written. The old file is unchanged.
        """
        path = self.path(key)
        with locked(path):
            revision = self._revisions.get(key, 0)
            file = self._read_or_set_aside(path)
            if file and file.revision != revision:
                raise DeskError(
                    f"{name} was changed in another window or notebook; this edit was not saved.",
                    "The page was reloaded. Make the edit again.",
                )
            stored = self._form.from_page(page, name=name, revision=revision + 1)
            stored.schema_version = SCHEMA_VERSION
            write_model(path, stored, exclude_defaults=True)
            self._revisions[key] = revision + 1

    def _read_or_set_aside(self, path: Path) -> StoredPage | None:
        """Read a page while holding its lock; report a broken file in `messages`."""
        file, notice = read_or_set_aside(path, self._form, kind=KIND, newest=SCHEMA_VERSION)
        if notice:
            self.messages.append(f"{notice.message} {notice.hint}")
        return file
