\set number :first + :client_id * :each + :done
\set done :done + 1
SELECT curfew.row_json(done.s)::text AS body, '"' || (done.s).version || '"' AS etag
FROM (SELECT CASE WHEN (curfew.authenticate(:key::text, NULL::text, :via::text, 'bench'::text)).principal_id IS NOT NULL
             THEN curfew.act(curfew.session_id(:prefix || :number), 'terminate',
                      reason => curfew.body_text(curfew.json_body(:body), 'reason')) END OFFSET 0) AS done (s);
