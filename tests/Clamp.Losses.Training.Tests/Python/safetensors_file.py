"""Reads and writes safetensors files, whose own package Debian lacks."""
import json
import struct

import torch

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
