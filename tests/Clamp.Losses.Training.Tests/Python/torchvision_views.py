"""Makes views by torchvision's own functions: TorchvisionViewsTests gives the parameters and judges the pixels.

Usage: torchvision_views.py JOBS.json; exit code 3 where torch or torchvision is missing.
"""
import json
import sys

try:
    import torch
    from torchvision.transforms import functional
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

from safetensors_file import read, write

JITTER = {
    "Brightness": functional.adjust_brightness,
    "Contrast": functional.adjust_contrast,
    "Saturation": functional.adjust_saturation,
    "Hue": functional.adjust_hue,
}


def view(image, job, parameters):
    crop = parameters["crop"]
    image = functional.crop(image, crop["top"], crop["left"], crop["height"], crop["width"])
    image = functional.resize(image, [job["size"], job["size"]], antialias=True)
    if parameters["flip"]:
        image = functional.hflip(image)
    if parameters["jitter"]:
        for step in job["order"]:
            image = JITTER[step](image, parameters[step.lower()])
    if parameters["grayscale"]:
        image = functional.rgb_to_grayscale(image, num_output_channels=3)
    if parameters["blur"]:
        image = functional.gaussian_blur(image, job["kernel_size"], parameters["blur_sigma"])
    if parameters["solarize"]:
        image = functional.solarize(image, job["threshold"])
    return functional.normalize(image, job["mean"], job["deviation"])


def run(job):
    images = read(job["images"])["images"]
    write(job["views"], {"views": torch.stack([view(*each) for each in zip(images, [job] * len(images), job["parameters"])])})


if __name__ == "__main__":
    for job in json.load(open(sys.argv[1], encoding="utf-8")):
        run(job)
