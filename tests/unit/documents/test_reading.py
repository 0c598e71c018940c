import asyncio
import contextlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import FileDataset, FileMetaDataset
from reportlab.pdfgen import canvas

from carebase import errors
from carebase.documents import reading
from carebase.documents.limits import Limits
from carebase.documents.picture import Format, Picture
from carebase.documents.text import Box, Kind
from carebase.documents.unreadable import Reason, UnreadableFile


@pytest.fixture(scope="module")
def reader() -> Iterator[reading.Reader]:
    reader = reading.Reader()
    yield reader
    asyncio.run(reader.close())


@contextlib.asynccontextmanager
async def a_reader(**limits: float) -> AsyncIterator[reading.Reader]:
    reader = reading.Reader(limits=Limits(**limits))  # type: ignore[arg-type]
    await reader.start()
    try:
        yield reader
    finally:
        await reader.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.pdf"
    sheet = canvas.Canvas(str(path))
    sheet.drawString(50, 700, "Hémoglobine 13,2 g/dL")
    sheet.save()
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A page whose content takes minutes to read: ten million little words."""
    path = tmp_path / "endless.pdf"
    path.write_bytes(a_page_of(b"BT /F1 1 Tf " + b"(a b c d e f g h) Tj " * 1_500_000 + b"ET"))
    return path


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A file of two megabytes whose page content inflates to two gigabytes."""
    path = tmp_path / "bomb.pdf"
    deflater = zlib.compressobj(9)
    head = deflater.compress(b"") + deflater.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block stands for itself, so the same megabyte can be repeated.
    megabyte = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    packed = head + megabyte * 2_048 + deflater.flush()
    path.write_bytes(a_page_of(packed, packing=b"/Filter /FlateDecode"))
    return path


def a_page_of(content: bytes, *, packing: bytes = b"") -> bytes:
    if not packing:
        content, packing = zlib.compress(content, 6), b"/Filter /FlateDecode"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), packing, content),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(body)
    body += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def a_radiograph() -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid.generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 16, 64, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = bytes(range(64)) * 16
    return dataset


def warm_process(reader: reading.Reader) -> psutil.Process:
    assert reader._zygote.pid is not None
    return psutil.Process(reader._zygote.pid)


def reading_processes(reader: reading.Reader) -> list[psutil.Process]:
    return warm_process(reader).children()


def descriptors_of(child: psutil.Process) -> set[int]:
    """What the child holds open; a child of an unprivileged user shows that to nobody but root."""
    try:
        return {int(name.name) for name in Path(f"/proc/{child.pid}/fd").iterdir()}
    except PermissionError:
        assert os.geteuid() != 0
        return set()


