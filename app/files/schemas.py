"""What the program that encodes pictures says."""

from pydantic import BaseModel, ConfigDict, Field


class MadeSize(BaseModel):
    """One file it made, by what follows the picture's name."""

    model_config = ConfigDict(extra="forbid", strict=True)
    suffix: str
    width: int
    height: int


class Made(BaseModel):
    """What became of a picture: its own size and its sizes, or why it cannot be shown."""

    model_config = ConfigDict(extra="forbid", strict=True)
    width: int | None = None
    height: int | None = None
    sizes: list[MadeSize] = Field(default_factory=list)
    refusal: str | None = None
