import io
import zlib
from typing import Any

import numpy as np
import PIL.Image
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import FileDataset, FileMetaDataset

from carebase import errors
from carebase.documents import dicom
from carebase.documents.limits import Limits
from carebase.documents.text import Image
from carebase.documents.unreadable import Reason, UnreadableFile

LIMITS = Limits()


def a_dataset(
    pixels: np.ndarray[Any, Any] | None = None, *, syntax: uid.UID = uid.ExplicitVRLittleEndian, **said: Any
) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid.generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    if pixels is not None:
        frames = pixels if pixels.ndim == 3 else pixels[np.newaxis]
        dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames.shape
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = frames.dtype.itemsize * 8
        dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
        dataset.PixelData = frames.tobytes()
    for keyword, value in said.items():
        setattr(dataset, keyword, value)
    return dataset


def written(dataset: FileDataset) -> bytes:
    content = io.BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    return content.getvalue()


def a_ramp() -> np.ndarray[Any, Any]:
    return np.tile(np.arange(0, 256, 4, dtype=np.uint16), (8, 1))


def image_of(content: bytes) -> Image:
    image = dicom.read(content, limits=LIMITS).image
    assert image is not None
    return image


def drawn(content: bytes, frame: int = 1) -> np.ndarray[Any, Any]:
    picture, _ = dicom.draw(content, frame=frame, scale=1, limits=LIMITS)
    return np.asarray(picture)


def refused(content: bytes) -> Reason:
    with pytest.raises(UnreadableFile) as caught:
        dicom.read(content, limits=LIMITS)
    return caught.value.reason


def test_a_file_says_whose_image_it_is_and_what_of() -> None:
    image = image_of(
        written(
            a_dataset(
                a_ramp(),
                SpecificCharacterSet="ISO_IR 192",
                PatientName="MÜLLER^ZOÉ",
                PatientSex="F",
                PatientBirthDate="19710203",
                Modality="DX",
                BodyPartExamined="CHEST",
                ViewPosition="PA",
                StudyDate="20260102",
                PatientComments="free words",
                WindowCenter=[40, 50],
                WindowWidth=[100, 350],
            )
        )
    )
    assert (image.width, image.height, image.frames) == (64, 8, 1)
    assert image.metadata["PatientName"] == "MÜLLER^ZOÉ"
    assert image.metadata["PatientBirthDate"] == "19710203"
    assert image.metadata["WindowCenter"] == "40\\50"
    assert image.metadata["TransferSyntaxUID"] == "Explicit VR Little Endian"
    assert "PatientComments" not in image.metadata


