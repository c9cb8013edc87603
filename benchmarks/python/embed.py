"""Features of photographs in Python, to be timed beside the embedders: torchvision's ResNet-18, 224 px, from JPEG files.

Arguments: threads files... Prints the version of torch; then, for every line of standard input, encodes all files and prints the
seconds. Decoding (Pillow) runs in as many worker threads as there are threads, one batch ahead of the encoder, as the embedders' does.
Exits with 3 where torchvision is missing.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

try:
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms
except ImportError:
    sys.exit(3)

BATCH = 64


def main(threads, *files):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    model = torchvision.models.resnet18()
    model.fc = torch.nn.Identity()
    model.eval()
    view = transforms.Compose([
        transforms.Resize(224),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize([0.5] * 3, [0.25] * 3),
    ])
    batches = [files[start:start + BATCH] for start in range(0, len(files), BATCH)]

    def read(path):
        with Image.open(path) as image:
            return view(image.convert("RGB"))

    print(torch.__version__, flush=True)
    with ThreadPoolExecutor(int(threads)) as workers:
        for _ in sys.stdin:
            start = time.perf_counter()
            following = [workers.submit(read, path) for path in batches[0]]
            with torch.inference_mode():
                for batch in batches[1:] + [()]:
                    images, following = following, [workers.submit(read, path) for path in batch]
                    model(torch.stack([image.result() for image in images]))
            print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
