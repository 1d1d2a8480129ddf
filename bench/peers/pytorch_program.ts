/**
 * PyTorch's process, in the language it is to be had in: run as `python3 -c PROGRAM FOLDER…` where
 * python3 has torch. Nothing else in deconv is Python.
 */
export const PYTORCH_PROGRAM =
  `"""PyTorch's process: the counterpart of child.ts for \`pytorch.py FOLDER...\`; see there for the commands."""

import json
import os
import sys
import time

TOLERANCE = 1e-4


def blas():
    """The BLAS library that this process has loaded, as far as the system tells."""
    try:
        with open("/proc/self/maps") as maps:
            names = {line.split("/")[-1].strip() for line in maps if "/" in line}
    except OSError:
        return "unknown BLAS"
    full = os.path.realpath("/usr/lib/x86_64-linux-gnu/libblas.so.3")
    found = sorted(n for n in names if "openblas" in n or "mkl_rt" in n)
    return found[0] if found else (full if any("blas" in n for n in names) else "its own BLAS")


class Task:
    """A task of a folder, ready to run; see task_folder.ts for the files."""

    def __init__(self, folder):
        self.task = task = json.load(open(folder + "/task.json"))
        torch.set_num_threads(task["threads"])
        read = lambda name: torch.frombuffer(
            bytearray(open(f"{folder}/{name}.f32", "rb").read()), dtype=torch.float32
        )
        weights, self.layers = read("weights"), []
        last = torch.channels_last if os.environ.get("CHANNELS_LAST") else torch.contiguous_format
        for layer in task["network"]["layers"]:
            kh, kw, a, b = layer["kernel"]
            at, to = layer["kernelAt"], layer["biasAt"]
            kernel = weights[at : at + kh * kw * a * b].reshape(kh, kw, a, b).permute(3, 2, 0, 1)
            kernel = kernel.contiguous(memory_format=last).requires_grad_(task["training"])
            bias = weights[to : to + layer["output"][2]].clone().requires_grad_(task["training"])
            self.layers.append((layer, kernel, bias))
        x = read("input").reshape(task["batch"], *task["network"]["input"]).permute(0, 3, 1, 2)
        self.x = x.contiguous(memory_format=last)
        self.expected = task["loss"] if task["training"] else read("output")
        if task["training"]:
            parameters = [p for _, *both in self.layers for p in both]
            self.adam = torch.optim.Adam(parameters, lr=1e-3, eps=1e-7)

    def forward(self):
        x = self.x
        for layer, kernel, bias in self.layers:
            top, left, bottom, right = layer["pads"]
            strides = layer["strides"]
            if layer["op"] == "conv2d_transpose":
                x = functional.conv_transpose2d(x, kernel, bias, strides, (top, left))
            else:
                if (top, left) != (bottom, right):
                    x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
                x = functional.conv2d(x, kernel, bias, strides, (top, left))
            if layer["activation"] != "linear":
                x = getattr(torch, layer["activation"])(x)
        return x

    def run(self):
        if not self.task["training"]:
            with torch.no_grad():
                return self.forward()
        self.adam.zero_grad(set_to_none=True)
        loss = functional.binary_cross_entropy(self.forward(), self.x)
        loss.backward()
        self.adam.step()
        return loss.item()

    def wrong(self, ran):
        if self.task["training"]:
            off = abs(ran - self.expected) / abs(self.expected)
            return None if off <= TOLERANCE else f"its loss is {ran}, ours is {self.expected}"
        off = (ran.permute(0, 2, 3, 1).reshape(-1) - self.expected).abs().max().item()
        return None if off <= TOLERANCE else f"its outputs differ from ours by {off:.1e}"


def timed(task):
    start = time.perf_counter()
    ran = task.run()
    return (time.perf_counter() - start) * 1e3, ran


def answer(command, index):
    if command == "run":
        return {"ms": timed(tasks[index])[0]}
    task = Task(sys.argv[1 + index])
    ms, ran = timed(task)
    wrong = task.wrong(ran)
    if wrong:
        return {"absent": wrong}
    tasks[index] = task
    note = f"torch {torch.__version__}, {blas()}, oneDNN {torch.backends.mkldnn.is_available()}"
    return {"ready": f"{note}, {torch.get_num_threads()} thread(s)", "ms": ms}


tasks = {}
try:
    import torch
    from torch.nn import functional
except Exception as error:  # pylint: disable=broad-except
    torch, missing = None, str(error)

for line in sys.stdin:
    command, index = line.split()
    try:
        reply = answer(command, int(index)) if torch else {"absent": missing}
    except Exception as error:  # pylint: disable=broad-except
        reply = {"absent": str(error)}
    print(json.dumps(reply), flush=True)
`;
