"""The trainer's step in plain PyTorch, to be timed beside it: one process a case.

Arguments: encoder images views side precision threads radius_scale. Prints the version of torch and the encoder's number of weights;
then, for every line of standard input, does one step and prints its seconds. Exits with 3 where torch is missing.
"""

import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    sys.exit(3)

WIDTHS = {"Tiny": [16, 32, 64], "ResNet18": [64, 128, 256, 512]}
DEPTHS = {"Tiny": 1, "ResNet18": 2}
PROJECTION = (256, 128)


class BasicBlock(nn.Module):
    def __init__(self, width_in, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or width_in != width:
            self.downsample = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        residual = self.bn1(self.conv1(x)).relu_()
        residual = self.bn2(self.conv2(residual))
        residual += x if self.downsample is None else self.downsample(x)
        return residual.relu_()


class Encoder(nn.Module):
    """A residual network with the small stem, without a classifier."""

    def __init__(self, widths, depth):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True))
        blocks, width_in = [], widths[0]
        for stage, width in enumerate(widths):
            for position in range(depth):
                blocks.append(BasicBlock(width_in, width, 2 if stage > 0 and position == 0 else 1))
                width_in = width
        self.blocks = nn.Sequential(*blocks)

    def forward(self, images):
        return self.blocks(self.stem(images)).mean((2, 3), dtype=torch.float32)


def clamp_loss(embeddings, radius_scale):
    """The algorithm of the paper's own code: a [B, B, D] tensor of differences, and autograd."""
    points = functional.normalize(embeddings - embeddings.mean((0, 1), keepdim=True), dim=-1)
    centroids = points.mean(0)
    views, _, width = points.shape
    spreads = (points - centroids).square().sum((0, 2)) / (views - 1)
    radii = radius_scale * (spreads / min(width, views) + 1e-12).sqrt()
    distances = ((centroids[:, None] - centroids[None]).square().sum(-1) + 1e-12).sqrt()
    reaches = (radii[:, None] + radii[None] + 1e-6).clamp_max(1.5)
    contacts = ((distances < reaches) & (distances > 1e-3)).triu(1)
    return (((1 - distances / reaches).square() * contacts).sum() + 1e-6).log()


def main(encoder_name, images, views, side, precision, threads, radius_scale):
    images, views, side = int(images), int(views), int(side)
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    encoder = Encoder(WIDTHS[encoder_name], DEPTHS[encoder_name])
    head = nn.Sequential(nn.Linear(WIDTHS[encoder_name][-1], PROJECTION[0]), nn.ReLU(), nn.Linear(*PROJECTION))
    optimiser = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=4e-3, weight_decay=1e-4)
    batch = torch.randn(views * images, 3, side, side)

    def step():
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "BFloat16"):
            features = encoder(batch)
        loss = clamp_loss(head(features).unflatten(0, (views, images)), float(radius_scale))
        loss.backward()
        optimiser.step()
        return loss.item()

    print(torch.__version__, sum(weight.numel() for weight in encoder.parameters()), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
