"""Writes the settings of the embedded PostgreSQL: what nobody may change on the command line, the rest in a file.

Nothing of what a query holds may reach the log: a failed statement, its parameters and the details of an
error all can be patient data.
"""

from __future__ import annotations

from pathlib import Path

from carebase.database import binaries, ownership, placement

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
    options = [word for name, value in fixed.items() for word in ("-c", f"{name}={value}")]
    return [str(programs.postgres), "-D", str(home.cluster), *options]


def _settings(home: placement.Home) -> Path:
    return home.path / "postgresql.conf"


def _authentication(home: placement.Home) -> Path:
    return home.path / "pg_hba.conf"


def _user_names(home: placement.Home) -> Path:
    return home.path / "pg_ident.conf"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "''") + "'"