def limits_of(child: psutil.Process) -> dict[str, list[str]]:
    """Soft and hard limit by the kernel's name for it."""
    lines = Path(f"/proc/{child.pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


async def until_reading(reader: reading.Reader) -> None:
    for _ in range(200):
        if reader._zygote.pid is not None and reading_processes(reader):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing is being read")


async def reason_of(reader: reading.Reader, path: Path, kind: Kind = Kind.PDF) -> Reason:
    with pytest.raises(UnreadableFile) as caught:
        await reader.read(path, kind=kind)
    return caught.value.reason


async def reads_well(reader: reading.Reader, path: Path) -> bool:
    document = await reader.read(path, kind=Kind.PDF)
    return [line.text for line in document.pages[0].lines] == ["Hémoglobine 13,2 g/dL"]


async def test_a_report_is_read_with_its_place(reader: reading.Reader, report: Path) -> None:
    document = await reader.read(report, kind=Kind.PDF)
    line = document.pages[0].lines[0]
    assert line.text == "Hémoglobine 13,2 g/dL"
    assert line.box.x0 == pytest.approx(50, abs=1)


async def test_every_kind_is_read_and_drawn_in_the_bounded_process(
    reader: reading.Reader, report: Path, tmp_path: Path
) -> None:
    files = {
        Kind.PDF: report,
        Kind.PNG: tmp_path / "a.png",
        Kind.JPEG: tmp_path / "a.jpg",
        Kind.TEXT: tmp_path / "a.txt",
    }
    Image.new("RGB", (30, 20)).save(files[Kind.PNG])
    Image.new("RGB", (30, 20)).save(files[Kind.JPEG])
    files[Kind.TEXT].write_text("Hémoglobine 13,2 g/dL\n")
    files[Kind.CSV] = files[Kind.TEXT]
    for kind, path in files.items():
        assert (await reader.read(path, kind=kind)).page_count == 1
        picture = await reader.render_page(path, kind=kind, page=1, scale=1, highlight=Box(1, 1, 9, 9))
        assert Image.open(io.BytesIO(picture)).format == "PNG"


async def test_letters_of_older_encodings_are_read_where_nothing_can_be_imported(
    reader: reading.Reader, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes("Créatinine élevée\n".encode("cp1252"))
    document = await reader.read(tmp_path / "a.txt", kind=Kind.TEXT)
    assert document.pages[0].lines[0].text == "Créatinine élevée"


@pytest.mark.parametrize(
    ("character_set", "name"),
    [("ISO_IR 100", "MÜLLER^ZOÉ"), ("ISO_IR 144", "Иванов^Пётр"), ("GB18030", "王^小东"), ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ")],
)
async def test_names_in_the_character_sets_of_dicom_are_read_there_too(
    reader: reading.Reader, tmp_path: Path, character_set: str, name: str
) -> None:
    dataset = a_radiograph()
    dataset.SpecificCharacterSet, dataset.PatientName = character_set, name
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    image = (await reader.read(tmp_path / "a.dcm", kind=Kind.DICOM)).image
    assert image is not None
    assert image.metadata["PatientName"] == name


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.RLELossless, uid.JPEGLSLossless])
async def test_compressed_radiographs_are_drawn_there_too(
    reader: reading.Reader, tmp_path: Path, syntax: uid.UID
) -> None:
    dataset = a_radiograph()
    if syntax.is_compressed:
        dataset.compress(syntax)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert (await reader.read(tmp_path / "a.dcm", kind=Kind.DICOM)).warnings == ()
    picture = Image.open(io.BytesIO(await reader.render_page(tmp_path / "a.dcm", kind=Kind.DICOM, page=1, scale=1)))
    assert picture.size == (64, 16)
    assert picture.getextrema() == (0, 255)


async def test_a_page_that_is_not_there_is_not_found(reader: reading.Reader, report: Path) -> None:
    with pytest.raises(errors.NotFound):
        await reader.render_page(report, kind=Kind.PDF, page=2, scale=1)


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"hello", Kind.PDF, Reason.NOT_A_PDF),
        (b"", Kind.PDF, Reason.EMPTY),
        (b"hello", Kind.PNG, Reason.NOT_AN_IMAGE),
        (b"hello" * 100, Kind.DICOM, Reason.NOT_DICOM),
        ("Hb".encode("utf-16"), Kind.TEXT, Reason.UNSUPPORTED_ENCODING),
    ],
)
async def test_a_file_that_is_not_what_it_should_be_says_why(
    reader: reading.Reader, tmp_path: Path, content: bytes, kind: Kind, reason: Reason
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert await reason_of(reader, path, kind) is reason


async def test_a_file_over_the_size_limit_is_not_opened(report: Path) -> None:
    async with a_reader(file_bytes=100) as reader:
        assert await reason_of(reader, report) is Reason.TOO_LARGE


async def test_an_answer_over_the_limit_is_cut_off(report: Path) -> None:
    async with a_reader(answer_bytes=50) as reader:
        assert await reason_of(reader, report) is Reason.TOO_LARGE


async def test_a_file_that_inflates_beyond_the_memory_limit_ends_its_own_reading_only(
    reader: reading.Reader, bomb: Path, report: Path
) -> None:
    bombed, fine = await asyncio.gather(reason_of(reader, bomb), reads_well(reader, report))
    assert bombed is Reason.TOO_LARGE
    assert fine
    assert await reads_well(reader, report)


async def test_a_file_that_takes_too_long_is_given_up(endless: Path, report: Path) -> None:
    async with a_reader(seconds=0.5) as reader:
        begun = time.monotonic()
        assert await reason_of(reader, endless) is Reason.TIMED_OUT
        assert time.monotonic() - begun < 2
        assert await reads_well(reader, report)
        assert reading_processes(reader) == []


async def test_no_more_files_are_read_at_once_than_allowed(endless: Path) -> None:
    async with a_reader(seconds=0.6) as reader:
        tasks = [asyncio.create_task(reason_of(reader, endless)) for _ in range(4)]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, len(reading_processes(reader)))
            await asyncio.sleep(0.02)
        assert [task.result() for task in tasks] == [Reason.TIMED_OUT] * 4
        assert most == 2


