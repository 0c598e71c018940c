"""Writes the settings of the embedded PostgreSQL: what nobody may change on the command line, the rest in a file.

Nothing of what a query holds may reach the log: a failed statement, its parameters and the details of an
error all can be patient data.
"""

from __future__ import annotations

from pathlib import Path

from carebase.database import binaries, ownership, placement
from carebase.observability import Log

log = Log("database")

# Read with the module: a process that changes its user may not be able to later.
EXTENSIONS = {
    file.name: file.read_text(encoding="utf-8") for file in sorted((Path(__file__).parent / "extensions").iterdir())
}
# Where a directory of extensions can be named; before, they lie among PostgreSQL's own files.
FIRST_WITH_EXTENSION_PATH = 18

_SETTINGS = """\
# Written by carebase at each start. Your own lines go to {local_name}, which is read last.

fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = logical                 # the realtime feed reads changes from here
max_slot_wal_keep_size = 1GB        # a forgotten reader must not fill the disk
password_encryption = 'scram-sha-256'

max_connections = 100
shared_buffers = 128MB
jit = off                           # its compilation costs more than our short queries

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'

logging_collector = on
log_directory = {log}
log_filename = 'postgresql-%a.log'  # one for each day of the week, the oldest replaced
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] '
log_statement = 'none'
log_min_duration_statement = -1
log_min_messages = log              # an ERROR quotes the value it could not use; LOG, FATAL, PANIC do not
log_min_error_statement = panic
log_error_verbosity = terse         # DETAIL quotes whole rows
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0

include_if_exists = {local}
"""

_AUTHENTICATION = """\
# Written by carebase at each start. Every login needs its password; there is no TCP.
local all all scram-sha-256
local replication all scram-sha-256
"""


def write(home: placement.Home) -> None:
    """Writes the three files that `command` names; the server's user can read them, not change them."""
    local = home.path / "local.conf"
    text = _SETTINGS.format(local_name=local.name, log=_quoted(home.log), local=_quoted(local))
    ownership.write_file(_settings(home), text, mode=0o644)
    ownership.write_file(_authentication(home), _AUTHENTICATION, mode=0o644)
    ownership.write_file(_user_names(home), "# No names are mapped.\n", mode=0o644)


def write_extensions(programs: binaries.Binaries, *, home: placement.Home) -> None:
    """Puts our extensions where the server's user can read them; a running server finds them too."""
    if not _takes_extensions(programs, home=home):
        if programs.major >= FIRST_WITH_EXTENSION_PATH:
            log.warning("embedded_postgres_without_extensions", reason="its path holds a colon", path=str(home.share))
        return
    directory = home.share / "extension"
    for made in (home.share, directory):
        ownership.make_directory(made, mode=0o755)
    for name, text in EXTENSIONS.items():
        ownership.write_file(directory / name, text, mode=0o644)


def command(programs: binaries.Binaries, *, home: placement.Home, sockets: Path) -> list[str]:
    """The words that start the server; they differ whenever a running one has to be replaced."""
    fixed = {
        "config_file": str(_settings(home)),
        "hba_file": str(_authentication(home)),
        "ident_file": str(_user_names(home)),
        "listen_addresses": "",
        "port": str(placement.PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "cluster_name": home.name,
    }
    if _takes_extensions(programs, home=home):
        # PostgreSQL's own come first: where uuid-ossp itself is installed, it is used.
        fixed["extension_control_path"] = f"$system:{home.share}"
    options = [word for name, value in fixed.items() for word in ("-c", f"{name}={value}")]
    return [str(programs.postgres), "-D", str(home.cluster), *options]


def _takes_extensions(programs: binaries.Binaries, *, home: placement.Home) -> bool:
    # The list of directories is split at colons, and nothing takes a colon's meaning away.
    return programs.major >= FIRST_WITH_EXTENSION_PATH and ":" not in str(home.share)


def _settings(home: placement.Home) -> Path:
    return home.path / "postgresql.conf"


def _authentication(home: placement.Home) -> Path:
    return home.path / "pg_hba.conf"


def _user_names(home: placement.Home) -> Path:
    return home.path / "pg_ident.conf"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "''") + "'"
