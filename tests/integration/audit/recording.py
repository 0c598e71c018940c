"""A record with a history, and a superuser who goes behind its back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg

from carebase.audit import chain, verify
from carebase.audit.chain import Link, Row
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.checkpoints import Checkpoints
from carebase.audit.verify import Report
from carebase.database.pool import Login

AMINA, BRUNO = UUID(int=0xA), UUID(int=0xB)


def body(number: int, *patients: UUID) -> str:
    """An entry on reading a case."""
    return json.dumps(
        {
            "at": 1_763_700_000_000_000 + number,
            "actor": str(UUID(int=1)),
            "session": None,
            "action": "read",
            "relation": "public.cases",
            "keys": [f"c{number}"],
            "patients": [str(patient) for patient in patients],
            "request": None,
            "ip": None,
            "details": {"word": "Zürich"},
        },
        ensure_ascii=False,
    )


class Recording:
    """The record of one test's database."""

    def __init__(self, database, directory: Path) -> None:
        self.database = database
        self.file, self.key = directory / "checkpoints.jsonl", directory / "signing.key"

    def write(self, count: int, *, patients: Sequence[UUID] = (AMINA,)) -> None:
        """Entries wait in the inbox."""
        with self.database.owner() as owner:
            owner.execute(
                "insert into audit.inbox (body) select unnest(%s::text[])",
                [[body(number, *patients) for number in range(count)]],
            )

    def seal(self, *, rows: int = 10_000) -> int:
        """One batch, as the sealer's login."""
        with psycopg.connect(self.database.login_dsn(Login.AUDIT_SEALER), autocommit=True) as connection:
            return connection.execute("select audit.seal(%s)", [rows]).fetchone()[0]

    def sealed(self, count: int, *, batch: int = 10_000, patients: Sequence[UUID] = (AMINA,)) -> None:
        """So many entries more in the log."""
        self.write(count, patients=patients)
        while self.seal(rows=batch) > 0:
            pass

    def history(self, bodies: Sequence[str], *, sealed_at: datetime) -> list[Row]:
        """Entries that were sealed long ago; before any others."""
        with self.database.owner() as owner:
            (chain_id, seq, hash_) = owner.execute("select chain_id, seq, hash from audit.head").fetchone()
            del chain_id
            microseconds = int(sealed_at.timestamp()) * 1_000_000
            rows = chain.sealed(Link(seq, hash_), [text.encode() for text in bodies], sealed_at=microseconds)
            owner.execute("select audit.make_partition(%s)", [sealed_at])
            for row in rows:
                owner.execute(
                    "insert into audit.log (seq, sealed_at, body, hash, at, actor, action, relation, keys,"
                    " has_patients) "
                    "select %(seq)s, %(sealed_at)s, %(body)s::text, %(hash)s, to_timestamp((b ->> 'at')::float8 / 1e6),"
                    " (b ->> 'actor')::uuid, b ->> 'action', b ->> 'relation', b -> 'keys', b -> 'patients' <> '[]' "
                    "  from (select %(body)s::text::jsonb as b) read",
                    {"seq": row.seq, "sealed_at": sealed_at, "body": row.body.decode(), "hash": row.hash},
                )
                owner.execute(
                    "insert into audit.about (patient_id, at, sealed_at, seq) "
                    "select p::uuid, l.at, l.sealed_at, l.seq from audit.log l, "
                    "jsonb_array_elements_text(l.body::jsonb -> 'patients') p where l.seq = %s",
                    [row.seq],
                )
            owner.execute(
                "update audit.head set seq = %s, hash = %s, sealed_at = %s", [rows[-1].seq, rows[-1].hash, sealed_at]
            )
            return rows

    def as_superuser(self, *statements: str) -> None:
        """What nothing in a database stops: its superuser, with triggers and constraints off."""
        with self.database.owner() as owner:
            owner.execute("set session_replication_role = replica")
            for statement in statements:
                owner.execute(statement)

    def rows(self) -> list[Row]:
        """The log as it is stored."""
        with self.database.owner() as owner:
            found = owner.execute(
                "select seq, (extract(epoch from sealed_at) * 1e6)::bigint, body, hash from audit.log "
                "order by sealed_at, seq"
            ).fetchall()
        return [Row(seq, at, text.encode(), hash_) for seq, at, text, hash_ in found]

    def end(self) -> Link:
        with self.database.owner() as owner:
            return Link(*owner.execute("select seq, hash from audit.head").fetchone())

    def write_anew(self, seq: int, *, with_head: bool) -> None:
        """Edit a body and make every hash from there on again, as a careful forger would."""
        rows = self.rows()
        previous = rows[seq - 2].hash if seq > 1 else chain.genesis(self.chain_id()).hash
        with self.database.owner() as owner:
            for row in rows[seq - 1 :]:
                text = row.body.replace(b'"c', b'"x') if row.seq == seq else row.body
                previous = chain.hash_of(previous, seq=row.seq, sealed_at=row.sealed_at, body=text)
                owner.execute(
                    "update audit.log set body = %s, hash = %s, keys = %s::jsonb -> 'keys' where seq = %s",
                    [text.decode(), previous, text.decode(), row.seq],
                )
            if with_head:
                owner.execute("update audit.head set hash = %s", [previous])

    def chain_id(self) -> UUID:
        with self.database.owner() as owner:
            return owner.execute("select chain_id from audit.head").fetchone()[0]

    async def checkpoint(self, *, after_restore: str | None = None):
        """Sign where the record ends now."""
        async with self.database.pools(frozenset({Login.AUDIT_SEALER})) as pools:
            checkpoints = self.checkpoints(pools)
            if after_restore is None:
                return await checkpoints.make()
            return await checkpoints.make_after_restore(after_restore)

    def checkpoints(self, pools) -> Checkpoints:
        return Checkpoints(pools[Login.AUDIT_SEALER], file=self.file, key=self.key)

    def verify(self, *, keys: Sequence[bytes] = ()) -> Report:
        found = CheckpointFile(self.file).read() if self.file.exists() else []
        return verify.of_database(self.database.owner_dsn, found=found, keys=keys)

    def faults(self) -> list[tuple[str, int | None, int | None]]:
        """What is wrong, without its words."""
        return [(fault.kind.value, fault.first, fault.last) for fault in self.verify().faults]
