"""Bad samples in the batches of a loader: listed, counted, and dealt with by the policy."""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq.engine.pending_batch import Failure
from fastseq.engine.settings import Settings
from fastseq.engine.threads import register_fork_reset
from fastseq.errors import BadSamplesWarning, TooManyBadSamples, kinds
from fastseq.loading.bad_sample_log import BadSample, Ledger
from fastseq.loading.policy import Policy
from fastseq.loading.prefetcher import Prefetcher
from fastseq.order.rng import SUBSTITUTE_STREAM, random_u64
from fastseq.samples import Samples

SUBSTITUTES_TRIED = 16  # for each bad sample
_EPOCHS_KNOWN = 2  # Keras looks at the next one before it ends this one

Settled = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float32] | None]


class BadSamples:
    """Applies a policy to batches as they are handed out, in their order. Safe to use from several threads.

    Attributes:
        ledger: the bad samples met so far.
    """

    def __init__(
        self,
        policy: Policy,
        samples: Samples,
        settings: Settings,
        prefetcher: Prefetcher,
        *,
        seed: int,
        batches: int,
        labelled: bool,
    ) -> None:
        """Prepare for epochs of so many batches, with labels or without."""
        self.policy = policy
        self.ledger = Ledger()
        self._samples = samples
        self._settings = settings
        self._prefetcher = prefetcher
        self._seed = seed
        self._batches = batches
        self._labelled = labelled
        self._epochs: dict[int, _Epoch] = {}
        self._probed: dict[int, BadSample] = {}  # by row; not listed yet
        self._predicted: set[int] = set()  # rows that are, of the batches of this pass so far
        self._batches_predicted = 0
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may hold."""
        self._lock = threading.RLock()  # a signal handler may ask for the state
        register_fork_reset(self)

    def settle(
        self,
        key: tuple[int, int],
        images: NDArray[Any],
        indices: NDArray[np.int64],
        failures: Sequence[Failure],
        probe: bool,
    ) -> Settled:
        """Deal with the bad samples of a batch.

        Args:
            key: its epoch and number.
            images: its pictures, those of bad samples black.
            indices: its samples' numbers.
            failures: its bad places.
            probe: whether it is looked at, and not used.

        Returns:
            The pictures, the numbers of the samples that they are of, and 1 for each, or 0 where it was filled in; None
            where the policy gives no weights.

        Raises:
            DecodeError: for the first bad sample that the policy does not put up with.
            TooManyBadSamples: if there are more than `max_bad`.
        """
        epoch = key[0]
        found = [self._report(epoch, int(indices[failure.place]), failure) for failure in failures]
        with self._lock:
            if probe:
                self._probed.update((report.row, report) for report in found)
            elif self._probed:
                self._probed = {}
        of_choice: dict[str, list[Failure]] = {"skip": [], "fill": [], "substitute": []}
        for failure, report in zip(failures, found, strict=True):
            choice = self.policy.choose(report)
            if not probe:
                self._count(key, report, choice)
            if choice == "raise":
                raise self._prefetcher.error(indices, failure)
            if choice == "fill" and not self._labelled:
                raise ValueError(
                    "on_error gave 'fill', which needs labels: what is filled in has weight 0 in (x, y, w)"
                )
            of_choice[choice].append(failure)
        weights = np.ones(len(indices), np.float32) if self.policy.weighs else None
        if len(of_choice["skip"]) == len(indices) > 0:  # no framework learns from a batch of none
            of_choice["substitute"].append(of_choice["skip"].pop(0))
        for failure in of_choice["fill"]:
            images[failure.place] = self._settings.offset
            assert weights is not None
            weights[failure.place] = 0
        self._substitute(epoch, images, indices, of_choice["substitute"])
        skipped = [failure.place for failure in of_choice["skip"]]
        if not skipped:
            return images, indices, weights
        kept = np.delete(np.arange(len(indices)), skipped)
        return images[kept], indices[kept], None if weights is None else weights[kept]

    def handed_out(self, key: tuple[int, int]) -> None:
        """A batch was used: at the end of its epoch, warn of its bad samples."""
        with self._lock:
            epoch = self._epoch(key[0])
            epoch.handed_out.add(key[1])
            if epoch.told or len(epoch.handed_out) < self._batches:
                return
            epoch.told = True
            rows, count = epoch.rows(), epoch.total
        if count and self.policy.is_lenient:
            of_which = kinds(self.ledger.of_rows(rows)) or "before the resume"
            text = f"epoch {key[0]}: {count} of {len(self._samples)} samples were bad ({of_which}); see .errors"
            warnings.warn(text, BadSamplesWarning, stacklevel=4)

    def list_probed(self, batches: int) -> None:
        """So many probed batches of a pass were used after all, though they count in no epoch: list what is bad.

        At the last one, warn of them.
        """
        with self._lock:
            if batches <= self._batches_predicted:
                self._predicted = set()
            self._batches_predicted = batches
            probed, self._probed = self._probed, {}
            self._predicted.update(probed)
            rows = self._predicted if batches == self._batches else ()
        for report in probed.values():
            self.ledger.add(report)
        if rows and self.policy.is_lenient:
            text = f"predict: {len(rows)} of {len(self._samples)} samples were bad ({kinds(self.ledger.of_rows(rows))})"
            warnings.warn(f"{text}; see .errors", BadSamplesWarning, stacklevel=4)

    def count(self, epoch: int, batches: int) -> int:
        """Bad samples in the first batches of an epoch, as far as they were met."""
        with self._lock:
            return self._epoch(epoch).count(batches)

    def resume(self, epoch: int, batches: int, bad: int) -> None:
        """Go on in an epoch of which so many batches were handed out, with so many bad samples in them."""
        with self._lock:
            self._epochs = {epoch: _Epoch(bad, set(range(batches)))}

    def _report(self, epoch: int, row: int, failure: Failure) -> BadSample:
        return BadSample(row, self._samples.path(row), failure.status, failure.reason, epoch)

    def _count(self, key: tuple[int, int], report: BadSample, choice: str) -> None:
        self.ledger.add(report)
        if choice == "raise":
            return
        most = self.policy.most(len(self._samples))
        with self._lock:
            epoch = self._epoch(key[0])
            epoch.add(key[1], report.row)
            count = epoch.total
            rows = epoch.rows() if count > most else []
        if rows:
            raise TooManyBadSamples(self.ledger.of_rows(rows), count, most, len(self._samples))

    def _epoch(self, number: int) -> _Epoch:
        epoch = self._epochs.pop(number, None) or _Epoch(0, set())
        self._epochs[number] = epoch  # as the last of them
        for old in list(self._epochs)[:-_EPOCHS_KNOWN]:
            self._epochs.pop(old, None)
        return epoch

    def _substitute(
        self, epoch: int, images: NDArray[Any], indices: NDArray[np.int64], failures: list[Failure]
    ) -> None:
        """Put other samples in bad places: which, depends on the seed, the epoch and the bad sample alone."""
        total = np.uint64(len(self._samples))
        for attempt in range(SUBSTITUTES_TRIED):
            if not failures:
                return
            places = [failure.place for failure in failures]
            counters = indices[places].astype(np.uint64) * np.uint64(SUBSTITUTES_TRIED) + np.uint64(attempt)
            drawn = (random_u64(self._seed, epoch, counters, SUBSTITUTE_STREAM) % total).astype(np.int64)
            others, still_bad = self._prefetcher.decode(epoch, drawn)
            bad = {failure.place for failure in still_bad}
            for i, place in enumerate(places):
                if i not in bad:
                    images[place] = others[i]
                    indices[place] = drawn[i]
            failures = [failure for i, failure in enumerate(failures) if i in bad]
        if failures:
            first = failures[0]
            detail = f"{first.detail}; {SUBSTITUTES_TRIED} substitutes for it are bad as well".lstrip("; ")
            raise self._prefetcher.error(indices, replace(first, detail=detail))

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the lock."""
        with self._lock:
            epochs = copy.deepcopy(self._epochs)
        return {k: v for k, v in self.__dict__.items() if k != "_lock"} | {"_epochs": epochs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore, with a lock of its own."""
        self.__dict__.update(state)
        self.reset_after_fork()


class _Epoch:
    """The bad samples of an epoch, by batch; `total` of them, with as many as there were `before` a resume."""

    def __init__(self, before: int, handed_out: set[int]) -> None:
        self.before = self.total = before
        self.handed_out = handed_out
        self.bad: dict[int, dict[int, None]] = {}
        self.told = False

    def add(self, batch: int, row: int) -> None:
        rows = self.bad.setdefault(batch, {})
        self.total += row not in rows
        rows[row] = None

    def rows(self) -> list[int]:
        return [row for rows in self.bad.values() for row in rows]

    def count(self, batches: int) -> int:
        return self.before + sum(len(rows) for k, rows in self.bad.items() if k < batches)
