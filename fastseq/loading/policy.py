"""What to do with a bad sample, and how many of them are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastseq import arguments
from fastseq.errors import BadSample

POLICIES = ("raise", "skip", "fill", "substitute")
_DEFAULT_SHARE = 0.01
_MIN_FROM_SHARE = 5  # samples; a share of a small set would round down to none

OnError = str | Callable[[BadSample], str]


@dataclass(frozen=True)
class Policy:
    """What to do with a bad sample.

    Attributes:
        on_error: one of `POLICIES`, or a function that chooses one of them for each bad sample.
        max_bad: how many bad samples an epoch may have: a count (int), or a share of all samples (float from 0 to 1,
            at least 5 samples unless it is 0.0). None for a share of 1 %, or for no limit with "raise".

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if it has an impossible value.
    """

    on_error: OnError = "raise"
    max_bad: int | float | None = None

    def __post_init__(self) -> None:
        if not callable(self.on_error):
            arguments.one_of("on_error", self.on_error, POLICIES, hint="or a function that returns one of them")
        if self.max_bad is None:
            return
        if self.on_error == "raise":
            raise ValueError("max_bad needs a policy other than on_error='raise'")
        is_count = arguments.is_integer(self.max_bad)
        max_bad = (arguments.integer if is_count else arguments.number)("max_bad", self.max_bad)
        if max_bad < 0 or (not is_count and max_bad > 1):
            raise ValueError(
                f"max_bad must be a count (int) of at least 0, or a share (float) from 0.0 to 1.0, not {max_bad}"
            )
        object.__setattr__(self, "max_bad", max_bad)

    @property
    def name(self) -> str:
        """What a loader's state says about the policy."""
        return self.on_error if isinstance(self.on_error, str) else "function"

    @property
    def is_lenient(self) -> bool:
        """Whether an epoch may go on after a bad sample."""
        return self.on_error != "raise"

    @property
    def has_weights(self) -> bool:
        """Whether every batch has weights, because bad samples may be filled in with weight 0."""
        return self.on_error == "fill" or callable(self.on_error)

    def max_count(self, samples: int) -> int:
        """The number of bad samples that an epoch may have in a set of that many samples."""
        max_bad = _DEFAULT_SHARE if self.max_bad is None else self.max_bad
        if isinstance(max_bad, int) or max_bad == 0:
            return int(max_bad)
        return max(int(max_bad * samples + 1e-9), _MIN_FROM_SHARE)  # 0.29 of 100 are 29, though 0.29 * 100 < 29

    def choose(self, sample: BadSample) -> str:
        """Ask the user's function for the policy for one bad sample; `on_error` must be a function.

        Raises:
            ValueError: if it returned none of the policies.
        """
        assert callable(self.on_error)
        choice = self.on_error(sample)
        hint = f"the function returned it for {sample.path!r}"
        return arguments.one_of("on_error", choice, POLICIES, hint=hint)
