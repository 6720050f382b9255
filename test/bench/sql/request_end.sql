\set number :first + :client_id * :each + :done
\set done :done + 1
\startpipeline
SELECT principal_id FROM curfew.authenticate(:key::text, NULL::text, :via::text, 'bench'::text);
SELECT curfew.row_json(s)::text AS body, '"' || s.version || '"' AS etag
FROM curfew.act(curfew.session_id(:prefix || :number), 'terminate',
    reason => curfew.body_text(curfew.json_body(:body), 'reason')) AS s;
\endpipeline
