\set number :first + :client_id * :each + :done
\set done :done + 1
SELECT id, state, version, ended_at FROM curfew.terminate_session((:prefix || :number)::uuid, 'no longer needed');
