"""The settings of pictures and private files: where they lie, who hands them out, what may be fetched."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

UPLOADS_DIR = "var/uploads"
PRIVATE_FOLDER = "private-files"


class FileSettings(BaseSettings):
    """A part of `Settings`."""

    uploads_dir: Path = Field(
        default=Path(UPLOADS_DIR),
        description="Dossier des images publiques / Folder of public pictures",
        examples=["/var/lib/comptoir/uploads"],
    )
    file_store_url: str | None = Field(
        default=None,
        description="Stockage S3 des fichiers au lieu du disque, s3://SEAU?endpoint=https://HÔTE&region=RÉGION"
        " / S3 store of files instead of the disk, s3://BUCKET?endpoint=https://HOST&region=REGION",
    )
    file_store_key_id: str | None = Field(
        default=None, description="Identifiant de la clé de ce stockage / Id of the key of that store"
    )
    file_store_secret: SecretStr | None = Field(default=None, description="Secret de cette clé / Secret of that key")
    files_public_url: str | None = Field(
        default=None,
        description="Adresse d'un CDN devant les images ; sinon PUBLIC_URL / CDN before the pictures, else PUBLIC_URL",
    )
    fetch_private_addresses: bool = Field(
        default=False,
        description="Essais : lire des images sur cette machine / Tests only: fetch pictures from this machine",
    )

    @property
    def private_files_dir(self) -> Path:
        """Beside the public pictures and never below them, where nginx serves everything."""
        return self.uploads_dir.parent / PRIVATE_FOLDER


def list_file_problems(settings: FileSettings, *, is_development: bool) -> Iterator[tuple[str, str]]:
    """What cannot stay of these settings: name and sentence."""
    schemes = ("http://", "https://") if is_development else ("https://",)
    if settings.file_store_url is not None:
        yield from _list_store_problems(settings, urlsplit(settings.file_store_url), schemes)
    if settings.files_public_url is not None and not settings.files_public_url.startswith(schemes):
        yield "FILES_PUBLIC_URL", f"commence par / starts with {' | '.join(schemes)}"
    if settings.fetch_private_addresses and not is_development:
        yield "FETCH_PRIVATE_ADDRESSES", "pour les essais d'un poste seulement / for tests on a laptop only"


def _list_store_problems(
    settings: FileSettings, url: SplitResult, schemes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    endpoints = parse_qs(url.query).get("endpoint", ())
    if url.scheme != "s3" or not url.netloc or set(parse_qs(url.query)) - {"endpoint", "region"}:
        yield (
            "FILE_STORE_URL",
            "s3://SEAU?endpoint=https://HÔTE&region=RÉGION / s3://BUCKET?endpoint=https://HOST&region=REGION",
        )
    if not all(endpoint.startswith(schemes) for endpoint in endpoints):
        yield "FILE_STORE_URL", f"endpoint commence par / starts with {' | '.join(schemes)}"
    if not settings.file_store_key_id or settings.file_store_secret is None:
        yield "FILE_STORE_SECRET", "va avec FILE_STORE_KEY_ID et FILE_STORE_URL / goes with both"
