"""Takes encoders to torchvision and back: TorchvisionExchangeTests writes the jobs and judges the features.

Usage: torchvision_exchange.py JOBS.json; exit code 3 where torch or torchvision is missing.
"""
import json
import struct
import sys

try:
    import torch
    import torchvision
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

TYPES = {"F32": torch.float32, "I64": torch.int64}


def read(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {name: tensor(data, **entry) for name, entry in header.items()}


def tensor(data, dtype, shape, data_offsets):
    begin, end = data_offsets
    size = torch.empty(0, dtype=TYPES[dtype]).element_size()
    values = torch.frombuffer(data, dtype=TYPES[dtype], count=(end - begin) // size, offset=begin)
    return values.reshape(shape)


def write(path, tensors):
    names = {dtype: name for name, dtype in TYPES.items()}
    header, end = {}, 0
    for name, values in tensors.items():
        begin, end = end, end + values.numel() * values.element_size()
        header[name] = {"dtype": names[values.dtype], "shape": list(values.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for values in tensors.values():
            file.write(values.detach().contiguous().numpy().tobytes())


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
