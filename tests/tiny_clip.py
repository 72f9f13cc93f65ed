"""A CLIP model of a megabyte and a half, with random weights, under a name that open_clip knows from then on."""

import json
from pathlib import Path

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 1},
}


def make_tiny_clip(folder: Path) -> tuple[str, Path]:
    """The name of its space and the file of its weights."""
    import open_clip
    import torch

    (folder / "tiny-clip.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(folder / "tiny-clip.json")
    torch.manual_seed(1)
    torch.save(open_clip.create_model("tiny-clip").state_dict(), folder / "tiny-clip.pt")
    return "open_clip:tiny-clip", folder / "tiny-clip.pt"
