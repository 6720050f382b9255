-- The five lifecycles that come with the extension: each transition of each, and their diagrams.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'

SELECT name, revision FROM curfew.lifecycle WHERE builtin ORDER BY name COLLATE "C";

-- A login is active until it is ended.
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'login' ORDER BY state COLLATE "C", action COLLATE "C";

-- A conversation is open for ever; archived, frozen and pinned are marks beside that.
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'conversation' ORDER BY state COLLATE "C", action COLLATE "C";

-- A run works or is blocked until it finishes, expires or is terminated.
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'run' ORDER BY state COLLATE "C", action COLLATE "C";

-- An agent's session is active until it is terminated, expires or is handed off.
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'agent' ORDER BY state COLLATE "C", action COLLATE "C";

-- On-demand video is requested, assigned, live or paused, and ends in one of three ways.
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'visual' ORDER BY state COLLATE "C", action COLLATE "C";

-- No action leads out of a terminal state: only edits are possible in one.
SELECT count(*) FROM curfew.lifecycle_transitions t
WHERE t.lifecycle IN ('login', 'conversation', 'run', 'agent', 'visual')
  AND t.state IN ('ended', 'finished', 'expired', 'terminated', 'handed_off', 'ENDED', 'EXPIRED', 'CANCELLED')
  AND t.next_state NOT LIKE '~%';

-- The diagrams are Mermaid's.
\pset format unaligned
\pset tuples_only on
SELECT curfew.lifecycle_diagram('login');
SELECT curfew.lifecycle_diagram('conversation');
SELECT curfew.lifecycle_diagram('run');
SELECT curfew.lifecycle_diagram('agent');
SELECT curfew.lifecycle_diagram('visual');

-- A lifecycle that is not defined has none.
SELECT curfew.lifecycle_diagram('nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT curfew.lifecycle_diagram(NULL);
\echo :LAST_ERROR_SQLSTATE
