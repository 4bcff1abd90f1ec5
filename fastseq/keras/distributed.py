"""Batches for `tf.distribute`, in a loop of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastseq.loading.loader import Loader
from fastseq.order.order import Order

if TYPE_CHECKING:
    import tensorflow as tf


class _Sequence(Protocol):
    """What is used of an `ImageSequence`."""

    loader: Loader

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


def distributed_dataset(sequence: _Sequence, strategy: tf.distribute.Strategy) -> tf.distribute.DistributedDataset:
    """See `ImageSequence.distributed_dataset`."""
    return strategy.distribute_datasets_from_function(lambda context: _dataset(sequence, context))


def _dataset(sequence: _Sequence, context: tf.distribute.InputContext) -> tf.data.Dataset:
    """What this process reads: a part of each batch for each of its replicas, one after the other."""
    import tensorflow as tf

    replicas = context.num_replicas_in_sync // context.num_input_pipelines
    _check(sequence.loader.order, context.num_input_pipelines, context.input_pipeline_id, replicas)
    first = sequence.loader.batch(*sequence.loader.position, probe=True)
    signature = tf.nest.map_structure(
        lambda array: tf.TensorSpec((None, *array.shape[1:]), tf.as_dtype(np.asarray(array).dtype)), first
    )
    dataset = tf.data.Dataset.from_generator(lambda: _parts(sequence, replicas), output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(sequence) * replicas))


def _parts(sequence: _Sequence, replicas: int) -> Iterator[Any]:
    import tensorflow as tf

    for batch in sequence:
        ends = len(tf.nest.flatten(batch)[0]) * np.arange(replicas + 1) // replicas
        for start, end in pairwise(ends.tolist()):
            yield tf.nest.map_structure(partial(_rows, start, end), batch)


def _rows(start: int, end: int, array: Any) -> Any:
    return array[start:end]


def _check(order: Order, pipelines: int, pipeline: int, replicas: int) -> None:
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
