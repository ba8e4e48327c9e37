"""One line of `train.py`: PyTorch, its data on the device too, batches by a permutation."""

import json
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

name, path, rows, dimension, batch, epochs = sys.argv[1:]
rows, dimension, batch, epochs = int(rows), int(dimension), int(batch), int(epochs)
data = np.load(path)
length = data["ids"].shape[1]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(rows, dimension)
        self.embedding.weight.requires_grad = name != "flatten 2"
        width = {"flatten 1": length * dimension, "flatten 2": 32, "average": dimension, "conv": 300}.get(name, 64)
        if name == "flatten 2":
            self.hidden = nn.Linear(length * dimension, 32)
        if name == "conv":
            self.convolutions = nn.ModuleList(nn.Conv1d(dimension, 100, size, padding="same") for size in (3, 4, 5))
        if name in ("lstm", "gru"):
            self.cell = {"lstm": nn.LSTM, "gru": nn.GRU}[name](dimension, 64, batch_first=True)
        self.output = nn.Linear(width, 1)

    def forward(self, ids):
        vectors = self.embedding(ids)
        if name == "flatten 1":
            features = vectors.flatten(1)
        elif name == "flatten 2":
            features = torch.relu(self.hidden(vectors.flatten(1)))
        elif name == "average":
            there = (ids != 0).unsqueeze(-1)
            features = (vectors * there).sum(1) / there.sum(1).clamp(min=1)
        elif name == "conv":
            steps = vectors.transpose(1, 2)
            features = torch.cat([torch.relu(layer(steps)).amax(2) for layer in self.convolutions], 1)
        else:  # texts end at the right, so the last output is that of the last word
            features = self.cell(vectors)[0][:, -1]
        return self.output(features)[:, 0]


torch.manual_seed(0)
start = time.perf_counter()
ids, targets = torch.from_numpy(data["ids"]).long(), torch.from_numpy(data["targets"]).float()
model = Network()
learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.RMSprop(learned, lr=1e-3, alpha=0.9, eps=1e-7, foreach=True)
loss_of = nn.BCEWithLogitsLoss()
ends = []
for _ in range(epochs):
    right = total = 0.0
    for chosen in torch.randperm(len(ids)).split(batch):
        optimizer.zero_grad()
        outputs = model(ids[chosen])
        loss = loss_of(outputs, targets[chosen])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(chosen)
        right += ((outputs > 0) == (targets[chosen] > 0)).sum().item()
    ends.append(time.perf_counter())
print(json.dumps({"first": ends[0] - start, "epoch": statistics.median(np.diff(ends).tolist())}))
