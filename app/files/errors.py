"""Refusals about files."""

from collections.abc import Mapping
from typing import ClassVar

from app.core.errors import Refusal


class NoFilesUploaded(Refusal):
    """The request brings no file."""

    default_message = "No files were uploaded"
    code = "no_files"


class NotAPicture(Refusal):
    """The content is none of the kinds of picture that are taken, whatever its name says."""

    status = 415
    code = "not_a_picture"
    default_message = "Only pictures are taken: JPEG, PNG, WebP, AVIF or GIF. SVG and PDF are not."


class WrongExtension(Refusal):
    """Name or announced type say one thing, the content another."""

    status = 415
    code = "wrong_extension"


class UnusablePicture(Refusal):
    """A picture that cannot be shown: too many pixels, moving, damaged."""

    code = "unusable_picture"


class FileTooLarge(Refusal):
    """One file weighs too much."""

    status = 413
    code = "file_too_large"
    default_message = "A picture weighs 10 MB at most. Save it smaller, then send it again."


class FileInUse(Refusal):
    """Something still shows the picture."""

    status = 409
    type = "not_allowed"
    code = "file_in_use"
    default_message = (
        "Products or orders still show this picture. Take it off the products first; it may then be deleted."
    )


class LinkExpired(Refusal):
    """The link was ours, and its time is over."""

    status = 410
    type = "not_allowed"
    code = "link_expired"
    default_message = "This link has expired. Ask the shop for a new one."


class FileStoreAway(Refusal):
    """The disk or the S3 store does not take or give files now."""

    status = 503
    type = "unexpected_state"
    code = "file_store_away"
    default_message = "The file store does not answer. Nothing was kept; try again in a minute."


class PictureNotFetched(Refusal):
    """The address gave no picture; the sentence says why and what to do, and never names the address."""

    code = "picture_not_fetched"

    REASONS: ClassVar[Mapping[str, str]] = {
        "bad_address": "The address is not one of the web: https://host/path, without login and without port.",
        "private_address": "The address leads inside this network, where nothing is fetched. Upload the file instead.",
        "unknown_host": "Nobody knows this host. Check the address.",
        "unreachable": "The host does not answer. Try again later.",
        "untrusted": "The host's certificate is not valid.",
        "too_many_redirects": "The address leads on and on. Give the last one.",
        "too_large": "The picture weighs more than 10 MB. Save it smaller and upload it.",
        "too_slow": "The host was too slow. Try again, or upload the file.",
        "wrong_type": "There is something else than a picture at this address.",
        "not_there": "There is nothing at this address.",
        "broken_answer": "The host's answer is cut off or not readable. Try again, or upload the file.",
        "not_shopify": "This is not the page of a Shopify product: https://shop/products/name.",
    }

    @classmethod
    def because(cls, reason: str) -> "PictureNotFetched":
        """For a reason of the list."""
        return cls(f"{cls.REASONS[reason]} ({reason})")
