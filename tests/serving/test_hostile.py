"""Requests that nobody should send: each gets a 4xx and one sentence, which tells nothing of the machine."""

import io
import json
import pathlib
import re
import struct
import zipfile
import zlib

import PIL.Image
import pytest

from tests.cases import LATENT_DIM
from tests.serving.conftest import LIMITS, files, mask, png

GAN, LABELLED, TABLE = "/v1/models/gan", "/v1/models/conditional_gan", "/v1/models/tabular_vae"
MIX = "/v1/models/style_gan2/mix"
LATENT = [0.1] * LATENT_DIM


def refused(answer, status=None):
    """Checks that an answer is a refusal in a sentence, and gives the sentence."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert status in (None, answer.status_code), answer.text
    assert list(answer.json()) == ["error"]
    sentence = answer.json()["error"]
    assert 8 < len(sentence) < 600 and "\n" not in sentence
    for told in (
        "Traceback",
        "site-packages",
        "keras_gen/",
        ".py",
        str(pathlib.Path.home()),
        "/tmp",
    ):
        assert told not in sentence
    return sentence


BODIES = {
    "no images": (GAN + "/generate", {"n": 0}),
    "fewer": (GAN + "/generate", {"n": -1}),
    "too many": (GAN + "/generate", {"n": LIMITS.images + 1}),
    "very many": (GAN + "/generate", {"n": 10**30}),
    "n as text": (GAN + "/generate", {"n": "3"}),
    "n as a fraction": (GAN + "/generate", {"n": 1.5}),
    "n as a boolean": (GAN + "/generate", {"n": True}),
    "n as a list": (GAN + "/generate", {"n": [1]}),
    "seed below 0": (GAN + "/generate", {"seed": -1}),
    "seed too large": (GAN + "/generate", {"seed": 2**32}),
    "seed as text": (GAN + "/generate", {"seed": "abc"}),
    "an unknown field": (GAN + "/generate", {"size": 3}),
    "a field with markup": (GAN + "/generate", {"<script>alert(1)</script>": 3}),
    "a field that Python has": (GAN + "/generate", {"__class__": {}}),
    "a path to read": (TABLE + "/sample", {"given": "/etc/passwd"}),
    "a batch size": (GAN + "/generate", {"batch_size": 10**9}),
    "labels of a model without": (GAN + "/generate", {"labels": [0]}),
    "latents too short": (GAN + "/generate", {"latents": [[0.0]]}),
    "latents too long": (GAN + "/generate", {"latents": [[*LATENT, 0.0]]}),
    "latents of two lengths": (GAN + "/generate", {"latents": [LATENT, [0.0]]}),
    "no latents": (GAN + "/generate", {"latents": []}),
    "flat latents": (GAN + "/generate", {"latents": LATENT}),
    "latents of text": (GAN + "/generate", {"latents": [["a"] * LATENT_DIM]}),
    "latents of nothing": (GAN + "/generate", {"latents": [[None] * LATENT_DIM]}),
    "latents of booleans": (GAN + "/generate", {"latents": [[True] * LATENT_DIM]}),
    "latents that are huge": (GAN + "/generate", {"latents": [[1e300] * LATENT_DIM]}),
    "latents of objects": (GAN + "/generate", {"latents": [[{}] * LATENT_DIM]}),
    "too many latents": (GAN + "/generate", {"latents": [LATENT] * (LIMITS.images + 1)}),
    "not as many latents": (GAN + "/generate", {"latents": [LATENT], "n": 2}),
    "a label too high": (LABELLED + "/generate", {"labels": [3]}),
    "a label below 0": (LABELLED + "/generate", {"labels": [-1]}),
    "a label as text": (LABELLED + "/generate", {"labels": ["seven"]}),
    "a label as a fraction": (LABELLED + "/generate", {"labels": [0.5]}),
    "no labels": (LABELLED + "/generate", {"labels": []}),
    "not as many labels": (LABELLED + "/generate", {"labels": [0, 1], "n": 3}),
    "labels for fewer latents": (LABELLED + "/generate", {"labels": [0, 1], "latents": [LATENT]}),
    "too many labels": (LABELLED + "/generate", {"labels": [0] * (LIMITS.images + 1)}),
    "too many steps": ("/v1/models/diffusion/generate", {"steps": 10**6}),
    "an unknown solver": ("/v1/models/diffusion/generate", {"solver": "magic"}),
    "guidance without classes": ("/v1/models/diffusion/generate", {"guidance": 2.0}),
    "a code too high": ("/v1/models/info_gan/generate", {"codes": {"category": 9}}),
    "a code that is huge": ("/v1/models/info_gan/generate", {"codes": {"category": 10**400}}),
    "no codes": ("/v1/models/info_gan/generate", {"codes": {"category": []}}),
    "codes of two lengths": (
        "/v1/models/info_gan/generate",
        {"codes": {"continuous": [[0.1], []]}},
    ),
    "many codes": ("/v1/models/info_gan/generate", {"codes": {"category": [0] * 1000}}),
    "vary nothing": (GAN + "/vary", {}),
    "vary by too much": (GAN + "/vary", {"latent": LATENT, "amount": 2}),
    "vary without a class": (LABELLED + "/vary", {"latent": LATENT}),
    "a walk of one step": (GAN + "/interpolate", {"steps": 1}),
    "a walk of many steps": (GAN + "/interpolate", {"steps": 10**6}),
    "a walk from one": (GAN + "/interpolate", {"latents": [LATENT]}),
    "a level too high": (MIX, {"seeds_a": [0], "seeds_b": [1], "levels": [9]}),
    "a level below 0": (MIX, {"seeds_a": [0], "seeds_b": [1], "levels": [-1]}),
    "no levels": (MIX, {"seeds_a": [0], "seeds_b": [1]}),
    "no seeds": (MIX, {"seeds_a": [], "seeds_b": [1], "levels": [0]}),
    "a seed to mix below 0": (MIX, {"seeds_a": [-1], "seeds_b": [1], "levels": [0]}),
    "too many pairs": (MIX, {"seeds_a": [0] * 5, "seeds_b": [1] * 5, "levels": [0]}),
    "truncation above 1": (
        MIX,
        {"seeds_a": [0], "seeds_b": [1], "levels": [0], "truncation": 1.5},
    ),
    "too many rows": (TABLE + "/sample", {"n": LIMITS.rows + 1}),
    "an unknown column": (TABLE + "/sample", {"conditions": {"colour": "red"}}),
    "an unknown value": (TABLE + "/sample", {"conditions": {"product": "rocket"}}),
    "a condition of a list": (TABLE + "/sample", {"conditions": {"product": ["cup"]}}),
    "rows of other columns": (TABLE + "/encode", {"rows": [{"colour": 1}]}),
    "rows of nothing": (TABLE + "/encode", {"rows": [{}]}),
    "rows of odd values": (TABLE + "/encode", {"rows": [{"price": "cheap", "day": True}]}),
    "rows too short": ("/v1/models/table_vae/encode", {"rows": [[1.0]]}),
    "no rows": ("/v1/models/table_vae/encode", {"rows": []}),
}


@pytest.mark.parametrize("what", BODIES)
def test_json_that_can_t_be_met_is_refused(client, what):
    path, body = BODIES[what]
    sentence = refused(client.post(path, json=body), 422)
    assert "<script>" not in sentence


RAW = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe{}",
    "NaN": b'{"latents": [[NaN, NaN, NaN]]}',
    "infinity": b'{"latents": [[Infinity, 0, 0]]}',
    "too large for a float": b'{"latents": [[1e999, 0, 0]]}',
    "a list": b"[]",
    "a number": b"3",
    "null": b"null",
    "a text": b'"n"',
    "very deep": b'{"latents": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "very long digits": b'{"n": ' + b"9" * 50_000 + b"}",
    "zeros": bytes(100),
    "a form": b"n=3&seed=1",
}


@pytest.mark.parametrize("what", RAW)
def test_what_is_no_json_object_is_refused(client, what):
    headers = {"Content-Type": "application/json"}
    refused(client.post(GAN + "/generate", content=RAW[what], headers=headers))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "%%%"])
def test_json_of_another_content_type_is_refused(client, kind):
    headers = {"Content-Type": kind}
    refused(client.post(GAN + "/generate", content=b'{"n": 1}', headers=headers))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", GAN + "/generate", 405),
        ("DELETE", "/v1/models/gan", 405),
        ("GET", "/v1/models/none", 404),
        ("POST", "/v1/models/none/generate", 404),
        ("GET", "/v1/models/../../etc/passwd", 404),
        ("GET", "/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("GET", "/v1/models/gan%00", 404),
        ("PUT", "/", 405),
        ("GET", "/" + "a" * 5000, 404),
        ("POST", "/v2/models/none/infer", 404),
    ],
)
def test_other_addresses_are_refused(client, method, path, status):
    refused(client.request(method, path), status)


# Files


def png_header(width, height):
    """A PNG file that says how large it is, and little else."""

    def chunk(name, data):
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(10**6))
    return file.getvalue()


def in_format(format):
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(file, format=format)
    return file.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
FILES = {
    "nothing": b"",
    "text": b"hello",
    "SVG": SVG,
    "SVG with entities": b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
    "ZIP": zipped(),
    "HTML": b"<html><script>1</script></html>",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
    "TIFF": in_format("TIFF"),
    "ICO": in_format("ICO"),
    "half a PNG": png()[:60],
    "a PNG with a broken middle": png((40, 40))[:400] + bytes(40) + png((40, 40))[440:],
    "half a JPEG": png((40, 40), format="JPEG")[:200],
    "a PNG of no pixels": png_header(0, 0),
    "a PNG with too little in it": png_header(200, 200),
}
BOMBS = {
    "a large PNG": png_header(20_000, 20_000),
    "a larger PNG": png_header(9_000, 12_000),
    "a huge PNG": png_header(2**31 - 1, 2**31 - 1),
    "a PNG a little too large": png((257, 256)),
}
ONE_PICTURE = ("/v1/models/vae/encode", "/v1/models/pix2pix/translate")


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("path", ONE_PICTURE)
def test_what_is_no_picture_is_refused(client, path, what):
    refused(client.post(path, files=files(images=[FILES[what]])), 422)


@pytest.mark.parametrize("what", BOMBS)
@pytest.mark.parametrize("path", ONE_PICTURE)
def test_pictures_of_too_many_pixels_are_refused_before_they_are_decoded(client, path, what):
    refused(client.post(path, files=files(images=[BOMBS[what]])), 413)


def test_pictures_of_too_many_pixels_together_are_refused(client):
    images = files(images=[png((200, 200)), png((200, 200))])
    refused(client.post(ONE_PICTURE[0], files=images), 413)


FORMS = {
    "no files": (ONE_PICTURE[0], [], {"images": "text"}),
    "another file": (ONE_PICTURE[0], files(images=[png()], other=[png()]), None),
    "another text": (ONE_PICTURE[0], files(images=[png()]), {"direction": "ab"}),
    "too many files": (ONE_PICTURE[0], files(images=[png()] * (LIMITS.images + 1)), None),
    "an unknown direction": (
        "/v1/models/cycle_gan/translate",
        files(images=[png()]),
        {"direction": "up"},
    ),
    "labels that are missing": ("/v1/models/cvae/encode", files(images=[png()]), None),
    "labels too high": ("/v1/models/cvae/encode", files(images=[png()]), {"labels": "7"}),
    "labels too many": (
        "/v1/models/cvae/encode",
        files(images=[png()]),
        {"labels": ["0", "1"]},
    ),
    "frames of text": (
        "/v1/models/next_frame/translate",
        files(images=[png()] * 2),
        {"frames": "²"},
    ),
    "too many frames": (
        "/v1/models/next_frame/translate",
        files(images=[png()] * 2),
        {"frames": "1000000"},
    ),
    "too short a clip": ("/v1/models/next_frame/translate", files(images=[png()]), None),
    "pictures of two sizes": (
        "/v1/models/super_resolution/translate",
        files(images=[png((8, 8)), png((8, 9))]),
        None,
    ),
    "no mask": ("/v1/models/inpainting/fill", files(images=[png()]), None),
    "a mask of another size": (
        "/v1/models/inpainting/fill",
        files(images=[png()], masks=[mask((9, 9))]),
        None,
    ),
    "a mask of nothing": (
        "/v1/models/inpainting/fill",
        files(images=[png()], masks=[mask(rows=0)]),
        None,
    ),
    "a mask of all": (
        "/v1/models/inpainting/fill",
        files(images=[png()], masks=[mask(rows=8)]),
        None,
    ),
    "two masks": (
        "/v1/models/inpainting/fill",
        files(images=[png()], masks=[mask(), mask()]),
        None,
    ),
    "a mask that is none": (
        "/v1/models/inpainting/fill",
        files(images=[png()], masks=[SVG]),
        None,
    ),
}


@pytest.mark.parametrize("what", FORMS)
def test_forms_that_can_t_be_met_are_refused(client, what):
    path, sent, data = FORMS[what]
    if not sent:  # as a form of texts
        sent, data = [(name, (None, value)) for name, value in data.items()], None
    refused(client.post(path, files=sent, data=data))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"abc"),
        ("multipart/form-data; boundary=x", b"abc"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 2000),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x"),
        ("multipart/form-data; boundary=\xff", b"--x"),
        ("application/json", b"{}"),
        ("image/png", png()),
        ("text/plain", b""),
    ],
)
def test_what_is_no_form_is_refused(client, kind, content):
    headers = {"Content-Type": kind.encode("latin-1")}
    refused(client.post(ONE_PICTURE[0], content=content, headers=headers))


def test_a_file_s_name_is_not_looked_at(client):
    sent = [("images", ("../../../etc/passwd", png()))]
    assert client.post(ONE_PICTURE[0], files=sent).status_code == 200


# The body as a whole


def test_a_body_that_says_that_it_is_too_long_is_refused(client):
    body = b" " * (LIMITS.body_bytes + 1)
    refused(client.post(GAN + "/generate", content=body), 413)


def test_a_body_is_counted_as_it_comes(client):
    def stream():
        for _ in range(LIMITS.body_bytes // 2**12 + 2):
            yield bytes(2**12)

    refused(client.post(GAN + "/generate", content=stream()), 413)


def test_a_length_that_is_no_number_is_refused(client):
    refused(client.post(GAN + "/generate", content=b"", headers={"Content-Length": "1e3"}), 400)


def test_a_page_of_another_name_can_t_ask_without_a_token(client):
    """DNS may call this machine by any name, and a browser believes it."""
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""):
        refused(client.get("/v1/models", headers={"Host": host}), 403)
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "[::1]", "LOCALHOST"):
        assert client.get("/v1/models", headers={"Host": host}).status_code == 200


def test_there_are_many():
    assert len(BODIES) + len(RAW) + 2 * len(FILES) + 2 * len(BOMBS) + len(FORMS) > 100


def test_what_is_refused_is_in_the_schema(client):
    answers = client.get("/openapi.json").json()["paths"][GAN + "/generate"]["post"]["responses"]
    assert {"200", "422", "4XX"} <= set(answers)
    assert not re.search("HTTPValidationError", json.dumps(answers))
