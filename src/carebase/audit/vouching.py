"""What signed checkpoints vouch for: which rows are known, which documents are not to be believed.

Pure. A restore from a backup makes documents that were signed beyond it void; so does the one that says
that a new chain was begun.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from carebase.audit import chain, documents
from carebase.audit.chain import Fault, Link
from carebase.audit.documents import Document, Kind, Signed

KEPT_MICROSECONDS: Final = 2_192 * 86_400 * 1_000_000
"""How long entries are kept at least: six years, leap days included."""


@dataclass(slots=True)
class Vouching:
    """What the documents say together."""

    anchors: dict[int, list[tuple[bytes, str]]] = field(default_factory=dict)
    """The rows they vouch for, by number, each with the words that name the document."""
    purges: list[Document] = field(default_factory=list)
    restores: list[Document] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    void: int = 0
    """Documents signed beyond a backup that was put back later."""
    believed: int = 0


def weigh(
    found: Sequence[Signed], *, chain_id: UUID, keys: Collection[bytes], copies: Iterable[Signed] = ()
) -> Vouching:
    """What the documents of a file, in its order, and the copies in the database vouch for.

    `keys` are the public keys that are trusted. Copies by other keys are another server's and left out.
    """
    result = Vouching()
    known = {signed.sha256 for signed in found}
    believed = _followed(found, keys, result)
    believed += [signed.read() for signed in copies if signed.sha256 not in known and _is_believed(signed, keys)]
    believed.sort(key=lambda document: document.made_at)
    result.believed = len(believed)
    _judge(believed, chain_id, result)
    return result


def faults_of_beginning(begins: Link, result: Vouching) -> list[Fault]:
    """What is wrong with a log that does not begin with row 1: only a signed purge may have cut it."""
    if begins.seq == 0:
        return []
    purges = [purge for purge in result.purges if purge.link == begins]
    rows = chain.rows_in_words(1, begins.seq)
    if not purges:
        said = f"{rows} missing, and no signed purge says why."
        return [_fault(chain.Kind.MISSING, said, through=begins.seq)]
    if all(purge.made_at - purge.sealed_at < KEPT_MICROSECONDS for purge in purges):
        said = f"{rows} missing: they were purged before they were six years old."
        return [_fault(chain.Kind.MISSING, said, through=begins.seq)]
    return []


def _followed(found: Sequence[Signed], keys: Collection[bytes], result: Vouching) -> list[Document]:
    """The genuine documents of a file; those that were taken out or put in between are told."""
    believed = []
    previous: Signed | None = None
    for number, signed in enumerate(found, 1):
        if not _is_believed(signed, keys):
            why = "is signed by a key that is not trusted" if signed.is_genuine else "was edited after it was signed"
            result.faults.append(_fault(chain.Kind.SIGNATURE, f"document {number} of the checkpoints {why}."))
        else:
            document = signed.read()
            if previous is not None and document.previous_sha256 != previous.sha256:
                said = f"{document.name} (line {number}) does not follow the document in front of it."
                result.faults.append(_fault(chain.Kind.CHECKPOINTS, said))
            believed.append(document)
        previous = signed
    return believed


def _judge(believed: Sequence[Document], chain_id: UUID, result: Vouching) -> None:
    """Sort out what each document vouches for, the newest first."""
    restored: int | None = None
    later: Document | None = None
    for document in reversed(believed):
        is_void = restored is not None and (document.chain_id != chain_id or document.seq > restored)
        if is_void:
            result.void += 1
            continue
        if document.chain_id != chain_id:
            said = f"{document.name} is of another chain, {document.chain_id}."
            result.faults.append(_fault(chain.Kind.CHECKPOINTS, said))
            continue
        result.anchors.setdefault(document.seq, []).append((document.hash, document.name))
        match document.kind:
            case Kind.PURGE:
                result.purges.append(document)
                continue
            case Kind.RESTORE:
                result.restores.append(document)
                restored = document.seq if restored is None else min(restored, document.seq)
            case Kind.CHECKPOINT:
                pass
        if later is not None and later.seq < document.seq and later.kind is not Kind.RESTORE:
            said = f"{later.name} says that the log ended before {document.name} did."
            result.faults.append(_fault(chain.Kind.CHECKPOINTS, said))
        later = document


def _is_believed(signed: Signed, keys: Collection[bytes]) -> bool:
    return signed.public_key in keys and signed.is_genuine


def _fault(kind: chain.Kind, said: str, *, through: int | None = None) -> Fault:
    first = None if through is None else 1
    return Fault(kind, said[0].upper() + said[1:], first, through)


def keys_of(found: Iterable[Signed]) -> frozenset[bytes]:
    """The key of the first document, for want of a better one; none where there is no document."""
    first = next(iter(found), None)
    return frozenset() if first is None else frozenset({first.public_key})


def summary(result: Vouching) -> Mapping[str, object]:
    """The figures of a report."""
    return {
        "believed": result.believed,
        "void": result.void,
        "purges": len(result.purges),
        "restores": [
            {"seq": each.seq, "made_at": documents.in_words(each.made_at), "reason": each.reason}
            for each in reversed(result.restores)
        ],
    }
