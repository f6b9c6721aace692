"""The folder of a bundle that is open, and its record, which others may change meanwhile."""

from __future__ import annotations

from pathlib import Path

from ..contract import BundleRecord
from ..errors import SchemaVersionError
from ..reading import is_file
from ..scratch import ScratchFolder
from .bundle_files import RECORD, check_files, read_record, unpack, version_of
from .drafts import recover

__all__ = ["BundleFolder"]


class BundleFolder:
    """A whole and unchanged bundle, in its folder or unpacked into a temporary one.

    Parameters
    ----------
    path : Path
        A folder, or one zip file of it.

    Attributes
    ----------
    path, folder : Path
        They differ if the bundle is a zip file.
    record : BundleRecord
        As it was last read or written here.
    is_replaced : bool
        Whether another bundle was made in its place.

    Raises
    ------
    BundleError
        If it is not a whole and unchanged bundle.
    SchemaVersionError
        If a newer version of the workbench made it.
    """

    def __init__(self, path: Path) -> None:
        self.path = self.folder = path
        recover(path)
        try:
            if is_file(path):
                self._unpacked = ScratchFolder("bundle")
                self.folder = self._unpacked.path
                unpack(path, self.folder)
            self._version = version_of(self.folder / RECORD)
            self.record: BundleRecord = read_record(self.folder)
        except SchemaVersionError as error:
            error.code = "PW-X306"
            raise
        check_files(self.folder, self.record.files)
        self.is_replaced = False

    def renew(self) -> bool:
        """Read the record again if its file has changed, and return whether it is another one.

        Raises
        ------
        BundleError
            If a file of what others have exported since is not what the record says.
        """
        version = version_of(self.folder / RECORD)
        if version in (None, self._version):
            return False
        is_new = self._read_again()
        self._version = version
        return is_new

    def _read_again(self) -> bool:
        record = read_record(self.folder)
        self.is_replaced = record.created_at != self.record.created_at
        if self.is_replaced or record == self.record:
            return False
        known = self.record.files
        check_files(
            self.folder,
            {name: file for name, file in record.files.items() if known.get(name) != file},
        )
        self.record = record
        return True
