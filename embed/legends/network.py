"""The network that reads a strip: which letter each of its columns shows.

About 0.18 million numbers: 3 x 3 convolutions, the height of the strip collapsed into one vector a column, and two
residual convolutions along the strip, so that a letter is seen with those beside it.
"""

import torch
from torch import nn
from torch.nn.functional import max_pool2d, relu

from embed.legends.letters import CLASSES


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Along(nn.Module):
    """A residual convolution of five columns, ``apart`` from each other."""

    def __init__(self, channels: int, apart: int):
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 5, padding=2 * apart, dilation=apart, bias=False)
        self.normalisation = nn.BatchNorm1d(channels)

    def forward(self, columns: torch.Tensor) -> torch.Tensor:
        return columns + relu(self.normalisation(self.convolution(columns)))


class Network(nn.Module):
    """Strips (n, 1, 48, 640) to scores (n, `CLASSES`, 160), one a column of `strip.STRIDE` pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_block(1, 12, 2), _block(12, 24, 2), _block(24, 40))
        self.middle = _block(40, 40)
        self.last = _block(40, 64)
        self.collapse = nn.Sequential(nn.Conv2d(64, 96, (6, 1), bias=False), nn.BatchNorm2d(96), nn.ReLU(inplace=True))
        self.along = nn.Sequential(Along(96, 1), Along(96, 2))
        self.letters = nn.Sequential(nn.Dropout(0.1), nn.Conv1d(96, CLASSES, 1))

    def forward(self, strips: torch.Tensor) -> torch.Tensor:
        maps = self.stem(strips)
        maps = max_pool2d(maps + self.middle(maps), (2, 1))
        return self.letters(self.along(self.collapse(self.last(maps))[:, :, 0]))
