-- The feed of events: each event of a tenant exactly once, in an order that later commits do not change.

CREATE TABLE curfew.event_number (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL,
    event_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, number),
    UNIQUE (tenant_id, event_at, event_id)
);
COMMENT ON TABLE curfew.event_number IS 'The place of each audit event in the feed, given when the event had become visible.';

CREATE TABLE curfew.event_sequencer (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    last_number bigint NOT NULL,
    numbered_below xid8 NOT NULL,
    system_id bigint NOT NULL,
    timeline bigint NOT NULL,
    database oid NOT NULL,
    bases bigint[] NOT NULL
);
COMMENT ON TABLE curfew.event_sequencer IS 'How far the feed''s numbers have come. One who numbers holds its row until he commits, so that numbers become visible in their order.';
COMMENT ON COLUMN curfew.event_sequencer.numbered_below IS 'Events of transactions before this one are numbered, all of them.';
COMMENT ON COLUMN curfew.event_sequencer.database IS 'With system and timeline: where those transactions were. Elsewhere, after a restore, every event is looked at again.';
COMMENT ON COLUMN curfew.event_sequencer.bases IS 'The last number before each restore: what was numbered later was lost with what the restore did not bring.';

CREATE FUNCTION curfew.sequence_events(max_rows integer DEFAULT 10000)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_sequence_events' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.sequence_events(integer) IS 'Numbers events that have become visible; how many. 0 where somebody else is at it, or nothing can be written. event_feed does this by itself.';

CREATE FUNCTION curfew.event_feed(after text DEFAULT NULL, max_rows integer DEFAULT 100, OUT cursor text, OUT number bigint,
    OUT id uuid, OUT at timestamptz, OUT session_id uuid, OUT event text, OUT action text, OUT outcome text, OUT actor_id uuid,
    OUT on_behalf_of uuid, OUT db_role text, OUT relation text, OUT via text, OUT request_id text, OUT from_state text,
    OUT to_state text, OUT version bigint, OUT reason text, OUT details jsonb, OUT traceparent text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_event_feed' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.event_feed(text, integer) IS 'The tenant''s events after a cursor, each once, a session''s in the order of its versions; for administrators and the scope audit:read. cursor: where to go on after this event.';