def test_the_window_of_the_file_decides_what_is_black_and_white() -> None:
    shades = drawn(written(a_dataset(a_ramp(), WindowCenter=100, WindowWidth=41)))
    assert shades[0, 64 // 4] == 0  # stored 64, below the window
    assert shades[0, 100 // 4] in range(120, 136)
    assert shades[0, 124 // 4] == 255


def test_a_file_without_a_window_shows_its_whole_range() -> None:
    shades = drawn(written(a_dataset(a_ramp())))
    assert (shades.min(), shades.max()) == (0, 255)


def test_rescaled_values_meet_the_window_in_their_own_unit() -> None:
    shades = drawn(written(a_dataset(a_ramp(), RescaleSlope=1, RescaleIntercept=-100, WindowCenter=0, WindowWidth=41)))
    assert shades[0, 64 // 4] == 0
    assert shades[0, 124 // 4] == 255


def test_an_image_whose_zero_is_white_is_shown_so() -> None:
    shades = drawn(written(a_dataset(a_ramp(), PhotometricInterpretation="MONOCHROME1")))
    assert (shades[0, 0], shades[0, -1]) == (255, 0)


def test_each_frame_has_its_own_preview() -> None:
    frames = np.stack([np.full((4, 4), shade, dtype=np.uint8) for shade in (0, 128, 255)])
    content = written(a_dataset(frames, WindowCenter=128, WindowWidth=256))
    assert dicom.read(content, limits=LIMITS).page_count == 3
    assert [int(drawn(content, frame)[0, 0]) for frame in (1, 2, 3)] == [0, 128, 255]
    with pytest.raises(errors.NotFound):
        drawn(content, 4)


def test_the_window_of_an_enhanced_image_stands_in_its_functional_groups() -> None:
    window, rescale, shared = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    window.WindowCenter, window.WindowWidth = 0, 41
    rescale.RescaleSlope, rescale.RescaleIntercept = 1, -100
    shared.FrameVOILUTSequence = [window]
    shared.PixelValueTransformationSequence = [rescale]
    content = written(a_dataset(a_ramp(), SharedFunctionalGroupsSequence=[shared]))
    shades = drawn(content)
    assert (shades[0, 64 // 4], shades[0, 124 // 4]) == (0, 255)
    assert image_of(content).metadata["WindowCenter"] == "0"


def test_colours_keep_their_colours() -> None:
    red = np.zeros((1, 4, 5, 3), dtype=np.uint8)
    red[..., 0] = 200
    dataset = a_dataset(np.zeros((4, 5), dtype=np.uint8), PhotometricInterpretation="RGB", SamplesPerPixel=3)
    dataset.PlanarConfiguration, dataset.PixelData = 0, red.tobytes()
    assert drawn(written(dataset))[0, 0].tolist() == [200, 0, 0]


@pytest.mark.parametrize("syntax", [uid.RLELossless, uid.JPEGLSLossless])
def test_compressed_pixels_are_shown(syntax: uid.UID) -> None:
    dataset = a_dataset(np.tile(np.arange(64, dtype=np.uint8), (64, 1)))
    dataset.compress(syntax)
    content = written(dataset)
    assert dicom.read(content, limits=LIMITS).warnings == ()
    assert drawn(content)[0, -1] == 255


def test_jpeg_2000_pixels_are_shown() -> None:
    stored = np.tile(np.arange(64, dtype=np.uint8), (64, 1))
    stream = io.BytesIO()
    PIL.Image.fromarray(stored).save(stream, "JPEG2000", no_jp2=True)
    dataset = a_dataset(stored)
    dataset.PixelData = pydicom.encaps.encapsulate([stream.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    assert drawn(written(dataset))[0, -1] == 255


def test_pixels_in_an_unsupported_compression_are_announced_and_the_rest_is_read() -> None:
    dataset = a_dataset(a_ramp(), Modality="US")
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xd9"])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = uid.JPEGLosslessSV1
    content = written(dataset)
    document = dicom.read(content, limits=LIMITS)
    assert document.warnings == ("pixels_not_decodable",)
    assert document.image is not None
    assert document.image.metadata["Modality"] == "US"
    with pytest.raises(UnreadableFile) as caught:
        drawn(content)
    assert caught.value.reason is Reason.PIXELS_NOT_DECODABLE


def test_missing_pixels_are_announced() -> None:
    assert dicom.read(written(a_dataset(Modality="SR")), limits=LIMITS).warnings == ("no_pixels",)
    dataset = a_dataset(a_ramp())
    dataset.PixelData = dataset.PixelData[:100]
    assert dicom.read(written(dataset), limits=LIMITS).warnings == ("pixels_damaged",)


def test_a_file_without_preamble_is_read() -> None:
    content = io.BytesIO()
    pydicom.dcmwrite(content, a_dataset(a_ramp(), Modality="CR"), enforce_file_format=False)
    bare = content.getvalue()[132:]
    assert image_of(bare).metadata["Modality"] == "CR"


def test_a_data_set_that_inflates_beyond_measure_is_refused() -> None:
    content = written(a_dataset(Modality="CT", syntax=uid.DeflatedExplicitVRLittleEndian))
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # An element of private data, 300 MB of zeros long; after a full flush a block can be repeated.
    bomb = deflater.compress(b"\x09\0\x01\x10OB\0\0" + (300 << 20).to_bytes(4, "little"))
    bomb += deflater.flush(zlib.Z_FULL_FLUSH)
    bomb += (deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)) * 300
    meta_length = int.from_bytes(content[140:144], "little")
    assert refused(content[: 144 + meta_length] + bomb + deflater.flush()) is Reason.TOO_LARGE


def test_a_deflated_data_set_of_usual_size_is_read() -> None:
    content = written(a_dataset(a_ramp(), Modality="CT", syntax=uid.DeflatedExplicitVRLittleEndian))
    assert image_of(content).metadata["Modality"] == "CT"


def test_an_image_that_claims_too_many_pixels_is_refused() -> None:
    dataset = a_dataset(a_ramp())
    dataset.Rows = dataset.Columns = 60_000
    assert refused(written(dataset)) is Reason.TOO_LARGE


@pytest.mark.parametrize("content", [b"hello" * 100, b"\0" * 128 + b"DICM" + b"\xff" * 50, b"\0" * 128 + b"DICM"])
def test_what_is_no_dicom_is_told(content: bytes) -> None:
    assert refused(content) in {Reason.NOT_DICOM, Reason.DAMAGED}


def test_a_file_that_breaks_off_in_its_header_is_never_another_image() -> None:
    content = written(a_dataset(a_ramp(), Modality="CR", PatientName="A^B"))
    for end in range(132, len(content), 37):
        try:
            document = dicom.read(content[:end], limits=LIMITS)
        except UnreadableFile as unreadable:
            assert unreadable.reason in {Reason.DAMAGED, Reason.NOT_DICOM}
        else:
            assert document.warnings


def test_an_image_cut_off_before_its_pixels_is_not_taken_for_a_report() -> None:
    content = written(a_dataset(a_ramp(), Modality="CR"))
    assert dicom.read(content[: content.index(b"\xe0\x7f\x10\x00")], limits=LIMITS).warnings == ("pixels_damaged",)
