"""Reads a distributed data set in a loop, and prints which samples each step had here, and their sum everywhere.

As a worker of TF_CONFIG, or as one process with two replicas if there is none.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")

import tensorflow as tf

import fastseq

EPOCHS = 3


def main(folder: str, batch_size: int) -> None:
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    samples = fastseq.Samples.from_files(files, [float(i) for i in range(len(files))])
    sequence = fastseq.ImageSequence(samples, (8, 8), batch_size, shuffle=True, rank="auto", dtype="float32")
    data = sequence.distributed_dataset(strategy)

    @tf.function(reduce_retracing=True)
    def sum_of(y):
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(tf.reduce_sum, args=(y,)), axis=None)

    epochs = []
    for _ in range(EPOCHS):
        steps = []
        for x, y in data:
            parts = [part.numpy().astype(int).tolist() for part in strategy.experimental_local_results(y)]
            assert [len(part) for part in strategy.experimental_local_results(x)] == list(map(len, parts))
            steps.append((parts, int(sum_of(y))))
        epochs.append(steps)
    print(json.dumps({"what": repr(sequence), "epochs": epochs}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
