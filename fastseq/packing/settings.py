"""What a pack is to be like."""

from __future__ import annotations

from dataclasses import dataclass

from fastseq import arguments
from fastseq.loading.policy import Policy

SUBSAMPLINGS = {"4:2:0": (2, 2), "4:2:2": (2, 1), "4:4:4": (1, 1)}
"""By name, the pixels that share a chroma sample, across and down."""

_PROFILES = ("drop", "srgb")
_POLICIES = ("raise", "skip")
_MAX_SIDE = 65_500  # of a JPEG that libjpeg writes


@dataclass(frozen=True)
class PackSettings:
    """What a pack is to be like; see `fastseq.pack`.

    Raises:
        TypeError: if a setting has the wrong type.
        ValueError: if it has an impossible value, or does not go with another one.
    """

    keep: bool = False
    short_side: int | None = None
    quality: int | None = None
    subsampling: str | None = None
    profile: str | None = None
    crops: bool = False
    shard_bytes: int | str = "128MB"
    seed: int = 0
    on_error: str = "raise"
    max_bad: int | float | None = None

    def __post_init__(self) -> None:
        encoding = ("short_side", "quality", "subsampling", "profile")
        given = [name for name in encoding if getattr(self, name) is not None]
        if self.keep and given:
            raise ValueError(f"keep=True copies images as they are: leave out {given[0]}, or keep")
        if not self.keep and self.short_side is None and self.quality is None:
            raise ValueError(
                "say what becomes of the images: keep=True copies them as they are, short_side=256 makes them smaller, "
                "quality=90 alone encodes them anew in their size"
            )
        checked = {
            "shard_bytes": arguments.byte_count("shard_bytes", self.shard_bytes),
            "seed": arguments.integer("seed", self.seed, 0, 2**64 - 1),
            "on_error": arguments.one_of("on_error", self.on_error, _POLICIES),
            "max_bad": self.policy.max_bad,
        }
        if self.short_side is not None:
            checked["short_side"] = arguments.integer("short_side", self.short_side, 1, _MAX_SIDE)
        if not self.keep:
            quality = 90 if self.quality is None else self.quality
            checked["quality"] = arguments.integer("quality", quality, 1, 100)
            checked["subsampling"] = arguments.one_of("subsampling", self.subsampling or "4:2:0", SUBSAMPLINGS)
            checked["profile"] = arguments.one_of("profile", self.profile or "drop", _PROFILES)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def policy(self) -> Policy:
        """What to do with bad samples."""
        return Policy(self.on_error, self.max_bad)

    @property
    def about_bytes(self) -> dict[str, object]:
        """The settings that the bytes of a pack depend on."""
        names = ("keep", "short_side", "quality", "subsampling", "profile", "crops", "shard_bytes", "seed", "on_error")
        return {name: getattr(self, name) for name in names}
