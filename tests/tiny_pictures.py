"""Pictures of a few pixels for tests that only care for files and names."""

import hashlib
from pathlib import Path

from PIL import Image


def picture(path: Path, content: str | None = None) -> Path:
    """A picture of 20 x 30 pixels; files of one ``content`` (their path, if not given) are the same in every byte.

    None is grey 127 on the mean, in which `embed.models.Pixels` sees nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    red, green, blue = hashlib.sha256((content or str(path)).encode()).digest()[:3]
    blue ^= red + green + blue == 3 * 127
    Image.new("RGB", (20, 30), (red, green, blue)).save(path, format="PNG")
    return path


def pictures(folder: Path, *names: str) -> Path:
    """A folder with a picture under each of these names (paths in the folder)."""
    for name in names:
        picture(folder / name)
    return folder
