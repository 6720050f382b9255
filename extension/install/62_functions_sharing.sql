-- What a front does between two callers in one transaction.

CREATE FUNCTION curfew.next_caller(lock_wait interval, report_token boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_next_caller' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.next_caller(interval, boolean) IS 'Before authenticate, in a transaction that several callers have. What the one before has left to the commit is done now, while he is the caller: deferred triggers are fired. From here on each lock is waited for no longer than what is left of so much time since the transaction''s start. With report_token, a consistency token is reported with the commit, though it may change nothing, as if curfew.consistency_token were set to ''report''. A transaction that has taken more than a second is refused, with SQLSTATE 55P03. Called by a SELECT that locks no rows and has no data-modifying WITH.';
