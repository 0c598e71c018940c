"""Files as they come when something went wrong, or when somebody means harm. All invented, made when asked for."""

from __future__ import annotations

import io
import struct
import zlib

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

MPEG2 = "1.2.840.10008.1.2.4.100"


def report(*rows: tuple[str, ...], patient: tuple[str, ...] = (), password: str | None = None) -> bytes:
    """A laboratory report: header lines of the patient, then rows of name, value, unit and range."""
    buffer = io.BytesIO()
    encrypt = None if password is None else pdfencrypt.StandardEncryption(password, canPrint=0)
    canvas = Canvas(buffer, invariant=1, encrypt=encrypt)
    y = 800
    for text in ("CENTRAL LABORATORY", *patient, "Collected: 12/11/2026 08:30"):
        canvas.drawString(50, y, text)
        y -= 20
    for row in (("Analyte", "Result", "Unit", "Reference range"), *rows):
        for x, cell in zip((50, 250, 320, 420), row, strict=False):
            canvas.drawString(x, y, cell)
        y -= 20
    canvas.save()
    return buffer.getvalue()


def many_pages(count: int) -> bytes:
    """A PDF of `count` empty pages, about 60 bytes each."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join(b"%d 0 R" % (3 + n) for n in range(count))),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"] * count,
    ]
    return _pdf(objects)


def wordy(words: int) -> bytes:
    """One page with more words than anybody wrote."""
    rows = b"".join(b"1 0 0 1 5 %d Tm (%s) Tj\n" % (790 - n % 780, b"a " * 100) for n in range(words // 100))
    content = b"BT /F1 1 Tf\n%sET" % rows
    return _pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F1 "
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ])  # fmt: skip


def pdf_bomb(megabytes: int = 2048) -> bytes:
    """One page whose content, packed twice, grows from some kilobytes to `megabytes`."""
    megabyte = (b"BT (x) Tj ET " * (1024 * 1024 // 13 + 1))[: 1024 * 1024]
    packer = zlib.compressobj(9, wbits=-15)
    # After a full flush nothing refers back, so one packed megabyte can be repeated.
    block = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    once = b"\x78\xda" + block * megabytes + b"\x03\x00" + bytes(4)
    twice = zlib.compress(once, 9)
    return _pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(twice) + twice + b"\nendstream",
    ])  # fmt: skip


def png_bomb(side: int = 30_000) -> bytes:
    """A picture of `side` × `side` pixels in some hundred kilobytes."""
    rows = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    packed = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def undecodable_dicom(**patient: str) -> bytes:
    """A DICOM image in a compression that nobody here can unpack."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["undecodable"])
    meta.TransferSyntaxUID = MPEG2
    image = Dataset()
    image.file_meta = meta
    image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    image.Modality = "DX"
    for name, value in patient.items():
        setattr(image, name, value)
    image.Rows = image.Columns = 64
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = encapsulate([b"\x00\x00\x01\xb3" + bytes(200)])
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _pdf(objects: list[bytes]) -> bytes:
    whole, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(whole)
    whole += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    whole += b"".join(b"%010d 00000 n \n" % place for place in places)
    whole += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(whole)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
