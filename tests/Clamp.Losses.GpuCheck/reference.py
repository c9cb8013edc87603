"""Times the paper's algorithm in PyTorch on a GPU, eager and compiled (with and without CUDA graphs), at the sizes that GpuCheck times.

Transcribed from the formulas of the loss (docs/loss.md) as the paper's own code computes them: a [B, B, D] tensor of all differences of
centroids, and autograd, in float32. Forward and backward, one after another, medians, timed by CUDA events.
"""

import argparse
import itertools
import statistics
import time

import torch

RADIUS_SCALE = 8.5
MIN_SEPARATION = 1e-3
MAX_CONTACT_DISTANCE = 1.5
REPEATS = 21
WARMUPS = 5


def loss(embeddings):
    """log(E + 1e-6) with alpha = 2, w_rep = 1 and w_size = 0, of embeddings [V, B, D]."""
    views, _, width = embeddings.shape
    centred = embeddings - embeddings.mean(dim=(0, 1), keepdim=True)
    points = centred / centred.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    centroids = points.mean(dim=0)
    spreads = (points - centroids).square().sum(dim=(0, 2)) / (views - 1)
    radii = RADIUS_SCALE * (spreads / min(width, views) + 1e-12).sqrt()
    differences = centroids[:, None] - centroids[None]
    distances = (differences.square().sum(dim=-1) + 1e-12).sqrt()
    reaches = (radii[:, None] + radii[None] + 1e-6).clamp_max(MAX_CONTACT_DISTANCE)
    contacts = ((distances < reaches) & (distances > MIN_SEPARATION)).triu(1)
    energy = ((1 - distances / reaches).square() * contacts).sum()
    return (energy + 1e-6).log()


def compiled(mode=None):
    """The loss compiled afresh: after several shapes torch.compile would quietly run eager code instead."""
    torch._dynamo.reset()
    return torch.compile(loss, dynamic=False, mode=mode)


def step(function, embeddings):
    """Forward and backward."""
    embeddings.grad = None
    if hasattr(torch, "compiler") and hasattr(torch.compiler, "cudagraph_mark_step_begin"):
        # What a CUDA graph wrote in the last step may be overwritten.
        torch.compiler.cudagraph_mark_step_begin()
    function(embeddings).backward()


def microseconds(action, device):
    """How long an action takes."""
    if device.type != "cuda":
        start = time.perf_counter()
        action()
        return 1e6 * (time.perf_counter() - start)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    action()
    end.record()
    end.synchronize()
    return 1e3 * start.elapsed_time(end)


def measure(function, shape, device):
    """The median of some steps, after those that compile, record graphs and warm up; None where the GPU's memory does not suffice."""
    embeddings = None
    try:
        torch.manual_seed(1)
        embeddings = (torch.rand(shape, device=device) - 0.5).requires_grad_()
        for _ in range(WARMUPS):
            step(function, embeddings)
        return statistics.median(microseconds(lambda: step(function, embeddings), device) for _ in range(REPEATS))
    except torch.cuda.OutOfMemoryError:
        return None
    finally:
        del embeddings
        if device.type == "cuda":
            torch.cuda.empty_cache()


def numbers(text):
    """Such as 128,512."""
    return [int(number) for number in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1 or cpu")
    parser.add_argument("--views", type=numbers, default=[4, 2], help="such as 4,2")
    parser.add_argument("--images", type=numbers, default=[128, 512, 4096, 16384, 32768], help="such as 128,512")
    parser.add_argument("--widths", type=numbers, default=[256, 512], help="such as 256,512")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"PyTorch {torch.__version__} on {name}.\n")
    print("| V | B | D | how | microseconds |")
    print("|---|---|---|---|---|")
    functions = {"eager": lambda: loss}
    if hasattr(torch, "compile"):
        functions["torch.compile"] = compiled
        functions["torch.compile, reduce-overhead"] = lambda: compiled("reduce-overhead")
    else:
        print("| | | | torch.compile | this PyTorch has none |")
    cifar_10 = (16, 128, 256)
    for shape in [cifar_10, *itertools.product(arguments.views, arguments.images, arguments.widths)]:
        for how, prepare in functions.items():
            median = measure(prepare(), shape, device)
            text = "does not fit into memory" if median is None else f"{median:.1f}"
            print("|", " | ".join(map(str, shape)), f"| {how} | {text} |", flush=True)


if __name__ == "__main__":
    main()