async def test_many_files_at_once_each_get_their_own_answer(reader: reading.Reader, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_text(f"file {number}\n")
    documents = await asyncio.gather(*(reader.read(path, kind=Kind.TEXT) for path in paths))
    assert [document.pages[0].lines[0].text for document in documents] == [f"file {number}" for number in range(20)]


async def test_a_cancelled_reading_ends_its_process(reader: reading.Reader, endless: Path, report: Path) -> None:
    task = asyncio.create_task(reader.read(endless, kind=Kind.PDF))
    await until_reading(reader)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await reads_well(reader, report)
    assert reading_processes(reader) == []


async def test_a_killed_warm_process_is_replaced(reader: reading.Reader, report: Path) -> None:
    assert await reads_well(reader, report)
    warm = warm_process(reader)
    warm.kill()
    assert await reads_well(reader, report)
    assert warm_process(reader) != warm


async def test_a_file_whose_warm_process_is_killed_meanwhile_is_read_again(endless: Path) -> None:
    async with a_reader(seconds=2) as reader:
        task = asyncio.create_task(reason_of(reader, endless))
        await until_reading(reader)
        warm, [child] = warm_process(reader), reading_processes(reader)
        warm.kill()
        # Read again, and ended again: by the clock or, on a fast machine, by the memory it takes meanwhile.
        assert await task in {Reason.TIMED_OUT, Reason.TOO_LARGE}
        assert not child.is_running()


async def test_a_child_killed_by_the_kernel_was_too_large(reader: reading.Reader, endless: Path) -> None:
    task = asyncio.create_task(reason_of(reader, endless))
    await until_reading(reader)
    reading_processes(reader)[0].kill()
    assert await task is Reason.TOO_LARGE


async def test_a_child_that_crashes_had_a_damaged_file(reader: reading.Reader, endless: Path, report: Path) -> None:
    task = asyncio.create_task(reason_of(reader, endless))
    await until_reading(reader)
    reading_processes(reader)[0].send_signal(signal.SIGSEGV)
    assert await task is Reason.DAMAGED
    assert await reads_well(reader, report)


async def test_closing_leaves_no_process(report: Path) -> None:
    async with a_reader() as reader:
        assert await reads_well(reader, report)
        warm = warm_process(reader)
        assert warm.is_running()
    assert not warm.is_running()


async def test_closing_ends_what_is_being_read_and_starts_nothing_new(endless: Path) -> None:
    async with a_reader() as reader:
        task = asyncio.create_task(reader.read(endless, kind=Kind.PDF))
        await until_reading(reader)
        family = [warm_process(reader), *reading_processes(reader)]
        await reader.close()
        with pytest.raises(errors.Unavailable):
            await task
        assert reader._zygote.pid is None
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=3)
        assert alive == []


async def test_a_missing_file_is_the_callers_mistake(reader: reading.Reader, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await reader.read(tmp_path / "nothing", kind=Kind.PDF)


async def test_what_is_not_a_file_is_not_waited_for(reader: reading.Reader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert await reason_of(reader, tmp_path / "pipe") is Reason.EMPTY


async def test_a_child_holds_nothing_but_its_file_and_its_answer(reader: reading.Reader, endless: Path) -> None:
    task = asyncio.create_task(reader.read(endless, kind=Kind.PDF))
    await until_reading(reader)
    [child] = reading_processes(reader)
    try:
        assert descriptors_of(child) <= {0, 1, 2, 3, 4}
        told = limits_of(child)
        assert told["Max open files"] == ["5", "5"]
        assert told["Max file size"] == ["0", "0"]
        assert told["Max processes"] == ["0", "0"]
        assert told["Max address space"] == [str(1 << 30)] * 2
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_warm_process_does_not_know_our_secrets(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "canary")
    async with a_reader() as reader:
        warm = warm_process(reader)
        assert "JWT_SECRET" not in warm.environ()


@pytest.fixture
def abandoned(endless: Path) -> Iterator[subprocess.Popen[str]]:
    program = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from carebase.documents import reading
        from carebase.documents.text import Kind
        reading.read_file(Path({str(endless)!r}), kind=Kind.PDF)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], text=True) as parent:
        yield parent
        parent.kill()


def test_nothing_is_left_behind_when_the_program_is_killed(abandoned: subprocess.Popen[str]) -> None:
    family: list[psutil.Process] = []
    until = time.monotonic() + 20
    while len(family) < 2 and time.monotonic() < until:
        family = psutil.Process(abandoned.pid).children(recursive=True)
        time.sleep(0.02)
    assert len(family) == 2
    abandoned.kill()
    gone, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []
    assert len(gone) == 2


def test_a_program_without_a_loop_reads_through_the_same_bounds(report: Path, tmp_path: Path) -> None:
    document = reading.read_file(report, kind=Kind.PDF)
    assert document.pages[0].lines[0].text == "Hémoglobine 13,2 g/dL"
    (tmp_path / "no.pdf").write_bytes(b"no")
    with pytest.raises(UnreadableFile):
        reading.read_file(tmp_path / "no.pdf", kind=Kind.PDF)


def test_a_picture_is_made_in_the_bounded_process_and_a_bomb_is_refused_there(reader, tmp_path):
    given, bomb = tmp_path / "photo.jpg", tmp_path / "bomb.png"
    Image.new("RGB", (400, 200), "red").save(given)
    Image.new("1", (9_000, 9_000)).save(bomb)
    wanted = Picture(source=Format.JPEG, target=Format.AVIF, width=100, height=100)
    shown = Image.open(io.BytesIO(asyncio.run(reader.reshape(given, wanted))))
    assert (shown.format, shown.size) == ("AVIF", (100, 100))
    with pytest.raises(UnreadableFile) as refused:
        asyncio.run(reader.reshape(bomb, Picture(source=Format.PNG, target=Format.PNG)))
    assert refused.value.reason is Reason.TOO_LARGE
