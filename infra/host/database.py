"""Roles, database and privileges, each as a question and the statement that makes its answer yes.

`check` prints what is missing; `ensure` runs the statements of what is missing, as the system user postgres over the
socket. No password passes here (see host_secrets.py). Statements name fixed things only.
"""

import subprocess
import sys
from dataclasses import dataclass

DATABASE = "comptoir"
LOGINS = ("comptoir_app_a", "comptoir_app_b")


@dataclass(frozen=True)
class Want:
    """One fact about the cluster or the database, and how to make it true."""

    name: str
    database: str
    question: str
    statement: str


def role(name: str, options: str) -> Want:
    """A role that exists; its options are set when it is created."""
    return Want(
        f"role {name}",
        "postgres",
        f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')",
        f"CREATE ROLE {name} {options}",
    )


def member(group: str, of: str) -> Want:
    """`of` has the rights of `group`."""
    return Want(
        f"{of} in {group}",
        "postgres",
        f"SELECT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = to_regrole('{group}')"
        f" AND m.member = to_regrole('{of}'))",
        f"GRANT {group} TO {of}",
    )


def role_setting(name: str, key: str, value: str) -> Want:
    """A setting that every session of this login starts with."""
    return Want(
        f"{name} {key}",
        "postgres",
        "SELECT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = to_regrole("
        f"'{name}') AND s.setdatabase = 0 AND '{key}={value}' = ANY (s.setconfig))",
        f"ALTER ROLE {name} SET {key} = '{value}'",
    )


def default_privilege(role_name: str, kind: str, letters: str, words: str) -> Want:
    """What comptoir_owner creates from now on, `role_name` may use so far and no further."""
    found = (
        "SELECT EXISTS (SELECT FROM pg_default_acl d, aclexplode(d.defaclacl) a"
        " WHERE d.defaclrole = to_regrole('comptoir_owner') AND d.defaclnamespace = 'public'::regnamespace"
        f" AND d.defaclobjtype = '{kind}' AND a.grantee = to_regrole('{role_name}')"
        f" GROUP BY d.oid HAVING count(*) >= {letters})"
    )
    target = {"r": "TABLES", "S": "SEQUENCES"}[kind]
    return Want(
        f"default privileges of {role_name} on {target}",
        DATABASE,
        found,
        f"ALTER DEFAULT PRIVILEGES FOR ROLE comptoir_owner IN SCHEMA public GRANT {words} ON {target} TO {role_name}",
    )


def schema_usage(role_name: str) -> Want:
    """`role_name` may look into the schema, and create nothing there."""
    return Want(
        f"{role_name} may use public",
        DATABASE,
        f"SELECT has_schema_privilege('{role_name}', 'public', 'USAGE')"
        f" AND NOT has_schema_privilege('{role_name}', 'public', 'CREATE')",
        f"GRANT USAGE ON SCHEMA public TO {role_name}; REVOKE CREATE ON SCHEMA public FROM {role_name}, PUBLIC",
    )


ROLES = (
    role("comptoir_owner", "LOGIN"),
    role("comptoir_app", "NOLOGIN"),
    # Without a password a role cannot log in by SCRAM: _b sleeps until the first rotation.
    *(role(name, "LOGIN") for name in LOGINS),
    *(member("comptoir_app", name) for name in LOGINS),
    *(role_setting(name, "statement_timeout", "30s") for name in LOGINS),
    role("comptoir_readonly", "LOGIN"),
    role_setting("comptoir_readonly", "default_transaction_read_only", "on"),
    role_setting("comptoir_readonly", "statement_timeout", "60s"),
    role("comptoir_backup", "LOGIN"),
    member("pg_read_all_data", "comptoir_backup"),
    role_setting("comptoir_owner", "lock_timeout", "5s"),
)

DATABASE_WANTS = (
    Want(
        "database comptoir",
        "postgres",
        f"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}')",
        f"CREATE DATABASE {DATABASE} OWNER comptoir_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0",
    ),
    Want(
        "nobody else may connect",
        "postgres",
        f"SELECT NOT has_database_privilege('public', '{DATABASE}', 'CONNECT')"
        f" AND has_database_privilege('comptoir_app', '{DATABASE}', 'CONNECT')"
        f" AND has_database_privilege('comptoir_readonly', '{DATABASE}', 'CONNECT')"
        f" AND has_database_privilege('comptoir_backup', '{DATABASE}', 'CONNECT')",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;"
        f" GRANT CONNECT ON DATABASE {DATABASE} TO comptoir_app, comptoir_readonly, comptoir_backup",
    ),
)

PRIVILEGES = (
    schema_usage("comptoir_app"),
    schema_usage("comptoir_readonly"),
    default_privilege("comptoir_app", "r", "4", "SELECT, INSERT, UPDATE, DELETE"),
    default_privilege("comptoir_app", "S", "2", "USAGE, SELECT"),
    default_privilege("comptoir_readonly", "r", "1", "SELECT"),
    Want(
        "extension pg_stat_statements",
        DATABASE,
        "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')",
        "CREATE EXTENSION pg_stat_statements",
    ),
)


def psql(database: str, script: str) -> str:
    """Run a script given on stdin; a failure stops everything and says what PostgreSQL said."""
    command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", database]
    done = subprocess.run(
        command, input=script, text=True, capture_output=True, user="postgres", group="postgres", cwd="/", check=False
    )
    if done.returncode:
        sys.exit(f"psql: {done.stderr.strip()}")
    return done.stdout


def missing(wants: tuple[Want, ...]) -> list[Want]:
    """Those whose question is answered no; one session per database asks them all."""
    found: list[Want] = []
    for database in ("postgres", DATABASE):
        here = [want for want in wants if want.database == database]
        if not here:
            continue
        answers = psql(database, "".join(f"SELECT coalesce(({want.question}), false);\n" for want in here)).split()
        found += [want for want, answer in zip(here, answers, strict=True) if answer != "t"]
    return found


def pending() -> list[Want]:
    """Everything missing; what lives inside the database is asked only once the database is there."""
    roles = missing(ROLES)
    if roles:
        return [*roles, *DATABASE_WANTS, *PRIVILEGES]
    database = missing(DATABASE_WANTS[:1])
    if database:
        return [*DATABASE_WANTS, *PRIVILEGES]
    return missing((*DATABASE_WANTS, *PRIVILEGES))


def ensure() -> None:
    """Make every answer yes, in order, asking again before each group."""
    for wants in (ROLES, DATABASE_WANTS[:1], DATABASE_WANTS[1:], PRIVILEGES):
        for want in missing(wants):
            psql(want.database, f"{want.statement};\n")
            sys.stdout.write(f"{want.name}\n")


def main(arguments: list[str]) -> None:
    """`check` or `ensure`."""
    if arguments == ["check"]:
        sys.stdout.writelines(f"{want.name}\n" for want in pending())
    elif arguments == ["ensure"]:
        ensure()
    else:
        sys.exit("usage: database.py check|ensure")


if __name__ == "__main__":
    main(sys.argv[1:])
