"""The pages of a PDF, rendered by PDFium."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import PictureError
from .rejections import check_pages, check_size, damage_error

__all__ = ["Pdf"]

# A point is 1/72 inch.
DPI: Final = 200
LONGEST_SIDE: Final = 4_000


class Pdf:
    """An open PDF. PDFium crashes if two threads use it.

    Parameters
    ----------
    content : bytes
    name : str
        For messages.

    Raises
    ------
    PictureError
        If it is damaged, protected by a password, or has no pages or too many.
    """

    def __init__(self, content: bytes, name: str) -> None:
        import pypdfium2

        self._name = name
        try:
            self._document: Any = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise PictureError(
                    f"{name} is protected by a password.",
                    "Open it in a PDF viewer and save a copy without the password.",
                ) from error
            raise damage_error(name, error) from error
        self.pages = check_pages(len(self._document), name)

    def close(self) -> None:
        """Free its memory."""
        self._document.close()

    def render(self, number: int) -> NDArray[np.uint8]:
        """Return the pixels of a page, uint8, (height, width, 3), RGB.

        Raises
        ------
        PictureError
            If the page is damaged or has no size.
        """
        import pypdfium2

        name = f"Page {number + 1} of {self._name}"
        page: Any = None
        try:
            page = self._document[number]
            width, height = page.get_size()
            if min(width, height) < 1:
                raise PictureError(
                    f"{name} is {width:g} x {height:g} points.", "Leave this page out."
                )
            scale = min(DPI / 72, LONGEST_SIDE / max(width, height))
            bitmap = page.render(scale=scale, rev_byteorder=True)
            pixels: NDArray[np.uint8] = bitmap.to_numpy()[:, :, :3].copy()
            bitmap.close()
        except pypdfium2.PdfiumError as error:
            raise damage_error(name, error) from error
        finally:
            if page is not None:
                page.close()
        check_size(pixels.shape[1], pixels.shape[0], name)
        return pixels
