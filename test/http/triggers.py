"""Triggers of a DBA's own on Curfew's tables."""
import contextlib

DEFERRED = "AFTER UPDATE ON curfew.session DEFERRABLE INITIALLY DEFERRED"


@contextlib.contextmanager
def trigger(database, body, when="AFTER UPDATE ON curfew.session"):
    """There is one meanwhile."""
    constraint = "CONSTRAINT" if "DEFERRED" in when else ""
    database.rows(f"CREATE FUNCTION public.own() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;"
                  f"CREATE {constraint} TRIGGER own {when} FOR EACH ROW EXECUTE FUNCTION public.own()")
    try:
        yield
    finally:
        database.rows("DROP TRIGGER own ON curfew.session; DROP FUNCTION public.own()")
