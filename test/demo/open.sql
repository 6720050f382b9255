-- Whether a session is still as it was made: in its first state, with no mark. Variables: tenant, owner, id.
BEGIN;
SELECT curfew.act_as(:'tenant', :'owner') \g /dev/null
SELECT NOT terminal AND version = 1 AND marks = '{}' FROM curfew.get_session(:'id');
COMMIT;
