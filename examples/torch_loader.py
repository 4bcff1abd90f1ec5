"""Train a PyTorch model as on ImageNet, with torch's order of samples and torchvision's transforms.

    python examples/torch_loader.py [FOLDER]

FOLDER has one subfolder for each class.
"""

import sys

import numpy as np
import torch
from PIL import Image
from sample_images import make_folder

import fastseq

MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
folder = sys.argv[1] if len(sys.argv) > 1 else make_folder("example-photos")
samples = fastseq.Samples.from_directory(folder)


class Before(torch.utils.data.Dataset):
    """What an `ImageFolder` does with torchvision's Resize(256), CenterCrop(224), ToTensor and Normalize."""

    def __len__(self):
        return len(samples)

    def __getitem__(self, i):
        path, label = samples[i]
        image = Image.open(path).convert("RGB")
        short = min(image.size)
        image = image.resize([256 * side // short for side in image.size], Image.BILINEAR)
        left, top = (round((side - 224) / 2) for side in image.size)
        image = image.crop((left, top, left + 224, top + 224))
        return ((torch.from_numpy(np.array(image)) / 255 - MEAN) / STD).permute(2, 0, 1), label


before = torch.utils.data.DataLoader(Before(), batch_size=8)

pixels = {"batch_size": 8, "size": (224, 224), "dtype": "float32", "preset": "torch", "data_format": "channels_first"}
pixels |= {"interpolation": "pil.bilinear", "orient": "none", "tensors": True}
evaluate = [fastseq.Resize(256), fastseq.CenterCrop(224, rounding="torchvision")]
after = fastseq.DataLoader(list(samples), transform=evaluate, **pixels)

(was, was_labels), (now, now_labels) = next(iter(before)), next(iter(after))
print(f"the largest difference in the first batch: {(now - was).abs().max():.1e}")
print(f"the same labels: {torch.equal(now_labels, was_labels)}")

augment = [fastseq.RandomResizedCrop(), fastseq.RandomFlip("horizontal")]
order = torch.Generator().manual_seed(1)
train = fastseq.DataLoader(list(samples), shuffle=True, generator=order, transform=augment, **pixels)

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
    for images, labels in train:
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(train):.3f}")
