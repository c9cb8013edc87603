"""Takes encoders to torchvision and back: TorchvisionExchangeTests writes the jobs and judges the features.

Usage: torchvision_exchange.py JOBS.json; exit code 3 where torch or torchvision is missing.
"""
import json
import sys

try:
    import torch
    import torchvision
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

from safetensors_file import read, write

def network(architecture, small_stem, stem_padding):
    model = getattr(torchvision.models, architecture)()
    if small_stem:
        model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=stem_padding, bias=False)
        model.maxpool = torch.nn.Identity()
    return model


def features(model, images):
    model.fc = torch.nn.Identity()
    with torch.no_grad():
        return model.eval()(images)


def run(job):
    images = read(job["images"])["images"]
    model = network(job["architecture"], job["small_stem"], job["stem_padding"])
    if job["to_torchvision"]:
        model.fc = torch.nn.Identity()
        model.load_state_dict(read(job["weights"]), strict=True)
    else:
        model(images)  # in training mode: the running statistics become those of images
        write(job["weights"], model.state_dict())
    write(job["features"], {"features": features(model, images)})


if __name__ == "__main__":
    torch.manual_seed(1)
    for job in json.load(open(sys.argv[1], encoding="utf-8")):
        run(job)
