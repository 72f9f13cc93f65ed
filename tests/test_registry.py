"""Names of spaces and the models behind them."""

import subprocess
import sys
from pathlib import Path

import pytest

from embed.registry import UnknownModel, load_model, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("efficientnet-lite0", "efficientnet_lite0"),
        ("open_clip:ViT-B-32/laion2b", "open_clip_vit_b_32_laion2b"),
        ("Münzen (neu)", "m_nzen_neu"),
        ("--", "space"),
    ],
)
def test_a_slug_needs_no_backticks(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_model_has_the_name_of_its_space() -> None:
    assert load_model("test-pixels").name == "test-pixels"


def test_any_model_can_look_at_grey_pictures() -> None:
    model = load_model("test-pixels-grey")
    assert (model.name, model.view.grey) == ("test-pixels-grey", True)
    assert model.preprocessing != load_model("test-pixels").preprocessing


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownModel, match=r"'resnet5'.*efficientnet-lite0.*file:PATH"):
        load_model("resnet5")


def test_the_test_model_does_without_torch() -> None:
    program = (
        "import sys; from embed.registry import load_model; load_model('test-pixels'); print('torch' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    assert answer.stdout.strip() == "False"
