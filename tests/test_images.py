"""Photographs are read upright in RGB, and damaged ones are refused with a reason."""

import hashlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.images import BadImage, open_picture, probe

TURNED_LEFT = 6  # EXIF: the camera was turned, the picture must be turned back by a quarter


def gradient(width: int = 60, height: int = 40) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([rows * 255 // height, columns * 255 // width, rows * 0], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "tif", "webp", "gif", "JPG", "JPEG", "TIFF"])
def test_every_usual_format_is_read(tmp_path: Path, ending: str):
    path = tmp_path / f"coin.{ending}"
    gradient().save(path)
    assert probe(path)[1:] == (60, 40)
    assert open_picture(path).mode == "RGB"


def test_the_checksum_is_that_of_the_file(tmp_path: Path):
    path = tmp_path / "coin.png"
    gradient().save(path)
    assert probe(path)[0] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_a_turned_photograph_is_turned_back(tmp_path: Path, ending: str):
    path = tmp_path / f"coin.{ending}"
    exif = Image.Exif()
    exif[0x0112] = TURNED_LEFT
    gradient().save(path, exif=exif)
    assert probe(path)[1:] == (40, 60)
    assert open_picture(path).size == (40, 60)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_become_eight(tmp_path: Path, ending: str):
    path = tmp_path / f"coin.{ending}"
    Image.fromarray(np.array([[0, 257, 65535]], dtype=np.uint16)).save(path)
    assert list(np.asarray(open_picture(path))[0, :, 0]) == [0, 1, 255]


def test_cmyk_becomes_rgb(tmp_path: Path):
    Image.new("CMYK", (9, 9), (0, 0, 0, 0)).save(tmp_path / "coin.tif")
    assert open_picture(tmp_path / "coin.tif").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_are_white(tmp_path: Path, mode: str):
    Image.new(mode, (9, 9)).save(tmp_path / "coin.png")
    assert open_picture(tmp_path / "coin.png").getpixel((0, 0)) == (255, 255, 255)


def test_a_transparent_colour_of_a_palette_is_white(tmp_path: Path):
    Image.new("P", (9, 9), 3).save(tmp_path / "coin.gif", transparency=3)
    assert open_picture(tmp_path / "coin.gif").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("ending", ["gif", "tif"])
def test_of_several_frames_the_first_counts(tmp_path: Path, ending: str):
    path = tmp_path / f"coin.{ending}"
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("white", "black")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert open_picture(path).getpixel((0, 0)) == (255, 255, 255)


def test_a_large_jpeg_may_come_smaller_but_not_too_small(tmp_path: Path):
    gradient(2000, 1600).save(tmp_path / "coin.jpg")
    assert 224 <= min(open_picture(tmp_path / "coin.jpg", at_least=224).size) < 1600
    assert open_picture(tmp_path / "coin.jpg").size == (2000, 1600)
    assert probe(tmp_path / "coin.jpg")[1:] == (2000, 1600)


def test_a_picture_whose_content_is_known_is_not_decoded_again(tmp_path: Path):
    (tmp_path / "coin.jpg").write_bytes(b"not a picture, but known")
    sha256 = hashlib.sha256(b"not a picture, but known").hexdigest()
    assert probe(tmp_path / "coin.jpg", known={sha256: (70, 80)}) == (sha256, 70, 80)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_a_cut_off_picture_is_refused(tmp_path: Path, ending: str):
    path = tmp_path / f"coin.{ending}"
    noise = np.random.default_rng(1).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadImage, match=r"cut off|damaged"):
        probe(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"These are the notes of the dig.", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not a picture"),
        (png_that_claims(15_000, 15_000), "too many pixels"),
        (png_that_claims(60_000, 60_000), "too many pixels"),
    ],
    ids=["empty", "text", "postscript", "large", "bomb"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_only_claims_to_be_a_picture_is_refused(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "coin.png").write_bytes(content)
    with pytest.raises(BadImage, match=reason):
        probe(tmp_path / "coin.png")
    with pytest.raises(BadImage):
        open_picture(tmp_path / "coin.png")


def test_a_huge_file_is_refused_unread(tmp_path: Path):
    with (tmp_path / "coin.tif").open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(BadImage, match="too large"):
        probe(tmp_path / "coin.tif")


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is readable to root")
def test_a_file_without_permission_is_refused(tmp_path: Path):
    gradient().save(tmp_path / "coin.png")
    (tmp_path / "coin.png").chmod(0)
    with pytest.raises(BadImage, match="permission"):
        probe(tmp_path / "coin.png")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_files_raise_nothing_else(tmp_path: Path):
    path, chance = tmp_path / "coin", np.random.default_rng(1)
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF"):
        gradient().save(path, format=kind)
        whole = bytearray(path.read_bytes())
        for _ in range(40):
            damaged = bytearray(whole)
            for position in chance.integers(0, min(len(whole), 500), 5):
                damaged[position] = int(chance.integers(256))
            path.write_bytes(damaged)
            try:
                probe(path)
            except BadImage as error:
                assert str(error)


@pytest.mark.parametrize("size", [(900, 2), (1, 1), (3000, 9), (15, 40), (400, 15), (30, 900)])
def test_a_picture_too_narrow_to_show_a_coin_is_refused(tmp_path: Path, size: tuple[int, int]):
    Image.new("RGB", size).save(tmp_path / "line.png")
    with pytest.raises(BadImage, match=f"too narrow to show a coin .{size[0]} x {size[1]}"):
        probe(tmp_path / "line.png")


@pytest.mark.parametrize(("kind", "ending"), [("HEIF", "heic"), ("AVIF", "avif"), ("JPEG2000", "jp2")])
def test_newer_formats_are_read(tmp_path: Path, kind: str, ending: str):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    gradient(64, 48).save(tmp_path / f"coin.{ending}", kind, quality=95)
    assert probe(tmp_path / f"coin.{ending}")[1:] == (64, 48)
    apart = np.asarray(open_picture(tmp_path / f"coin.{ending}"), int) - np.asarray(gradient(64, 48), int)
    assert np.abs(apart).mean() < 8


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_grey_of_fewer_bits_than_sixteen_is_as_light_as_it_should_be(tmp_path: Path, ending: str, bits: int):
    grey = np.linspace(0, (1 << bits) - 1, 40 * 40).reshape(40, 40).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / f"coin.{ending}")
    assert np.asarray(open_picture(tmp_path / f"coin.{ending}")).mean() == pytest.approx(127, abs=1)


@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_colours_of_twelve_bits_in_sixteen(tmp_path: Path, ending: str):
    import cv2

    pixels = np.full((40, 40, 3), (4095, 2000, 1000), np.uint16)
    cv2.imwrite(str(tmp_path / f"coin.{ending}"), pixels[..., ::-1])
    assert open_picture(tmp_path / f"coin.{ending}").getpixel((5, 5)) == (255, 124, 62)


def test_sixteen_bits_in_separate_planes(tmp_path: Path):
    tifffile = pytest.importorskip("tifffile")
    pixels = np.asarray(gradient(), np.uint16) * 257
    tifffile.imwrite(tmp_path / "coin.tif", pixels.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    assert np.array_equal(np.asarray(open_picture(tmp_path / "coin.tif")), np.asarray(gradient()))


def profile(gamma: float, swapped: bool = False) -> bytes:
    """An ICC profile of sRGB's primaries (red and green ``swapped``) and a plain ``gamma``."""

    def tag(kind: bytes, data: bytes) -> bytes:
        return kind + bytes(4) + data + bytes(-len(data) % 4)

    def xyz(*values: float) -> bytes:
        return tag(b"XYZ ", struct.pack(">3i", *(round(value * 65536) for value in values)))

    red, green, blue = xyz(0.4361, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7141)
    red, green = (green, red) if swapped else (red, green)
    curve = tag(b"curv", struct.pack(">IH", 1, round(gamma * 256)))
    name = tag(b"desc", struct.pack(">I", 5) + b"test\0" + bytes(78))
    tags = {
        b"desc": name,
        b"cprt": tag(b"text", b"none"),
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": red,
        b"gXYZ": green,
    }
    tags |= {b"bXYZ": blue, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body = b"", b""
    for key, data in tags.items():
        data += bytes(-len(data) % 4)
        table += key + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_of_another_profile_become_those_of_srgb(tmp_path: Path, mode: str):
    red = Image.new("RGB", (40, 40), (230, 20, 20)).convert(mode)
    red.save(tmp_path / "coin.png", icc_profile=profile(2.2, swapped=True))
    seen = open_picture(tmp_path / "coin.png").getpixel((5, 5))
    assert isinstance(seen, tuple)
    assert seen[1] > 200 > 60 > seen[0]


def test_a_profile_like_srgb_changes_no_pixel(tmp_path: Path):
    gradient().save(tmp_path / "coin.png", icc_profile=profile(2.2))
    assert np.array_equal(np.asarray(open_picture(tmp_path / "coin.png")), np.asarray(gradient()))


def test_a_damaged_profile_says_nothing_against_the_pixels(tmp_path: Path):
    gradient().save(tmp_path / "coin.png", icc_profile=profile(1.4)[:200])
    assert np.array_equal(np.asarray(open_picture(tmp_path / "coin.png")), np.asarray(gradient()))
