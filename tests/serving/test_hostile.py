"""Requests that nobody should send: each gets a 4xx and one sentence, which tells nothing of the machine."""

import gzip
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
from tests.serving.conftest import LIMITS, files, mask, png, post

GAN, LABELLED, TABLE = "/v1/models/gan", "/v1/models/conditional_gan", "/v1/models/tabular_vae"
MIX = "/v1/models/style_gan2/mix"
LATENT = [0.1] * LATENT_DIM


# What tells of the machine, or of the code.
INNER = (
    "Traceback",
    "site-packages",
    "keras_gen/",
    ".py",
    str(pathlib.Path.home()),
    "/tmp",
    "root:x",
)


def refused(answer, status=None):
    """Checks that an answer is a refusal in a sentence, and gives the sentence."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert status in (None, answer.status_code), answer.text
    assert list(answer.json()) == ["error"]
    sentence = answer.json()["error"]
    assert 8 < len(sentence) < 600 and "\n" not in sentence
    unharmed(answer)
    return sentence


def unharmed(answer):
    """Checks that a request, whether it is refused, did nothing: no failure, nothing told, soon answered."""
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert [told for told in INNER if told.encode() in answer.content] == []
    assert answer.elapsed.total_seconds() < LIMITS.body_seconds


@pytest.fixture(scope="module", autouse=True)
def answers_as_before(client):
    """After all of them a good request gets what it got before."""
    good = {"n": 2, "seed": 3}
    before = post(client, "gan", "generate", **good)
    yield
    assert post(client, "gan", "generate", **good) == before
    assert client.get("/readyz").status_code == 200


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
    "more codes than are read": (
        "/v1/models/info_gan/generate",
        {"codes": {"category": [0] * 20_000}},
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
    "objects in objects": b'{"n":' * 20_000 + b"1" + b"}" * 20_000,
    "no end": b'{"n": 1, "seed": [',
    "a comma too many": b'{"n": 1,}',
    "two documents": b'{"n": 1}{"n": 2}',
    "single quotes": b"{'n': 1}",
    "a comment": b'{"n": 1} // one',
    "a zero in front": b'{"n": 01}',
    "hexadecimal": b'{"n": 0x10}',
    "a plus": b'{"n": +1}',
    "half a character": b'{"solver": "\\ud800"}',
    "half a character's bytes": b'{"solver": "\xe2\x82"}',
    "a key of zeros": b'{"\\u0000n": 1}',
    "UTF-16": '{"size": 1}'.encode("utf-16"),
    "very many fields": json.dumps({f"f{n}": n for n in range(10_000)}).encode(),
    "a very long name": b'{"' + b"n" * 100_000 + b'": 1}',
    "a very long text": b'{"seed": "' + b"1" * 200_000 + b'"}',
    "a fraction of no end": b'{"seed": 0.' + b"3" * 100_000 + b"}",
    "pickled": b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93.",
    "YAML": b"!!python/object/apply:os.system ['id']",
    "XML": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "compressed": zlib.compress(bytes(10**7)),
}


@pytest.mark.parametrize("what", RAW)
def test_what_is_no_json_object_is_refused(client, what):
    headers = {"Content-Type": "application/json"}
    refused(client.post(GAN + "/generate", content=RAW[what], headers=headers))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "%%%"])
def test_json_of_another_content_type_is_refused(client, kind):
    headers = {"Content-Type": kind}
    refused(client.post(GAN + "/generate", content=b'{"n": 1}', headers=headers))


ADDRESSES = [
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
    ("GET", "//v1/models", 404),
    ("GET", "/v1/models/", 404),
    ("POST", GAN + "/generate/", 404),
    ("POST", GAN + "%2fgenerate", 422),
    ("GET", "/v1/models/GAN", 404),
    ("GET", "/v1/models/gan;a=b", 404),
    ("GET", "/v1/models/*", 404),
    ("GET", "/v1/models/gan%0d%0aSet-Cookie:%20a=b", 404),
    ("GET", "/v1/models/%ff%fe", 404),
    ("GET", "/v1/models/%2525", 404),
    ("GET", "/docs/%2e%2e/%2e%2e/etc/passwd", 404),
    ("GET", "/static/..%5c..%5cwindows%5cwin.ini", 404),
    ("GET", "/page/gradio_api/file=/etc/passwd", 404),
    ("GET", "/.env", 404),
    ("GET", "/.git/config", 404),
    ("GET", "/v1/models/gan/model.weights.h5", 404),
    ("GET", "/v1/models/{name}", 404),
    ("GET", "/v1/models/${jndi:ldap:}", 404),
    ("POST", "/v2/models/gan/load", 404),
    ("POST", "/v2/repository/index", 404),
    ("TRACE", "/v1/models", 405),
    ("PATCH", GAN, 405),
    ("OPTIONS", GAN + "/generate", 405),
    ("BREW", "/", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES)
def test_other_addresses_are_refused(client, method, path, status):
    refused(client.request(method, path), status)


HEADERS = {
    "accepts nothing": {"Accept": ""},
    "accepts markup": {"Accept": "<script>"},
    "accepts very much": {"Accept": ",".join(["text/html;q=0.1"] * 5000)},
    "another method": {"X-HTTP-Method-Override": "DELETE"},
    "another host in front": {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    "another address in front": {"X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics"},
    "another path in front": {"X-Forwarded-Prefix": "//evil.example", "X-Script-Name": "/../.."},
    "another sender": {"X-Forwarded-For": "127.0.0.1, " * 1000},
    "a token that nobody wants": {"Authorization": "Bearer " + "a" * 50_000},
    "a long cookie": {"Cookie": "a=" + "b" * 50_000},
    "a range": {"Range": "bytes=-1,0-99999999999"},
    "a language": {"Accept-Language": "../../etc/passwd"},
    "a condition": {"If-Match": "*", "If-Modified-Since": "yesterday"},
    "an upgrade": {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"},
    "an expectation": {"Expect": "200-ok"},
    "an identity": {"X-Request-Id": "$(id)`id`", "Traceparent": "00-%n%n%n%s"},
    "bytes": {"User-Agent": b"\xff\xfe\x00\x01"},
    "a sign of zero": {"Referer": b"a\x00b"},
    "very many": {f"X-{number}": "a" for number in range(2000)},
}


@pytest.mark.parametrize("what", HEADERS)
def test_headers_of_others_change_nothing(client, what):
    """They say what the server does not look at: it answers as without them, in one of its own forms."""
    answer = client.post(GAN + "/generate", json={"n": 1, "seed": 5}, headers=HEADERS[what])
    unharmed(answer)
    assert answer.json() == post(client, "gan", "generate", n=1, seed=5)
    assert "evil" not in str(answer.headers)


ENCODED = {
    "a bomb": ("gzip", gzip.compress(bytes(10**7))),
    "no gzip": ("gzip", b'{"n": 1'),
    "gzip that is half": ("gzip", gzip.compress(b'{"n": 1}')[:-9]),
    "many layers": ("gzip, gzip, gzip, gzip", b"\x1f\x8b"),
    "an unknown one": ("rot13", b'{"a": 1}'),
}


@pytest.mark.parametrize("what", ENCODED)
def test_bodies_are_not_unpacked(client, what):
    encoding, content = ENCODED[what]
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    refused(client.post(GAN + "/generate", content=content, headers=headers))


# Files


def chunk(name, data):
    """A part of a PNG file."""
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


LITTLE = zlib.compress(bytes(10_000))


def png_header(width, height, packed=LITTLE, kind=(8, 2, 0, 0, 0), more=b""):
    """A PNG file that says how large it is, and little else."""
    header = struct.pack(">IIBBBBB", width, height, *kind)
    parts = chunk(b"IHDR", header), more, chunk(b"IDAT", packed), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_bytes(content, start, new):
    """Bytes with some of them put in the place of others."""
    return content[:start] + new + content[start + len(new) :]


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(10**6))
    return file.getvalue()


def in_format(format):
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(file, format=format)
    return file.getvalue()


def with_size(jpeg, height, width):
    """A JPEG file that says another size."""
    start = jpeg.index(b"\xff\xc0") + 5
    return with_bytes(jpeg, start, struct.pack(">HH", height, width))


def with_exif():
    """A JPEG file whose notes lead out of it."""
    file = io.BytesIO()
    notes = b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff" + bytes(40)
    PIL.Image.new("RGB", (8, 8)).save(file, format="JPEG", exif=notes)
    return file.getvalue()


def many_pictures():
    """A GIF file of 500 pictures."""
    file = io.BytesIO()
    frames = [PIL.Image.new("L", (8, 8), number % 256) for number in range(500)]
    frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:])
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
    "a PNG with another sum": with_bytes(png(), 29, b"abcd"),
    "a PNG of an unknown kind": png_header(8, 8, kind=(8, 7, 0, 0, 0)),
    "a PNG of 3 bits": png_header(8, 8, kind=(3, 0, 0, 0, 0)),
    "a PNG packed with nothing": png_header(8, 8, packed=b"no zlib"),
    "a PNG of two headers": png_header(8, 8, more=chunk(b"IHDR", bytes(13)))[:60],
    "a PNG with a bomb of a text": png_header(
        8, 8, more=chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(10**8)))
    ),
    "half a GIF": in_format("GIF")[:20],
    "half a BMP": in_format("BMP")[:60],
    "half a WebP": in_format("WEBP")[:24],
    "a WebP of other parts": b"RIFF\x10\x00\x00\x00WEBPJUNK\x00\x00\x00\x00",
    "a BMP of odd bits": with_bytes(in_format("BMP"), 28, b"\x07\x00"),
    "a JPEG of no pixels": with_size(in_format("JPEG"), 0, 0),
    "a picture of the machine": b"/etc/passwd",
    "an address": b"http://169.254.169.254/latest/meta-data/",
    "NumPy's file": b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    "ImageMagick's script": b"push graphic-context\nfill 'url(https://evil.example/|id)'\n",
    "PDF": b"%PDF-1.7\n1 0 obj\n<</OpenAction <</S /JavaScript>>>>\nendobj",
}
BOMBS = {
    "a large PNG": png_header(20_000, 20_000),
    "a larger PNG": png_header(9_000, 12_000),
    "a huge PNG": png_header(2**31 - 1, 2**31 - 1),
    "a PNG a little too large": png((257, 256)),
    "a line of a PNG": png_header(2**17, 1),
    "a column of a PNG": png_header(1, 2**17),
    "a grey PNG of 1 bit": png_header(60_000, 60_000, kind=(1, 0, 0, 0, 0)),
    "a JPEG that says that it is large": with_size(in_format("JPEG"), 65_500, 65_500),
    "a GIF that says that it is large": with_bytes(in_format("GIF"), 6, b"\xff\xff\xff\xff"),
    "a BMP that says that it is large": with_bytes(in_format("BMP"), 18, b"\xff\xff\x00\x00" * 2),
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


@pytest.mark.parametrize("size", [(2**14 + 1, 1), (1, 2**14 + 1)])
@pytest.mark.parametrize("path", ONE_PICTURE)
def test_long_pictures_of_few_pixels_are_refused(client, path, size):
    """What resizes a picture weighs each pixel of a side for each of the size that is wanted."""
    said = refused(client.post(path, files=files(images=[png(size)])), 413)
    assert "File 0 must have sides of 16,384 pixels at most" in said
    assert client.post(path, files=files(images=[png((2**13, 1))])).status_code == 200


def test_pictures_of_too_many_pixels_together_are_refused(client):
    images = files(images=[png((200, 200)), png((200, 200))])
    refused(client.post(ONE_PICTURE[0], files=images), 413)


def test_pictures_that_would_be_made_too_large_are_refused(client):
    """Enlarged twice, 160 x 160 pixels are more than the 65,536 that may be made."""
    path = "/v1/models/super_resolution/translate"
    refused(client.post(path, files=files(images=[png((160, 160, 3))])), 413)
    assert client.post(path, files=files(images=[png((100, 100, 3))])).status_code == 200


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


ODD = {
    "a PNG part of no end": with_bytes(png(), 33, b"\x7f\xff\xff\xff"),
    "a PNG that holds more than it says": png_header(8, 8, packed=zlib.compress(bytes(10**7))),
    "a PNG with an archive behind it": png() + zipped(),
    "a JPEG with odd notes": with_exif(),
    "a GIF of many pictures": many_pictures(),
    "a PNG of 16 bits": png_header(8, 8, zlib.compress(bytes(8 * 17)), (16, 0, 0, 0, 0)),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("path", ONE_PICTURE)
def test_odd_pictures_are_pictures_or_refused(client, path, what):
    unharmed(client.post(path, files=files(images=[ODD[what]])))


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
    """Of different kinds: what is sent to two routes counts once."""
    tables = BODIES, RAW, ADDRESSES, HEADERS, ENCODED, FILES, BOMBS, FORMS, ODD
    assert sum(map(len, tables)) >= 200


def test_what_is_refused_is_in_the_schema(client):
    answers = client.get("/openapi.json").json()["paths"][GAN + "/generate"]["post"]["responses"]
    assert {"200", "422", "4XX"} <= set(answers)
    assert not re.search("HTTPValidationError", json.dumps(answers))
