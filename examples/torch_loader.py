"""Train a PyTorch model, with torch's order of samples.

    python examples/torch_loader.py [FOLDER]

FOLDER has one subfolder for each class.
"""

import sys

import torch
from sample_images import make_folder

import fastseq

folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")

samples = fastseq.Samples.from_directory(folder)
dataset = list(samples)  # pairs (path, class number)
loader = fastseq.DataLoader(
    dataset,
    batch_size=8,
    shuffle=True,
    generator=torch.Generator().manual_seed(1),
    size=(64, 64),
    transform=[fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")],
    dtype="float32",
    scale=1 / 255,
    data_format="channels_first",
    tensors=True,
)

model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, 3, stride=2),
    torch.nn.ReLU(),
    torch.nn.AdaptiveAvgPool2d(1),
    torch.nn.Flatten(),
    torch.nn.Linear(16, len(samples.classes)),
)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    total = 0.0
    for images, labels in loader:
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(loader):.3f}")
