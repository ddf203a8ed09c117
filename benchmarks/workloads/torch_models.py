"""The workloads' models as plain torch modules, on inputs of Keras's shapes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _ChannelsFirst(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.permute(0, 3, 1, 2)


class _Reviewer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.lstm, self.head = nn.Embedding(20_000, 128), nn.LSTM(128, 64, batch_first=True), nn.Linear(64, 1)

    def forward(self, words: Tensor) -> Tensor:
        states, _ = self.lstm(self.embedding(words))
        return self.head(states[:, -1])


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.heads = heads
        self.attend, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attend(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        x = self.first_norm(x + self.project(seen))
        return self.second_norm(x + self.narrow(F.relu(self.widen(x))))


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(8_000, 128), nn.Parameter(torch.empty(64, 128).uniform_(-0.05, 0.05))
        self.blocks, self.head = nn.Sequential(*(_Block(128, 4, 512) for _ in range(2))), nn.Linear(128, 10)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.blocks(self.words(words) + self.places).mean(1))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def _convnet() -> nn.Module:
    first = [_ChannelsFirst(), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "dense": lambda: nn.Linear(8, 1),
    "mlp": _mlp,
    "convnet": _convnet,
    "lstm": _Reviewer,
    "transformer": _Encoder,
}
