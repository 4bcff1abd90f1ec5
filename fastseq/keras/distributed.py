"""Batches for `tf.distribute`, in a loop of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastseq.arguments import kind
from fastseq.keras.passes import KerasPasses
from fastseq.loading.loader import Loader

if TYPE_CHECKING:
    import tensorflow as tf


class _Sequence(Protocol):
    """What is used of an `ImageSequence`."""

    loader: Loader
    passes: KerasPasses

    def __len__(self) -> int: ...

    def _in_stream(self, epoch: int, k: int) -> tuple[int, int]: ...


def distributed_dataset(sequence: _Sequence, strategy: tf.distribute.Strategy) -> tf.distribute.DistributedDataset:
    """See `ImageSequence.distributed_dataset`."""
    return strategy.distribute_datasets_from_function(lambda context: _dataset(sequence, context))


def _dataset(sequence: _Sequence, context: tf.distribute.InputContext) -> tf.data.Dataset:
    """What this process reads: a part of each batch for each of its replicas, one after the other."""
    import tensorflow as tf

    loader, replicas = sequence.loader, context.num_replicas_in_sync // context.num_input_pipelines
    _check(loader, context.num_input_pipelines, context.input_pipeline_id, replicas)
    signature = tf.nest.map_structure(_spec, _with_tuples(loader.batch(*loader.position, probe=True)))
    dataset = tf.data.Dataset.from_generator(lambda: _parts(sequence, replicas), output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(sequence) * replicas))


def _spec(array: Any) -> tf.TensorSpec:
    import tensorflow as tf

    if not isinstance(array, np.ndarray) or not array.ndim:
        raise TypeError(f"distributed_dataset takes arrays with a row for each sample, not {kind(array)}; see map=...")
    return tf.TensorSpec((None, *array.shape[1:]), tf.as_dtype(array.dtype))


def _parts(sequence: _Sequence, replicas: int) -> Iterator[Any]:
    """The parts of the batches of the next epoch. TensorFlow asks for them ahead of their use."""
    import tensorflow as tf

    epoch, loader = sequence.passes.begin_read_ahead(), sequence.loader
    keys = [sequence._in_stream(epoch, k) for k in range(len(sequence))]
    for place, key in enumerate(keys):
        batch = _with_tuples(loader.batch(*key, keys[place + 1 : place + 1 + loader.depth]))
        ends = len(tf.nest.flatten(batch)[0]) * np.arange(replicas + 1) // replicas
        for start, end in pairwise(ends.tolist()):
            yield tf.nest.map_structure(partial(_rows, start, end), batch)


def _with_tuples(batch: Any) -> Any:
    """A batch with tuples instead of lists, which TensorFlow takes for arrays."""
    if isinstance(batch, dict):
        return {name: _with_tuples(part) for name, part in batch.items()}
    return tuple(map(_with_tuples, batch)) if isinstance(batch, (list, tuple)) else batch


def _rows(start: int, end: int, array: Any) -> Any:
    return array[start:end]


def _check(loader: Loader, pipelines: int, pipeline: int, replicas: int) -> None:
    order = loader.order
    if (order.rank, order.world_size) != (pipeline, pipelines):
        raise ValueError(
            f"this process is number {pipeline} of {pipelines} to the strategy, but the sequence has rank {order.rank} "
            f'of {order.world_size}; pass rank="auto", or rank={pipeline} and world_size={pipelines}'
        )
    smallest = order.n - (len(order) - 1) * order.batch_size if not order.drop_last else order.batch_size
    if replicas > 1 and smallest < pipelines * replicas:
        raise ValueError(
            f"a batch of {smallest} samples is too small for {pipelines * replicas} replicas; pass drop_last=True or a "
            "larger batch_size"
        )
    if replicas > 1 and loader.on_error not in ("raise", "fill", "substitute"):
        raise ValueError(
            f"on_error={loader.on_error!r} may leave a replica without samples, and its loss would be NaN; "
            'use "fill" or "substitute"'
        )
