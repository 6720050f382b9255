-- What a front does between two callers in one transaction.

CREATE FUNCTION curfew.next_caller(lock_wait interval)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_next_caller' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.next_caller(interval) IS 'Before authenticate, in a transaction that several callers have. What the one before has left to the commit is done now, while he is the caller: deferred triggers are fired. From here on no lock is waited for longer than until so much time after the transaction''s start.';
