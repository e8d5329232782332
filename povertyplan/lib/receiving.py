"""Files on their way in: what is too large is let go while it arrives."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class BoundedUpload(FileUploadHandler):
    """Skips a file larger than `settings.UPLOAD_MAX_BYTES`: neither memory nor disk holds it.

    It is read to its end, so that the browser hears the answer; the view asks `was_skipped`.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        announced = int((self.request and self.request.META.get("CONTENT_LENGTH")) or 0)
        if announced > 2 * settings.UPLOAD_MAX_BYTES:
            self._skip()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self._skip()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one make the file."""

    def _skip(self) -> None:
        if self.request is not None:
            self.request.has_skipped_file = True  # type: ignore[attr-defined]
        raise SkipFile


def was_skipped(request: HttpRequest) -> bool:
    """Was a file of this request too large to be received?"""
    bool(request.FILES)  # receives them, where nothing has yet
    return bool(getattr(request, "has_skipped_file", False))
