"""A collection as `torch.utils.data.Dataset`, the thesis' two ways: sides one by one, and coins with both sides.

Made from a reading of a folder; no server is needed::

    reading = read_collection(Path("photographs"), "museum", type_column="type")
    for batch in DataLoader(Sides(reading), batch_size=32, num_workers=2, collate_fn=collate):
        model(batch.images)
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from ingest.images import open_picture
from ingest.records import FACES, Face, Reading, SideRecord

#: From an upright RGB picture to what a network takes: of torchvision, or `prepare` of an `embed.models.ImageModel`.
PictureTransform = Callable[[Image.Image], Any]


class SideItem(NamedTuple):
    """A side: its picture as the transform leaves it, its face, the file's name, the coin's id and its type or None."""

    image: Any
    face: Face
    file: str
    coin: str
    label: str | None


class PairItem(NamedTuple):
    """A coin: the pictures of both sides as the transform leaves them, the files' names, id and type or None."""

    obverse: Any
    reverse: Any
    obverse_file: str
    reverse_file: str
    coin: str
    label: str | None


class SideBatch(NamedTuple):
    """Several `SideItem`: ``images`` stacked (n, ...), all else as lists in the same order."""

    images: torch.Tensor
    faces: list[Face]
    files: list[str]
    coins: list[str]
    labels: list[str | None]


class PairBatch(NamedTuple):
    """Several `PairItem`: ``obverses`` and ``reverses`` stacked (n, ...), all else as lists in the same order."""

    obverses: torch.Tensor
    reverses: torch.Tensor
    obverse_files: list[str]
    reverse_files: list[str]
    coins: list[str]
    labels: list[str | None]


class Tensors:
    """The transform where none is given: (3, size, size) float32 from 0 to 1, the whole picture squashed."""

    def __init__(self, size: int = 224):
        self.size = size

    def __call__(self, picture: Image.Image) -> torch.Tensor:
        square = picture.resize((self.size, self.size), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return torch.from_numpy(np.asarray(square, np.float32).transpose(2, 0, 1) / 255)


class Sides(Dataset):
    """The sides of a collection one by one: coins in their order, the obverse before the reverse.

    ``face`` limits them to obverses or reverses. A picture is read, upright and in RGB, when it is asked for; one that
    has gone since the reading raises `ingest.images.BadImage`.
    """

    def __init__(self, reading: Reading, transform: PictureTransform | None = None, face: Face | None = None):
        self.transform = transform or Tensors()
        self.sides: list[tuple[SideRecord, str, str | None]] = [
            (coin.sides[each], coin.id, coin.type)
            for coin in reading.coins
            for each in FACES
            if each in coin.sides and face in (None, each)
        ]

    def __len__(self) -> int:
        return len(self.sides)

    def __getitem__(self, index: int) -> SideItem:
        side, coin, label = self.sides[index]
        return SideItem(self.transform(open_picture(side.path)), side.face, side.path.name, coin, label)


class Pairs(Dataset):
    """The coins of a collection with both sides together; ``one_sided`` are the ids of those that have only one."""

    def __init__(self, reading: Reading, transform: PictureTransform | None = None):
        self.transform = transform or Tensors()
        self.coins = [coin for coin in reading.coins if len(coin.sides) == len(FACES)]
        self.one_sided = [coin.id for coin in reading.coins if len(coin.sides) < len(FACES)]

    def __len__(self) -> int:
        return len(self.coins)

    def __getitem__(self, index: int) -> PairItem:
        coin = self.coins[index]
        obverse, reverse = (coin.sides[face].path for face in FACES)
        front, back = self.transform(open_picture(obverse)), self.transform(open_picture(reverse))
        return PairItem(front, back, obverse.name, reverse.name, coin.id, coin.type)


def collate(items: Sequence[SideItem] | Sequence[PairItem]) -> SideBatch | PairBatch:
    """Items to a batch, for a `DataLoader`'s ``collate_fn`` (torch's own cannot take a label that is None)."""
    columns = [list(column) for column in zip(*items, strict=True)]
    if isinstance(items[0], SideItem):
        return SideBatch(_stacked(columns[0]), *columns[1:])
    return PairBatch(_stacked(columns[0]), _stacked(columns[1]), *columns[2:])


def _stacked(pictures: list[Any]) -> torch.Tensor:
    return torch.stack([torch.as_tensor(picture) for picture in pictures])
