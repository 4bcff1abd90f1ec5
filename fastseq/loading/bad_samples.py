"""Bad samples in a loader's batches: logged, counted, and handled as `on_error` says."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.engine.settings import Settings
from fastseq.engine.threads import register_fork_reset
from fastseq.errors import BadSample, BadSamplesWarning, TooManyBadSamples, count_by_status
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.policy import Policy
from fastseq.loading.prefetcher import Prefetcher
from fastseq.order.rng import SUBSTITUTE_STREAM, random_u64
from fastseq.samples import Samples

SUBSTITUTE_ATTEMPTS = 16  # for each bad sample
_EPOCHS_KEPT = 2  # Keras looks at the next epoch before it ends the current one

HandledBatch = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float32] | None]


class BadSamples:
    """Applies a policy to batches as they are handed out. Safe to use from several threads.

    Attributes:
        log: the bad and recovered samples so far.
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
        """Prepare for epochs of `batches` batches, with labels or without."""
        self.policy = policy
        self.log = BadSampleLog()
        self._samples = samples
        self._settings = settings
        self._prefetcher = prefetcher
        self._seed = seed
        self._batches = batches
        self._labelled = labelled
        self._epochs: dict[int, _Epoch] = {}
        self._probed: dict[int, BadSample] = {}  # by index; not logged yet
        self._predicted: set[int] = set()  # indices of the bad samples in the batches of this `predict` so far
        self._batches_predicted = 0
        self._recovered: set[int] = set()  # indices of the recovered samples that no warning has counted yet
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent process may hold."""
        self._lock = threading.RLock()  # re-entrant: a signal handler may ask for the state
        register_fork_reset(self)

    def apply_policy(
        self,
        key: tuple[int, int],
        images: NDArray[Any],
        indices: NDArray[np.int64],
        reports: Mapping[int, BadSample],
        probe: bool,
    ) -> HandledBatch:
        """Handle the bad samples of a batch.

        Args:
            key: the epoch and the number of the batch.
            images: its images as `Prefetcher.fetch` returns them, bad ones zeros; changed in place.
            indices: the numbers of its samples; changed in place.
            reports: its bad and recovered images, by their place.
            probe: whether the batch is only inspected: nothing is logged or counted.

        Returns:
            The images, the numbers of their samples, and the weights: 1, or 0 where an image was filled in; None if the
            policy gives no weights.

        Raises:
            DecodeError: for the first bad sample that the policy does not tolerate.
            TooManyBadSamples: if there are more than `max_bad`.
        """
        found = _by_sample(reports, len(indices))
        with self._lock:
            if probe:
                self._probed.update((report.index, report) for report in found.values())
            elif self._probed:
                self._probed = {}
        places: dict[str, list[int]] = {"skip": [], "fill": [], "substitute": []}
        for place, report in found.items():
            if not probe:
                self._add_to_log(report)
            if report.is_good:
                continue
            choice = self._choose(key[0], report)
            if not probe:
                self._count(key, report, choice)
            if choice == "raise":
                raise report.to_error()
            if choice == "fill" and not self._labelled:
                raise ValueError(
                    "on_error returned 'fill', which needs labels: filled images have weight 0 in (x, y, w)"
                )
            places[choice].append(place)
        weights = np.ones(len(indices), np.float32) if self.policy.has_weights else None
        if len(places["skip"]) == len(indices) > 0:  # no framework learns from an empty batch
            places["substitute"].append(places["skip"].pop(0))
        for place in places["fill"]:
            for bad in range(place, len(images), len(indices)):
                if bad in reports and not reports[bad].is_good:
                    images[bad] = self._settings.black()
            assert weights is not None
            weights[place] = 0
        self._substitute(key[0], images, indices, {place: found[place] for place in places["substitute"]})
        if not places["skip"]:
            return images, indices, weights
        kept = np.delete(np.arange(len(indices)), places["skip"])
        of_kept = np.delete(np.arange(len(images)).reshape(-1, len(indices)), places["skip"], axis=1).ravel()
        return images[of_kept], indices[kept], None if weights is None else weights[kept]

    def handed_out(self, key: tuple[int, int]) -> None:
        """Note that a batch was used; at the end of its epoch, warn of bad samples, and of newly recovered ones."""
        with self._lock:
            epoch = self._epoch(key[0])
            epoch.handed_out.add(key[1])
            if epoch.warned or len(epoch.handed_out) < self._batches:
                return
            epoch.warned = True
            indices, count = epoch.indices(), epoch.total
        self._warn(f"epoch {key[0]}", count, indices)

    def log_probed(self, batches: int) -> None:
        """Log the bad samples of probed batches, which `predict` used although they count in no epoch.

        Args:
            batches: how many batches of the pass were asked for so far; at the last one, warn of the bad samples, and
                of those newly recovered.
        """
        with self._lock:
            if batches <= self._batches_predicted:
                self._predicted = set()
            self._batches_predicted = batches
            probed, self._probed = self._probed, {}
            self._predicted.update(index for index, report in probed.items() if not report.is_good)
            indices = self._predicted
        for report in probed.values():
            self._add_to_log(report)
        if batches == self._batches:
            self._warn("predict", len(indices), indices, skipped=self.policy.on_error == "skip")

    def count(self, epoch: int, batches: int) -> int:
        """The number of bad samples met in the first `batches` batches of an epoch."""
        with self._lock:
            return self._epoch(epoch).count(batches)

    def resume(self, epoch: int, batches: int, bad: int) -> None:
        """Continue an epoch of which `batches` batches, with `bad` bad samples, were handed out before."""
        with self._lock:
            self._epochs = {epoch: _Epoch(bad, set(range(batches)))}

    def _choose(self, epoch: int, report: BadSample) -> str:
        """The policy for a sample. A user's function is called once for it in an epoch, also where Keras probes."""
        if not callable(self.policy.on_error):
            return self.policy.on_error
        with self._lock:
            choices = self._epoch(epoch).choices
        if report.index not in choices:
            choices[report.index] = self.policy.choose(report)
        return choices[report.index]

    def _add_to_log(self, report: BadSample) -> None:
        if self.log.add(report) and report.is_good and self._settings.warns_of_damage:
            with self._lock:
                self._recovered.add(report.index)

    def _warn(self, what: str, bad: int, indices: Iterable[int], skipped: bool = False) -> None:
        with self._lock:
            recovered, self._recovered = self._recovered, set()
        total, found = len(self._samples), []
        if bad and self.policy.is_lenient:
            statuses = count_by_status(self.log.select(indices)) or "before the resume"
            found.append(f"{bad} of {total} samples were bad ({statuses})")
            if skipped:
                found[-1] += ' and have no row of predictions (on_error="fill" gives each sample one)'
        if recovered:
            share = f"{len(recovered)} of {total} samples"
            found.append(f"{share} were decoded from damaged data (strict=True refuses them)")
        if found:
            warn_user(f"{what}: {', and '.join(found)}; see .errors", BadSamplesWarning)

    def _count(self, key: tuple[int, int], report: BadSample, choice: str) -> None:
        if choice == "raise":
            return
        max_count = self.policy.max_count(len(self._samples))
        with self._lock:
            epoch = self._epoch(key[0])
            epoch.add(key[1], report.index)
            count = epoch.total
            indices = epoch.indices() if count > max_count else []
        if indices:
            raise TooManyBadSamples(self.log.select(indices), count, max_count, len(self._samples))

    def _epoch(self, number: int) -> _Epoch:
        epoch = self._epochs.pop(number, None) or _Epoch(0, set())
        self._epochs[number] = epoch  # now the most recently used one
        for old in list(self._epochs)[:-_EPOCHS_KEPT]:
            self._epochs.pop(old, None)  # a signal handler may have removed it
        return epoch

    def _substitute(
        self, epoch: int, images: NDArray[Any], indices: NDArray[np.int64], bad: Mapping[int, BadSample]
    ) -> None:
        """Replace bad samples, given by place, by others that only seed, epoch and the bad sample decide on."""
        total = np.uint64(len(self._samples))
        for attempt in range(SUBSTITUTE_ATTEMPTS):
            if not bad:
                return
            places = list(bad)
            counters = indices[places].astype(np.uint64) * np.uint64(SUBSTITUTE_ATTEMPTS) + np.uint64(attempt)
            drawn = (random_u64(self._seed, epoch, counters, SUBSTITUTE_STREAM) % total).astype(np.int64)
            substitutes, reports = self._prefetcher.decode(epoch, drawn)
            found = _by_sample(reports, len(places))
            good = [i for i in range(len(places)) if i not in found or found[i].is_good]
            for i in good:
                images[places[i] :: len(indices)] = substitutes[i :: len(places)]
                indices[places[i]] = drawn[i]
            bad = {place: bad[place] for i, place in enumerate(places) if i not in good}
        for report in bad.values():
            detail = f"{report.detail}; {SUBSTITUTE_ATTEMPTS} substitutes for it are bad as well".lstrip("; ")
            raise replace(report, detail=detail).to_error()

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            own = {"_epochs": copy.deepcopy(self._epochs), "_recovered": self._recovered.copy()}
        return {k: v for k, v in self.__dict__.items() if k != "_lock"} | own

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.reset_after_fork()


def _by_sample(reports: Mapping[int, BadSample], samples: int) -> dict[int, BadSample]:
    """One report for each sample that has any, by its place, in order: that of its first bad image, if one is bad."""
    found: dict[int, BadSample] = {}
    for place, report in reports.items():
        sample = place % samples
        if sample not in found or (found[sample].is_good and not report.is_good):
            found[sample] = report
    return dict(sorted(found.items()))


class _Epoch:
    """The bad samples of one epoch, by batch; `before` are those counted before a resume."""

    def __init__(self, before: int, handed_out: set[int]) -> None:
        self.before = self.total = before
        self.handed_out = handed_out
        self.bad: dict[int, dict[int, None]] = {}
        self.choices: dict[int, str] = {}  # of the policy, by index
        self.warned = False

    def add(self, batch: int, index: int) -> None:
        indices = self.bad.setdefault(batch, {})
        self.total += index not in indices
        indices[index] = None

    def indices(self) -> list[int]:
        return [index for indices in self.bad.values() for index in indices]

    def count(self, batches: int) -> int:
        return self.before + sum(len(indices) for batch, indices in self.bad.items() if batch < batches)
