"""What every place for bytes promises, on each of them: a directory, a bucket, and one moving into the other."""

from __future__ import annotations

import os
import threading
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.storage import buckets

from carebase import errors
from carebase.settings import BadSetting, Settings
from carebase.storage import failures
from carebase.storage.backends import choosing, filesystem, s3
from carebase.storage.backends.backend import Backend
from carebase.storage.backends.moving import Moving

BLOCK = (1 << 20) + 16


def write(place: Backend, *pieces: bytes) -> UUID:
    key = uuid4()
    draft = place.create(key)
    for piece in pieces:
        room = bytearray(piece)
        draft.write(room)
        room[:] = bytes(len(room))  # the writer uses its buffer again
    draft.finish()
    return key


def read(place: Backend, key: UUID, *, step: int) -> bytes:
    source = place.open(key)
    try:
        return b"".join(source.read(at, at + step) for at in range(0, source.size, step))
    finally:
        source.close()


@pytest.mark.parametrize("pieces", [0, 1, 5, 20])
def test_bytes_come_back_whole_in_any_part_and_are_counted(place, pieces):
    content = [os.urandom(64), *(os.urandom(BLOCK) for _ in range(pieces)), b"end"]
    whole = b"".join(content)

    key = write(place, *content)

    assert place.size_of(key) == len(whole)
    assert list(place.keys()) == [key]
    assert read(place, key, step=BLOCK) == whole
    source = place.open(key)
    for start, end in ((0, 64), (len(whole) - 3, len(whole) + 100), (len(whole) // 2, len(whole) // 2 + 5), (10, 20)):
        assert source.read(start, end) == whole[start:end]
    assert source.read(len(whole), len(whole) + 1) == b""
    source.close()


def test_a_key_without_bytes_is_told_and_removing_may_be_repeated(place):
    key, never_written = write(place, b"x" * 100), uuid4()
    with pytest.raises(failures.Missing):
        place.open(never_written)
    assert place.size_of(never_written) is None

    for _ in range(2):
        place.remove([key, never_written])
    place.remove([])

    assert list(place.keys()) == []
    with pytest.raises(failures.Missing):
        place.open(key)


@pytest.mark.parametrize("pieces", [1, 12])
def test_nothing_is_left_of_an_abandoned_draft_finished_or_not(place, pieces):
    half, whole = place.create(uuid4()), place.create(uuid4())
    for draft in (half, whole):
        for _ in range(pieces):
            draft.write(os.urandom(BLOCK))
    whole.finish()

    for draft in (half, whole, half, place.create(uuid4())):
        draft.abandon()

    assert list(place.keys()) == []


def test_what_is_sent_in_parts_is_seen_once_it_is_whole_and_taken_back_otherwise(service):
    name = service.a_bucket()
    place, key = service.backend(name), uuid4()
    draft = place.create(key)
    for _ in range(20):
        draft.write(os.urandom(BLOCK))

    assert place.size_of(key) is None
    assert list(place.keys()) == []
    draft.abandon()
    assert service.unfinished(name) == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "storage-s3"]


def test_a_bucket_keeps_to_its_prefix(service):
    name = service.a_bucket()
    ours, others = service.backend(name, prefix="ours"), service.backend(name, prefix="others")
    key = write(ours, b"x")
    httpx.put(f"{service.address}/{name}/ours/readme.txt", content=b"not a key").raise_for_status()

    assert list(ours.keys()) == [key]
    assert list(others.keys()) == []
    assert others.size_of(key) is None


def test_a_bucket_that_is_gone_is_told_and_nothing_hangs(service):
    place = service.backend("taken-away-meanwhile")
    large = place.create(uuid4())

    with pytest.raises(errors.Unavailable):
        write(place, b"x")
    with pytest.raises(errors.Unavailable):
        for _ in range(40):
            large.write(os.urandom(BLOCK))
        large.finish()
    large.abandon()
    with pytest.raises(errors.Unavailable):
        list(place.keys())


def test_a_place_that_cannot_be_used_is_refused_with_a_sentence(service, tmp_path):
    def of(**values: object) -> Backend:
        given = {"s3_access_key": "a", "s3_secret_key": "b", "s3_endpoint": service.address, **values}
        return choosing.backend_of(Settings(data=tmp_path, **given))

    refusals = [
        (s3.BucketUnusable, "There is no bucket nowhere-at-all", {"storage": "s3://nowhere-at-all/x"}),
        (s3.BucketUnusable, "There is no key for it", {"storage": "s3://bucket", "s3_secret_key": None}),
        (s3.BucketUnusable, "does not answer as S3", {"storage": "s3://bucket", "s3_endpoint": "http://127.0.0.1:1"}),
        (BadSetting, "is an address", {"storage": "s3://bucket", "s3_endpoint": "s3.example.org"}),
        (BadSetting, "`file`", {"storage": "ftp://bucket"}),
        (BadSetting, "`file`", {"storage": "s3://UPPER"}),
        (BadSetting, "same place", {"storage": "file", "storage_previous": "file"}),
    ]
    for error, said, values in refusals:
        with pytest.raises(error, match=said):
            of(**values)

    name = service.a_bucket()
    assert isinstance(of(storage=f"s3://{name}/a/b"), s3.S3)
    assert isinstance(of(storage=f"file://{tmp_path}/elsewhere"), filesystem.Filesystem)
    assert isinstance(of(storage=f"s3://{name}", storage_previous="file"), Moving)


def test_bytes_that_move_while_they_are_read_are_followed(service, tmp_path):
    previous = filesystem.Filesystem(tmp_path)
    name = service.a_bucket()
    moved_to = service.backend(name)
    place, back = Moving(moved_to, previous=previous), Moving(previous, previous=moved_to)
    content = os.urandom(3 * BLOCK)
    key = write(previous, content)
    reading = place.open(key)
    draft = moved_to.create(key)
    draft.write(content)
    draft.finish()
    reading_back = back.open(key)
    assert list(place.keys()) == [key, key]

    previous.remove([key])
    assert read(place, key, step=BLOCK) == content
    assert reading.read(BLOCK, 2 * BLOCK) == content[BLOCK : 2 * BLOCK]
    reading.close()

    draft = previous.create(key)
    draft.write(content)
    draft.finish()
    moved_to.remove([key])
    assert reading_back.read(2 * BLOCK, 3 * BLOCK) == content[2 * BLOCK :]
    assert place.size_of(key) == len(content)


def test_the_secret_is_in_no_description(service):
    bucket = s3.Bucket(name="b", access_key="a", secret_key=buckets.ACCESS["AWS_SECRET_ACCESS_KEY"])

    assert "secret-of-the-tests" not in repr(bucket)
